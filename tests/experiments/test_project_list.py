from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.asserts import assertRedirects

from experiments.models import Project
from organizations.models import Organization, Role, User
from tests.experiments.making import CANARIES, attached, queries_of
from tests.experiments.pages import htmx
from tests.factories import ExperimentFactory, MembershipFactory, ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db

PATH = "/projects/"

ClientOf = Callable[[User], Client]


def test_it_works(client_of: ClientOf, vera: User, project: Project, foreign_project: Project) -> None:
    ExperimentFactory.create_batch(2, project=project)
    attached(project, "train")
    html = client_of(vera).get(PATH).text
    assert project.get_absolute_url() in html
    assert "2 experiments" in html
    assert "1 dataset version" in html
    assert foreign_project.name not in html


def test_it_needs_a_sign_in(client: Client, db: None) -> None:
    assertRedirects(client.get(PATH), f"/sign-in/?next={PATH}", fetch_redirect_response=False)


def test_it_rejects_post(client_of: ClientOf, bob: User) -> None:
    assert client_of(bob).post(PATH).status_code == 405


def test_it_is_of_one_organization(client_of: ClientOf, bob: User, project: Project, foreign_project: Project) -> None:
    MembershipFactory(user=bob, organization=foreign_project.organization)
    client = client_of(bob)
    html = client.get(PATH).text
    assert (project.name in html, foreign_project.name in html) == (False, True)
    client.post("/organizations/switch/", {"organization": project.organization.pk})
    html = client.get(PATH).text
    assert (project.name in html, foreign_project.name in html) == (True, False)


@pytest.mark.parametrize(
    ("role", "offered", "said"),
    [
        (Role.VIEWER, False, "A member of the organization can create one."),
        (Role.MEMBER, True, "Create the first project"),
    ],
)
def test_an_empty_list_offers_the_first_step(
    client_of: ClientOf, orchard: Organization, role: Role, offered: bool, said: str
) -> None:
    html = client_of(MembershipFactory(organization=orchard, role=role).user).get(PATH).text
    assert ("/projects/new/" in html) == offered
    assert said in html


def test_without_an_organization(client_of: ClientOf, db: None) -> None:
    assert "You are in no organization yet" in client_of(UserFactory()).get(PATH).text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("app", ["Apples"]),
        ("APPLES", ["Apples"]),
        ("sweet", ["Pears"]),
        (" pear ", ["Pears"]),
        ("%", []),
        ("a\x00", ["Apples", "Pears"]),
    ],
)
def test_search(client_of: ClientOf, bob: User, orchard: Organization, text: str, found: list[str]) -> None:
    ProjectFactory(organization=orchard, name="Apples")
    ProjectFactory(organization=orchard, name="Pears", description="Sweet ones.")
    html = client_of(bob).get(PATH, {"q": text}, headers=htmx("results")).text
    assert not html.lstrip().startswith("<!DOCTYPE")
    assert [name for name in ("Apples", "Pears") if f">{name}</a>" in html] == found
    assert ("Nothing found" in html) == (not found)


def test_it_pages_by_key(client_of: ClientOf, bob: User, orchard: Organization) -> None:
    projects = [ProjectFactory(organization=orchard, name=f"p{number:02}") for number in range(30)]
    client, seen, path = client_of(bob), [], PATH
    for _ in range(2):
        page = client.get(path).context["page"]
        seen += page.rows
        path = PATH + (page.older or "")
    assert seen == projects[::-1]
    assert page.older is None
    assert client.get(PATH + page.newer).context["page"].rows == projects[::-1][:25]


def test_the_number_of_queries_is_constant(client_of: ClientOf, bob: User, orchard: Organization) -> None:
    client = client_of(bob)
    ProjectFactory(organization=orchard)
    few = queries_of(lambda: client.get(PATH))
    ProjectFactory.create_batch(20, organization=orchard)
    assert queries_of(lambda: client.get(PATH)) == few <= 8


@pytest.mark.parametrize("canary", CANARIES)
def test_names_are_no_markup(client_of: ClientOf, bob: User, orchard: Organization, canary: str) -> None:
    ProjectFactory(organization=orchard, name=canary, description=canary)
    assert canary not in client_of(bob).get(PATH, {"q": canary}).text
