"""The rows of a comparison: what differs, what is the same, and by which of them it is sorted."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from experiments.models import Experiment, Project
from registry.hyperparameters import Kind
from tests.factories import ExperimentDatasetVersionFactory, ExperimentFactory, JobFactory
from tests.tracking.experiment_compare.comparing import comparison, give, line, names, table, texts, url_of
from tracking.models import LinePoints


def test_differences_come_first_and_types_count(two: list[Experiment], client: Client) -> None:
    first, second = two
    for key, kind, value, other_kind, other in (
        ("epochs", Kind.INTEGER, "20", Kind.INTEGER, "20"),
        ("typed", Kind.INTEGER, "22", Kind.TEXT, "22"),
        ("floated", Kind.INTEGER, "3", Kind.NUMBER, "3.0"),
        ("flag", Kind.BOOLEAN, "true", Kind.INTEGER, "1"),
        ("optimizer", Kind.CHOICE, "adam", Kind.TEXT, "adam"),
    ):
        give(first, key, kind, value)
        give(second, key, other_kind, other)
    give(first, "empty", Kind.TEXT, "")
    found = comparison(client, *two)
    groups = table(found)
    assert set(groups["Hyperparameters that differ (4)"]) == {"typed", "floated", "flag", "empty"}
    assert set(groups["Hyperparameters that are the same (2)"]) == {"epochs", "optimizer"}
    assert list(groups)[:2] == ["About", "Hyperparameters that differ (4)"]
    assert texts(found, "parameter:typed") == ["22", "“22”"]
    assert texts(found, "parameter:flag") == ["yes", "1"]
    assert texts(found, "parameter:empty") == ["“”", None]


def test_what_is_the_same_can_be_left_out(two: list[Experiment], client: Client) -> None:
    for number, experiment in enumerate(two):
        give(experiment, "epochs", Kind.INTEGER, "20")
        give(experiment, "width", Kind.INTEGER, str(number))
    assertContains(client.get(url_of(*two)), "Only what differs")
    response = client.get(url_of(*two, only="differences"))
    assertContains(response, "Show what is the same, too (1)")
    assertNotContains(response, "epochs")
    assertContains(response, "width")


def test_long_texts_are_cut_on_the_page(two: list[Experiment], client: Client) -> None:
    give(two[0], "note", Kind.TEXT, "x" * 5_000)
    assert texts(comparison(client, *two), "parameter:note") == [f"“{'x' * 60}…”", None]
    assertContains(client.get(url_of(*two, name="experiment_compare_table")), "x" * 5_000)


def test_dataset_versions_by_alias_and_the_base(two: list[Experiment], client: Client) -> None:
    first, second = two
    chosen = ExperimentDatasetVersionFactory(experiment=first, alias="Train")
    ExperimentDatasetVersionFactory(experiment=second, alias="train", dataset_version=chosen.dataset_version)
    ExperimentDatasetVersionFactory(experiment=second, alias="test")
    Experiment.objects.filter(pk=first.pk).update(base_kind="PUBLIC_MODEL", base_name="fruit-mlp v1")
    found = comparison(client, *two)
    assert table(found)["Dataset versions that are the same (1)"] == ["Train"]
    assert table(found)["Dataset versions that differ (1)"] == ["test"]
    assert texts(found, "base") == ["fruit-mlp v1 (public model)", None]
    assertContains(
        client.get(url_of(*two)),
        f'href="{reverse("datasets:dataset_version_detail", args=[chosen.dataset_version_id])}"',
    )


def test_how_long_they_ran(project: Project, client: Client) -> None:
    launched, by_hand, running, idle = (ExperimentFactory(project=project) for _ in range(4))
    now = timezone.now()
    JobFactory(experiment=launched, status="FAILED", started_at=now - timedelta(days=1), ended_at=now)
    JobFactory(experiment=launched, status="SUCCEEDED", started_at=now - timedelta(minutes=61), ended_at=now)
    JobFactory(experiment=running, status="RUNNING", started_at=now - timedelta(days=2))
    line(by_hand, "loss", 1)
    by_hand.logs.update(created_at=now - timedelta(seconds=90))
    LinePoints.objects.update(created_at=now)
    row = texts(comparison(client, launched, by_hand, running, idle), "duration")
    assert row[:2] == ["1 h 1 min", "1 min 30 s"]
    assert row[2] is not None
    assert row[2].startswith("2 d")
    assert row[2].endswith("so far")
    assert row[3] is None


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", "bacd"),
        ("parameter:width", "cabd"),
        ("-parameter:width", "bacd"),
        ("best:loss", "abcd"),
        ("-last:loss", "bacd"),
        ("nothing", "bacd"),
    ],
)
def test_any_row_sorts_them(project: Project, client: Client, sort: str, order: str) -> None:
    """Numbers before texts, and last those that have nothing there, whichever way."""
    made = {name: ExperimentFactory(project=project, name=name) for name in "abcd"}
    give(made["a"], "width", Kind.INTEGER, "10")
    give(made["c"], "width", Kind.INTEGER, "9")
    give(made["b"], "width", Kind.TEXT, "1")
    line(made["a"], "loss", 1, 2)
    line(made["b"], "loss", 3, 4)
    found = comparison(client, *(made[name] for name in "bacd"), sort=sort)
    assert "".join(names(found)) == order
    assert {column.experiment.name: column.series for column in found.columns} == {"b": 1, "a": 2, "c": 3, "d": 4}


def test_a_row_that_sorts_says_so_and_turns(two: list[Experiment], client: Client) -> None:
    assertContains(client.get(url_of(*two, sort="status")), 'aria-sort="ascending"')
    response = client.get(url_of(*two, sort="-status"))
    assertContains(response, 'aria-sort="descending"')
    assertContains(response, "As they were chosen")
    [line] = [line for _, lines in comparison(client, *two, sort="status").shown for line in lines if line.sorted]
    assert QueryDict(line.sort_query)["sort"] == "-status"
