"""How well an experiment's model did: its evaluations compared with what people annotated."""

import uuid
from collections.abc import Collection, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from config.inference_types import InferenceType
from datasets.models import Shape
from experiments.models import Experiment
from organizations.models import Role, User
from tracking.classification import classification_results
from tracking.detection import detection_results
from tracking.models import Evaluation, EvaluationMetrics
from tracking.pairs import paired

EVALUATED_MAX = 10_000
SHAPES = {
    InferenceType.CLASSIFICATION: Shape.CLASSIFICATION,
    InferenceType.OBJECT_DETECTION: Shape.RECTANGLE,
    InferenceType.SEGMENTATION: Shape.POLYGON,
    InferenceType.MASK: Shape.MASK,
}


def compute_metrics(
    *,
    experiment: Experiment,
    inference_type: InferenceType,
    evaluations: Collection[uuid.UUID] | None = None,
    status: str | None = None,
    by: User,
) -> EvaluationMetrics:
    """Compare what the model found with the last labelling of each asset, and keep what came out.

    Args:
        experiment: with its project and that one's organization.
        inference_type: which annotations and predictions count: CLASSIFICATION, OBJECT_DETECTION, SEGMENTATION, MASK.
        evaluations: ids of the experiment's evaluations; None for all of them.
        status: only labellings of this status count; None for any.
        by: at least a member.

    Returns:
        The experiment's metrics of that type; `results` are those of `detection_results` or `classification_results`.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: for any other type, and when there is nothing to compare, or too much.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    if inference_type not in SHAPES:
        raise ValidationError(f"Metrics are computed for {', '.join(SHAPES)}; not for {inference_type}.")
    chosen = Evaluation.objects.filter(experiment=experiment)
    if evaluations is not None:
        chosen = chosen.filter(pk__in=evaluations)
    _check_count(chosen.count())
    images = paired(chosen, SHAPES[inference_type], status=status)
    agreements: Sequence[float | None]
    if inference_type == InferenceType.CLASSIFICATION:
        results, agreements = classification_results(images)
    else:
        results, agreements = detection_results(images, SHAPES[inference_type])
    # Only now, so that nobody waits to write while it is computed.
    with transaction.atomic():
        for image, agreement in zip(images, agreements, strict=True):
            image.evaluation.agreement = agreement
        Evaluation.objects.bulk_update([image.evaluation for image in images], ["agreement"], batch_size=1_000)
        metrics, _ = EvaluationMetrics.objects.update_or_create(
            experiment=experiment, inference_type=inference_type, defaults={"results": results}
        )
    return metrics


def _check_count(count: int) -> None:
    if not count:
        raise ValidationError("There is no evaluation to compare: add some first.")
    if count > EVALUATED_MAX:
        raise ValidationError(f"These are {count:,} evaluations; at most {EVALUATED_MAX:,} are compared at once.")
