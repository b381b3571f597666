import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from storage.models import Blob
from storage.references import referrers_of
from storage.services import GarbageReport, collect_garbage, receive, store
from storage.stores import status_of
from tests.factories import ArchitectureFileFactory, BlobFactory, DataFactory

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


def bytes_of(files_dir: Path, blob: Blob) -> Path:
    return files_dir / blob.path


def age(file: Path, by: timedelta) -> None:
    then = (timezone.now() - by).timestamp()
    os.utime(file, (then, then))


def test_it_marks_first_and_deletes_after_the_grace(files_dir: Path) -> None:
    blob, start = BlobFactory(), timezone.now()
    assert collect_garbage(grace=DAY, now=start) == GarbageReport(marked=1)
    blob.refresh_from_db()
    assert blob.unreferenced_since == start
    assert collect_garbage(grace=DAY, now=start + DAY / 2) == GarbageReport()
    assert bytes_of(files_dir, blob).exists()
    assert collect_garbage(grace=DAY, now=start + DAY) == GarbageReport(deleted=1, freed_bytes=blob.size)
    assert not Blob.objects.exists()
    assert not bytes_of(files_dir, blob).exists()


def test_without_a_grace_it_deletes_at_once() -> None:
    BlobFactory()
    assert collect_garbage(grace=timedelta()).deleted == 1


def test_it_keeps_what_is_referred_to(files_dir: Path) -> None:
    data = DataFactory(thumbnail=BlobFactory())
    blobs = {ArchitectureFileFactory().blob, data.blob, data.thumbnail}
    assert collect_garbage(grace=timedelta()).deleted == 0
    assert set(Blob.objects.all()) == blobs
    assert all(bytes_of(files_dir, blob).exists() for blob in blobs)


def test_what_is_used_again_is_not_garbage() -> None:
    blob, start = BlobFactory(), timezone.now()
    collect_garbage(grace=DAY, now=start)
    file = ArchitectureFileFactory(blob=blob)
    assert collect_garbage(grace=DAY, now=start + 2 * DAY) == GarbageReport(unmarked=1)
    file.delete()
    assert collect_garbage(grace=DAY, now=start + 3 * DAY) == GarbageReport(marked=1)


def test_what_is_stored_again_gets_a_new_grace() -> None:
    blob, start = BlobFactory(content=b"apples"), timezone.now()
    collect_garbage(grace=DAY, now=start)
    store([b"apples"])
    assert collect_garbage(grace=DAY, now=start + 2 * DAY) == GarbageReport(marked=1)
    assert Blob.objects.get() == blob


def test_every_foreign_key_counts() -> None:
    """Those of today, by name: a new one is found without being added here, and a lost one fails this test."""
    blob = BlobFactory()
    ArchitectureFileFactory.create_batch(2, blob=blob)
    DataFactory(blob=blob, thumbnail=blob)
    assert referrers_of(blob) == {
        "registry.ArchitectureFile.blob": 2,
        "datasets.Data.blob": 1,
        "datasets.Data.thumbnail": 1,
    }


def test_it_sweeps_bytes_without_a_row(files_dir: Path) -> None:
    orphan = BlobFactory(content=b"12345")
    live = ArchitectureFileFactory().blob
    orphan.delete()
    for blob in (orphan, live):
        age(bytes_of(files_dir, blob), DAY)
    assert collect_garbage(grace=2 * DAY).swept == 0
    assert collect_garbage(grace=DAY) == GarbageReport(swept=1, freed_bytes=5)
    assert not bytes_of(files_dir, orphan).exists()
    assert bytes_of(files_dir, live).exists()


def test_it_leaves_strangers_files_alone(files_dir: Path) -> None:
    BlobFactory()
    strangers = [files_dir / "blobs" / "README", files_dir / "blobs" / ("a" * 64), files_dir / "notes.txt"]
    for file in strangers:
        file.write_text("Not ours.")
    collect_garbage(grace=timedelta(), now=timezone.now() + DAY)
    assert all(file.exists() for file in strangers)


def test_it_sweeps_old_temporary_files_only(files_dir: Path) -> None:
    old, young = (receive() for _ in range(2))
    old.write(b"12345")
    old.finish()
    age(old.path, timedelta(hours=2))
    assert collect_garbage(grace=timedelta()) == GarbageReport(swept_incoming=1, freed_bytes=5)
    assert not old.path.exists()
    assert young.path.exists()
    young.discard()


def test_a_file_that_goes_away_meanwhile_is_no_error(files_dir: Path) -> None:
    assert status_of(files_dir / "gone") is None


def test_a_dry_run_changes_nothing(files_dir: Path) -> None:
    due, fresh, orphan = (BlobFactory(content=content) for content in (b"1", b"22", b"333"))
    now = timezone.now() + 2 * DAY
    Blob.objects.filter(pk=due.pk).update(unreferenced_since=now - DAY)
    orphan.delete()
    rows = list(Blob.objects.values_list())
    report = collect_garbage(grace=DAY, now=now, dry_run=True)
    assert report == GarbageReport(marked=1, deleted=1, swept=1, freed_bytes=4)
    assert list(Blob.objects.values_list()) == rows
    assert all(bytes_of(files_dir, blob).exists() for blob in (due, fresh, orphan))


def test_the_number_of_queries_does_not_grow_with_what_is_kept(django_assert_max_num_queries: object) -> None:
    ArchitectureFileFactory.create_batch(3)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        collect_garbage(grace=DAY)


def test_the_command_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    BlobFactory(content=b"12345")
    call_command("collect_garbage", "--dry-run", "--grace-hours", "0")
    assert capsys.readouterr().out.startswith("Would delete 0 unused blobs")
    call_command("collect_garbage", "--grace-hours", "0")
    assert capsys.readouterr().out.startswith(
        "Deleted 1 unused blobs and 0 files that belonged to nothing (5\xa0bytes)"
    )
    assert not Blob.objects.exists()


@pytest.mark.parametrize("hours", ["-1", "nan", "inf"])
def test_the_command_refuses_a_grace_that_is_none(hours: str) -> None:
    with pytest.raises(CommandError, match="must be 0 or more"):
        call_command("collect_garbage", f"--grace-hours={hours}")


@pytest.mark.parametrize("command", ["collect_garbage", "verify_storage"])
def test_the_commands_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command(command, "--help")
    assert f"manage.py {command}" in capsys.readouterr().out
