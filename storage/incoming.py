"""Content on its way in: under a temporary name, hashed while it is written, or read back when files become one."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from storage.exceptions import UploadTooLarge

# Small enough for what was read to be hashed from the processor's own memory.
READ_BACK_BYTES = 256 * 1024
COPIED_AT_ONCE = 1024**3


class Incoming:
    """A temporary file that knows its digest and size. Leaving the `with` removes what was not placed in the store.

    Args:
        folder: where it lies meanwhile; on the store's own file system, so that placing it is one atomic rename.
        limit: the most bytes it may have, or None.
    """

    def __init__(self, folder: Path, *, limit: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder)
        self.path = Path(name)
        self.size = 0
        self._limit = limit
        self._hash = hashlib.sha256()
        self._file = os.fdopen(descriptor, "wb")

    @property
    def sha256(self) -> str:
        """The digest of what was written so far, in lower-case hexadecimal."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            UploadTooLarge: when there are more than the limit.
        """
        self._grow(len(chunk))
        self._hash.update(chunk)
        self._file.write(chunk)

    def join(self, files: Iterable[BinaryIO]) -> list[str]:
        """Become the bytes of these files, one after the other, and give the digest of each as it arrived here.

        The system copies them, and the copy is read back: twice, at the same time, for the digest of the whole and for
        those of the pieces. It goes to the disk meanwhile.

        Raises:
            UploadTooLarge: when they are more than the limit.
        """
        starts = [0]
        for file in files:
            _copy(file, self._file)
            _drop(file)
            self._grow(self._file.tell() - self.size)
            starts.append(self.size)
        with ThreadPoolExecutor(2) as threads:
            synced = threads.submit(os.fsync, self._file.fileno())
            whole = threads.submit(_hash_of, self.path, 0, self.size)
            digests = [_hash_of(self.path, start, end - start).hexdigest() for start, end in pairwise(starts)]
            synced.result()
            self._hash = whole.result()
        return digests

    def finish(self) -> None:
        """Bring the bytes to the disk: whoever renames the file afterwards never sees half of it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        """Remove the temporary file, if it is still there. What can't be removed is swept later."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _grow(self, size: int) -> None:
        self.size += size
        if self._limit is not None and self.size > self._limit:
            raise UploadTooLarge(self._limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    """Let the system copy, which on some file systems shares the bytes instead; where it can't, read and write."""
    target.flush()
    with contextlib.suppress(OSError, AttributeError):
        while os.copy_file_range(source.fileno(), target.fileno(), COPIED_AT_ONCE):
            pass
    shutil.copyfileobj(source, target)
    target.flush()


def _drop(file: BinaryIO) -> None:
    """Let go of the memory in which the system keeps the file, so that it takes the next copy: new memory is slow."""
    with contextlib.suppress(OSError, AttributeError):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _hash_of(path: Path, start: int, size: int) -> Any:
    """The SHA-256 of these bytes of the file."""
    digest, buffer = hashlib.sha256(), memoryview(bytearray(READ_BACK_BYTES))
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        while size and (count := file.readinto(buffer[:size])):
            digest.update(buffer[:count])
            size -= count
    return digest
