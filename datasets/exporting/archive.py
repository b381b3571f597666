"""ZIP files that are written as they are sent: no archive is ever whole in memory or on a disk."""

import io
import zipfile
from collections.abc import Iterable, Iterator

# Without a moment of its own, the same content is the same file, and is stored once.
NO_MOMENT = (1980, 1, 1, 0, 0, 0)
FLUSH_BYTES = 256 * 1024
PERMISSIONS = 0o644 << 16


def zipped(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The archive of these names and contents, in pieces."""
    out = _Pieces()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, NO_MOMENT)
            entry.external_attr = PERMISSIONS
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=1)
            if out.size > FLUSH_BYTES:
                yield out.taken()
    yield out.taken()


class _Pieces(io.RawIOBase):
    """Takes what is written until it is fetched. It can't seek, so that the archive is written front to back."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: "bytes | bytearray | memoryview[int]") -> int:  # type: ignore[override]
        self.pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        content = b"".join(self.pieces)
        self.pieces, self.size = [], 0
        return content
