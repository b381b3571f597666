"""What the logs and the evaluations of several experiments came to, in as many queries as of one."""

import re
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, TextField
from django.db.models.functions import Cast, Length

from config.inference_types import InferenceType
from experiments.models import Experiment
from tracking.log_data import answered
from tracking.models import EvaluationMetrics, LinePoints, Log, LogType
from tracking.results import FIGURES

METRICS_MAX = 200
# A VALUE may hold whatever a script likes; what is longer than this as JSON is no figure.
VALUE_BYTES_MAX = 500
# Parts of names, between what is no letter and between small letters and capitals.
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
LOWER_IS_BETTER = {
    *("loss", "losses", "error", "errors", "err", "mae", "mse", "rmse", "mape", "nll", "perplexity", "ppl", "wer"),
    *("cer", "fid", "lpips", "brier", "ece", "entropy", "kl", "fpr", "fnr"),
    *("latency", "duration", "time", "seconds", "ms"),
}
_ENDINGS = ("loss", "error")


@dataclass(frozen=True)
class Figures:
    """What a metric came to in one experiment. None where that is no number.

    Attributes:
        last: the newest point of a line; of a VALUE whatever it holds, a text too.
        least: of all points.
        greatest: likewise.
    """

    last: Any
    least: float | None
    greatest: float | None


@dataclass
class Metric:
    """Logs of one name in several experiments, of those in which they hold a figure."""

    name: str
    has_curve: bool
    figures: dict[uuid.UUID, Figures] = field(default_factory=dict)


@dataclass(frozen=True)
class Metrics:
    """The metrics of several experiments.

    Attributes:
        found: by name.
        left_out: how many names there are beyond the most that are compared.
        until: when each experiment's last point came.
    """

    found: list[Metric]
    left_out: int
    until: dict[uuid.UUID, datetime]


def lower_is_better(name: str) -> bool:
    """Whether a metric of that name is better the lower it is, as a loss and an error are."""
    parts = {part.lower() for part in _PARTS.findall(name)}
    return bool(parts & LOWER_IS_BETTER) or any(part.endswith(_ENDINGS) for part in parts)


def metrics_of(experiments: Collection[Experiment]) -> Metrics:
    """The lines and the values of these experiments; of very many names those that most of them have."""
    logs = Log.objects.filter(experiment__in=experiments, type__in=(LogType.LINE, LogType.VALUE))
    counted = logs.values("name").annotate(count=Count("pk"), lines=Count("pk", filter=Q(type=LogType.LINE)))
    names = list(counted.order_by("-count", "name").values_list("name", "lines"))
    kept = {name: Metric(name, bool(lines)) for name, lines in sorted(names[:METRICS_MAX])}
    _read_values(kept, logs.filter(type=LogType.VALUE, name__in=kept))
    until = _read_lines(kept, experiments)
    return Metrics([metric for metric in kept.values() if metric.figures], max(0, len(names) - METRICS_MAX), until)


def _read_values(kept: dict[str, Metric], values: Any) -> None:
    short = values.annotate(size=Length(Cast("data", TextField()))).filter(
        Q(size__lte=VALUE_BYTES_MAX) | Q(data__isnull=True)
    )
    for experiment, name, data in short.values_list("experiment", "name", "data"):
        if not isinstance(data, list | dict):
            number = data if isinstance(data, int | float) and not isinstance(data, bool) else None
            kept[name].figures[experiment] = Figures(answered(data), number, number)


def _read_lines(kept: dict[str, Metric], experiments: Collection[Experiment]) -> dict[uuid.UUID, datetime]:
    """Told by the index of the points alone, however many there are."""
    points = LinePoints.objects.filter(
        log__experiment__in=experiments, log__type=LogType.LINE, log__name__in=kept
    ).order_by()
    rows = list(
        points.values_list("log__experiment", "log__name").annotate(
            Min("least"), Max("greatest"), Max("created_at"), Max("id")
        )
    )
    last = dict(LinePoints.objects.filter(pk__in=[row[-1] for row in rows]).values_list("pk", "last"))
    until: dict[uuid.UUID, datetime] = {}
    for experiment, name, least, greatest, came, newest in rows:
        kept[name].figures[experiment] = Figures(last.get(newest), least, greatest)
        if came:
            until[experiment] = max(came, until.get(experiment, came))
    return until


def evaluations_of(experiments: Collection[Experiment]) -> dict[tuple[str, str], dict[uuid.UUID, float]]:
    """Of each inference type and figure, such as `accuracy`, the shares that experiments reached."""
    found: dict[tuple[str, str], dict[uuid.UUID, float]] = defaultdict(dict)
    rows = EvaluationMetrics.objects.filter(experiment__in=experiments)
    # Not the whole results: those of many labels are large.
    figures = [f"results__{key}" for key in FIGURES]
    for experiment, inference_type, *shares in rows.values_list("experiment", "inference_type", *figures):
        for key, share in zip(FIGURES, shares, strict=True):
            if share is not None:
                found[inference_type, key][experiment] = share
    types, keys = list(InferenceType.values), list(FIGURES)
    return dict(sorted(found.items(), key=lambda one: (types.index(one[0][0]), keys.index(one[0][1]))))
