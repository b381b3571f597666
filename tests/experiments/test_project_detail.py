from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from experiments.models import ExperimentDraft, Project, Status
from experiments.views import projects
from organizations.models import User
from tests.experiments.making import CANARIES, named_draft, nobody, queries_of
from tests.experiments.pages import htmx
from tests.factories import ExperimentDraftFactory, ExperimentFactory, UserFactory

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def names(client: Client, project: Project, **query: str) -> list[str]:
    response = client.get(project.get_absolute_url(), query)
    return [experiment.name for experiment in response.context["page"].rows]


def test_it_works(client_of: ClientOf, bob: User, project: Project) -> None:
    experiment = ExperimentFactory(
        project=project, name="first", created_by=bob, status="FAILED", base_kind="PUBLIC_MODEL", base_name="Resnet v2"
    )
    ExperimentFactory(project=project, name="second", created_by=None)
    ExperimentFactory(name="elsewhere")
    html = client_of(bob).get(project.get_absolute_url()).text
    row = html[html.index(experiment.get_absolute_url()) :]
    for words in ("Failed", "Classification", "Resnet v2", "public", "bob"):
        assert words in row
    assert "deleted user" in html
    assert "elsewhere" not in html
    assert "New experiment" in html


def test_it_checks_ownership(client_of: ClientOf, charlie: User, project: Project) -> None:
    assert client_of(charlie).get(project.get_absolute_url()).status_code == 404
    assert client_of(charlie).get(reverse("experiments:project_detail", args=[nobody()])).status_code == 404


def test_it_rejects_post(client_of: ClientOf, bob: User, project: Project) -> None:
    assert client_of(bob).post(project.get_absolute_url()).status_code == 405


def test_a_viewer_reads(client_of: ClientOf, vera: User, project: Project) -> None:
    html = client_of(vera).get(project.get_absolute_url()).text
    assert "No experiment yet" in html
    assert reverse("experiments:draft_create", args=[project.pk]) not in html


def test_search_and_filters(client_of: ClientOf, bob: User, project: Project) -> None:
    for name, status, kind in [
        ("apple 1", "RUNNING", "MASK"),
        ("apple 2", "FAILED", "MASK"),
        ("pear", "FAILED", "LINE"),
    ]:
        ExperimentFactory(project=project, name=name, status=status, inference_type=kind)
    client = client_of(bob)
    assert names(client, project) == ["pear", "apple 2", "apple 1"]
    assert names(client, project, q="APPLE") == ["apple 2", "apple 1"]
    assert names(client, project, status="FAILED") == ["pear", "apple 2"]
    assert names(client, project, type="MASK", status="FAILED", q="a") == ["apple 2"]
    assert names(client, project, q="plum") == []


@pytest.mark.parametrize(
    "query",
    [
        {"status": "GONE"},
        {"type": "NOT_CONFIGURED"},
        {"q": "a" * 101},
        {"q": "a\x00"},
        {"older": "x"},
        {"status__in": "FAILED"},
        {"created_by__password__startswith": "a"},
    ],
)
def test_nonsense_in_the_address_is_ignored(
    client_of: ClientOf, bob: User, project: Project, query: dict[str, str]
) -> None:
    ExperimentFactory(project=project, name="apple")
    assert names(client_of(bob), project, **query) == ["apple"]


def test_a_search_answers_a_fragment(client_of: ClientOf, bob: User, project: Project) -> None:
    ExperimentFactory(project=project, name="apple")
    response = client_of(bob).get(project.get_absolute_url(), {"q": "app"}, headers=htmx("results"))
    assert "apple" in response.text
    assert "<h1" not in response.text
    assert "HX-Request" in response["Vary"]
    empty = client_of(bob).get(project.get_absolute_url(), {"status": Status.RUNNING}, headers=htmx("results"))
    assert "No experiment of this project fits the search and the filters." in empty.text


def test_it_pages_by_key_and_keeps_the_filters(client_of: ClientOf, bob: User, project: Project) -> None:
    for number in range(30):
        ExperimentFactory(project=project, name=f"e{number:02}", status="FAILED" if number % 2 else "SUCCESS")
    client = client_of(bob)
    page = client.get(project.get_absolute_url()).context["page"]
    assert [experiment.name for experiment in page.rows] == [f"e{number:02}" for number in range(29, 4, -1)]
    older = client.get(project.get_absolute_url() + page.older)
    assert [experiment.name for experiment in older.context["page"].rows] == ["e04", "e03", "e02", "e01", "e00"]
    # One that is created meanwhile shifts nothing.
    ExperimentFactory(project=project, name="new")
    assert client.get(project.get_absolute_url() + page.older).context["page"].rows[0].name == "e04"
    filtered = client.get(project.get_absolute_url(), {"status": "FAILED", "q": "e"}).context["page"]
    assert len(filtered.rows) == 15
    assert filtered.is_whole


def test_the_link_to_older_ones_carries_the_search(client_of: ClientOf, bob: User, project: Project) -> None:
    ExperimentFactory.create_batch(30, project=project, status="FAILED")
    page = client_of(bob).get(project.get_absolute_url(), {"status": "FAILED"}).context["page"]
    assert "status=FAILED" in page.older


# Drafts to continue


def test_drafts_to_continue(client_of: ClientOf, bob: User, alice: User, project: Project) -> None:
    mine = named_draft(project, bob, "half done")
    unnamed = ExperimentDraftFactory(project=project, owner=bob, name="")
    named_draft(project, alice, "of alice")
    ExperimentDraftFactory(project=project, owner=bob, name="untouched", revision=0)
    ExperimentDraftFactory(project=project, owner=bob, name="an edit", edits=ExperimentFactory(project=project))
    ExperimentDraftFactory(owner=bob, name="of another project", project__organization=project.organization)
    response = client_of(bob).get(project.get_absolute_url())
    assert set(response.context["drafts"]) == {mine, unnamed}
    assert reverse("experiments:draft_discard", args=[mine.pk]) in response.text
    assert "Experiment without a name" in response.text


def test_only_the_newest_drafts_are_shown(client_of: ClientOf, bob: User, project: Project) -> None:
    drafts = ExperimentDraftFactory.create_batch(projects.DRAFTS_SHOWN + 1, project=project, owner=bob)
    for age, draft in enumerate(drafts):
        ExperimentDraft.objects.filter(pk=draft.pk).update(updated_at=timezone.now() - timedelta(hours=age))
    assert list(client_of(bob).get(project.get_absolute_url()).context["drafts"]) == drafts[:-1]


def test_the_number_of_queries_is_constant(client_of: ClientOf, bob: User, project: Project) -> None:
    client = client_of(bob)

    def fill(count: int) -> None:
        for _ in range(count):
            ExperimentFactory(project=project, created_by=UserFactory())
            ExperimentDraftFactory(project=project, owner=bob)

    fill(1)
    few = queries_of(lambda: client.get(project.get_absolute_url()))
    fill(20)
    assert queries_of(lambda: client.get(project.get_absolute_url())) == few <= 10


@pytest.mark.parametrize("canary", CANARIES)
def test_names_are_no_markup(client_of: ClientOf, bob: User, project: Project, canary: str) -> None:
    project.name = project.description = canary
    project.save()
    creator = UserFactory(username=canary)
    ExperimentFactory(project=project, name=canary, base_name=canary, base_kind="EXPERIMENT", created_by=creator)
    ExperimentDraftFactory(project=project, owner=bob, name=canary, base_name=canary)
    for query in ({}, {"q": canary}, {"status": canary, "type": canary, "older": canary}):
        assert canary not in client_of(bob).get(project.get_absolute_url(), query).text
