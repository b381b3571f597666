"""What is deleted with an experiment, and with the images on which it was evaluated."""

from django.test import Client

from datasets.services import delete_dataset_version
from experiments.creation import delete_experiment
from experiments.models import Experiment
from organizations.models import User
from tests.factories import EvaluationFactory, PredictionFactory
from tracking.lines import add_points, read_line
from tracking.models import Evaluation, LinePoints, Log, Prediction


def test_logs_and_evaluations_go_with_their_experiment(curve: Log, alice: User) -> None:
    add_points(curve, read_line([1, 2]))
    PredictionFactory(evaluation=EvaluationFactory(experiment=curve.experiment))
    delete_experiment(curve.experiment, by=alice)
    for model in (Log, LinePoints, Evaluation, Prediction):
        assert not model.objects.exists()


def test_evaluations_go_with_the_images(experiment: Experiment, alice: User) -> None:
    prediction = PredictionFactory(evaluation__experiment=experiment)
    delete_dataset_version(version=prediction.evaluation.asset.dataset_version, by=alice)
    assert not Evaluation.objects.exists()
    assert Experiment.objects.filter(pk=experiment.pk).exists()


def test_the_admin_shows_them(curve: Log, staff: User, client: Client) -> None:
    add_points(curve, read_line([1, 2]))
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    assert b"2 points of" in client.get("/admin/tracking/linepoints/").content
    assert client.get(f"/admin/tracking/log/{curve.pk}/change/").status_code == 200
