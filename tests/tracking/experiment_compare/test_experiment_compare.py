"""Experiments of a project side by side."""

from urllib.parse import urlencode

from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects, assertTemplateUsed

from config.ids import new_id
from experiments.choice import COMPARED_MAX
from experiments.models import Experiment, Project
from organizations.models import Organization, User
from registry.hyperparameters import Kind
from tests.factories import ExperimentDatasetVersionFactory, ExperimentFactory, JobFactory, LogFactory
from tests.tracking.experiment_compare.comparing import QUERIES, ClientOf, comparison, give, line, url_of


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
