"""Where the bytes of blobs lie: a folder here, or a bucket (storage.bucket)."""

import contextlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from django.core.files.storage import FileSystemStorage, storages

from storage.models import Blob

CHUNK = 1024 * 1024
PARTS = "parts"
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredBytes:
    """What the store holds under a digest, whether or not a row knows of it."""

    sha256: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Remains:
    """What the store holds of an upload that has not become a blob: its bytes, or parts of them."""

    upload_id: uuid.UUID
    modified: datetime


class Store(Protocol):
    """Bytes by path. Services decide what is in it; a store only knows how."""

    @property
    def incoming(self) -> Path:
        """The folder of content on its way in."""

    def send_ahead(self, source: Path, path: str) -> None:
        """Do what is slow about placing the file, before anything is locked."""

    def place(self, source: Path, path: str, size: int) -> None:
        """Make the bytes durable under their path; called while the row is locked."""

    def open(self, path: str) -> BinaryIO:
        """A seekable file of the bytes.

        Raises:
            FileNotFoundError: when there are none.
        """

    def size(self, path: str) -> int | None:
        """How many bytes lie there; None when there are none."""

    def remove(self, path: str) -> None:
        """Remove the bytes, if there are any."""

    def walk(self) -> Iterator[StoredBytes]:
        """Everything that lies under the path of a digest."""

    def direct_url(self, path: str, *, disposition: str, content_type: str, lifetime: int) -> str | None:
        """An address at which the store itself hands the bytes out for `lifetime` seconds, if it can."""

    def remains(self) -> Iterator[Remains]:
        """What lies here of uploads."""

    def forget(self, upload_id: uuid.UUID) -> None:
        """Remove what lies here of the upload."""


class FolderStore:
    """A folder of this machine, or one mounted on it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    def send_ahead(self, source: Path, path: str) -> None:
        """Nothing: a rename is not slow."""

    def place(self, source: Path, path: str, size: int) -> None:
        """Rename the new file over an old one: should that have been damaged, it is whole again."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        # All levels, each time: another writer may have made a folder and not have synced it yet.
        for folder in target.parents[: len(Path(path).parents)]:
            _sync(folder)

    def open(self, path: str) -> BinaryIO:
        return (self.root / path).open("rb")

    def size(self, path: str) -> int | None:
        status = status_of(self.root / path)
        return status.st_size if status else None

    def remove(self, path: str) -> None:
        (self.root / path).unlink(missing_ok=True)

    def walk(self) -> Iterator[StoredBytes]:
        for folder, _, names in os.walk(self.root / "blobs"):
            for name in filter(DIGEST.fullmatch, names):
                found = Path(folder) / name
                status = status_of(found)
                if status and found == self.root / path_of(name):
                    yield StoredBytes(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def direct_url(self, path: str, *, disposition: str, content_type: str, lifetime: int) -> None:
        """None: the application serves the folder."""

    def remains(self) -> Iterator[Remains]:
        parts = self.root / PARTS
        for folder in parts.iterdir() if parts.exists() else ():
            status = status_of(folder)
            if status and (upload_id := _uuid(folder.name)):
                yield Remains(upload_id, datetime.fromtimestamp(status.st_mtime, UTC))

    def forget(self, upload_id: uuid.UUID) -> None:
        shutil.rmtree(self.root / PARTS / str(upload_id), ignore_errors=True)


def current_store() -> Store:
    """The store that the settings name."""
    storage = storages["default"]
    if isinstance(storage, FileSystemStorage):
        return FolderStore(Path(storage.location))
    from storage.bucket import BucketStore  # needs the optional S3 client

    return BucketStore(storage)


def path_of(sha256: str) -> str:
    """Where bytes of this digest lie in the store."""
    return Blob(sha256=sha256).path


def part_path(upload_id: uuid.UUID, number: int, etag: str) -> str:
    """Where a part of an upload lies in a folder until all are there: a part sent again with other bytes is another."""
    return f"{PARTS}/{upload_id}/{number}-{etag}"


def status_of(file: Path) -> os.stat_result | None:
    """The file's size and times; None when it went away while its folder was read."""
    with contextlib.suppress(FileNotFoundError):
        return file.stat()
    return None


def _uuid(text: str) -> uuid.UUID | None:
    with contextlib.suppress(ValueError):
        return uuid.UUID(text)
    return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
