"""A comparison as its page and its file show it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from experiments.choice import NAME
from experiments.models import Experiment
from tracking.cards import group_of
from tracking.comparing.address import Asked
from tracking.comparing.metrics import metrics_of
from tracking.comparing.parallel import Picture, picture_of
from tracking.comparing.reading import about_rows, dataset_rows, evaluation_rows, metric_rows, parameter_rows
from tracking.comparing.rows import Cell, Group, Row, in_order, split

# Groups of metrics that tell how a model does on images that it did not learn from.
UNSEEN = ("val", "valid", "validation", "test", "eval")
# How far a training is, and not how well it does.
COUNTERS = ("epoch", "step", "iteration")


@dataclass(frozen=True)
class Column:
    """An experiment of the table.

    Attributes:
        series: the number of its colour, by its place in the address: sorting changes no colour.
        without: the query that leaves it out.
    """

    experiment: Experiment
    series: int
    without: str


@dataclass(frozen=True)
class Line:
    """A row of the table as it is drawn.

    Attributes:
        number: its own, whatever is shown and in which order.
        cells: for each column the cell or None, whether it is the best, and whose it is.
        sorted: `ascending` or `descending` when the experiments stand by it.
        sort_query: the query by which they do.
    """

    number: int
    row: Row
    cells: list[tuple[Cell | None, bool, Experiment]]
    sorted: str
    sort_query: str


class Comparison:
    """Two to twenty experiments, and everything in which they can be compared.

    Args:
        experiments: in the order of the address, with their creators.
        asked: how they are looked at.
    """

    def __init__(self, experiments: Sequence[Experiment], asked: Asked) -> None:
        self.experiments = list(experiments)
        self.asked = asked
        metrics = metrics_of(experiments)
        self.metric_count, self.metrics_left_out = len(metrics.found), metrics.left_out
        self._metrics = {metric.name: metric for metric in metrics.found}
        self.about = about_rows(experiments, metrics.until)
        self.parameters = parameter_rows(experiments)
        self.figures = metric_rows(metrics.found, asked)
        self.evaluations = evaluation_rows(experiments)
        self.datasets = dataset_rows(experiments)

    @cached_property
    def rows(self) -> list[Row]:
        """All of them, whatever is left out of the page."""
        return [*self.about, *self.parameters, *self.datasets, *self.figures, *self.evaluations]

    @cached_property
    def groups(self) -> list[Group]:
        """The rows under their headings, those that differ first."""
        given = [
            *split("Hyperparameters", self.parameters, self.experiments),
            *split("Dataset versions", self.datasets, self.experiments),
        ]
        groups = [
            Group("About", self.about),
            *(group for group in given if not group.same),
            Group("Metrics", self.figures),
            Group("Evaluation", self.evaluations),
            *(group for group in given if group.same),
        ]
        return [group for group in groups if group.rows]

    @property
    def shown(self) -> list[tuple[Group, list[Line]]]:
        """The table: without what is the same in all, when that is asked for."""
        numbers = {row.key: number for number, row in enumerate(self.rows)}
        return [
            (group, [self._line(numbers[row.key], row) for row in group.rows])
            for group in self.groups
            if not (group.same and self.asked.only_differences)
        ]

    def _line(self, number: int, row: Row) -> Line:
        best = row.best
        experiments = [column.experiment for column in self.columns]
        cells = [(row.cells.get(one.pk), one.pk in best, one) for one in experiments]
        is_sorted = row.key == self.asked.sort_key
        word = ("descending" if self.asked.is_descending else "ascending") if is_sorted else ""
        return Line(number, row, cells, word, self.asked.sorted_by(row.key))

    @property
    def same_count(self) -> int:
        """How many hyperparameters and dataset versions are the same in all."""
        return sum(len(group.rows) for group in self.groups if group.same)

    @property
    def other_rows(self) -> str:
        """The query that shows what is the same too, or leaves it out."""
        return self.asked.query(only_differences=not self.asked.only_differences)

    @property
    def unsorted(self) -> str:
        """The query in which the experiments stand as the address names them."""
        return self.asked.query(sort="")

    @property
    def curve_query(self) -> str:
        """What asks for the curves of the metric in view; empty where it has none."""
        if not self.measure or not self.has_curve(self.measure):
            return ""
        pairs = [(NAME, one.pk) for one in self.experiments]
        return urlencode([*pairs, ("name", self.measure.title), ("x", "time" if self.asked.by_time else "step")])

    @cached_property
    def columns(self) -> list[Column]:
        """The experiments in the order that is asked for."""
        row = next((row for row in self.rows if row.key == self.asked.sort_key), None)
        series = {experiment.pk: place for place, experiment in enumerate(self.experiments, start=1)}
        ordered = in_order(self.experiments, row, descending=self.asked.is_descending) if row else self.experiments
        return [Column(one, series[one.pk], self._without(one.pk)) for one in ordered]

    def _without(self, pk: uuid.UUID) -> str:
        return self.asked.query(ids=tuple(one.pk for one in self.experiments if one.pk != pk))

    @cached_property
    def measures(self) -> list[Row]:
        """What can be chosen as the metric: whatever has a number."""
        return [row for row in [*self.figures, *self.evaluations] if row.lowest is not None]

    @cached_property
    def measure(self) -> Row | None:
        """The metric in view: the one that is asked for, or a curve that most have, of images not learned from."""
        asked = next((row for row in self.measures if row.key == self.asked.metric), None)
        return asked or max(self.measures, key=self._likeliness, default=None)

    def _likeliness(self, row: Row) -> tuple[bool, bool, int, bool]:
        is_counter = row.title.lower() in COUNTERS
        return not is_counter, self.has_curve(row), len(row.cells), group_of(row.title).lower() in UNSEEN

    def has_curve(self, row: Row) -> bool:
        """Whether a metric has a line in one of the experiments at least. Evaluations have none."""
        metric = self._metrics.get(row.title) if row.key.startswith("best:") else None
        return bool(metric and metric.has_curve)

    @cached_property
    def differing_parameters(self) -> list[Row]:
        """The hyperparameters that are not the same in all."""
        return [row for row in self.parameters if row.differs(self.experiments)]

    @cached_property
    def picture(self) -> Picture | None:
        """The hyperparameters against the metric; none without either."""
        if not self.measure or not self.differing_parameters:
            return None
        series = {column.experiment.pk: (column.series, column.experiment) for column in self.columns}
        return picture_of(self.differing_parameters, self.measure, series)
