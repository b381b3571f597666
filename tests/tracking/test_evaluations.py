"""Writing what a model found on images."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from config.inference_types import InferenceType
from datasets.models import Asset, Label, LabellingStatus, Shape
from experiments.models import Experiment
from organizations.models import User
from tests.factories import AnnotationFactory, AssetFactory, EvaluationFactory, LabelFactory, LabellingFactory
from tracking.evaluations import Findings, Found, add_evaluations
from tracking.metrics import compute_metrics
from tracking.models import Evaluation, Prediction

THREADS = 4


@pytest.fixture
def asset(experiment: Experiment) -> Asset:
    return AssetFactory(dataset_version__dataset__organization=experiment.project.organization)


@pytest.fixture
def label(asset: Asset) -> Label:
    return LabelFactory(dataset_version=asset.dataset_version)


def findings(asset: Asset, label: Label, score: float = 0.5) -> Findings:
    """The label three times."""
    return Findings(asset, [Found(label, Shape.CLASSIFICATION, [], score)] * 3)


@pytest.mark.django_db(transaction=True)
def test_of_those_who_replace_at_once_one_stays(experiment: Experiment, asset: Asset, label: Label, bob: User) -> None:
    def replace(number: int) -> None:
        try:
            add_evaluations(experiment=experiment, findings=[findings(asset, label, number)], by=bob)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(replace, range(THREADS)))
    assert Evaluation.objects.count() == 1
    scores = list(Prediction.objects.values_list("score", flat=True))
    assert (len(scores), len(set(scores))) == (3, 1)


def test_a_kept_one_is_left_alone_beside_a_new_one(
    experiment: Experiment, asset: Asset, label: Label, bob: User
) -> None:
    known = EvaluationFactory(experiment=experiment, asset=asset, agreement=0.5)
    other = AssetFactory(dataset_version=asset.dataset_version)
    both = [findings(asset, label), findings(other, label)]
    add_evaluations(experiment=experiment, findings=both, is_kept=True, by=bob)
    assert not known.predictions.exists()
    assert Evaluation.objects.get(pk=known.pk).agreement == 0.5
    assert Evaluation.objects.get(asset=other).predictions.count() == 3


def test_another_organizations_image_is_refused(experiment: Experiment, bob: User) -> None:
    foreign = AssetFactory()
    with pytest.raises(ValidationError, match="another organization"):
        add_evaluations(experiment=experiment, findings=[findings(foreign, LabelFactory())], by=bob)


def test_viewers_write_nothing(experiment: Experiment, asset: Asset, label: Label, vera: User) -> None:
    with pytest.raises(PermissionDenied):
        add_evaluations(experiment=experiment, findings=[findings(asset, label)], by=vera)
    with pytest.raises(PermissionDenied):
        compute_metrics(experiment=experiment, inference_type=InferenceType.CLASSIFICATION, by=vera)


def test_only_labellings_of_a_status_count(experiment: Experiment, asset: Asset, label: Label, bob: User) -> None:
    accepted = LabellingFactory(asset=asset, status=LabellingStatus.ACCEPTED)
    AnnotationFactory(asset=asset, labelling=accepted, label=label)
    AnnotationFactory(asset=asset, label=LabelFactory(dataset_version=asset.dataset_version))
    add_evaluations(experiment=experiment, findings=[findings(asset, label)], by=bob)

    def accuracy(status: str | None) -> float:
        kind = InferenceType.CLASSIFICATION
        return compute_metrics(experiment=experiment, inference_type=kind, status=status, by=bob).results["accuracy"]

    assert accuracy(None) == 0
    assert accuracy(LabellingStatus.ACCEPTED) == 1
    assert accuracy(LabellingStatus.REFUSED) is None
