"""The pictures of a comparison: curves over each other, and hyperparameters against a metric."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from experiments.choice import COMPARED_MAX
from experiments.models import Experiment, Project
from registry.hyperparameters import Kind
from tests.factories import ExperimentFactory, JobFactory, LogFactory
from tests.tracking.experiment_compare.comparing import comparison, give, line, url_of
from tracking.lines import add_points, read_line
from tracking.models import LinePoints


def test_the_curves_by_step(two: list[Experiment], client: Client) -> None:
    first, second = two
    line(first, "loss", 1, 0.5)
    line(second, "other", 1)
    curves = url_of(*two, name="experiment_compare_curves") + "&name=loss"
    one = {"name": "first", "series": 1, "total": 2, "steps": [0, 1], "values": [1, 0.5]}
    assert client.get(curves).json() == {"by_time": False, "curves": [one]}
    add_points(second.logs.get(), read_line({"steps": [7], "values": [0]}))
    second.logs.update(name="loss")
    assert client.get(curves).json()["curves"][1]["steps"] == [0, 7]


def test_the_curves_by_time(two: list[Experiment], client: Client) -> None:
    """From the launch, or from the first log; what came at once is spread over the time since what came before."""
    begun = datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone())
    for experiment in two:
        line(experiment, "loss", 4)
        line_of_it = experiment.logs.get()
        add_points(line_of_it, read_line([3, 2]))
        experiment.logs.update(created_at=begun)
        for seconds, row in zip((10, 30), line_of_it.points.all(), strict=True):
            LinePoints.objects.filter(pk=row.pk).update(created_at=begun + timedelta(seconds=seconds))
    JobFactory(experiment=two[1], status="RUNNING", started_at=begun - timedelta(seconds=5))
    found = client.get(url_of(*two, name="experiment_compare_curves", x="time") + "&name=loss").json()
    assert found["by_time"]
    assert [curve["steps"] for curve in found["curves"]] == [[10, 20, 30], [15, 25, 35]]
    LinePoints.objects.update(created_at=None)
    assert client.get(url_of(*two, name="experiment_compare_curves", x="time") + "&name=loss").json()["curves"] == []


def test_long_curves_are_thinned_out_together(two: list[Experiment], client: Client) -> None:
    for experiment in two:
        line(experiment, "loss", *range(50_000))
    curves = client.get(url_of(*two, name="experiment_compare_curves") + "&name=loss").json()["curves"]
    assert [curve["total"] for curve in curves] == [50_000] * 2
    assert all(7_000 < len(curve["steps"]) <= 8_000 for curve in curves)
    assert curves[0]["values"][-1] == 49_999


def test_the_metric_in_view(two: list[Experiment], client: Client) -> None:
    line(two[0], "only/one", 1)
    for experiment in two:
        line(experiment, "train/loss", 1)
        line(experiment, "val/loss", 1)
        LogFactory(experiment=experiment, name="figure", data=3)
    assertContains(client.get(url_of(*two)), "name=val%2Floss")
    assertContains(client.get(url_of(*two, metric="best:only/one", x="time")), "name=only%2Fone&amp;x=time")
    response = client.get(url_of(*two, metric="best:figure"))
    assertContains(response, "This is one value for each experiment, not a curve")
    assertNotContains(response, "data-chart")


def test_without_a_number_there_is_no_picture(two: list[Experiment], client: Client) -> None:
    assertContains(client.get(url_of(*two)), "None of them has logged a number yet")
    line(two[0], "loss", 1)
    assertContains(client.get(url_of(*two)), "No hyperparameter differs between them")


def test_hyperparameters_against_a_metric(project: Project, client: Client) -> None:
    three = [ExperimentFactory(project=project, name=name) for name in "abc"]
    for experiment, rate, kind, width, loss in zip(
        three,
        ("0.001", "0.1", "0.01"),
        (Kind.INTEGER, Kind.TEXT, Kind.INTEGER),
        ("8", "8", "16"),
        (1, 3, 2),
        strict=True,
    ):
        give(experiment, "rate", Kind.NUMBER, rate)
        give(experiment, "width", kind, width)
        line(experiment, "loss", loss)
    give(three[0], "only one", Kind.BOOLEAN, "true")
    picture = comparison(client, *three).picture
    assert picture is not None
    axes = {axis.full: axis for axis in picture.axes}
    assert list(axes)[-1] == "loss"
    assert set(axes) == {"rate", "width", "only one", "loss"}
    assert axes["rate"].note == "powers of ten"
    assert axes["rate"].heights[three[2].pk] == pytest.approx((picture.top + picture.bottom) / 2)
    assert [tick.text for tick in axes["width"].ticks] == ["8", "16", "“8”"]
    assert [tick.text for tick in axes["loss"].ticks] == ["1", "3", "2"]
    assert picture.has_missing
    assert f",{picture.missing}" in picture.paths[1].points
    assertContains(client.get(url_of(*three)), "<polyline", count=3)


def test_names_beside_the_picture_don_t_overlap(project: Project, client: Client) -> None:
    many = [ExperimentFactory(project=project) for _ in range(COMPARED_MAX)]
    for number, experiment in enumerate(many):
        for key in range(12):
            give(experiment, f"key {key}", Kind.INTEGER, str(number))
        line(experiment, "loss", 1)
    picture = comparison(client, *many).picture
    assert picture is not None
    heights = sorted(path.name_y for path in picture.paths)
    assert min(after - before for before, after in pairwise(heights)) >= 12
    assert 0 < heights[0] < heights[-1] < picture.height
    assert (len(picture.axes), picture.left_out) == (11, 2)
