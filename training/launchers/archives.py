"""A run's files as one archive, made while it is sent: no file is ever whole in memory."""

import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO

from storage.services import DamagedBlob, open_verified
from training.launchers.base import Beat, CannotRun, RunFile

CHUNK = 1024 * 1024
# The same files give the same bytes, whenever the archive is made.
NO_TIME = (1980, 1, 1, 0, 0, 0)


def tar_of(files: Sequence[RunFile], folder: str, beat: Beat) -> Iterator[bytes]:
    """A tar with the folder and the files in it, in pieces.

    Anybody may write there: which user an image runs as is not known.

    Args:
        files: as they lie in the folder.
        folder: an absolute path.
        beat: called for each piece.

    Raises:
        CannotRun: when a file is damaged in the store, or its name leads elsewhere.
    """
    base = PurePosixPath(folder.lstrip("/"))
    yield _header(str(base), 0, tarfile.DIRTYPE)
    for file in files:
        yield _header(str(base / _safe(file.filename)), file.blob.size, tarfile.REGTYPE)
        with _opened(file) as source:
            for chunk in iter(partial(source.read, CHUNK), b""):
                yield chunk
                beat()
        yield bytes(-file.blob.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def write_zip(files: Sequence[RunFile], target: BinaryIO, beat: Beat) -> None:
    """The files as a zip.

    Raises:
        CannotRun: when a file is damaged in the store, or its name leads elsewhere.
    """
    with zipfile.ZipFile(target, "w") as archive:
        for file in files:
            entry = zipfile.ZipInfo(_safe(file.filename), NO_TIME)
            entry.external_attr = 0o755 << 16
            entry.file_size = file.blob.size
            with _opened(file) as source, archive.open(entry, "w") as member:
                for chunk in iter(partial(source.read, CHUNK), b""):
                    member.write(chunk)
                    beat()


def _header(path: str, size: int, kind: bytes) -> bytes:
    entry = tarfile.TarInfo(path)
    entry.type, entry.size, entry.mode = kind, size, 0o777
    return entry.tobuf(tarfile.PAX_FORMAT)


def _safe(filename: str) -> str:
    path = PurePosixPath(filename)
    if path.is_absolute() or ".." in path.parts or "\\" in filename or "\0" in filename or not path.parts:
        raise CannotRun(f"The file {filename!r} would lie outside the working folder: rename it.")
    return str(path)


def _opened(file: RunFile) -> BinaryIO:
    try:
        return open_verified(file.blob)
    except DamagedBlob as damaged:
        raise CannotRun(f"The file {file.filename} is damaged in the store: {damaged}") from damaged
