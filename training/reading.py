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


def with_headings(console: Console, lines: Iterable[ConsoleLine]) -> Iterator[tuple[str, ConsoleLine]]:
    """Each line, and before the first of a part or the line that is a heading the words of it; else an empty text."""
    part = None
    for line in lines:
        if line.kind == LineKind.CHAPTER:
            yield title(line.text), line
        else:
            yield (title(console.parts[line.part]) if line.part != part else ""), line
        part = line.part


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
    link[name] = f"{line.part}.{line.number}"
    return f"?{link.urlencode()}"
