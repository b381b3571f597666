"""Logs as the page draws them, each by its type. What doesn't have the form of its type is shown as it came."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from storage.links import download_url, image_url
from tracking.log_data import answered
from tracking.models import Log, LogType

ROWS_SHOWN = 50
COLUMNS_SHOWN = 20
BARS_SHOWN = 100
CELLS_SHOWN = 60
COLUMNS_OF_A_CARD = 5
TEXT_SHOWN = 2_000
TINTS = 9
UNGROUPED = ""


@dataclass(frozen=True)
class Table:
    """Rows of texts. `heads` is empty for keys and values, whose first cell is the key."""

    heads: list[str]
    rows: list[list[str]]
    row_count: int = 0
    column_count: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether there is more than is shown."""
        return self.row_count > len(self.rows) or self.column_count > COLUMNS_SHOWN


@dataclass(frozen=True)
class Bar:
    """A name, its number, and how long its bar is: in per cent of the longest."""

    name: str
    text: str
    share: str
    is_negative: bool


@dataclass(frozen=True)
class Cell:
    """A number of a heatmap, from 0 (pale) to 9 (strong)."""

    text: str
    tint: int


@dataclass(frozen=True)
class Heatmap:
    """Named rows of cells, and what the columns are called."""

    columns: list[str]
    rows: list[tuple[str, list[Cell]]]
    is_cut: bool


@dataclass(frozen=True)
class Card:
    """A log, how it is drawn, and what with."""

    log: Log
    kind: str
    content: Any

    @property
    def title(self) -> str:
        """Its name within its group."""
        return self.log.name.partition("/")[2] or self.log.name

    @property
    def group(self) -> str:
        """What stands before the slash, as `train` in `train/loss`; an empty text where there is none."""
        return group_of(self.log.name)

    @property
    def is_wide(self) -> bool:
        """Whether it takes a row of the page for itself."""
        content = self.content
        columns = (
            content.columns if isinstance(content, Heatmap) else content.heads if isinstance(content, Table) else []
        )
        return len(columns) > COLUMNS_OF_A_CARD

    @property
    def template(self) -> str:
        """What draws it."""
        return f"tracking/_{self.kind}.html"


def group_of(name: str) -> str:
    """The phase in `phase/metric`, or an empty text."""
    group, slash, _ = name.partition("/")
    return group if slash else UNGROUPED


def card_of(log: Log) -> Card:
    """The log as it is drawn; as text, when it has not the form of its type."""
    if log.type == LogType.LINE:
        return Card(log, "line", None)
    if log.blob:
        return Card(log, "image", _image(log))
    draw = DRAWN_BY.get(LogType(log.type))
    content = draw[1](log.data) if draw else None
    return Card(log, draw[0], content) if draw and content is not None else Card(log, "text", _as_text(log.data))


def number_text(value: Any) -> str:
    """A number with six digits that count, any other value as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else "–" if value is None else json.dumps(value, ensure_ascii=False)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def heatmap_of(columns: Sequence[Any], rows: Sequence[Any], values: Sequence[Sequence[Any]]) -> Heatmap:
    """The numbers as tints, from the least to the greatest."""
    shown = [line[:CELLS_SHOWN] for line in values[:CELLS_SHOWN]]
    numbers = [value for line in shown for value in line if _is_number(value)]
    least, span = min(numbers, default=0), (max(numbers, default=0) - min(numbers, default=0)) or 1

    def cell(value: Any) -> Cell:
        return Cell(number_text(value), round((value - least) / span * TINTS) if _is_number(value) else 0)

    return Heatmap(
        columns=[str(name)[:100] for name in columns[:CELLS_SHOWN]],
        rows=[(str(name)[:100], [cell(value) for value in line]) for name, line in zip(rows, shown, strict=False)],
        is_cut=len(values) > CELLS_SHOWN or len(columns) > CELLS_SHOWN,
    )


def _value(data: Any) -> str | None:
    return None if isinstance(data, list | dict) else number_text(answered(data))[:TEXT_SHOWN]


def _table(data: Any) -> Table | None:
    if isinstance(data, dict) and isinstance(data.get("data"), list):
        return _grid(data["data"], data.get("columns") or [], data.get("rows") or [])
    if isinstance(data, dict):
        rows = [[str(key), number_text(value)[:TEXT_SHOWN]] for key, value in list(data.items())[:ROWS_SHOWN]]
        return Table([], rows, len(data), 2)
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        heads = list(dict.fromkeys(key for row in data for key in row))
        return _grid([[row.get(head) for head in heads] for row in data[:ROWS_SHOWN]], heads, [], len(data))
    return _grid(data, [], []) if isinstance(data, list) and data else None


def _grid(rows: list[Any], heads: Any, names: Any, count: int | None = None) -> Table | None:
    if not isinstance(heads, list) or not isinstance(names, list) or not all(isinstance(row, list) for row in rows):
        return None
    cells = [[number_text(value)[:TEXT_SHOWN] for value in row[:COLUMNS_SHOWN]] for row in rows[:ROWS_SHOWN]]
    if names:
        cells = [[str(name), *row] for name, row in zip(names, cells, strict=False)]
    width = max((len(row) for row in rows[:ROWS_SHOWN]), default=0)
    titles = [str(head) for head in heads[:COLUMNS_SHOWN]] or [f"Column {place + 1}" for place in range(width)]
    heads = [*([""] if names else []), *titles[:COLUMNS_SHOWN]]
    return Table(heads, cells, len(rows) if count is None else count, width)


def _bars(data: Any) -> list[Bar] | None:
    names, numbers = (data.get("x"), data.get("y")) if isinstance(data, dict) else (None, None)
    if not isinstance(names, list) or not isinstance(numbers, list):
        return None
    longest = max((abs(number) for number in numbers if _is_number(number)), default=0) or 1
    return [
        Bar(
            name=str(name)[:100],
            text=number_text(number),
            share=f"{abs(number) / longest * 100:.2f}" if _is_number(number) else "0",
            is_negative=_is_number(number) and number < 0,
        )
        for name, number in list(zip(names, numbers, strict=False))[:BARS_SHOWN]
    ]


def _heatmap(data: Any) -> Heatmap | None:
    categories, values = (data.get("categories"), data.get("values")) if isinstance(data, dict) else (None, None)
    if not isinstance(categories, list) or not isinstance(values, list):
        return None
    return heatmap_of(categories, categories, values) if all(isinstance(line, list) for line in values) else None


def _labelmap(data: Any) -> list[tuple[str, str]]:
    return [(str(index), str(name)) for index, name in data.items()]


def _image(log: Log) -> dict[str, str]:
    assert log.blob
    assert log.data
    filename = log.data["filename"]
    shown = image_url(log.blob, log.content_type) if log.content_type else ""
    return {"url": shown, "download": download_url(log.blob, filename), "filename": filename}


def _as_text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)[:TEXT_SHOWN]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


DRAWN_BY: dict[LogType, tuple[str, Callable[[Any], Any]]] = {
    LogType.VALUE: ("value", _value),
    LogType.TABLE: ("table", _table),
    LogType.BAR: ("bars", _bars),
    LogType.HEATMAP: ("heatmap", _heatmap),
    LogType.LABELMAP: ("labelmap", _labelmap),
}
