import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from storage.models import Blob
from storage.services import UploadTooLarge, store

APPLES = b"apples" * 1_000
DIGEST = hashlib.sha256(APPLES).hexdigest()

pytestmark = pytest.mark.django_db


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_it_works(files_dir: Path) -> None:
    blob = store([APPLES[:1_000], APPLES[1_000:]])
    assert (blob.sha256, blob.size) == (DIGEST, len(APPLES))
    assert Blob.objects.get() == blob
    assert files_in(files_dir) == [files_dir / "blobs" / DIGEST[:2] / DIGEST[2:4] / DIGEST]
    assert (files_dir / blob.path).read_bytes() == APPLES


def test_it_takes_a_file() -> None:
    assert store(io.BytesIO(APPLES)).sha256 == DIGEST


def test_it_takes_nothing_at_all() -> None:
    assert store([]).size == 0


def test_equal_content_is_one_blob(files_dir: Path) -> None:
    assert store([APPLES]) == store(io.BytesIO(APPLES))
    assert Blob.objects.count() == 1
    assert len(files_in(files_dir)) == 1


def test_content_that_is_stored_again_is_no_garbage() -> None:
    blob = store([APPLES])
    Blob.objects.update(unreferenced_since=timezone.now() - timedelta(days=9))
    assert store([APPLES]).unreferenced_since is None
    blob.refresh_from_db()
    assert blob.unreferenced_since is None


@pytest.mark.parametrize("damage", [b"", APPLES[:-1], APPLES + b"!", b"pears!" * 1_000])
def test_storing_good_bytes_again_heals_damaged_ones(files_dir: Path, damage: bytes) -> None:
    blob = store([APPLES])
    (files_dir / blob.path).write_bytes(damage)
    store([APPLES])
    assert (files_dir / blob.path).read_bytes() == APPLES


def test_storing_again_brings_missing_bytes_back(files_dir: Path) -> None:
    blob = store([APPLES])
    (files_dir / blob.path).unlink()
    store([APPLES])
    assert (files_dir / blob.path).read_bytes() == APPLES


def test_a_limit_is_exact(files_dir: Path) -> None:
    assert store([APPLES], limit=len(APPLES))
    with pytest.raises(UploadTooLarge, match="larger than 6,001 bytes"):
        store([APPLES, b"12"], limit=len(APPLES) + 1)
    assert Blob.objects.count() == 1
    assert len(files_in(files_dir)) == 1


def test_the_limit_is_said_in_megabytes() -> None:
    with pytest.raises(UploadTooLarge, match="larger than 2 MB, the most that is taken"):
        store([b"x" * 3 * 1024 * 1024], limit=2 * 1024 * 1024)


def test_content_that_breaks_off_leaves_nothing(files_dir: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield APPLES
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store(broken())
    assert not Blob.objects.exists()
    assert files_in(files_dir) == []


def test_it_streams(files_dir: Path) -> None:
    """Each chunk is written before the next one is asked for, however large the whole is."""

    def content() -> Iterator[bytes]:
        for number in range(4):
            [file] = files_in(files_dir)
            assert file.stat().st_size >= (number - 1) * 1024 * 1024
            yield b"x" * 1024 * 1024

    store(content())


def test_the_database_refuses_what_is_no_digest() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Blob.objects.create(sha256="../" * 21 + "x", size=1)
