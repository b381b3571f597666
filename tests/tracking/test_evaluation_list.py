"""Evaluated images, worst first, with what was found over what is there."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains

from datasets.models import Shape
from experiments.models import Experiment
from organizations.models import User
from tests.factories import AnnotationFactory, EvaluationFactory, LabelFactory, PredictionFactory
from tracking.models import Evaluation

ClientOf = Callable[[User], Client]
QUERIES = 8


def url_of(experiment: Experiment) -> str:
    return reverse("tracking:evaluation_list", args=[experiment.pk])


def evaluated(experiment: Experiment, agreement: float | None) -> Evaluation:
    """An image with one apple, of which the model found two."""
    evaluation = EvaluationFactory(experiment=experiment, agreement=agreement)
    label = LabelFactory(dataset_version=evaluation.asset.dataset_version, name="apple")
    AnnotationFactory(asset=evaluation.asset, label=label, shape=Shape.RECTANGLE, coordinates=[1, 1, 4, 3])
    for place in ([1, 1, 4, 2], [0, 0, 1, 1]):
        PredictionFactory(evaluation=evaluation, label=label, shape=Shape.RECTANGLE, coordinates=place)
    return evaluation


def test_it_works(experiment: Experiment, vera: User, client_of: ClientOf) -> None:
    unknown, good, bad = (evaluated(experiment, agreement) for agreement in (None, 1.0, 0.25))
    response = client_of(vera).get(url_of(experiment))
    assert list(response.context["page"]) == [bad, good, unknown]
    assertContains(response, "25.0 %")
    assertContains(response, "2 × apple")
    assertContains(response, "<rect", count=9)


def test_it_checks_ownership(experiment: Experiment, charlie: User, client_of: ClientOf) -> None:
    assert client_of(charlie).get(url_of(experiment)).status_code == 404


def test_without_evaluations_it_says_how_to_make_one(experiment: Experiment, bob: User, client_of: ClientOf) -> None:
    assertContains(client_of(bob).get(url_of(experiment)), "experiment.add_evaluation(")


def test_the_queries_stay_the_same(
    experiment: Experiment, bob: User, client_of: ClientOf, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(bob)
    for count in (1, 10):
        for _ in range(count):
            evaluated(experiment, 0.5)
        with django_assert_num_queries(QUERIES):
            client.get(url_of(experiment))
