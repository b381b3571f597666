"""A process whose children are killed before the first step of a write, the second, and so on; run by test_durability.

Prints one JSON object a line: the number of the step, and what is in the store and the database after the kill, after
the collector came by, and after the same write was done again.
"""

import json
import os
import signal
import sys
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connections
from django.utils import timezone


def main(write_name: str, folder: Path) -> None:
    settings.STORAGES["default"]["OPTIONS"] = {"location": folder}
    django.setup()
    for step in count(1):
        prepare(folder)
        survived = killed_at(step, write_name)
        seen: dict[str, Any] = {"step": step, "after": state(folder)}
        run(write_name, step=0)
        seen["done_again"] = state(folder)
        collect()
        seen["collected"] = state(folder)
        sys.stdout.write(json.dumps(seen) + "\n")
        if survived:
            break


def prepare(folder: Path) -> None:
    """A live blob, one that is due for collection, and nothing else."""
    from registry.models import Architecture, ArchitectureFile
    from storage.models import Blob
    from storage.services import store

    ArchitectureFile.objects.all().delete()
    Blob.objects.all().delete()
    for file in folder.rglob("*"):
        if file.is_file():
            file.unlink()
    ArchitectureFile.objects.create(name="weights", blob=store([b"live"]), architecture=Architecture.objects.create())
    due = store([b"due"])
    Blob.objects.filter(pk=due.pk).update(unreferenced_since=timezone.now() - timedelta(days=9))


def killed_at(step: int, write_name: str) -> bool:
    """Run the write in a child that kills itself; whether it came to its end instead."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        run(write_name, step)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFEXITED(status) or os.WTERMSIG(status) == signal.SIGKILL
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def run(write_name: str, step: int) -> None:
    from storage.services import collect_garbage, store
    from tests.storage.steps import at_step

    with at_step(step, lambda error: os.kill(os.getpid(), signal.SIGKILL)) as steps:
        if write_name == "store":
            store(steps.content())
        elif write_name == "store_what_is_due":
            store([b"due"])
        else:
            collect_garbage(grace=timedelta(days=1))


def collect() -> None:
    from storage.services import collect_garbage

    collect_garbage(grace=timedelta(), now=timezone.now() + timedelta(days=2))


def state(folder: Path) -> dict[str, Any]:
    from storage.models import Blob
    from storage.services import verify_storage

    return {
        "rows": sorted(Blob.objects.values_list("sha256", flat=True)),
        "files": sorted(file.name for file in folder.glob("blobs/*/*/*")),
        "incoming": len(list(folder.glob("incoming/*"))),
        "damaged": [damage.blob.sha256 for damage in verify_storage().damages],
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
