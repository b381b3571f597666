"""The points of LINE logs: taken in as scripts write them, kept in appended rows, read back whole."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import CharField, ExpressionWrapper, F

from tracking.models import LinePoints, Log

Floats = npt.NDArray[np.float64]
# The values and the steps of one row; PostgreSQL gives memory views.
Chunk = tuple[bytes | memoryview, bytes | memoryview | None]

POINTS_MAX = 100_000
LITTLE_ENDIAN = np.dtype("<f8")
GONE = "The log was deleted meanwhile: write it anew."
SHAPES_IN_WORDS = 'a number, a list of numbers, or {"steps": [numbers], "values": [numbers]}'


@dataclass(frozen=True)
class Line:
    """Points in the order in which they came.

    Attributes:
        values: NaN where the training had no number.
        steps: at which step of the training each value stands; None where that is its position, from 0.
    """

    values: Floats
    steps: Floats | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def numbered(self) -> Floats:
        """A step for each value."""
        return np.arange(len(self.values), dtype=np.float64) if self.steps is None else self.steps

    def as_data(self) -> dict[str, list[Any]]:
        """As scripts read it: `values` with null for NaN, and `steps` where the points have some of their own."""
        data = {"values": plain(self.values)}
        return data if self.steps is None else {"steps": plain(self.steps), **data}


def read_line(data: Any) -> Line:
    """The points that a script sends.

    Args:
        data: a number, a list of numbers, or steps and values in two lists of the same length. Null, which is what NaN
            becomes on its way, is a point without a value.

    Raises:
        ValidationError: when it is anything else, or more than 100,000 points.
    """
    if not isinstance(data, dict):
        return Line(_floats("The data", data if isinstance(data, list) else [data]))
    if not {"values"} <= set(data) <= {"values", "steps"}:
        raise ValidationError(f"The data of a LINE is {SHAPES_IN_WORDS}.")
    values = _floats("values", data["values"])
    if data.get("steps") is None:
        return Line(values)
    steps = _floats("steps", data["steps"])
    if len(steps) != len(values):
        raise ValidationError(f"There are {len(steps):,} steps and {len(values):,} values: each value needs its step.")
    if np.isnan(steps).any():
        raise ValidationError("A step is missing: each has to be a number.")
    return Line(values, steps)


def _floats(name: str, numbers: Any) -> Floats:
    if not isinstance(numbers, list) or not all(
        number is None or isinstance(number, int | float) for number in numbers
    ):
        raise ValidationError(f"{name}: the data of a LINE is {SHAPES_IN_WORDS}.")
    if len(numbers) > POINTS_MAX:
        raise ValidationError(f"{name}: these are {len(numbers):,} points; at most {POINTS_MAX:,} are taken at once.")
    try:
        floats = np.array(numbers, dtype=np.float64)  # None becomes NaN
    except OverflowError:
        raise ValidationError(f"{name}: a number is beyond what 64 bits hold.") from None
    floats[~np.isfinite(floats)] = np.nan
    return floats


def add_points(log: Log, line: Line) -> None:
    """Append the points: one row, whatever is there already.

    Raises:
        ValidationError: when the log was deleted meanwhile.
    """
    if len(line):
        try:
            row_of(log, line).save(force_insert=True)
        except IntegrityError:
            raise ValidationError(GONE) from None


def row_of(log: Log, line: Line) -> LinePoints:
    """The row that an append of these points inserts, with what they come to. It is not saved."""
    numbers = line.values[~np.isnan(line.values)]
    last = float(line.values[-1])
    return LinePoints(
        log=log,
        values=_packed(line.values),
        steps=None if line.steps is None else _packed(line.steps),
        last=None if last != last else last,
        least=float(numbers.min()) if len(numbers) else None,
        greatest=float(numbers.max()) if len(numbers) else None,
    )


def line_of(log: Log) -> Line:
    """All of its points."""
    return lines_of([log.pk])[log.pk]


def lines_of(logs: Iterable[uuid.UUID]) -> dict[uuid.UUID, Line]:
    """The points of each of these logs, in one query."""
    # As a text: to make an id of each of a million rows takes longer than to read them.
    owner = ExpressionWrapper(F("log_id"), output_field=CharField())
    rows = LinePoints.objects.filter(log__in=list(logs)).order_by("log", "id").values_list(owner, "values", "steps")
    lines: dict[uuid.UUID, Line] = defaultdict(_empty)
    for pk, chunks in groupby(rows.iterator(chunk_size=10_000), key=itemgetter(0)):
        lines[uuid.UUID(str(pk))] = _joined([(values, steps) for _, values, steps in chunks])
    return lines


def plain(floats: Floats) -> list[Any]:
    """Python's numbers, whole ones as integers, with None for NaN: what JSON can hold."""
    if (floats == np.floor(floats)).all() and (np.abs(floats) < 2**53).all():
        integers: list[Any] = floats.astype(np.int64).tolist()
        return integers
    numbers: list[Any] = floats.tolist()
    return [None if number != number else number for number in numbers] if np.isnan(floats).any() else numbers


def _joined(parts: list[Chunk]) -> Line:
    values = np.frombuffer(b"".join(values for values, _ in parts), LITTLE_ENDIAN)
    if all(steps is None for _, steps in parts):
        return Line(values)
    numbered, position = [], 0
    for chunk, steps in parts:
        end = position + len(chunk) // LITTLE_ENDIAN.itemsize
        numbered.append(np.arange(position, end) if steps is None else np.frombuffer(steps, LITTLE_ENDIAN))
        position = end
    return Line(values, np.concatenate(numbered).astype(np.float64))


def _packed(floats: Floats) -> bytes:
    return floats.astype(LITTLE_ENDIAN).tobytes()


def _empty() -> Line:
    return Line(np.array([], dtype=np.float64))
