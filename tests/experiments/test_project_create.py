from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django.asserts import assertRedirects

from experiments import services
from experiments.models import Project
from organizations.models import Organization, User
from tests.experiments.making import CANARIES
from tests.factories import ProjectFactory, UserFactory

pytestmark = pytest.mark.django_db

PATH = "/projects/new/"

ClientOf = Callable[[User], Client]


def test_it_works(client_of: ClientOf, bob: User, orchard: Organization) -> None:
    assert client_of(bob).get(PATH).status_code == 200
    answer = client_of(bob).post(PATH, {"name": "  Fruit ", "description": "Apples\r\nand pears."})
    project = Project.objects.get()
    assertRedirects(answer, project.get_absolute_url())
    assert (project.name, project.organization, project.created_by) == ("Fruit", orchard, bob)


def test_it_checks_the_role(client_of: ClientOf, vera: User) -> None:
    assert client_of(vera).get(PATH).status_code == 403
    assert client_of(vera).post(PATH, {"name": "Fruit"}).status_code == 403
    assert not Project.objects.exists()


def test_without_an_organization(client_of: ClientOf, db: None) -> None:
    assertRedirects(client_of(UserFactory()).post(PATH, {"name": "Fruit"}), "/projects/")
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "This field is required."),
        ("   ", "This field is required."),
        ("n" * 101, "Ensure this value has at most 100 characters (it has 101)."),
        ("Taken", "The organization has a project of this name already: choose another."),
        (" Taken ", "The organization has a project of this name already: choose another."),
        ("bell\x07", "Character 5 is a control character (U+0007): remove it."),
        ("two\nlines", "A name is one line: remove the line breaks and tabs."),
    ],
)
def test_bad_names(client_of: ClientOf, bob: User, orchard: Organization, name: str, sentence: str) -> None:
    ProjectFactory(organization=orchard, name="Taken")
    answer = client_of(bob).post(PATH, {"name": name, "description": "What was typed."})
    assert answer.status_code == 422
    assert answer.context["form"].errors["name"] == [sentence]
    assert "What was typed." in answer.text
    assert Project.objects.count() == 1


def test_a_name_of_another_organization_is_free(client_of: ClientOf, bob: User, harbor: Organization) -> None:
    ProjectFactory(organization=harbor, name="Fruit")
    assert client_of(bob).post(PATH, {"name": "Fruit"}).status_code == 302


@pytest.mark.parametrize("description", ["d" * 1_001, "bell\x07"])
def test_bad_descriptions(client_of: ClientOf, bob: User, description: str) -> None:
    answer = client_of(bob).post(PATH, {"name": "Fruit", "description": description})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["description"])
    assert not Project.objects.exists()


def test_the_longest_description_of_several_lines(client_of: ClientOf, bob: User) -> None:
    """A browser counts a line break as one character and sends two."""
    answer = client_of(bob).post(PATH, {"name": "Fruit", "description": "d\r\n" * 500})
    assert answer.status_code == 302
    assert len(Project.objects.get().description) <= 1_000


def test_the_service_checks_for_itself(bob: User, vera: User, orchard: Organization) -> None:
    with pytest.raises(ValidationError) as refused:
        services.create_project(name=" ", description="d" * 1_001, organization=orchard, by=bob)
    assert set(refused.value.message_dict) == {"name", "description"}


@pytest.mark.parametrize("canary", CANARIES)
def test_what_was_typed_is_no_markup(client_of: ClientOf, bob: User, canary: str) -> None:
    answer = client_of(bob).post(PATH, {"name": canary * 10, "description": canary})
    assert answer.status_code == 422
    assert canary not in answer.text
