"""What a chart, or a table in its place, shows of a line: all of it, or the points that stand out."""

from typing import Any

import numpy as np

from tracking.downsampling import kept_points
from tracking.lines import Line, plain

# Up to here a chart gets every point; beyond, as many as it has pixels to draw them.
WHOLE_MAX = 10_000
CHART_MAX = 4_000
TABLE_MAX = 500


def chart_data(line: Line) -> dict[str, Any]:
    """The points of a chart, in the order of their steps, and how many the line has.

    Values have six digits that count: more can't be seen, and would double the answer.
    """
    ordered = in_order(line)
    if len(line) > WHOLE_MAX:
        ordered = reduced(ordered, CHART_MAX)
    steps, values = ordered.numbered, ordered.values
    return {"total": len(line), "steps": plain(steps), "values": plain(rounded(values))}


def table_rows(line: Line) -> list[tuple[Any, Any]]:
    """Steps and values, at most 500 of them, the least and the greatest included."""
    shown = reduced(in_order(line), TABLE_MAX)
    return list(zip(plain(shown.numbered), plain(shown.values), strict=True))


def in_order(line: Line) -> Line:
    """The line by its steps; points of the same step stay in the order in which they came."""
    if line.steps is None or bool((np.diff(line.steps) >= 0).all()):
        return line
    order = np.argsort(line.steps, kind="stable")
    return Line(line.values[order], line.steps[order])


def reduced(line: Line, most: int) -> Line:
    """The points that stand out, at most so many."""
    kept = kept_points(line.values, most)
    return Line(line.values[kept], line.numbered[kept])


def rounded(values: Any) -> Any:
    """The same with six digits that count."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.floor(np.log10(np.abs(values)))
    decimals = np.where(np.isfinite(exponent), 5 - exponent, 0).clip(-300, 300)
    scale = 10.0**decimals
    rounded = np.round(values * scale) / scale
    return np.where(np.isfinite(rounded), rounded, values)
