"""Evaluations of experiments: what their models found, and how well it fits the annotations."""

import uuid
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema

from config.inference_types import InferenceType
from datasets.models import Asset, DatasetVersion, Label, LabellingStatus, Shape
from datasets.querying import parse
from experiments.models import Experiment
from protocols.picsellia.caller import caller
from protocols.picsellia.finding import all_of
from protocols.picsellia.paging import CursorQuery, cursor_page
from protocols.picsellia.routers.jobs import FinishedTaskOut
from protocols.picsellia.schemas import shapes
from protocols.picsellia.schemas.assets import AssetOut, with_what_is_shown
from tracking.evaluations import Findings, Found, add_evaluations, delete_evaluation, refuse_too_many
from tracking.metrics import compute_metrics
from tracking.models import Evaluation, Prediction
from training.finished import record_finished
from training.models import FinishedTask

router = Router()

M = TypeVar("M", bound=Model)

ORDERS = {"id": "id", "created_at": "created_at", "asset_id": "asset"}


class Scored(Schema):
    """How sure the model is."""

    score: float = Field(allow_inf_nan=False)


class RectanglePrediction(Scored, shapes.RectangleIn):
    """A box."""


class PolygonPrediction(Scored, shapes.PolygonIn):
    """A polygon."""


class ClassificationPrediction(Scored, shapes.ClassificationIn):
    """A label on the whole image."""


class KeypointsPrediction(Scored, shapes.KeypointsIn):
    """Keypoints."""


class LinePrediction(Scored, shapes.LineIn):
    """A line."""


class PointPrediction(Scored, shapes.PointIn):
    """A point."""


class MaskPrediction(Scored, shapes.MaskIn):
    """A mask."""


class EvaluationIn(Schema):
    """What a model found on an asset."""

    kinds: ClassVar = tuple(shapes.KINDS)

    asset_id: uuid.UUID
    rectangles: list[RectanglePrediction] | None = None
    polygons: list[PolygonPrediction] | None = None
    classifications: list[ClassificationPrediction] | None = None
    keypoints: list[KeypointsPrediction] | None = None
    lines: list[LinePrediction] | None = None
    points: list[PointPrediction] | None = None
    masks: list[MaskPrediction] | None = None
    custom_metrics: dict[str, Any] | None = None

    def predictions(self) -> Iterable[Any]:
        """Those of every kind."""
        return (one for kind in self.kinds for one in getattr(self, kind) or ())


class EvaluationsIn(Schema):
    """What a model found on some assets, and whether what it found before stays."""

    import_type: Literal["KEEP", "REPLACE"] = "REPLACE"
    evaluations: list[EvaluationIn]


class EvaluateIn(Schema):
    """Which evaluations are compared with which annotations."""

    inference_type: InferenceType
    evaluation_ids: list[uuid.UUID] | None = None
    status: LabellingStatus | None = None


class EvaluationQuery(CursorQuery):
    """Which evaluations are listed."""

    q: str = ""


class EvaluationOut(Schema):
    """An evaluation in a list."""

    id: uuid.UUID
    asset_id: uuid.UUID
    experiment_id: uuid.UUID
    custom_metrics: dict[str, Any]


class EvaluationsOut(Schema):
    """A page of evaluations."""

    items: list[EvaluationOut]
    count: int
    next_cursor: str | None


class WholeEvaluationOut(EvaluationOut):
    """An evaluation with its asset and all that was found, each with its score and its label's name."""

    asset: AssetOut
    rectangles: list[dict[str, Any]]
    polygons: list[dict[str, Any]]
    classifications: list[dict[str, Any]]
    keypoints: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    points: list[dict[str, Any]]
    masks: list[dict[str, Any]]


@router.post("/experiment/{uuid:experiment_id}/evaluations", response={204: None})
def add(request: HttpRequest, experiment_id: uuid.UUID, body: EvaluationsIn) -> None:
    """Keep what an experiment's model found on up to 100 assets.

    REPLACE puts it in the place of what was found there before, KEEP leaves those assets alone. All, or nothing.
    """
    experiment = _experiment(request, experiment_id)
    refuse_too_many(len(body.evaluations))
    findings = _findings(request, body.evaluations)
    is_kept = body.import_type == "KEEP"
    add_evaluations(experiment=experiment, findings=findings, is_kept=is_kept, by=caller(request))


@router.get("/experiment/{uuid:experiment_id}/evaluations", response=EvaluationsOut)
def list_evaluations(request: HttpRequest, experiment_id: uuid.UUID, query: Query[EvaluationQuery]) -> dict[str, Any]:
    """An experiment's evaluations, a page at a time, the oldest first.

    The query q narrows them to those whose assets it fits.
    """
    evaluations = Evaluation.objects.filter(experiment=_experiment(request, experiment_id))
    if query.q:
        evaluations = evaluations.filter(asset__in=Asset.objects.filter(parse(query.q, Asset)))
    return cursor_page(evaluations, query, ORDERS)


@router.post("/experiment/{uuid:experiment_id}/evaluate", response=FinishedTaskOut)
def evaluate(request: HttpRequest, experiment_id: uuid.UUID, body: EvaluateIn) -> FinishedTask:
    """Compare an experiment's evaluations with the annotations, at once.

    The latest annotation of each asset counts, and metrics of this type are replaced. 400 with nothing to compare.
    """
    experiment = _experiment(request, experiment_id)
    if body.evaluation_ids is not None:
        all_of(experiment.evaluations.all(), body.evaluation_ids)
    compute_metrics(
        experiment=experiment,
        inference_type=body.inference_type,
        evaluations=body.evaluation_ids,
        status=body.status,
        by=caller(request),
    )
    return record_finished(organization=experiment.project.organization, by=caller(request))


@router.get("/evaluation/{uuid:evaluation_id}", response=WholeEvaluationOut)
def sync(request: HttpRequest, evaluation_id: uuid.UUID) -> dict[str, Any]:
    """An evaluation with its asset and all that was found on it."""
    evaluation = _evaluation(request, evaluation_id)
    known = {name: getattr(evaluation, name) for name in EvaluationOut.model_fields}
    asset = with_what_is_shown(Asset.objects.filter(pk=evaluation.asset_id)).get()
    return {**known, "asset": asset, **_by_kind(evaluation.predictions.select_related("label"))}


@router.delete("/evaluation/{uuid:evaluation_id}", response={204: None})
def delete(request: HttpRequest, evaluation_id: uuid.UUID) -> None:
    """Delete an evaluation with all that was found."""
    delete_evaluation(evaluation=_evaluation(request, evaluation_id), by=caller(request))


def _experiment(request: HttpRequest, pk: uuid.UUID) -> Experiment:
    experiments = Experiment.objects.visible_to(caller(request))
    return get_object_or_404(experiments.select_related("project__organization"), pk=pk)


def _evaluation(request: HttpRequest, pk: uuid.UUID) -> Evaluation:
    evaluations = Evaluation.objects.visible_to(caller(request))
    return get_object_or_404(evaluations.select_related("experiment__project__organization"), pk=pk)


def _findings(request: HttpRequest, bodies: Iterable[EvaluationIn]) -> list[Findings]:
    """As the service takes them, with rows for ids: 404 when the caller can't see one."""
    user, bodies = caller(request), list(bodies)
    visible = Asset.objects.visible_to(user).select_related("data", "dataset_version__dataset")
    assets = _rows(visible, (body.asset_id for body in bodies))
    labels = _rows(
        Label.objects.filter(dataset_version__in=DatasetVersion.objects.visible_to(user)),
        (one.label_id for body in bodies for one in body.predictions()),
    )
    return [
        Findings(
            assets[body.asset_id],
            [
                Found(labels[one.label_id], one.shape, one.coordinates(), one.score, one.text or "")
                for one in body.predictions()
            ],
            body.custom_metrics or {},
        )
        for body in bodies
    ]


def _rows(queryset: QuerySet[M], ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, M]:
    """The row of each id."""
    return {row.pk: row for row in all_of(queryset, list(ids))}


def _by_kind(predictions: Iterable[Prediction]) -> dict[str, list[dict[str, Any]]]:
    """The predictions in the SDK's lists, all of which are there."""
    kind_of = {shape: kind for kind, shape in shapes.KINDS.items()}
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in shapes.KINDS}
    for one in predictions:
        label = {"id": one.label_id, "name": one.label.name}
        drawn = shapes.loaded(one.as_annotation(), {one.label_id: one.label.name})
        found[kind_of[Shape(one.shape)]].append(drawn | {"label": label, "label_id": one.label_id, "score": one.score})
    return found
