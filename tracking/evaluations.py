"""Evaluations of an experiment: what its model found on assets."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.names import refuse_control_characters
from datasets.geometry import POINTS_MAX, is_number
from datasets.masks import measured
from datasets.models import Asset, Data, Label, Shape
from experiments.models import Experiment
from organizations.models import Role, User
from tracking.log_data import checked_data
from tracking.models import Evaluation, LogType, Prediction

EVALUATIONS_MAX = 100
PREDICTIONS_MAX = 1_000
TEXT_MAX = 1_000
# Of how many numbers a point of each shape is.
NUMBERS = {Shape.POLYGON: 2, Shape.LINE: 2, Shape.POINT: 2, Shape.KEYPOINT: 3}


@dataclass(frozen=True)
class Found:
    """Something that a model found, not yet checked.

    Attributes:
        label: of a dataset version of the same organization, perhaps another version than the asset's.
        shape: how it lies on the image.
        coordinates: as `datasets.Annotation` has them; of a mask [counts] is enough, the rest is measured.
        score: how sure the model is.
        text: such as what can be read there.
    """

    label: Label
    shape: Shape
    coordinates: list[Any]
    score: float
    text: str = ""


@dataclass(frozen=True)
class Findings:
    """All that a model found on an asset. The asset comes with its data, its dataset version and that one's dataset."""

    asset: Asset
    found: Sequence[Found]
    custom_metrics: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def add_evaluations(*, experiment: Experiment, findings: Sequence[Findings], is_kept: bool = False, by: User) -> None:
    """Write down what the experiment's model found on some assets, in a constant number of queries.

    Args:
        experiment: with its project and that one's organization.
        findings: one for each asset.
        is_kept: whether an asset that was evaluated before keeps what was found then; else that is replaced.
        by: at least a member.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: when there are too many, or one can't be kept, saying which.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    refuse_too_many(len(findings))
    by_asset = {one.asset.pk: one for one in findings}
    if len(by_asset) < len(findings):
        raise ValidationError("An asset is evaluated twice: give each once.")
    checked = {pk: _checked(one, experiment) for pk, one in by_asset.items()}
    evaluations = _evaluations_of(experiment, by_asset, is_kept=is_kept)
    for evaluation in evaluations:
        for prediction in checked[evaluation.asset_id]:
            prediction.evaluation = evaluation
    Prediction.objects.filter(evaluation__in=evaluations).delete()
    Prediction.objects.bulk_create(
        (prediction for evaluation in evaluations for prediction in checked[evaluation.asset_id]), batch_size=2_000
    )


def refuse_too_many(count: int) -> None:
    """At most a hundred are taken at once.

    Raises:
        ValidationError: for more.
    """
    if count > EVALUATIONS_MAX:
        raise ValidationError(f"At most {EVALUATIONS_MAX} evaluations are taken at once; these are {count:,}.")


def delete_evaluation(*, evaluation: Evaluation, by: User) -> None:
    """Delete it with its predictions.

    Raises:
        PermissionDenied: when `by` is less than a member.
    """
    by.must_be(Role.MEMBER, evaluation.experiment.project.organization)
    evaluation.delete()


def _evaluations_of(
    experiment: Experiment, by_asset: Mapping[uuid.UUID, Findings], *, is_kept: bool
) -> list[Evaluation]:
    """The rows to be filled, locked, so that of two who fill one the second replaces what the first wrote."""
    known = Evaluation.objects.filter(experiment=experiment, asset__in=by_asset)
    left_alone = set(known.values_list("asset", flat=True)) if is_kept else set()
    wanted = [one for pk, one in by_asset.items() if pk not in left_alone]
    rows = [
        Evaluation(
            experiment=experiment, asset=one.asset, custom_metrics=checked_data(LogType.EVALUATION, one.custom_metrics)
        )
        for one in sorted(wanted, key=lambda one: one.asset.pk)
    ]
    Evaluation.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["experiment", "asset"],
        update_fields=["custom_metrics", "agreement"],
    )
    return list(known.exclude(asset__in=left_alone).select_for_update())


def _checked(findings: Findings, experiment: Experiment) -> list[Prediction]:
    """The rows of its predictions, without their evaluation."""
    asset, organization = findings.asset, experiment.project.organization_id
    if asset.dataset_version.dataset.organization_id != organization:
        raise ValidationError("An asset belongs to another organization than the experiment.")
    where = f"Asset {asset.pk}"
    if len(findings.found) > PREDICTIONS_MAX:
        raise ValidationError(
            f"{where} has {len(findings.found):,} predictions; at most {PREDICTIONS_MAX:,} are kept: leave the surest."
        )
    predictions = []
    for number, one in enumerate(findings.found, start=1):
        try:
            coordinates = _coordinates(one, asset.data)
        except ValidationError as error:
            raise ValidationError(f"{where}: prediction {number} {' '.join(error.messages)}") from None
        predictions.append(
            Prediction(label=one.label, shape=one.shape, coordinates=coordinates, score=one.score, text=one.text)
        )
    return predictions


def _coordinates(one: Found, data: Data) -> list[Any]:
    """As they are kept. A model may point beyond the image, unlike people."""
    if not is_number(one.score):
        raise ValidationError("has no score.")
    if len(one.text) > TEXT_MAX:
        raise ValidationError(f"has a text of {len(one.text):,} characters; at most {TEXT_MAX:,} are kept.")
    refuse_control_characters(one.text)
    if one.shape == Shape.MASK:
        return measured(one.coordinates[0], data.width, data.height)
    if one.shape == Shape.RECTANGLE:
        if not all(map(is_number, one.coordinates)) or min(one.coordinates[2:]) < 0:
            raise ValidationError("has no box of four numbers (x, y, width, height).")
    elif one.shape != Shape.CLASSIFICATION:
        _check_points(one)
    return one.coordinates


def _check_points(one: Found) -> None:
    if len(one.coordinates) > POINTS_MAX:
        raise ValidationError(f"has {len(one.coordinates):,} points; at most {POINTS_MAX:,} are accepted.")
    numbers = NUMBERS[one.shape]
    for point in one.coordinates:
        if not isinstance(point, list) or len(point) != numbers or not all(map(is_number, point)):
            raise ValidationError(f"has a point that is not {numbers} numbers.")
    if not one.coordinates:
        raise ValidationError("has no points.")
