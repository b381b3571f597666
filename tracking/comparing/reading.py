"""What the compared experiments were given, read in as many queries as for one."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from config.durations import in_words
from config.inference_types import InferenceType
from experiments.models import BaseKind, Experiment, ExperimentDatasetVersion
from registry.hyperparameters import Kind, Value
from registry.models import Hyperparameter
from tracking.comparing.address import Asked
from tracking.comparing.metrics import Metric, evaluations_of, lower_is_better
from tracking.comparing.rows import TEXT_SHOWN, Cell, Row, number_cell
from tracking.models import Log
from tracking.results import FIGURES, percent
from tracking.running import RunTime, run_times

Cells = dict[uuid.UUID, Cell]


def starts_of(experiments: Sequence[Experiment], ran: Mapping[uuid.UUID, RunTime]) -> dict[uuid.UUID, datetime]:
    """When each began: its launch, or its first log where that came earlier or nothing launched it."""
    logs = Log.objects.filter(experiment__in=experiments).order_by().values_list("experiment")
    starts = dict(logs.annotate(Min("created_at")))
    for pk, time in ran.items():
        starts[pk] = min(time.started_at, starts.get(pk, time.started_at))
    return starts


def about_rows(experiments: Sequence[Experiment], until: Mapping[uuid.UUID, datetime]) -> list[Row]:
    """Status, duration, base and the like."""

    def texts(key: str, title: str, found: dict[uuid.UUID, str]) -> Row:
        return Row(key, title, {pk: Cell(text, text[:TEXT_SHOWN]) for pk, text in found.items() if text})

    created = {one.pk: Cell(one.created_at.isoformat(), "", moment=one.created_at) for one in experiments}
    return [
        texts("status", "Status", {one.pk: one.get_status_display() for one in experiments}),
        Row("duration", "Duration", _durations(experiments, until)),
        texts("base", "Base", {one.pk: _base(one) for one in experiments}),
        texts("type", "Inference type", {one.pk: one.get_inference_type_display() for one in experiments}),
        Row("created", "Created", created),
        texts("creator", "Creator", {one.pk: str(one.created_by or "") for one in experiments}),
    ]


def parameter_rows(experiments: Sequence[Experiment]) -> list[Row]:
    """A row for each key that any of them has, in the order in which they have it."""
    owners = {one.architecture_id: one.pk for one in experiments}
    found: dict[str, Cells] = defaultdict(dict)
    rows = Hyperparameter.objects.filter(architecture__in=owners).order_by("position", "key")
    for architecture, key, kind, text in rows.values_list("architecture", "key", "kind", "value"):
        found[key][owners[architecture]] = parameter_cell(kind, text)
    return [Row(f"parameter:{key}", key, cells) for key, cells in found.items()]


def parameter_cell(kind: str, text: str) -> Cell:
    """A typed value, and its text as the overview shows it: only a text is in quotes."""
    value: Value = text
    if kind in (Kind.INTEGER, Kind.NUMBER):
        value = int(text) if kind == Kind.INTEGER else float(text)
    elif kind == Kind.BOOLEAN:
        value = text == "true"
        return Cell(value, "yes" if value else "no")
    shown = text if len(text) <= TEXT_SHOWN else f"{text[:TEXT_SHOWN]}…"
    return Cell(value, f"“{shown}”" if kind == Kind.TEXT else shown)


def dataset_rows(experiments: Sequence[Experiment]) -> list[Row]:
    """A row for each alias. Aliases that differ in their case alone are the same, as within an experiment."""
    found: dict[str, tuple[str, Cells]] = {}
    entries = ExperimentDatasetVersion.objects.filter(experiment__in=experiments).order_by("position", "alias")
    for entry in entries.select_related("dataset_version__dataset"):
        version = entry.dataset_version
        url = reverse("datasets:dataset_version_detail", args=[version.pk])
        _, cells = found.setdefault(entry.alias.casefold(), (entry.alias, {}))
        cells[entry.experiment_id] = Cell(str(version), str(version), url)
    return [Row(f"data:{key}", alias, cells) for key, (alias, cells) in found.items()]


def metric_rows(metrics: Sequence[Metric], asked: Asked) -> list[Row]:
    """Of a line the last and the best value; of a metric that is one value, that."""
    rows = []
    for metric in metrics:
        by_name = lower_is_better(metric.name)
        lowest = metric.name in asked.lowest or (by_name and metric.name not in asked.highest)
        other = asked.takes(metric.name, lowest=not lowest, by_name=by_name)
        last = {pk: number_cell(one.last) for pk, one in metric.figures.items() if one.last is not None}
        best = {pk: one.least if lowest else one.greatest for pk, one in metric.figures.items()}
        cells = {pk: number_cell(number) for pk, number in best.items() if number is not None}
        word = "lowest" if lowest else "highest"
        if metric.has_curve:
            rows.append(Row(f"last:{metric.name}", metric.name, last, "last"))
            rows.append(Row(f"best:{metric.name}", metric.name, cells, word, lowest, other))
        else:
            judged = (f"{word} is best", lowest, other) if cells else ("", None, "")
            rows.append(Row(f"best:{metric.name}", metric.name, last, *judged))
    return rows


def evaluation_rows(experiments: Sequence[Experiment]) -> list[Row]:
    """How well each did on the evaluated images."""
    return [
        Row(
            f"evaluation:{kind}:{key}",
            f"{FIGURES[key]}, {InferenceType(kind).label}",
            {pk: Cell(share, percent(share)) for pk, share in shares.items()},
            lowest=False,
        )
        for (kind, key), shares in evaluations_of(experiments).items()
    ]


def _durations(experiments: Sequence[Experiment], until: Mapping[uuid.UUID, datetime]) -> Cells:
    """Of the last run, so far if it still goes on; where nothing ran it, from the first log to the last point."""
    ran = run_times([one.pk for one in experiments])
    starts = starts_of(experiments, ran)
    cells = {}
    for pk, start in starts.items():
        begun, end = (ran[pk].started_at, ran[pk].ended_at or timezone.now()) if pk in ran else (start, until.get(pk))
        if end and end >= begun:
            seconds = round((end - begun).total_seconds())
            so_far = " so far" if pk in ran and not ran[pk].ended_at else ""
            cells[pk] = Cell(seconds, in_words(timedelta(seconds=seconds)) + so_far)
    return cells


def _base(experiment: Experiment) -> str:
    if experiment.base_kind == BaseKind.NONE:
        return ""
    return f"{experiment.base_name} ({BaseKind(experiment.base_kind).label.lower()})"
