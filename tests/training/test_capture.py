"""From bytes to the lines of a console."""

from hypothesis import given
from hypothesis import strategies as st

from training.capture import FIRST_PART, LINE_BYTES_MAX, Place, capture
from training.console import Batch
from training.ending import TAIL_LINES, last_lines


def lines_of(*pieces: bytes, is_all: bool = True) -> dict[tuple[str, int], str]:
    """The console after the pieces came one after another, as a worker reads them."""
    console: dict[tuple[str, int], str] = {}
    rest, place = b"", Place()
    for number, piece in enumerate(pieces):
        content = rest + piece
        captured = capture(content, place, is_all=is_all and number == len(pieces) - 1)
        for batch in captured.batches:
            console |= {(batch.part, batch.number + at): line for at, line in enumerate(batch.lines)}
        rest, place = content[captured.taken :], captured.place
    return console


def test_lines_are_numbered() -> None:
    assert lines_of(b"one\ntwo\n") == {(FIRST_PART, 0): "one", (FIRST_PART, 1): "two"}


def test_a_chapter_begins_to_count_anew() -> None:
    heading = "--#--Train"
    assert lines_of(b"before\n--#--Train\nafter\n") == {
        (FIRST_PART, 0): "before",
        (heading, 0): heading,
        (heading, 1): "after",
    }


def test_a_line_is_shown_before_it_has_ended_and_goes_on() -> None:
    assert lines_of(b"load", is_all=False) == {(FIRST_PART, 0): "load"}
    assert lines_of(b"load", b"ing\nnext\n") == {(FIRST_PART, 0): "loading", (FIRST_PART, 1): "next"}


def test_a_progress_bar_is_one_line_that_changes() -> None:
    assert lines_of(b"\r10 %", b"\r50 %", b"\r100 %\ndone\n") == {(FIRST_PART, 0): "100 %", (FIRST_PART, 1): "done"}


def test_a_bar_that_never_ends_is_not_kept_for_ever() -> None:
    captured = capture(b"\r1 %" * 50_000, Place())
    assert captured.taken > 199_000
    assert captured.place == Place()


def test_a_line_without_end_is_cut() -> None:
    lines = lines_of(b"x" * (2 * LINE_BYTES_MAX + 1))
    assert [len(line) for line in lines.values()] == [LINE_BYTES_MAX, LINE_BYTES_MAX, 1]


@given(st.lists(st.text("ab\n\r é", max_size=20), min_size=1, max_size=6))
def test_however_it_is_cut_it_is_the_same(pieces: list[str]) -> None:
    content = "".join(pieces).encode()
    assert lines_of(*(piece.encode() for piece in pieces)) == lines_of(content)


def test_a_line_that_changed_is_among_the_last_once() -> None:
    tail = last_lines([], [Batch("Output", 0, ["begun", "10 %"])])
    tail = last_lines(tail, [Batch("Output", 1, ["100 %", "done"])])
    assert [text for _, _, text in tail] == ["begun", "100 %", "done"]
    assert len(last_lines(tail, [Batch("Output", 3, ["more"] * 1_000)])) == TAIL_LINES
