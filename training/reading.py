"""A console as its page shows it: some lines of perhaps a million, its chapters, and the runs beside it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import QueryDict

from config.paging import Page
from config.search import matching
from experiments.models import Experiment
from training.console import CHAPTER_MARK
from training.models import Console, ConsoleLine, Job, LineKind

LINES_SHOWN = 500
CHAPTERS_SHOWN = 200
RUNS_SHOWN = 20

PLACE = re.compile(r"(\d{1,5})\.(\d{1,10})")
Place = tuple[int, int]


@dataclass(frozen=True)
class Chapter:
    """A heading among the lines, and where its lines begin."""

    title: str
    place: str


def runs_of(experiment: Experiment) -> list[Job | None]:
    """The newest jobs, and None where scripts ran the experiment without one."""
    jobs: list[Job | None] = list(experiment.jobs.select_related("created_by")[:RUNS_SHOWN])
    return [*jobs, None] if experiment.consoles.filter(job=None).exists() else jobs


def lines_page(console: Console, query: QueryDict, *, size: int = LINES_SHOWN) -> Page[ConsoleLine]:
    """The last lines; with `?older=`, `?newer=` or `?from=` those before, after or from a place. In order, as printed.

    However far from either end the place is, a page costs the same. A place that is none is ignored.

    Args:
        console: whose lines.
        query: the request's query; `q` narrows the lines to those that contain it, the rest stays in the links.
        size: how many lines at most.
    """
    lines = matching(console.lines.exclude(kind=LineKind.MARK), query.get("q", ""), ["text"])
    if older := _place(query.get("older")):
        return _ending(_before(lines, older, size + 1), query, size, has_newer=True)
    if newer := _place(query.get("newer")):
        return _beginning(_after(lines, newer, size + 1), query, size)
    if start := _place(query.get("from")):
        return _beginning(_after(lines, (start[0], start[1] - 1), size + 1), query, size)
    return _ending(list(lines.order_by("-part", "-number")[: size + 1]), query, size, has_newer=False)


def chapters_of(console: Console) -> list[Chapter]:
    """The parts, and the headings that scripts print inside them."""
    printed = list(console.lines.filter(kind=LineKind.CHAPTER).order_by("part", "number")[:CHAPTERS_SHOWN])
    inside: dict[int, list[ConsoleLine]] = {}
    for line in printed:
        inside.setdefault(line.part, []).append(line)
    chapters = []
    for part, name in enumerate(console.parts[:CHAPTERS_SHOWN]):
        own = [Chapter(title(line.text), f"{part}.{line.number}") for line in inside.get(part, [])]
        # A part often begins with its own name.
        if not own or own[0].title != title(name):
            chapters.append(Chapter(title(name), f"{part}.0"))
        chapters += own
    return chapters


def with_headings(
    console: Console, lines: Iterable[ConsoleLine], *, part: int | None = None
) -> Iterator[tuple[str, ConsoleLine]]:
    """Each line, and before the first of a part or the line that is a heading the words of it; else an empty text.

    Args:
        console: whose lines.
        lines: in order.
        part: of the line before the first, when its heading is there already.
    """
    for line in lines:
        if line.kind == LineKind.CHAPTER:
            yield title(line.text), line
        else:
            yield (title(console.parts[line.part]) if line.part != part else ""), line
        part = line.part


def tail_of(console: Console, count: int) -> list[str]:
    """The last lines that the script printed, in order."""
    printed = console.lines.filter(kind__in=(LineKind.OUTPUT, LineKind.BUFFER)).order_by("-part", "-number")
    return list(printed.values_list("text", flat=True)[:count])[::-1]


def lines_since(console: Console, place: str, *, again: int, most: int) -> list[ConsoleLine] | None:
    """What came after a line, with some lines before it once more: progress bars are printed again and again.

    None when that is more than is wanted, or the place is none.

    Args:
        console: whose lines.
        place: of the last line that is known, `part.number`.
        again: how many lines up to it are read again.
        most: how many new ones there may be.
    """
    known = _place(place)
    if known is None:
        return None
    lines = console.lines.exclude(kind=LineKind.MARK)
    before = _before(lines, (known[0], known[1] + 1), again)
    new = _after(lines, known, most + 1)
    return [*before[::-1], *new] if len(new) <= most else None


def place_in_words(line: ConsoleLine) -> str:
    """Where a line is, as addresses say it: `part.number`."""
    return f"{line.part}.{line.number}"


def title(text: str) -> str:
    """A heading without the mark by which scripts make it one."""
    return text.removeprefix(CHAPTER_MARK).strip() or "Output"


def _place(text: str | None) -> Place | None:
    match = PLACE.fullmatch(text or "")
    return (int(match[1]), int(match[2])) if match else None


def _before(lines: QuerySet[ConsoleLine], place: Place, most: int) -> list[ConsoleLine]:
    """The lines before the place, nearest first. Two questions, each of which begins at its place in the index."""
    part, number = place
    near = list(lines.filter(part=part, number__lt=number).order_by("-number")[:most])
    far = lines.filter(part__lt=part).order_by("-part", "-number")[: most - len(near)]
    return near + (list(far) if len(near) < most else [])


def _after(lines: QuerySet[ConsoleLine], place: Place, most: int) -> list[ConsoleLine]:
    part, number = place
    near = list(lines.filter(part=part, number__gt=number).order_by("number")[:most])
    far = lines.filter(part__gt=part).order_by("part", "number")[: most - len(near)]
    return near + (list(far) if len(near) < most else [])


def _ending(backwards: list[ConsoleLine], query: QueryDict, size: int, *, has_newer: bool) -> Page[ConsoleLine]:
    rows = backwards[:size][::-1]
    older = _link(query, "older", rows[0]) if len(backwards) > size else None
    return Page(rows=rows, older=older, newer=_link(query, "newer", rows[-1]) if has_newer and rows else None)


def _beginning(forwards: list[ConsoleLine], query: QueryDict, size: int) -> Page[ConsoleLine]:
    rows = forwards[:size]
    newer = _link(query, "newer", rows[-1]) if len(forwards) > size else None
    return Page(rows=rows, older=_link(query, "older", rows[0]) if rows else None, newer=newer)


def _link(query: QueryDict, name: str, line: ConsoleLine) -> str:
    link = query.copy()
    for word in ("older", "newer", "from"):
        link.pop(word, None)
    link[name] = place_in_words(line)
    return f"?{link.urlencode()}"
