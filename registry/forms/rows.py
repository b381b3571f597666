"""Rows on a page: added, removed and moved by buttons that post the whole form, so that it works without a script too.

What was typed stays text until it is saved: a row is redrawn as it was left, right or wrong.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from registry.editing import ChangedMeanwhile
from registry.models import ModelVersion
from registry.rows import in_words, sentences

# Read no more rows than this: the services refuse as many, in a sentence.
ROWS_READ = 1_100
# Of a revision; Python itself refuses to read thousands.
DIGITS_MAX = 20

_ACT = re.compile(r"(add|remove|up|down)((?:-[0-9]{1,4})*)", re.ASCII)


@dataclass(frozen=True)
class Shape:
    """What a row has: fields, and rows inside it."""

    prefix: str
    fields: tuple[str, ...]
    inside: "Shape | None" = None

    def blank(self) -> "Row":
        """A row to write in."""
        return Row(dict.fromkeys(self.fields, ""), [self.inside.blank()] if self.inside else [])


@dataclass
class Row:
    """What stands in a row's fields, and the rows inside it."""

    fields: dict[str, str]
    inside: list["Row"] = field(default_factory=list)


@dataclass(frozen=True)
class Cell:
    """A field as the page draws it. Its name is the place that refusals name."""

    name: str
    value: str
    error: str

    @property
    def id(self) -> str:
        """The element's."""
        return f"id_{self.name}"


@dataclass(frozen=True)
class DrawnRow:
    """A row as the page draws it."""

    place: str
    path: str
    number: int
    is_first: bool
    is_last: bool
    cells: dict[str, Cell]
    inside: list["DrawnRow"]


@dataclass(frozen=True)
class Mistake:
    """An entry of the summary: where, in words, what is wrong, and the element to go to."""

    where: str
    sentence: str
    target: str


class RowsEditor:
    """The rows of one page while they are being written.

    Attributes:
        focus: the id of the element that gets the focus when the page is drawn.
        mistakes: what is wrong, place by place.
    """

    def __init__(self, shape: Shape, rows: list[Row], revision: int) -> None:
        self.shape = shape
        self.rows = rows
        self.revision = revision
        self.focus = ""
        self.refusals: dict[str, str] = {}
        self.mistakes: list[Mistake] = []

    @classmethod
    def posted(cls, shape: Shape, data: Mapping[str, str]) -> "RowsEditor":
        """The rows as the page sent them."""
        revision = str(data.get("revision", ""))
        is_number = revision.isdecimal() and len(revision) < DIGITS_MAX
        return cls(shape, _read(data, shape, shape.prefix), int(revision) if is_number else -1)

    def act(self, act: str) -> None:
        """Do what a button asks: `add`, `up-3`, `down-3`, `remove-3`; with rows inside also `add-3` and `up-3-1`.

        A row that is not there any more leaves all as it is.
        """
        found = _ACT.fullmatch(act)
        if not found:
            return
        verb, path = found[1], [int(index) for index in found[2].split("-")[1:]]
        index = path.pop() if path and verb != "add" else None
        shape, rows, place = self.shape, self.rows, self.shape.prefix
        for step in path:
            if shape.inside is None or step >= len(rows):
                return
            place, rows, shape = f"{place}-{step}-{shape.inside.prefix}", rows[step].inside, shape.inside
        if verb == "add":
            rows.append(shape.blank())
            self.focus = f"id_{place}-{len(rows) - 1}-{shape.fields[0]}"
        elif index is not None and index < len(rows):
            self.focus = _moved(rows, index, verb, place)

    def saved(self, save: Callable[[], None], version: ModelVersion) -> bool:
        """Whether `save` took the rows. If not, its reasons stand here, and nothing written is lost."""
        try:
            save()
        except ValidationError as refusal:
            for place, sentence in sentences(refusal):
                self.refusals[place] = f"{self.refusals.get(place, '')} {sentence}".strip()
                self.mistakes.append(Mistake(in_words(place).capitalize(), sentence, f"id_{place}" if place else ""))
            if isinstance(refusal, ChangedMeanwhile):
                version.architecture.refresh_from_db(fields=["revision"])
                self.revision = version.architecture.revision
            self.focus = "mistakes"
            return False
        return True

    @property
    def drawn(self) -> list[DrawnRow]:
        """The rows as the page draws them."""
        return self._drawn(self.rows, self.shape, self.shape.prefix, "")

    def _drawn(self, rows: list[Row], shape: Shape, prefix: str, path: str) -> list[DrawnRow]:
        drawn = []
        for index, row in enumerate(rows):
            place, own_path = f"{prefix}-{index}", f"{path}-{index}"
            names = {name: f"{place}-{name}" for name in shape.fields}
            cells = {name: Cell(full, row.fields[name], self.refusals.get(full, "")) for name, full in names.items()}
            inside = (
                self._drawn(row.inside, shape.inside, f"{place}-{shape.inside.prefix}", own_path)
                if shape.inside
                else []
            )
            drawn.append(DrawnRow(place, own_path, index + 1, index == 0, index == len(rows) - 1, cells, inside))
        return drawn


def _read(data: Mapping[str, str], shape: Shape, prefix: str) -> list[Row]:
    rows = []
    for index in range(ROWS_READ):
        place = f"{prefix}-{index}"
        if f"{place}-{shape.fields[0]}" not in data:
            break
        inside = _read(data, shape.inside, f"{place}-{shape.inside.prefix}") if shape.inside else []
        rows.append(Row({name: str(data.get(f"{place}-{name}", "")) for name in shape.fields}, inside))
    return rows


def _moved(rows: list[Row], index: int, verb: str, place: str) -> str:
    """Do it, and say which button gets the focus: the moved row's own, or the neighbour's of a removed one."""
    if verb == "remove":
        del rows[index]
        return f"{place}-{min(index, len(rows) - 1)}-remove" if rows else f"{place}-add"
    target = index - 1 if verb == "up" else index + 1
    if not 0 <= target < len(rows):
        return ""
    rows[index], rows[target] = rows[target], rows[index]
    if target in (0, len(rows) - 1):
        verb = "down" if target == 0 else "up"
    return f"{place}-{target}-{verb}"
