"""Boxes in columns from left to right, and the paths between them. Knows nothing but sizes and links."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import NamedTuple, TypeAlias

# All in pixels.
BOX_WIDTH = 180
COLUMN_GAP = 40
ROW_GAP = 14
BEND_HEIGHT = 6
SWEEPS = 6


class Bend(NamedTuple):
    """Where a link that leads over several columns passes one of them: it takes room there as a box does."""

    source: str
    target: str
    column: int


Spot: TypeAlias = str | Bend


@dataclass(frozen=True)
class Place:
    """A box: its upper left corner and its size."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Arrangement:
    """Where everything is, in a picture of this size.

    `paths` has for each link what SVG draws it by.
    """

    places: dict[str, Place]
    paths: dict[tuple[str, str], str]
    width: int
    height: int


def arrange(heights: Mapping[str, int], links: Iterable[tuple[str, str]]) -> Arrangement:
    """Lay out a graph without circles: every link leads to the right, nothing overlaps, no link passes behind a box.

    Sugiyama's way: columns, then the order within each, then how high each box stands.

    Args:
        heights: of each box, in pixels; the order says which of two boxes is above when nothing else does.
        links: from the left box to the right one.

    Raises:
        graphlib.CycleError: when the links go round.
    """
    links = list(dict.fromkeys(links))
    columns_of = column_of_each(heights, links)
    chains = [_chain(link, columns_of) for link in links]
    columns = _columns(heights, columns_of, chains)
    steps = [step for chain in chains for step in pairwise(chain)]
    _order(columns, steps)
    tall = {spot: heights[spot] if isinstance(spot, str) else BEND_HEIGHT for column in columns for spot in column}
    middles = _middles(columns, steps, tall)
    top = min((middles[spot] - tall[spot] / 2 for spot in middles), default=0)
    tops = {spot: round(middles[spot] - tall[spot] / 2 - top) for spot in middles}
    places = {
        key: Place(columns_of[key] * (BOX_WIDTH + COLUMN_GAP), tops[key], BOX_WIDTH, heights[key]) for key in heights
    }
    lines = {spot: tops[spot] + tall[spot] // 2 for spot in tops}
    return Arrangement(
        places=places,
        paths={link: _path(chain, lines, columns_of) for link, chain in zip(links, chains, strict=True)},
        width=max((place.x + place.width for place in places.values()), default=0),
        height=max((tops[spot] + tall[spot] for spot in tops), default=0),
    )


def column_of_each(keys: Iterable[str], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The column of each box: right of all that lead to it; what nothing leads to stands next to where it leads."""
    before: dict[str, set[str]] = {key: set() for key in keys}
    after: dict[str, set[str]] = {key: set() for key in before}
    for source, target in links:
        before[target].add(source)
        after[source].add(target)
    columns: dict[str, int] = {}
    for key in TopologicalSorter(before).static_order():
        columns[key] = max((columns[source] + 1 for source in before[key]), default=0)
    for key in columns:
        if not before[key] and after[key]:
            columns[key] = min(columns[target] for target in after[key]) - 1
    return columns


def spaced(wishes: Sequence[float], heights: Sequence[int], gap: int = ROW_GAP) -> list[float]:
    """Middles for a column's boxes, in this order and apart, with the least sum of squares to where each wants to be.

    Neighbours that want the same place are joined to a block, which stands where they want to be on average (the
    algorithm of pooling adjacent violators).
    """
    offsets = [0.0]
    for one, next_one in pairwise(heights):
        offsets.append(offsets[-1] + (one + next_one) / 2 + gap)
    blocks: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=False):
        blocks.append((wish - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (last, many), (earlier, more) = blocks.pop(), blocks.pop()
            blocks.append(((last * many + earlier * more) / (many + more), many + more))
    starts = [start for start, many in blocks for _ in range(many)]
    return [start + offset for start, offset in zip(starts, offsets, strict=False)]


def _chain(link: tuple[str, str], columns_of: Mapping[str, int]) -> list[Spot]:
    source, target = link
    between = range(columns_of[source] + 1, columns_of[target])
    return [source, *(Bend(source, target, column) for column in between), target]


def _columns(keys: Iterable[str], columns_of: Mapping[str, int], chains: list[list[Spot]]) -> list[list[Spot]]:
    columns: list[list[Spot]] = [[] for _ in range(max(columns_of.values(), default=-1) + 1)]
    for key in keys:
        columns[columns_of[key]].append(key)
    for chain in chains:
        for spot in chain:
            if isinstance(spot, Bend):
                columns[spot.column].append(spot)
    return columns


def _order(columns: list[list[Spot]], steps: list[tuple[Spot, Spot]]) -> None:
    """Sort each column by where its neighbours on one side are on average, from the left and from the right."""
    before, after = _neighbours(steps)
    for sweep in range(SWEEPS):
        rows = {spot: row for column in columns for row, spot in enumerate(column)}
        neighbours = before if sweep % 2 else after
        for column in columns if sweep % 2 else reversed(columns):
            wishes = {spot: _mean([rows[other] for other in neighbours.get(spot, [])], rows[spot]) for spot in column}
            column.sort(key=wishes.__getitem__)
            rows |= {spot: row for row, spot in enumerate(column)}


def _middles(columns: list[list[Spot]], steps: list[tuple[Spot, Spot]], tall: Mapping[Spot, int]) -> dict[Spot, float]:
    """How high the middle of each spot stands: as near to its neighbours' as the others in its column let it."""
    before, after = _neighbours(steps)
    middles: dict[Spot, float] = {}
    for column in columns:
        middles |= zip(column, spaced([0.0] * len(column), [tall[spot] for spot in column]), strict=True)
    for sweep in range(SWEEPS):
        neighbours = before if sweep % 2 else after
        for column in columns if sweep % 2 else reversed(columns):
            wishes = [_mean([middles[o] for o in neighbours.get(spot, [])], middles[spot]) for spot in column]
            middles |= zip(column, spaced(wishes, [tall[spot] for spot in column]), strict=True)
    return middles


def _neighbours(steps: list[tuple[Spot, Spot]]) -> tuple[dict[Spot, list[Spot]], dict[Spot, list[Spot]]]:
    before: dict[Spot, list[Spot]] = {}
    after: dict[Spot, list[Spot]] = {}
    for source, target in steps:
        before.setdefault(target, []).append(source)
        after.setdefault(source, []).append(target)
    return before, after


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _path(chain: list[Spot], lines: Mapping[Spot, int], columns_of: Mapping[str, int]) -> str:
    """A curve over each gap between columns, straight along where it passes one."""
    x = columns_of[str(chain[0])] * (BOX_WIDTH + COLUMN_GAP) + BOX_WIDTH
    y = lines[chain[0]]
    parts = [f"M{x} {y}"]
    for spot in chain[1:]:
        end, middle, line = x + COLUMN_GAP, x + COLUMN_GAP // 2, lines[spot]
        parts.append(f"C{middle} {y} {middle} {line} {end} {line}")
        x, y = end + BOX_WIDTH, line
        parts += [f"H{x}"] if isinstance(spot, Bend) else []
    return " ".join(parts)
