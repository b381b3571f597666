"""Experiments of a project side by side."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects, assertTemplateUsed

from config.ids import new_id
from experiments.choice import COMPARED_MAX
from experiments.models import Experiment, Project
from organizations.models import Organization, User
from registry.hyperparameters import Kind
from tests.factories import (
    ExperimentDatasetVersionFactory,
    ExperimentFactory,
    HyperparameterFactory,
    JobFactory,
    LogFactory,
    ProjectFactory,
)
from tracking.comparing.comparison import Comparison
from tracking.comparing.metrics import METRICS_MAX, lower_is_better
from tracking.comparing.reading import in_words
from tracking.lines import add_points, read_line
from tracking.models import EvaluationMetrics, LinePoints

ClientOf = Callable[[User], Client]
QUERIES = 14


@pytest.fixture
def project(orchard: Organization) -> Project:
    return ProjectFactory(organization=orchard, name="Sorting")


@pytest.fixture
def two(project: Project) -> list[Experiment]:
    """Called `first` and `second`, with nothing in them."""
    return [ExperimentFactory(project=project, name=name) for name in ("first", "second")]


@pytest.fixture
def client(client_of: ClientOf, vera: User) -> Client:
    """A viewer's."""
    return client_of(vera)


def url_of(*experiments: Any, name: str = "experiment_compare", project: Project | None = None, **more: Any) -> str:
    """The address that compares these: experiments, ids, or what is none."""
    ids = [("experiment", getattr(one, "pk", one)) for one in experiments]
    page = reverse(f"tracking:{name}", args=[project.pk if project else experiments[0].project_id])
    return f"{page}?{urlencode([*ids, *more.items()], doseq=True)}"


def comparison(client: Client, *experiments: Any, **more: Any) -> Comparison:
    found: Comparison = client.get(url_of(*experiments, **more)).context["comparison"]
    return found


def give(experiment: Experiment, key: str, kind: Kind, value: str) -> None:
    HyperparameterFactory(architecture=experiment.architecture, key=key, kind=kind, value=value)


def line(experiment: Experiment, name: str, *values: float | None) -> None:
    add_points(LogFactory(experiment=experiment, name=name, type="LINE", data=None), read_line(list(values)))


def table(found: Comparison) -> dict[str, list[str]]:
    """Of each group of rows its titles."""
    return {group.title: [line.row.title for line in lines] for group, lines in found.shown}


def texts(found: Comparison, key: str) -> list[str | None]:
    """What the columns have in the row."""
    row = next(row for row in found.rows if row.key == key)
    cells = [row.cells.get(column.experiment.pk) for column in found.columns]
    return [cell.text if cell else None for cell in cells]


def names(found: Comparison) -> list[str]:
    return [column.experiment.name for column in found.columns]


def test_it_works(two: list[Experiment], client: Client) -> None:
    response = client.get(url_of(*two))
    assertTemplateUsed(response, "tracking/experiment_compare.html")
    assertContains(response, "Compare 2 experiments")
    for experiment in two:
        assertContains(response, f'href="{experiment.get_absolute_url()}"')
    fragment = client.get(url_of(*two), headers={"hx-request": "true", "hx-target": "comparison"})
    assertContains(fragment, "Side by side")
    assertNotContains(fragment, "<html")


def test_it_checks_ownership(two: list[Experiment], charlie: User, client_of: ClientOf) -> None:
    for name in ("experiment_compare", "experiment_compare_curves", "experiment_compare_table"):
        assert client_of(charlie).get(url_of(*two, name=name)).status_code == 404


def test_what_the_user_may_not_see_is_not_there(two: list[Experiment], client: Client, harbor: Organization) -> None:
    foreign = ExperimentFactory(project__organization=harbor, name="of the harbor")
    line(foreign, "loss", 0.123)
    elsewhere = ExperimentFactory(project__organization=two[0].project.organization, name="of another project")
    response = client.get(url_of(*two, foreign))
    assertContains(response, "1 of the experiments in this address is not there any more.")
    assertNotContains(response, "of the harbor")
    response = client.get(url_of(*two, foreign, elsewhere, new_id(), "no id"))
    assertContains(response, "4 of the experiments in this address are not there any more.")
    assertNotContains(response, "of another project")
    curves = client.get(url_of(*two, foreign, name="experiment_compare_curves") + "&name=loss").json()
    assert curves["curves"] == []
    file = client.get(url_of(*two, foreign, name="experiment_compare_table"))
    assertNotContains(file, "harbor")


def test_of_fewer_than_two_it_says_how_to_choose(two: list[Experiment], client: Client) -> None:
    project = two[0].project
    for response in (client.get(url_of(project=project)), client.get(url_of(new_id(), "x", project=project))):
        assertContains(response, "Choose at least two experiments")
        assertContains(response, f'href="{project.get_absolute_url()}')
    response = client.get(url_of(two[0], two[0]))
    assertContains(response, "Choose at least two experiments")
    assertContains(response, f"{project.get_absolute_url()}?experiment={two[0].pk}")
    file = client.get(url_of(new_id(), name="experiment_compare_table", project=project))
    assert file.text.splitlines()[0].startswith('"id","name","Status"')
    assert len(file.text.splitlines()) == 1


def test_twenty_are_compared_and_more_are_too_many(project: Project, client: Client) -> None:
    many = [ExperimentFactory(project=project) for _ in range(COMPARED_MAX + 2)]
    assertContains(client.get(url_of(*many[:COMPARED_MAX])), "Compare 20 experiments")
    response = client.get(url_of(*many))
    assertContains(response, "22 experiments are chosen, and at most 20 can be compared: leave out 2.")


def test_what_came_of_the_list_s_form_leaves_the_address(two: list[Experiment], client: Client) -> None:
    response = client.get(url_of(*two, q="first", status="", sort="status"))
    assertRedirects(response, url_of(*two, sort="status"))


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


def test_durations_in_words() -> None:
    assert [in_words(n) for n in (0, 59, 60, 3_599, 7_620, 90_000)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "59 min 59 s",
        "2 h 7 min",
        "1 d 1 h",
    ]


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


def test_the_address_keeps_everything_else(two: list[Experiment], client: Client) -> None:
    line(two[0], "loss", 1)
    everything = {"sort": "-status", "metric": "best:loss", "x": "time", "only": "differences", "highest": "loss"}
    found = comparison(client, *two, **everything)
    kept = QueryDict(found.asked.query(sort="type"))
    assert kept.getlist("experiment") == [str(one.pk) for one in two]
    assert {name: kept[name] for name in everything} == {**everything, "sort": "type"}


def test_one_can_be_left_out_while_two_remain(project: Project, client: Client) -> None:
    three = [ExperimentFactory(project=project, name=name) for name in ("left", "right", "middle")]
    assertContains(client.get(url_of(*three)), "Leave middle out")
    assertNotContains(client.get(url_of(*three[:2])), "Leave")
    assert client.get(f"?{comparison(client, *three).columns[2].without}".join([url_of(*three).split("?")[0], ""]))


def test_of_very_many_metrics_those_of_most(two: list[Experiment], client: Client) -> None:
    for number in range(METRICS_MAX):
        LogFactory(experiment=two[0], name=f"only one has {number:03}")
    for experiment in two:
        LogFactory(experiment=experiment, name="zoom")
    response = client.get(url_of(*two))
    assertContains(response, "the 200 that most of them have are shown; 1 are left out")
    assert "best:zoom" in {row.key for row in response.context["comparison"].rows}


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


def test_the_queries_stay_the_same(
    project: Project, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def furnished() -> Experiment:
        experiment = ExperimentFactory(project=project)
        for number in range(5):
            give(experiment, f"key {number}", Kind.TEXT, str(experiment.pk))
            line(experiment, f"line {number}", 1, 2)
            LogFactory(experiment=experiment, name=f"value {number}")
            ExperimentDatasetVersionFactory(experiment=experiment, alias=f"alias-{number}")
        JobFactory(experiment=experiment)
        return experiment

    few = [furnished(), furnished()]
    client.get(url_of(*few))
    with django_assert_num_queries(QUERIES):
        client.get(url_of(*few))
    many = [*few, *(furnished() for _ in range(6))]
    with django_assert_num_queries(QUERIES):
        client.get(url_of(*many))


def test_no_points_are_read_for_the_table(
    two: list[Experiment], client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for experiment in two:
        line(experiment, "loss", 1, 2)
    with django_assert_num_queries(QUERIES) as queries:
        client.get(url_of(*two))
    assert not [query for query in queries.captured_queries if 'linepoints"."values"' in query["sql"]]


def test_the_file(two: list[Experiment], client: Client) -> None:
    first, second = two
    give(first, "epochs", Kind.INTEGER, "22")
    give(second, "epochs", Kind.TEXT, "22")
    give(first, "rate", Kind.NUMBER, "-0.5")
    give(second, "rate", Kind.TEXT, "")
    give(first, "flag", Kind.BOOLEAN, "true")
    line(first, "loss", 0.1, -0.30000000000000004)
    response = client.get(url_of(*two, name="experiment_compare_table", sort="-created"))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="comparison.csv"'
    titles, *lines = (re.findall(r'(?:^|(?<=,))("(?:[^"]|"")*"|[^,"]*)', line) for line in response.text.splitlines())
    rows = {line[1]: dict(zip(titles, line, strict=True)) for line in lines}
    assert list(rows) == ['"second"', '"first"']
    one, other = rows['"first"'], rows['"second"']
    epochs, rate, flag = (f'"hyperparameter {key}"' for key in ("epochs", "rate", "flag"))
    assert (one[epochs], other[epochs]) == ("22", '"22"')
    assert (one[rate], other[rate]) == ("-0.5", '""')
    assert (one[flag], other[flag]) == ("true", "")
    assert (one['"loss, last"'], one['"loss, lowest"']) == ("-0.30000000000000004",) * 2


@pytest.mark.parametrize("begin", list("=+-@\t＝＋－＠"))
def test_no_text_of_the_file_is_a_formula(two: list[Experiment], client: Client, begin: str) -> None:
    text = f'{begin}HYPERLINK("http://evil")'
    give(two[0], "note", Kind.TEXT, text)
    LogFactory(experiment=two[0], name=text.strip(), data=text)
    Experiment.objects.filter(pk=two[0].pk).update(name=text.strip())
    cells = client.get(url_of(*two, name="experiment_compare_table")).text
    doubled = text.replace('"', '""')
    assert f'"\'{doubled}"' in cells
    for before in (",", "\r\n"):
        assert f'{before}"{doubled}' not in cells
        assert f"{before}{begin}" not in cells


def test_the_list_keeps_what_is_chosen(two: list[Experiment], client: Client, harbor: Organization) -> None:
    first, second = two
    foreign = ExperimentFactory(project__organization=harbor)
    chosen = urlencode([("experiment", one) for one in (first.pk, second.pk, foreign.pk, "x")])
    response = client.get(f"{first.project.get_absolute_url()}?q=second&{chosen}")
    choice = response.context["choice"]
    assert (choice.ids, choice.elsewhere) == ([first.pk, second.pk], [first.pk])
    assertContains(response, f'<input type="hidden" form="find" name="experiment" value="{first.pk}">', html=True)
    assertContains(response, "(1 of them not shown here)")
    assertContains(response, f'formaction="{reverse("tracking:experiment_compare", args=[first.project_id])}"')
    assertNotContains(response, str(foreign.pk))
