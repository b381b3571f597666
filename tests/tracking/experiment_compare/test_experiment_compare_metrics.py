"""The metrics and evaluations of a comparison: the last value, the best, and which is best."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.asserts import assertContains

from experiments.models import Experiment
from tests.factories import LogFactory
from tests.tracking.experiment_compare.comparing import comparison, line, texts, url_of
from tracking.comparing.metrics import METRICS_MAX, lower_is_better
from tracking.models import EvaluationMetrics


def test_the_last_and_the_best_of_every_metric(two: list[Experiment], client: Client) -> None:
    first, second = two
    line(first, "val/loss", 0.5, 0.25, 0.75)
    line(second, "val/loss", 0.5, None)
    line(second, "val/accuracy", 0.5, 0.875, 0.75)
    LogFactory(experiment=first, name="score", data=7)
    LogFactory(experiment=second, name="score", data="good")
    LogFactory(experiment=second, name="nested", data={"not": "a figure"})
    LogFactory(experiment=second, name="huge", data="x" * 1_000)
    found = comparison(client, *two)
    assert texts(found, "last:val/loss") == ["0.75", None]
    assert texts(found, "best:val/loss") == ["0.25", "0.5"]
    assert texts(found, "best:val/accuracy") == [None, "0.875"]
    assert texts(found, "best:score") == ["7", "good"]
    assert not {"best:huge", "best:nested"} & {row.key for row in found.rows}, "what is no figure is left to the logs"
    notes = {row.key: row.note for row in found.rows}
    assert notes["best:val/loss"] == "lowest"
    assert notes["best:val/accuracy"] == "highest"
    assertContains(client.get(url_of(*two)), ", the best", count=1)


def test_which_is_best_can_be_turned(two: list[Experiment], client: Client) -> None:
    for number, experiment in enumerate(two):
        line(experiment, "loss", number, number + 10)
    assert texts(comparison(client, *two), "best:loss") == ["0", "1"]
    found = comparison(client, *two, highest="loss")
    assert texts(found, "best:loss") == ["10", "11"]
    row = next(row for row in found.rows if row.key == "best:loss")
    assert "highest" not in row.other, "back to what the name says, the address need not say it"
    assert row.best == {two[1].pk}


@pytest.mark.parametrize(
    ("name", "is_lower"),
    [
        ("train/loss", True),
        ("boxLoss", True),
        ("val_cls_loss", True),
        ("RMSE", True),
        ("valError", True),
        ("accuracy", False),
        ("mAP50", False),
        ("lossless", False),
        ("f1", False),
        ("терпение", False),
    ],
)
def test_the_name_says_which_is_best(name: str, is_lower: bool) -> None:
    assert lower_is_better(name) == is_lower


def test_evaluations(two: list[Experiment], client: Client) -> None:
    for experiment, share in zip(two, (0.931, 0.95), strict=True):
        results = {"accuracy": share, "images": 3, "labels": [], "matrix": []}
        EvaluationMetrics.objects.create(experiment=experiment, inference_type="CLASSIFICATION", results=results)
    boxes: dict[str, Any] = {"map": 0.5, "map_50": None, "map_75": 0.25, "images": 2, "labels": []}
    EvaluationMetrics.objects.create(experiment=two[0], inference_type="OBJECT_DETECTION", results=boxes)
    found = comparison(client, *two)
    assert texts(found, "evaluation:CLASSIFICATION:accuracy") == ["93.1 %", "95.0 %"]
    assert texts(found, "evaluation:OBJECT_DETECTION:map") == ["50.0 %", None]
    assert "evaluation:OBJECT_DETECTION:map_50" not in {row.key for row in found.rows}


def test_of_very_many_metrics_those_of_most(two: list[Experiment], client: Client) -> None:
    for number in range(METRICS_MAX):
        LogFactory(experiment=two[0], name=f"only one has {number:03}")
    for experiment in two:
        LogFactory(experiment=experiment, name="zoom")
    response = client.get(url_of(*two))
    assertContains(response, "the 200 that most of them have are shown; 1 are left out")
    assert "best:zoom" in {row.key for row in response.context["comparison"].rows}


def test_they_are_compared_by_a_figure_that_tells_how_well_they_do(two: list[Experiment], client: Client) -> None:
    """How far each is stands in both, and says nothing."""
    for experiment in two:
        line(experiment, "epoch", 1, 2)
    line(two[0], "val/accuracy", 0.5, 0.75)
    measure = comparison(client, *two).measure
    assert measure is not None
    assert measure.title == "val/accuracy"
