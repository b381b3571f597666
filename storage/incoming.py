"""Content on its way in: under a temporary name, hashed while it is written."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.exceptions import UploadTooLarge


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
        self.size += len(chunk)
        if self._limit is not None and self.size > self._limit:
            raise UploadTooLarge(self._limit)
        self._hash.update(chunk)
        self._file.write(chunk)

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()
