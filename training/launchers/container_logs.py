"""Going on in a container's log where one stopped.

An engine gives what was logged since a time, and Podman tells times in whole seconds only. What two streams print at
the same time may be logged a moment later than its time says, too. So a place in the log is a time that lies a little
back, and how many entries from there on have been read: entries are only ever added at the end, so the number holds.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

SECOND = 1_000_000_000
# How far back the time of a place may lie, in nanoseconds and in entries.
BACK = SECOND
BACK_ENTRIES = 4096
STAMP = re.compile(rb"([0-9-]{10}T[0-9:]{8})(?:\.([0-9]{1,9}))?(Z|[+-][0-9:]{5}) ")


@dataclass(frozen=True)
class Place:
    """How far a log has been read.

    Attributes:
        since: nanoseconds since 1970.
        taken: how many entries from then on have been read.
        last: the time of the last of them.
    """

    since: int = 0
    taken: int = 0
    last: int = 0

    def __str__(self) -> str:
        return f"{self.since} {self.taken} {self.last}"

    @classmethod
    def of(cls, cursor: str) -> "Place":
        return cls(*map(int, cursor.split())) if cursor else cls()

    @property
    def to_ask(self) -> int:
        """The second to ask the engine for: Podman gives only what was logged after it, Docker from it on."""
        return max(self.since // SECOND - 1, 1)


class LogWasCut(Exception):
    """Entries that had been counted are not there any more, as the engine keeps the log within its limit."""


@dataclass(frozen=True)
class Reading:
    """What was read, the place after it, and whether that is the end."""

    content: bytes
    place: Place
    is_all: bool


class Readable(Protocol):
    """What bytes are read from; fewer than asked for are the last."""

    def read(self, amount: int, /) -> bytes: ...


def entries_of(stream: Readable) -> Iterator[bytes]:
    """The entries that an engine sends: each after eight bytes, of which the last four are its length."""
    while len(header := stream.read(8)) == 8:
        yield stream.read(int.from_bytes(header[4:], "big"))


def read_on(entries: Iterable[bytes], place: Place, limit: int) -> Reading:
    """Read entries after the place, up to about so many bytes.

    Args:
        entries: each as the engine gives it, with its time before it, from `place.to_ask` on.
        place: up to where they were read before.
        limit: in bytes; at most one entry more is read.

    Raises:
        LogWasCut: when the place is not in it any more. Begin again at `place.last`.
    """
    times: list[int] = []
    pieces: list[bytes] = []
    size, is_all = 0, True
    for time, content in _since(entries, place.since):
        if size >= limit:
            is_all = False
            break
        times.append(time)
        if len(times) > place.taken:
            pieces.append(content)
            size += len(content)
        elif len(times) == place.taken and time != place.last:
            raise LogWasCut
    if len(times) < place.taken:
        raise LogWasCut
    return Reading(b"".join(pieces), _place_after(times, place), is_all)


def _since(entries: Iterable[bytes], since: int) -> Iterator[tuple[int, bytes]]:
    for entry in entries:
        time, content = split(entry)
        if time >= since:
            yield time, content


def _place_after(times: list[int], before: Place) -> Place:
    if not times:
        return before
    since = max(before.since, max(times) - BACK)
    if len(times) > BACK_ENTRIES:
        since = max(since, min(times[-BACK_ENTRIES:]))
    return Place(since, sum(time >= since for time in times), times[-1])


def split(entry: bytes) -> tuple[int, bytes]:
    """An entry's time in nanoseconds since 1970, and what was printed."""
    stamp = STAMP.match(entry)
    if not stamp:
        raise ValueError(f"A line of the container's log has no time: {entry[:40]!r}")
    whole = datetime.fromisoformat((stamp[1] + stamp[3]).decode())
    fraction = int((stamp[2] or b"").ljust(9, b"0"))
    return int(whole.timestamp()) * SECOND + fraction, entry[stamp.end() :]
