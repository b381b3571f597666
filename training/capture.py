"""From the bytes that a script prints to the lines of a console.

As the wrapper of existing images does it (wire contract, section 8.1): a line that begins with `--#--` is the heading
of a chapter, under which the lines are numbered from 0; a carriage return begins the line again, so that a progress bar
is one line that changes.
"""

from dataclasses import dataclass

from training.console import CHAPTER_MARK, PART_MAX, Batch

FIRST_PART = "Output"
# A line that has not ended is shown as far as it is, and read again with what follows; a longer one is cut here.
LINE_BYTES_MAX = 64 * 1024


@dataclass(frozen=True)
class Place:
    """Where in the console the next line goes: under which heading, and its number there."""

    part: str = FIRST_PART
    number: int = 0


@dataclass(frozen=True)
class Captured:
    """What was made of some bytes.

    Attributes:
        batches: the lines, in their order.
        place: of the next line.
        taken: of how many bytes nothing more is needed. The rest is a line that has not ended.
    """

    batches: list[Batch]
    place: Place
    taken: int


def capture(content: bytes, place: Place, *, is_all: bool = False) -> Captured:
    """Make lines of what was printed.

    Args:
        content: bytes as they came; what is no UTF-8 becomes replacement characters.
        place: of the first line.
        is_all: whether nothing follows, so that the last line has ended, too.
    """
    *ended, unended = content.split(b"\n")
    cut, rest = _of_the_last(unended)
    batches, place = _placed([_text(line) for line in [*ended, *cut]], place)
    if rest:
        batches.append(Batch(place.part, place.number, [_text(rest)]))
    if is_all:
        return Captured(batches, Place(place.part, place.number + bool(rest)), len(content))
    return Captured(batches, place, len(content) - len(rest))


def _of_the_last(line: bytes) -> tuple[list[bytes], bytes]:
    """Of a line that has not ended, the pieces that are long enough to be lines, and what may still change."""
    overwritten = line.rstrip(b"\r").rfind(b"\r") + 1
    line = line[overwritten:]
    cut = []
    while len(line) > LINE_BYTES_MAX:
        cut.append(line[:LINE_BYTES_MAX])
        line = line[LINE_BYTES_MAX:]
    return cut, line


def _text(line: bytes) -> str:
    """What the line shows in the end."""
    return line.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace")


def _placed(lines: list[str], place: Place) -> tuple[list[Batch], Place]:
    batches = [Batch(place.part, place.number, [])]
    for line in lines:
        if line.startswith(CHAPTER_MARK):
            heading = line.strip()[:PART_MAX]
            place = Place(heading, 0)
            batches.append(Batch(heading, 0, []))
        batches[-1].lines.append(line)
        place = Place(place.part, place.number + 1)
    return [batch for batch in batches if batch.lines], place
