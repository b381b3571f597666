"""A comparison as CSV: a line for each experiment, a column for each row of the page's table."""

from collections.abc import Iterator
from typing import Any

from tracking.comparing.comparison import Comparison
from tracking.comparing.rows import Row

# With these a spreadsheet begins a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_of(comparison: Comparison) -> Iterator[str]:
    """The file, line by line.

    Numbers stand bare and texts in quotes: 22 differs from "22", and nothing from an empty text, for whoever looks.
    """
    rows = comparison.rows
    yield _line(["id", "name", *map(_heading, rows)])
    for column in comparison.columns:
        experiment = column.experiment
        cells = [row.cells.get(experiment.pk) for row in rows]
        yield _line([str(experiment.pk), experiment.name, *(cell and cell.value for cell in cells)])


def _heading(row: Row) -> str:
    prefix = {"parameter": "hyperparameter ", "data": "dataset version "}.get(row.key.partition(":")[0], "")
    unit = " in seconds" if row.key == "duration" else ""
    return f"{prefix}{row.title}{unit}{f', {row.note}' if row.note else ''}"


def _line(values: list[Any]) -> str:
    return ",".join(map(_field, values)) + "\r\n"


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    harmless = f"'{value}" if value.startswith(FORMULA) else value
    return '"{}"'.format(harmless.replace('"', '""'))
