"""What the metrics mean, on cases that can be counted by hand."""

from unittest import mock

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from pycocotools import mask as coco

from config.inference_types import InferenceType
from datasets.models import Label, Shape
from experiments.models import Experiment
from organizations.models import User
from tests.factories import (
    AnnotationFactory,
    AssetFactory,
    EvaluationFactory,
    LabelFactory,
    LabellingFactory,
    PredictionFactory,
)
from tracking.metrics import compute_metrics
from tracking.models import Evaluation


@pytest.fixture
def apple(experiment: Experiment) -> Label:
    return LabelFactory(dataset_version__dataset__organization=experiment.project.organization, name="apple")


@pytest.fixture
def pear(apple: Label) -> Label:
    return LabelFactory(dataset_version=apple.dataset_version, name="pear")


def evaluated(
    experiment: Experiment, drawn: list[tuple[Label, list]], found: list[tuple[Label, list, float]], shape: Shape
) -> Evaluation:
    """An image of 8 × 6 pixels with these annotations and predictions."""
    label = (drawn or found)[0][0]
    asset = AssetFactory(dataset_version=label.dataset_version)
    labelling = LabellingFactory(asset=asset)
    for label, coordinates in drawn:
        AnnotationFactory(asset=asset, labelling=labelling, label=label, shape=shape, coordinates=coordinates)
    evaluation = EvaluationFactory(experiment=experiment, asset=asset)
    for label, coordinates, score in found:
        PredictionFactory(evaluation=evaluation, label=label, shape=shape, coordinates=coordinates, score=score)
    return evaluation


def test_boxes(experiment: Experiment, apple: Label, pear: Label, bob: User) -> None:
    box = Shape.RECTANGLE
    # Found exactly; found with an overlap of 3/4; not found; found where nothing is.
    exact = evaluated(experiment, [(apple, [0, 0, 4, 4])], [(apple, [0, 0, 4, 4], 0.9)], box)
    near = evaluated(experiment, [(pear, [0, 0, 4, 4])], [(pear, [0, 0, 4, 3], 0.8)], box)
    missed = evaluated(experiment, [(apple, [0, 0, 4, 4])], [], box)
    ghost = evaluated(experiment, [], [(pear, [0, 0, 1, 1], 0.7)], box)
    results = compute_metrics(experiment=experiment, inference_type=InferenceType.OBJECT_DETECTION, by=bob).results
    apples, pears = results["labels"]
    # One of two apples, without a mistake: precision 1 up to a recall of one half, that is at 51 of COCO's 101 recalls.
    assert apples == {"label": "apple", "ap": round(51 / 101, 6), "ap_50": round(51 / 101, 6), "drawn": 2, "found": 1}
    # The pear counts at the thresholds 0.50 to 0.75, six of ten.
    assert (pears["ap"], pears["ap_50"]) == (0.6, 1.0)
    assert results["map_50"] == pytest.approx((51 / 101 + 1) / 2, abs=1e-6)
    agreements = [Evaluation.objects.get(pk=one.pk).agreement for one in (exact, near, missed, ghost)]
    assert agreements == [1, 1, 0, 0]


@pytest.mark.parametrize("beyond", [[[0, 0], [4, 0], [4, 4], [0, 4]], [[-1e9, -1e9], [4, -1e9], [4, 4], [-1e9, 4]]])
def test_polygons_count_within_the_image(experiment: Experiment, apple: Label, bob: User, beyond: list) -> None:
    square = [[0, 0], [4, 0], [4, 4], [0, 4]]
    evaluated(experiment, [(apple, square)], [(apple, beyond, 0.9), (apple, [[0, 0], [1, 1]], 0.8)], Shape.POLYGON)
    results = compute_metrics(experiment=experiment, inference_type=InferenceType.SEGMENTATION, by=bob).results
    assert results["map"] == 1


def test_masks(experiment: Experiment, apple: Label, bob: User) -> None:
    pixels = np.zeros((6, 8), dtype=np.uint8, order="F")
    pixels[:2] = 1
    mask = [coco.encode(pixels)["counts"].decode(), [0, 0, 8, 2], 16]
    evaluated(experiment, [(apple, mask)], [(apple, mask, 0.9)], Shape.MASK)
    assert compute_metrics(experiment=experiment, inference_type=InferenceType.MASK, by=bob).results["map"] == 1


def test_classes(experiment: Experiment, apple: Label, pear: Label, bob: User) -> None:
    one = Shape.CLASSIFICATION
    evaluations = [
        evaluated(experiment, [(apple, [])], [(apple, [], 0.8), (pear, [], 0.3)], one),
        evaluated(experiment, [(apple, [])], [(pear, [], 1.0)], one),
        evaluated(experiment, [(pear, [])], [], one),
        evaluated(experiment, [], [(pear, [], 0.9)], one),
    ]
    results = compute_metrics(experiment=experiment, inference_type=InferenceType.CLASSIFICATION, by=bob).results
    assert results["labels"] == ["apple", "pear"]
    assert results["matrix"] == [[1, 1, 0], [0, 0, 1]]
    assert (results["accuracy"], results["images"]) == (round(1 / 3, 6), 3)
    agreements = [Evaluation.objects.get(pk=evaluation.pk).agreement for evaluation in evaluations]
    assert agreements == [0.9, 0.0, 0.5, None]


def test_the_last_labelling_counts_and_labels_meet_by_name(experiment: Experiment, apple: Label, bob: User) -> None:
    evaluation = evaluated(experiment, [(apple, [])], [], Shape.CLASSIFICATION)
    pear = LabelFactory(dataset_version=apple.dataset_version, name="pear")
    AnnotationFactory(asset=evaluation.asset, label=pear)
    elsewhere = LabelFactory(name="pear")
    PredictionFactory(evaluation=evaluation, label=elsewhere)
    results = compute_metrics(experiment=experiment, inference_type=InferenceType.CLASSIFICATION, by=bob).results
    assert (results["accuracy"], results["labels"]) == (1, ["pear"])


def test_there_is_a_most(experiment: Experiment, apple: Label, bob: User) -> None:
    evaluated(experiment, [(apple, [0, 0, 4, 4])], [], Shape.RECTANGLE)
    for limit, said in (("metrics.EVALUATED_MAX", "at most 0 are"), ("detection.PAIRS_MAX", "1 labels on 1 images")):
        with mock.patch(f"tracking.{limit}", 0), pytest.raises(ValidationError, match=said):
            compute_metrics(experiment=experiment, inference_type=InferenceType.OBJECT_DETECTION, by=bob)


def test_nothing_drawn_and_nothing_found(experiment: Experiment, bob: User) -> None:
    EvaluationFactory(experiment=experiment)
    for kind in (InferenceType.OBJECT_DETECTION, InferenceType.CLASSIFICATION):
        results = compute_metrics(experiment=experiment, inference_type=kind, by=bob).results
        assert results.get("map", results.get("accuracy")) is None
