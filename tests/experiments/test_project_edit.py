from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from experiments.models import Project
from experiments.services import edit_project
from organizations.models import User
from tests.experiments.making import nobody
from tests.factories import ProjectFactory

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def path(project: Project) -> str:
    return reverse("experiments:project_edit", args=[project.pk])


def test_it_works(client_of: ClientOf, bob: User, project: Project) -> None:
    client = client_of(bob)
    assert 'value="Fruit"' in client.get(path(project)).text
    answer = client.post(path(project), {"name": " Vegetables ", "description": "Roots."})
    assertRedirects(answer, project.get_absolute_url())
    project.refresh_from_db()
    assert (project.name, project.description) == ("Vegetables", "Roots.")


def test_it_keeps_its_own_name(client_of: ClientOf, bob: User, project: Project) -> None:
    assert client_of(bob).post(path(project), {"name": "Fruit", "description": "New."}).status_code == 302


def test_it_checks_ownership(client_of: ClientOf, charlie: User, project: Project) -> None:
    for target in (path(project), reverse("experiments:project_edit", args=[nobody()])):
        assert client_of(charlie).get(target).status_code == 404
        assert client_of(charlie).post(target, {"name": "Stolen"}).status_code == 404
    project.refresh_from_db()
    assert project.name == "Fruit"


def test_it_checks_the_role(client_of: ClientOf, vera: User, charlie: User, project: Project) -> None:
    assert client_of(vera).post(path(project), {"name": "Other"}).status_code == 403
    for user in (vera, charlie):
        with pytest.raises(PermissionDenied):
            edit_project(project, name="Other", description="", by=user)


def test_a_name_that_is_taken(client_of: ClientOf, bob: User, project: Project) -> None:
    ProjectFactory(organization=project.organization, name="Taken")
    answer = client_of(bob).post(path(project), {"name": " Taken "})
    assert answer.status_code == 422
    assert "The organization has a project of this name already: choose another." in answer.text
    # The page around the form still speaks of the project as it is.
    assert f">{project.name}</a>" in answer.text
