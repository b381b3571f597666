"""How far a training is, and how its curves go, in as little as a page that is always open may ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Count, Exists, OuterRef, Sum
from django.db.models.functions import Length

from experiments.models import Experiment
from registry.hyperparameters import Kind
from tracking.cards import number_text
from tracking.lines import LITTLE_ENDIAN, plain
from tracking.models import LinePoints, Log, LogType
from training.following import Followed
from training.reading import tail_of

# How a script names the epoch that it is in, and how many it was told to do.
EPOCH, EPOCHS = "epoch", "epochs"
TAIL_SHOWN = 8
CURVES_SHOWN = 4
POINTS_SHOWN = 60
WIDTH, HEIGHT = 120, 28
BYTES_OF_A_POINT = LITTLE_ENDIAN.itemsize


@dataclass(frozen=True)
class Progress:
    """Epochs that are done, of those to do."""

    done: int
    total: int


@dataclass(frozen=True)
class Curve:
    """A line in short: its name, its last value in words, and the newest points as an SVG polyline's."""

    name: str
    last: str
    points: str


def run_parts(run: Followed) -> dict[str, Any]:
    """What the panel of a run shows beside the run itself."""
    return {
        "run": run,
        "job": run.job,
        "console": run.console,
        "progress": progress_of(run.experiment) if run.is_live else None,
        "curves": curves_of(run.experiment) if run.is_there else [],
        "tail": tail_of(run.console, TAIL_SHOWN) if run.console and run.is_live else [],
    }


def progress_of(experiment: Experiment) -> Progress | None:
    """The epoch that the script logs, or else the points of the longest line, of the hyperparameter `epochs`.

    None where the experiment has no such hyperparameter, or nothing tells how far it is: a line with more points than
    epochs counts something else.
    """
    rows = experiment.architecture.hyperparameters.filter(key=EPOCHS, kind=Kind.INTEGER)
    total = next((int(text) for text in rows.values_list("value", flat=True)), 0)
    if total < 1:
        return None
    log = experiment.logs.filter(name=EPOCH).first()
    done = _last_epoch(log) if log else _most_points(experiment, total)
    return None if done is None else Progress(min(max(done, 0), total), total)


def curves_of(experiment: Experiment) -> list[Curve]:
    """The first lines by name, each with its newest points."""
    has_points = Exists(LinePoints.objects.filter(log=OuterRef("pk")))
    lines = experiment.logs.filter(has_points, type=LogType.LINE).exclude(name=EPOCH).order_by("name")
    return [curve for log in lines[:CURVES_SHOWN] if (curve := _curve(log))]


def _last_epoch(log: Log) -> int | None:
    value = log.data
    if log.type == LogType.LINE:
        value = log.points.order_by("-id").values_list("last", flat=True).first()
    return int(value) if isinstance(value, int | float) else None


def _most_points(experiment: Experiment, most: int) -> int | None:
    """The points of the longest line that has no more than so many: most longer ones are told by their rows alone."""
    lines = experiment.logs.filter(type=LogType.LINE).order_by()
    short = lines.annotate(rows=Count("points")).filter(rows__gte=1, rows__lte=most).values_list("pk", flat=True)
    points = LinePoints.objects.filter(log__in=list(short)).order_by().values("log")
    sums = points.annotate(size=Sum(Length("values"))).values_list("size", flat=True)
    counts = [size // BYTES_OF_A_POINT for size in sums]
    return max((count for count in counts if count <= most), default=None)


def _curve(log: Log) -> Curve | None:
    """The last value of each of the newest appends; of a line that came in one, its last points."""
    rows = log.points.order_by("-id")
    values: Sequence[float | None] = list(rows.values_list("last", flat=True)[:POINTS_SHOWN])[::-1]
    if len(values) == 1:
        packed = rows.values_list("values", flat=True)[0]
        values = plain(np.frombuffer(packed, LITTLE_ENDIAN)[-POINTS_SHOWN:])
    numbers = [value for value in values if value is not None]
    if not numbers:
        return None
    return Curve(log.name, number_text(numbers[-1]), _polyline(numbers))


def _polyline(numbers: Sequence[float]) -> str:
    """From left to right, the greatest at the top."""
    least, span = min(numbers), (max(numbers) - min(numbers)) or 1
    step = WIDTH / max(len(numbers) - 1, 1)
    room = HEIGHT - 4
    return " ".join(
        f"{index * step:.1f},{HEIGHT - 2 - (number - least) / span * room:.1f}" for index, number in enumerate(numbers)
    )
