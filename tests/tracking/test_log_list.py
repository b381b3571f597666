"""The tab Logs of an experiment."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from experiments.models import Experiment
from organizations.models import User
from tests.factories import BlobFactory, EvaluationFactory, LogFactory, png
from tracking.models import EvaluationMetrics, Log

ClientOf = Callable[[User], Client]
QUERIES = 11


def url_of(experiment: Experiment) -> str:
    return reverse("tracking:log_list", args=[experiment.pk])


def test_it_works(curve: Log, vera: User, client_of: ClientOf) -> None:
    response = client_of(vera).get(url_of(curve.experiment))
    assertTemplateUsed(response, "tracking/log_list.html")
    assertContains(response, reverse("tracking:log_points", args=[curve.pk]))
    assertContains(response, reverse("tracking:log_values", args=[curve.pk]))
    overview = client_of(vera).get(curve.experiment.get_absolute_url())
    assertContains(overview, f'href="{url_of(curve.experiment)}"')


def test_it_checks_ownership(curve: Log, charlie: User, client_of: ClientOf) -> None:
    assert client_of(charlie).get(url_of(curve.experiment)).status_code == 404


def test_an_experiment_without_logs_says_how_to_write_one(
    experiment: Experiment, bob: User, client_of: ClientOf
) -> None:
    response = client_of(bob).get(url_of(experiment))
    assertContains(response, "No log yet")
    assertContains(response, "experiment.log(")


@pytest.mark.parametrize(
    ("log_type", "data", "drawn"),
    [
        ("VALUE", 0.123456789, "0.123457"),
        ("VALUE", 1234567, "1,234,567"),
        ("VALUE", "excellent", "excellent"),
        ("VALUE", None, "NaN"),
        ("TABLE", {"batch": 4, "ok": True}, "batch"),
        ("TABLE", {"data": [[1, 2]], "columns": ["left", "right"], "rows": ["top"]}, "right"),
        ("TABLE", [{"a": 1}, {"b": 2}], '<th scope="col">b</th>'),
        ("TABLE", [[1, "<i>"]], "&lt;i&gt;"),
        ("TABLE", {"data": 3}, "data"),
        ("TABLE", [1, 2], "log-text"),
        ("TABLE", {"data": [[1]], "columns": 7}, "log-text"),
        ("BAR", {"x": ["apple"], "y": [3]}, 'rect width="100.00"'),
        ("BAR", {"x": ["apple", "pear"], "y": [-2, None]}, "negative"),
        ("BAR", {"apple": 3}, "log-text"),
        ("HEATMAP", {"categories": ["a", "b"], "values": [[0, 1], [2, None]]}, "heat-9"),
        ("HEATMAP", {"categories": ["a"], "values": [1]}, "log-text"),
        ("HEATMAP", {}, "log-text"),
        ("LABELMAP", {"0": "apple"}, "0 → apple"),
        ("EVALUATION", [1, 2], "log-text"),
    ],
)
def test_each_type_is_drawn_and_what_is_misshapen_is_text(
    experiment: Experiment, bob: User, client_of: ClientOf, log_type: str, data: Any, drawn: str
) -> None:
    LogFactory(experiment=experiment, type=log_type, data=data)
    assertContains(client_of(bob).get(url_of(experiment)), drawn)


def test_a_picture_is_shown_and_any_other_file_offered(experiment: Experiment, bob: User, client_of: ClientOf) -> None:
    data = {"object_name": "x", "filename": "x.png"}
    blob = BlobFactory(content=png(3))
    log = LogFactory(experiment=experiment, type="IMAGE", data=data, blob=blob, content_type="image/png")
    assertContains(client_of(bob).get(url_of(experiment)), "<img", count=1)
    Log.objects.filter(pk=log.pk).update(content_type="")
    response = client_of(bob).get(url_of(experiment))
    assertNotContains(response, "<img")
    assertContains(response, "Download x.png")


def test_it_is_searched_and_grouped(curve: Log, bob: User, client_of: ClientOf) -> None:
    LogFactory(experiment=curve.experiment, name="val/loss")
    LogFactory(experiment=curve.experiment, name="accuracy")
    url, client = url_of(curve.experiment), client_of(bob)

    def found(query: str) -> list[str]:
        return [log.name for log in client.get(f"{url}?{query}").context["page"]]

    assert found("") == ["accuracy", "train/loss", "val/loss"]
    assert found("q=LOSS") == ["train/loss", "val/loss"]
    assert found("group=val") == ["val/loss"]
    assert found("group=val&q=accuracy") == []
    assert found("page=x") == found("page=0") == found("")
    fragment = client.get(f"{url}?q=val", headers={"hx-request": "true", "hx-target": "results"})
    assertContains(fragment, "with “val” in their name")
    assertNotContains(fragment, "<html")


def test_pages_keep_what_is_asked_for(experiment: Experiment, bob: User, client_of: ClientOf) -> None:
    for number in range(61):
        LogFactory(experiment=experiment, name=f"train/{number:02}")
    response = client_of(bob).get(f"{url_of(experiment)}?group=train")
    assertContains(response, "Page 1 of 2")
    assertContains(response, "?page=2&amp;q=&amp;group=train")


def test_the_queries_stay_the_same(
    curve: Log, bob: User, client_of: ClientOf, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(bob)
    LogFactory(experiment=curve.experiment)
    client.get(url_of(curve.experiment))
    with django_assert_num_queries(QUERIES):
        client.get(url_of(curve.experiment))
    for _ in range(10):
        LogFactory(experiment=curve.experiment, type="LINE", data=None)
    with django_assert_num_queries(QUERIES):
        client.get(url_of(curve.experiment))


def test_the_metrics_of_evaluations(experiment: Experiment, bob: User, client_of: ClientOf) -> None:
    EvaluationFactory(experiment=experiment)
    label = {"label": "apple", "ap": 0.5, "ap_50": None, "drawn": 1_000, "found": 3}
    boxes = {"map": 0.5, "map_50": 0.75, "map_75": None, "images": 2, "labels": [label]}
    classes = {"accuracy": 0.931, "images": 3, "labels": ["apple"], "matrix": [[2, 1]]}
    EvaluationMetrics.objects.create(experiment=experiment, inference_type="OBJECT_DETECTION", results=boxes)
    EvaluationMetrics.objects.create(experiment=experiment, inference_type="CLASSIFICATION", results=classes)
    response = client_of(bob).get(url_of(experiment))
    for text in (
        "93.1 %",
        "75.0 %",
        "–",
        "1,000",
        "nothing",
        reverse("tracking:evaluation_list", args=[experiment.pk]),
    ):
        assertContains(response, text)
