"""What was acknowledged is there, and no row is without its bytes, whatever goes wrong at whichever step."""

import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from storage.models import Blob
from storage.services import collect_garbage, store, verify_storage
from tests.storage.steps import CONTENT, at_step

LIVE, DUE, NEW = (hashlib.sha256(content).hexdigest() for content in (b"live", b"due", CONTENT))
# What is left when nothing has taken into use what was written.
COLLECTED = {
    "rows": [LIVE],
    "files": [LIVE],
    "incoming": 0,
    "part_files": 0,
    "parts": [],
    "uploaded": [],
    "damaged": [],
}

pytestmark = pytest.mark.django_db(transaction=True)


def database_url() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user, password, host = (quote(values[name] or "", safe="") for name in ("USER", "PASSWORD", "HOST"))
    return f"postgres://{user}:{password}@{host}:{values['PORT']}/{values['NAME']}"


def killed_at_each_step(write: str, folder: Path) -> list[dict[str, Any]]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.storage.killed", write, str(folder)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": database_url()},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_a_writer_killed_at_any_step_leaves_no_row_without_its_bytes(tmp_path: Path) -> None:
    outcomes = killed_at_each_step("store", tmp_path)
    assert len(outcomes) > 15
    for outcome in outcomes:
        assert outcome["after"]["damaged"] == []
        assert outcome["done_again"]["damaged"] == []
        assert NEW in outcome["done_again"]["rows"]
        assert outcome["collected"] == COLLECTED
    whole = outcomes[-1]["after"]
    assert NEW in whole["rows"]
    assert whole["incoming"] == 0


def test_a_writer_killed_while_it_saves_a_blob_from_the_collector(tmp_path: Path) -> None:
    for outcome in killed_at_each_step("store_what_is_due", tmp_path):
        assert outcome["after"]["damaged"] == []
        assert {LIVE, DUE} == set(outcome["after"]["rows"])


def test_a_collector_killed_at_any_step_leaves_no_row_without_its_bytes(tmp_path: Path) -> None:
    outcomes = killed_at_each_step("collect", tmp_path)
    assert len(outcomes) > 15
    for outcome in outcomes:
        assert outcome["after"]["damaged"] == []
        assert LIVE in outcome["after"]["rows"]
        assert outcome["collected"] == COLLECTED
    assert outcomes[-1]["after"]["rows"] == [LIVE]


def test_joining_parts_killed_at_any_step_loses_none_and_can_be_done_again(tmp_path: Path) -> None:
    outcomes = killed_at_each_step("join", tmp_path)
    assert len(outcomes) > 20
    for outcome in outcomes:
        assert outcome["after"]["damaged"] == outcome["done_again"]["damaged"] == []
        # All that was acknowledged is there: the parts, or what became of them.
        assert (outcome["after"]["parts"], outcome["after"]["uploaded"]) in (([True] * 3, []), ([], [NEW]))
        assert (outcome["done_again"]["parts"], outcome["done_again"]["uploaded"]) == ([], [NEW])
        assert outcome["collected"] == COLLECTED
    assert outcomes[0]["after"]["uploaded"] == []
    assert outcomes[-1]["after"]["uploaded"] == [NEW]
    assert outcomes[-1]["after"]["part_files"] == 0


def test_a_part_sent_again_and_killed_at_any_step_leaves_the_one_or_the_other(tmp_path: Path) -> None:
    outcomes = killed_at_each_step("send_part", tmp_path)
    assert len(outcomes) > 15
    for outcome in outcomes:
        assert outcome["after"]["parts"] == outcome["done_again"]["parts"] == [True] * 3
        assert outcome["collected"] == COLLECTED
    assert outcomes[-1]["after"]["part_files"] == 3


def fail(error: type[Exception]) -> None:
    raise error(errno.ENOSPC, "No space left on device")


def test_a_write_that_fails_at_any_step_keeps_nothing(files_dir: Path) -> None:
    """No space for the file, or for the database."""
    for step in count(1):
        with suppress(OSError, OperationalError), at_step(step, fail) as steps:
            store(steps.content())
        if Blob.objects.exists():
            break
        assert list(files_dir.glob("incoming/*")) == []
    # The first failure that does no harm is that of the removal of a temporary file which was already renamed.
    assert step > 15
    assert verify_storage().damages == []


def test_a_failed_write_is_no_obstacle_to_the_next(files_dir: Path) -> None:
    with pytest.raises(OSError, match="No space"), at_step(8, fail) as steps:
        store(steps.content())
    store([CONTENT])
    assert verify_storage().checked == 1
    collect_garbage(grace=timedelta(), now=timezone.now() + timedelta(days=1))
    assert [path for path in files_dir.rglob("*") if path.is_file()] == []


def test_bytes_and_folders_are_synced_before_the_row_is_committed(files_dir: Path) -> None:
    """An order, watched: sync of the file, rename, sync of every folder above it, commit."""
    order: list[str] = []

    def noted(name: Callable[..., str], function: Callable[..., Any]) -> Callable[..., Any]:
        def note(*args: Any) -> Any:
            order.append(name(*args))
            return function(*args)

        return note

    def folder(descriptor: int) -> str:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink().relative_to(files_dir))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", noted(folder, os.fsync))
        patch.setattr(os, "replace", noted(lambda *paths: "rename", os.replace))
        patch.setattr(connection, "commit", noted(lambda: "commit", connection.commit))
        path = Path(store([CONTENT]).path)
    file, *rest = order
    assert file.startswith("incoming/")
    assert rest == ["rename", *map(str, path.parents), "commit"]
