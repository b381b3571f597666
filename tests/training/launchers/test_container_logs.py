"""Reading on in a log: whatever is logged meanwhile, every entry is read once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.launchers.container_logs import BACK, SECOND, LogWasCut, Place, read_on, split

START = 1_800_000_000 * SECOND
# Steps of time between entries, in nanoseconds: a little back, as two streams are logged, none, and forward.
STEPS = st.one_of(st.just(0), st.integers(-BACK // 4, BACK // 4), st.integers(0, 5 * SECOND))


def docker(log: list[tuple[int, bytes]], since: int) -> list[bytes]:
    """What Docker gives: from that time on, in nanoseconds."""
    return [stamped(time, content) for time, content in log if time >= since * SECOND]


def podman(log: list[tuple[int, bytes]], since: int) -> list[bytes]:
    """What Podman gives: after that time, in whole seconds of its own time zone."""
    there = timezone(timedelta(hours=-5))
    return [
        datetime.fromtimestamp(time // SECOND, there).isoformat().encode() + b" " + content
        for time, content in log
        if time > since * SECOND
    ]


def stamped(time: int, content: bytes) -> bytes:
    whole = datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{time % SECOND:09d}Z ".encode() + content


@given(
    st.lists(st.tuples(STEPS, st.binary(max_size=20)), max_size=60),
    st.lists(st.tuples(st.integers(0, 12), st.integers(1, 60)), min_size=1, max_size=20),
    st.sampled_from([docker, podman]),
)
def test_every_entry_is_read_once(
    steps: list[tuple[int, bytes]],
    readings: list[tuple[int, int]],
    engine: Callable[[list[tuple[int, bytes]], int], list[bytes]],
) -> None:
    log: list[tuple[int, bytes]] = []
    time = START
    for step, content in steps:
        # No later than it may be: an entry is logged within half of BACK of the time that it says.
        time = max(time + step, max((entry[0] for entry in log), default=time) - BACK // 2)
        log.append((time, content))
    read, cursor, there = b"", "", 0
    for grown, limit in [*readings, *[(len(log), 10_000)]]:
        there = min(there + grown, len(log))
        place = Place.of(cursor)
        reading = read_on(engine(log[:there], place.to_ask), place, limit)
        read, cursor = read + reading.content, str(reading.place)

    assert reading.is_all
    assert read == b"".join(content for _, content in log)


def test_it_stops_at_the_limit_and_says_that_there_is_more() -> None:
    log = [(START + n, b"0123456789") for n in range(10)]

    reading = read_on(docker(log, 0), Place(), 25)

    assert (reading.content, reading.is_all) == (b"0123456789" * 3, False)


def test_a_flood_is_not_counted_from_its_beginning() -> None:
    log = [(START + n, b"x") for n in range(20_000)]

    place = read_on(docker(log, 0), Place(), 1_000_000).place

    assert place.taken < 5000


@pytest.mark.parametrize("left", [0, 2, 5])
def test_a_log_that_was_cut_is_noticed(left: int) -> None:
    log = [(START + n * 1000, b"%d" % n) for n in range(10)]
    place = read_on(docker(log, 0), Place(), 100).place
    cut = log[len(log) - left :] + [(START + SECOND + n, b"new") for n in range(20)]

    with pytest.raises(LogWasCut):
        read_on(docker(cut, place.to_ask), place, 100)
    assert b"new" * 20 in read_on(docker(cut, 0), Place(since=place.last), 100).content


def test_an_entry_without_time_is_no_entry() -> None:
    with pytest.raises(ValueError, match="has no time"):
        split(b"hello")
