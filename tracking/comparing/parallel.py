"""Parallel coordinates: an axis for each hyperparameter that differs and one for a metric, a line for each experiment.

Everything is geometry in the units of an SVG's view box; what it shows stands in the table, too.
"""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from experiments.models import Experiment
from tracking.comparing.rows import Row, is_number

AXES_MAX = 10
# Few axes are spread over what a page is wide; many stand as close as their titles allow.
WIDE, AXIS_GAP_MIN, AXIS_GAP_MAX = 860, 120, 260
LEFT, RIGHT = 70, 250
TOP, BOTTOM = 56, 300
# Where a line goes on whose experiment has nothing there.
MISSING = BOTTOM + 24
HEIGHT = MISSING + 20
LINE_HEIGHT = 15
TITLE_SHOWN = 16
LABEL_SHOWN = 13
NAME_SHOWN = 28
# A value between both ends is written where there are few, and room.
TICKS_MAX = 6
TICK_ROOM = 14
# A range of so many times its least number is drawn by powers of ten.
LOGARITHMIC_FROM = 100


@dataclass(frozen=True)
class Tick:
    """A value written beside an axis."""

    y: float
    text: str


@dataclass(frozen=True)
class Axis:
    """An upright line with its title; `heights` says where on it each experiment's value is.

    Attributes:
        x: its place.
        title: cut to what fits; `full` is all of it.
        heights: by the experiment's id, of those that have a value.
    """

    x: float
    full: str
    ticks: list[Tick]
    heights: dict[uuid.UUID, float]
    note: str = ""

    @property
    def title(self) -> str:
        """As much of it as fits."""
        return _cut(self.full, TITLE_SHOWN)


@dataclass(frozen=True)
class Path:
    """An experiment's line.

    Attributes:
        series: the number of its colour.
        points: of the SVG polyline.
        name_y: where its name stands beside the last axis.
        end_y: where its line ends.
    """

    experiment: Experiment
    series: int
    points: str
    name_y: float
    end_y: float

    @property
    def name(self) -> str:
        """As much of it as fits."""
        return _cut(self.experiment.name, NAME_SHOWN)


@dataclass(frozen=True)
class Picture:
    """The whole of it.

    Attributes:
        left_out: how many hyperparameters differ for which there was no room.
    """

    axes: list[Axis]
    paths: list[Path]
    left_out: int

    top, bottom, missing = TOP, BOTTOM, MISSING

    @property
    def width(self) -> int:
        """Of the view box."""
        return round(self.last_x) + RIGHT

    @cached_property
    def height(self) -> float:
        """Of the view box: names that were pushed down need room."""
        return max([HEIGHT, *(path.name_y + LINE_HEIGHT for path in self.paths)])

    @property
    def has_missing(self) -> bool:
        """Whether an experiment has nothing on one of the axes."""
        return any(len(axis.heights) < len(self.paths) for axis in self.axes)

    @property
    def last_x(self) -> float:
        """Where the metric's axis is."""
        return self.axes[-1].x

    @property
    def name_x(self) -> float:
        """Where the names begin."""
        return self.last_x + 76


def picture_of(parameters: Sequence[Row], metric: Row, series: dict[uuid.UUID, tuple[int, Experiment]]) -> Picture:
    """Draw the hyperparameters that differ against a metric.

    Args:
        parameters: the rows that differ, in order; the first ten are drawn.
        metric: a row of numbers.
        series: of each experiment's id the number of its colour, and itself.
    """
    rows = [*parameters[:AXES_MAX], metric]
    gap = max(AXIS_GAP_MIN, min(AXIS_GAP_MAX, WIDE // (len(rows) - 1)))
    axes = [_axis(LEFT + gap * place, row) for place, row in enumerate(rows)]
    ends = {pk: axes[-1].heights.get(pk, MISSING) for pk in series}
    names = _spread(ends)
    paths = [
        Path(
            experiment=experiment,
            series=number,
            points=" ".join(f"{axis.x:g},{axis.heights.get(pk, MISSING):g}" for axis in axes),
            name_y=names[pk],
            end_y=ends[pk],
        )
        for pk, (number, experiment) in series.items()
    ]
    return Picture(axes, paths, max(0, len(parameters) - AXES_MAX))


def _axis(x: float, row: Row) -> Axis:
    values = {pk: cell.value for pk, cell in row.cells.items()}
    if values and all(map(is_number, values.values())):
        return _of_numbers(x, row, values)
    return _of_words(x, row)


def _of_numbers(x: float, row: Row, values: dict[uuid.UUID, float]) -> Axis:
    """From the least at the bottom to the greatest at the top."""
    least, greatest = min(values.values()), max(values.values())
    by_powers = least > 0 and greatest / least >= LOGARITHMIC_FROM
    scale = math.log10 if by_powers else float
    low, span = scale(least), scale(greatest) - scale(least)

    def height(value: float) -> float:
        share = (scale(value) - low) / span if span else 0.5
        return round(BOTTOM - share * (BOTTOM - TOP), 1)

    different = sorted(set(values.values()))
    between = different[1:-1] if len(different) <= TICKS_MAX else []
    ticks = [Tick(height(value), f"{value:,.4g}") for value in {least: 0, greatest: 0}]
    for value in between:
        if all(abs(tick.y - height(value)) >= TICK_ROOM for tick in ticks):
            ticks.append(Tick(height(value), f"{value:,.4g}"))
    heights = {pk: height(value) for pk, value in values.items()}
    return Axis(x, row.title, ticks, heights, "powers of ten" if by_powers else row.note)


def _of_words(x: float, row: Row) -> Axis:
    """Each value at a place of its own: numbers before texts, so that 8, 16 and "auto" stand in a sensible order."""
    different = {cell.identity: cell for cell in row.cells.values()}
    cells = sorted(
        different.values(), key=lambda cell: (isinstance(cell.value, str), str(cell.identity[0]), cell.value)
    )
    step = (BOTTOM - TOP) / max(1, len(cells) - 1)
    places = {cell.identity: round(BOTTOM - step * place, 1) for place, cell in enumerate(cells)}
    ticks = [Tick(places[cell.identity], _cut(cell.text, LABEL_SHOWN)) for cell in cells]
    return Axis(x, row.title, ticks, {pk: places[cell.identity] for pk, cell in row.cells.items()})


def _spread(heights: dict[uuid.UUID, float]) -> dict[uuid.UUID, float]:
    """The same heights, pushed apart as far as lines of text need."""
    spread: dict[uuid.UUID, float] = {}
    lowest = -math.inf
    room = MISSING - LINE_HEIGHT * (len(heights) - 1)
    for place, (pk, height) in enumerate(sorted(heights.items(), key=lambda one: one[1])):
        # Not so low that those below would not fit.
        wanted = min(height, max(TOP, room) + LINE_HEIGHT * place)
        lowest = spread[pk] = max(wanted, lowest + LINE_HEIGHT)
    return spread


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
