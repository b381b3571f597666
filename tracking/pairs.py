"""What people drew on images beside what a model found there."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from datasets.models import Annotation, Labelling, Shape
from tracking.models import Evaluation, EvaluationQuerySet, Prediction

FEWEST_POINTS = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """A label on an image: its name, since the versions of a dataset have labels of their own."""

    label: str
    coordinates: list[Any]
    score: float = 1.0


@dataclass(slots=True)
class Image:
    """An image with its size in pixels, what was drawn on it, and what was found."""

    evaluation: Evaluation
    width: int
    height: int
    drawn: list[Mark] = field(default_factory=list)
    found: list[Mark] = field(default_factory=list)


def paired(evaluations: EvaluationQuerySet, shape: Shape, *, status: str | None = None) -> list[Image]:
    """The evaluated images, in a constant number of queries.

    Args:
        evaluations: which ones.
        shape: what of the annotations and predictions counts.
        status: which labellings count; the last one of each asset does.
    """
    images = {
        one.asset_id: Image(one, one.asset.data.width, one.asset.data.height)
        for one in evaluations.select_related("asset__data").order_by("pk")
    }
    labellings = Labelling.objects.last_of_each(status).filter(asset__in=evaluations.values("asset"))
    drawn = Annotation.objects.filter(labelling__in=labellings, shape=shape).order_by("pk")
    for asset, mark in _marks(drawn.values_list("asset", "label__name", "coordinates"), shape):
        images[asset].drawn.append(mark)
    found = Prediction.objects.filter(evaluation__in=evaluations, shape=shape).order_by("pk")
    for asset, mark in _marks(found.values_list("evaluation__asset", "label__name", "coordinates", "score"), shape):
        images[asset].found.append(mark)
    return list(images.values())


def _marks(rows: Iterable[Any], shape: Shape) -> Iterable[tuple[uuid.UUID, Mark]]:
    """Those that have an extent: a polygon of two points has none."""
    for asset, *mark in rows:
        if shape != Shape.POLYGON or len(mark[1]) >= FEWEST_POINTS:
            yield asset, Mark(*mark)
