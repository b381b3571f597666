"""The rows of a comparison: each one thing that the experiments have, with a cell for each that has it."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from experiments.models import Experiment
from tracking.cards import number_text

TEXT_SHOWN = 60


@dataclass(frozen=True)
class Cell:
    """What one experiment has.

    Attributes:
        value: an int, a float, a bool or a text. Of different types they are different, whatever they look like.
        text: as it is shown.
        url: where it leads.
        moment: for what is shown as a moment.
    """

    value: Any
    text: str
    url: str = ""
    moment: Any = None

    @property
    def identity(self) -> tuple[str, Any]:
        """What two cells have in common that hold the same: 22, 22.0, "22" and True are four different values."""
        return type(self.value).__name__, self.value


@dataclass(frozen=True)
class Row:
    """One thing that experiments have.

    Attributes:
        key: what it is called in addresses.
        title: what it is called on the page.
        cells: by the experiment's id, of those that have it.
        note: which of several figures of the title it is.
        lowest: for a metric's best value, whether that is the lowest one; else None.
        other: the query that takes the opposite of `lowest`.
    """

    key: str
    title: str
    cells: Mapping[uuid.UUID, Cell]
    note: str = ""
    lowest: bool | None = None
    other: str = ""

    def differs(self, experiments: Iterable[Experiment]) -> bool:
        """Whether it is not the same in all of them. To have it not is another thing than to have it empty."""
        cells = [self.cells.get(experiment.pk) for experiment in experiments]
        return len({cell.identity if cell else None for cell in cells}) > 1

    @property
    def numbers(self) -> dict[uuid.UUID, float]:
        """Of the experiments that have a number there, that number."""
        return {pk: cell.value for pk, cell in self.cells.items() if is_number(cell.value)}

    @property
    def best(self) -> set[uuid.UUID]:
        """The experiments that did best, unless all did the same."""
        numbers = self.numbers
        if self.lowest is None or len(set(numbers.values())) < 2:
            return set()
        top = (min if self.lowest else max)(numbers.values())
        return {pk for pk, number in numbers.items() if number == top}


@dataclass(frozen=True)
class Group:
    """Rows under a heading. `same` when they are rows that do not differ, which can be left out."""

    title: str
    rows: list[Row] = field(default_factory=list)
    same: bool = False


def is_number(value: Any) -> bool:
    """Whether it can stand on an axis."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_cell(value: Any) -> Cell:
    """A metric's value: six digits are shown, all are kept."""
    return Cell(value, number_text(value)[:TEXT_SHOWN])


def split(title: str, rows: Sequence[Row], experiments: Sequence[Experiment]) -> list[Group]:
    """What differs, and then what is the same in all, each with how many they are."""
    differing = [row for row in rows if row.differs(experiments)]
    same = [row for row in rows if not row.differs(experiments)]
    groups = [
        Group(f"{title} that differ ({len(differing):,})", differing),
        Group(f"{title} that are the same ({len(same):,})", same, same=True),
    ]
    return [group for group in groups if group.rows]


def in_order(experiments: Sequence[Experiment], row: Row, *, descending: bool) -> list[Experiment]:
    """The experiments by what they have in the row: numbers before texts, and last those that have nothing there."""
    having = [experiment for experiment in experiments if experiment.pk in row.cells]
    without = [experiment for experiment in experiments if experiment.pk not in row.cells]
    by: Callable[[Experiment], Any] = lambda experiment: _place(row.cells[experiment.pk].value)  # noqa: E731
    return sorted(having, key=by, reverse=descending) + without


def _place(value: Any) -> tuple[bool, float, str]:
    return (True, 0.0, value.casefold()) if isinstance(value, str) else (False, value, "")
