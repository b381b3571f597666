"""The curves of one metric over each other, by step or by time."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from django.db.models import CharField, ExpressionWrapper, F

from experiments.models import Experiment
from tracking.charts import in_order, reduced, rounded
from tracking.lines import LITTLE_ENDIAN, Floats, Line, lines_of, plain
from tracking.models import LinePoints, Log, LogType

# Of all curves together: more are not to be told apart.
POINTS_MAX = 16_000


@dataclass(frozen=True)
class Curve:
    """An experiment's line, as it is drawn.

    Attributes:
        series: the number of its colour.
        line: the points that stand out, at their steps, or at the seconds since the experiment began.
        total: how many points there are.
    """

    experiment: Experiment
    series: int
    line: Line
    total: int

    def as_data(self) -> dict[str, Any]:
        """For the chart. Values have six digits that count."""
        return {
            "name": self.experiment.name,
            "series": self.series,
            "total": self.total,
            "steps": plain(self.line.numbered),
            "values": plain(rounded(self.line.values)),
        }


def curves_of(name: str, experiments: Sequence[Experiment], starts: Mapping[uuid.UUID, datetime] | None) -> list[Curve]:
    """The lines of that name, in the order of the experiments.

    Args:
        name: of the logs.
        experiments: in their colours' order.
        starts: when each began, for curves by time; None for curves by step. Points of which it is not known when they
            came are left out there.
    """
    logs = Log.objects.filter(experiment__in=experiments, type=LogType.LINE, name=name)
    owners = dict(logs.values_list("pk", "experiment"))
    lines = lines_of(owners) if starts is None else _by_time({pk: starts[one] for pk, one in owners.items()})
    of_experiment = {owners[pk]: line for pk, line in lines.items()}
    most = POINTS_MAX // max(1, len(owners))
    return [
        Curve(experiment, series, _shown(of_experiment[experiment.pk], most), len(of_experiment[experiment.pk]))
        for series, experiment in enumerate(experiments, start=1)
        if experiment.pk in of_experiment
    ]


def _shown(line: Line, most: int) -> Line:
    ordered = in_order(line)
    return reduced(ordered, most) if len(line) > most else ordered


def _by_time(starts: Mapping[uuid.UUID, datetime]) -> dict[uuid.UUID, Line]:
    """Of each log, its points at the seconds since that moment."""
    owner = ExpressionWrapper(F("log_id"), output_field=CharField())
    rows = LinePoints.objects.filter(log__in=list(starts), created_at__isnull=False).order_by("log", "id")
    chunks = rows.values_list(owner, "values", "created_at").iterator(chunk_size=10_000)
    return {
        uuid.UUID(str(pk)): _timed([(values, came) for _, values, came in appends], starts[uuid.UUID(str(pk))])
        for pk, appends in groupby(chunks, key=itemgetter(0))
    }


def _timed(appends: Sequence[tuple[bytes | memoryview, datetime]], start: datetime) -> Line:
    """Points that came together are spread over the time since those before them came."""
    values: list[Floats] = []
    seconds: list[Floats] = []
    before = 0.0
    for packed, came in appends:
        values.append(np.frombuffer(packed, LITTLE_ENDIAN).astype(np.float64))
        now, count = max(before, (came - start).total_seconds()), len(values[-1])
        seconds.append(np.linspace(before, now, count + 1)[1:])
        before = now
    times: Floats = np.concatenate(seconds)
    return Line(np.concatenate(values), times.round(3))
