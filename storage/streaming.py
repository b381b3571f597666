"""The bodies of answers: a file, or the part of it that was asked for, never whole in memory."""

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO

from storage.exceptions import DamagedBlob, Problem
from storage.models import Blob
from storage.stores import CHUNK

# One range. Several (RFC 9110 lets a server ignore them) and other units get the whole file.
RANGE = re.compile(r"bytes=(?P<first>\d{0,18})-(?P<last>\d{0,18})")


class UnsatisfiableRange(Exception):
    """The file has no byte of the range that was asked for."""


def wanted_range(header: str, size: int) -> range | None:
    """The offsets that a Range header (RFC 9110, section 14) asks for; None when the whole file is the answer.

    Raises:
        UnsatisfiableRange: when a file of `size` bytes has none of them.
    """
    match = RANGE.fullmatch(header)
    if match is None or match.group() == "bytes=-":
        return None
    first, last = match["first"], match["last"]
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if start >= end:
        raise UnsatisfiableRange
    return range(start, end)


class PartBody:
    """A part of an open file, in chunks. The file is closed with the answer."""

    def __init__(self, file: BinaryIO, part: range) -> None:
        self._file = file
        self._part = part

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self._part.start)
        left = len(self._part)
        while left and (chunk := self._file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self._file.close()


class CheckedBody(PartBody):
    """A whole file, whose last chunk is kept back until the digest is known: wrong bytes never arrive complete.

    Raises:
        DamagedBlob: while it is sent, which breaks the connection off before the announced length.
    """

    def __init__(self, file: BinaryIO, blob: Blob) -> None:
        super().__init__(file, range(blob.size))
        self._blob = blob

    def __iter__(self) -> Iterator[bytes]:
        digest, kept = hashlib.sha256(), b""
        for chunk in super().__iter__():
            if kept:
                yield kept
            digest.update(chunk)
            kept = chunk
        if digest.hexdigest() != self._blob.sha256:
            raise DamagedBlob(self._blob, Problem.WRONG_BYTES)
        yield kept
