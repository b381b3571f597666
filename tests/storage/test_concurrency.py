"""Writers, creations and the collector at once, each on a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import TypeVar

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from registry.models import Architecture, ArchitectureFile
from storage.models import Blob
from storage.services import collect_garbage, open_verified, store, verify_storage

T = TypeVar("T")

CONTENTS = [f"content {number}".encode() for number in range(24)]

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*tasks: Callable[[], T]) -> list[T]:
    """Run the tasks in a thread each, and give their results; the first error is raised."""

    def run(task: Callable[[], T]) -> T:
        try:
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in [pool.submit(run, task) for task in tasks]]


def collecting(stop: Event, grace: timedelta) -> Callable[[], None]:
    def collect() -> None:
        while not stop.is_set():
            collect_garbage(grace=grace)

    return collect


def test_two_uploads_of_the_same_bytes_are_one_blob(files_dir: Path) -> None:
    start = Barrier(4)

    def upload() -> Blob:
        start.wait()
        return store([b"the same ", b"bytes"])

    assert len(set(at_once(*[upload] * 4))) == 1
    assert Blob.objects.count() == 1
    [file] = (path for path in files_dir.rglob("*") if path.is_file())
    assert file.read_bytes() == b"the same bytes"


def test_no_live_blob_is_lost_to_the_collector(files_dir: Path) -> None:
    """All content is due for collection already when it is uploaded again and taken into use."""
    for content in CONTENTS:
        store([content])
    Blob.objects.update(unreferenced_since=timezone.now() - timedelta(days=9))
    architecture, stop = Architecture.objects.create(), Event()

    def use() -> None:
        try:
            for number, content in enumerate(CONTENTS):
                ArchitectureFile.objects.create(architecture=architecture, name=f"{number}", blob=store([content]))
        finally:
            stop.set()

    at_once(collecting(stop, timedelta(days=1)), use)
    for file in ArchitectureFile.objects.all():
        with open_verified(file.blob) as stored:
            assert stored.read() == CONTENTS[int(file.name)]
    assert ArchitectureFile.objects.count() == len(CONTENTS)


def test_a_reference_is_never_left_dangling(files_dir: Path) -> None:
    """Without any grace a blob may be collected before it is referred to: then the reference is refused."""
    architecture, stop = Architecture.objects.create(), Event()

    def use() -> None:
        try:
            for number, content in enumerate(CONTENTS):
                blob = store([content])
                try:
                    ArchitectureFile.objects.create(architecture=architecture, name=f"{number}", blob=blob)
                except IntegrityError:
                    assert not Blob.objects.filter(architecture_files__name=f"{number}").exists()
        finally:
            stop.set()

    at_once(collecting(stop, timedelta()), use)
    assert verify_storage().damages == []
    connection.check_constraints()


def test_writers_and_two_collectors_leave_no_row_without_its_bytes(files_dir: Path) -> None:
    stop = Event()

    def upload() -> None:
        try:
            for _ in range(5):
                for content in CONTENTS[:3]:
                    store([content])
        finally:
            stop.set()

    at_once(upload, upload, collecting(stop, timedelta()), collecting(stop, timedelta()))
    assert verify_storage().damages == []
    assert {path.name for path in files_dir.glob("blobs/*/*/*")} == set(Blob.objects.values_list("sha256", flat=True))
