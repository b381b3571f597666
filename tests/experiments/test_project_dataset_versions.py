import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from datasets.models import DatasetVersion
from experiments.models import AttachedDatasetVersion, Project
from experiments.services import attach_dataset_version, detach_dataset_version, in_use
from organizations.models import Role, User
from tests.experiments.making import CANARIES, attached, everything, fill, named_draft, nobody, queries_of
from tests.experiments.pages import htmx
from tests.factories import (
    DatasetVersionFactory,
    ExperimentDatasetVersionFactory,
    ExperimentFactory,
    LabelFactory,
    MembershipFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def path(project: Project, act: str = "") -> str:
    name = f"dataset_version_{act}" if act else "project_dataset_versions"
    return reverse(f"experiments:{name}", args=[project.pk])


@pytest.fixture
def loose(project: Project) -> DatasetVersion:
    """Of the organization, and attached to nothing."""
    return DatasetVersionFactory(dataset__organization=project.organization)


def test_it_works(
    client_of: ClientOf, vera: User, project: Project, train: DatasetVersion, loose: DatasetVersion
) -> None:
    LabelFactory.create_batch(2, dataset_version=train)
    attached(project, "new", "NOT_CONFIGURED")
    html = client_of(vera).get(path(project)).text
    assert str(train) in html
    assert str(loose) not in html
    assert "Set the type" in html
    assert "Attach a dataset version" not in html
    assert "Detach" not in html


def test_an_admin_sees_the_buttons(client_of: ClientOf, alice: User, project: Project, train: DatasetVersion) -> None:
    html = client_of(alice).get(path(project)).text
    assert f"/choose/project-dataset-version/?project={project.pk}" in html
    assert f'value="{train.pk}"' in html


def test_one_in_use_has_no_button(client_of: ClientOf, alice: User, project: Project, train: DatasetVersion) -> None:
    ExperimentDatasetVersionFactory(experiment__project=project, dataset_version=train)
    html = client_of(alice).get(path(project)).text
    assert "in use" in html
    assert f'value="{train.pk}"' not in html
    assert in_use(project, [train]) == {train.pk}


def test_an_empty_list_says_so(client_of: ClientOf, vera: User, project: Project) -> None:
    assert "No dataset version attached" in client_of(vera).get(path(project)).text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tra", ["train"]),
        ("digits", ["train", "val"]),
        ("digits/va", ["val"]),
        ("DIGITS / VA", ["val"]),
        ("other/train", []),
        ("/", ["train", "val"]),
        ("a\x00/\x00val", ["val"]),
        ("x" * 200, []),
        ("%", []),
    ],
)
def test_search(
    client_of: ClientOf,
    vera: User,
    project: Project,
    train: DatasetVersion,
    val: DatasetVersion,
    text: str,
    found: list[str],
) -> None:
    response = client_of(vera).get(path(project), {"q": text}, headers=htmx("results"))
    assert sorted(version.name for version in response.context["page"].rows) == found
    assert ("Nothing found" in response.text) == (not found)


def test_it_pages_by_key(client_of: ClientOf, vera: User, project: Project) -> None:
    versions = [attached(project, f"v{number}") for number in range(26)]
    client = client_of(vera)
    page = client.get(path(project)).context["page"]
    assert page.rows == versions[:0:-1]
    assert client.get(path(project) + page.older).context["page"].rows == versions[:1]


def test_the_number_of_queries_is_constant(client_of: ClientOf, alice: User, project: Project) -> None:
    client = client_of(alice)
    attached(project, "one")
    few = queries_of(lambda: client.get(path(project)))
    for number in range(12):
        version = attached(project, f"v{number}")
        LabelFactory(dataset_version=version)
        ExperimentDatasetVersionFactory(experiment__project=project, dataset_version=version)
    assert queries_of(lambda: client.get(path(project))) == few <= 11


def test_it_checks_ownership(client_of: ClientOf, charlie: User, project: Project, loose: DatasetVersion) -> None:
    before = everything()
    client = client_of(charlie)
    assert client.get(path(project)).status_code == 404
    for act in ("attach", "detach"):
        assert client.post(path(project, act), {"dataset_version": loose.pk}).status_code == 404
    assert everything() == before


# Attach


def test_attach_works(client_of: ClientOf, alice: User, project: Project, loose: DatasetVersion) -> None:
    answer = client_of(alice).post(path(project, "attach"), {"dataset_version": loose.pk}, follow=True)
    assertRedirects(answer, path(project))
    assert f"{loose} is attached." in answer.text
    assert AttachedDatasetVersion.objects.get().attached_by == alice


def test_attach_works_with_htmx(client_of: ClientOf, alice: User, project: Project, loose: DatasetVersion) -> None:
    answer = client_of(alice).post(path(project, "attach"), {"dataset_version": loose.pk}, headers=htmx("results"))
    assert answer["HX-Redirect"] == path(project)


def test_the_choosers_button_attaches(
    client_of: ClientOf, alice: User, project: Project, loose: DatasetVersion
) -> None:
    """The name, the value and the address are the chooser's: what it draws is what the view takes."""
    client = client_of(alice)
    dialog = client.get("/choose/project-dataset-version/", {"project": str(project.pk)}, headers=htmx("dialog")).text
    address = re.search(r'<form method="post"\s+action="([^"]+)"', dialog)
    button = re.search(r'<button[^>]*?name="([^"]+)"\s+value="([^"]+)"[^>]*>Select<', dialog)
    assert address
    assert button
    client.post(address[1], {button[1]: button[2]})
    assert AttachedDatasetVersion.objects.get().dataset_version == loose


def test_attaching_again_changes_nothing(
    client_of: ClientOf, alice: User, project: Project, train: DatasetVersion
) -> None:
    client_of(alice).post(path(project, "attach"), {"dataset_version": train.pk})
    assert AttachedDatasetVersion.objects.count() == 1


@pytest.mark.parametrize("act", ["attach", "detach"])
def test_only_admins(
    client_of: ClientOf, bob: User, vera: User, project: Project, train: DatasetVersion, act: str
) -> None:
    before = everything()
    for user in (bob, vera):
        assert client_of(user).post(path(project, act), {"dataset_version": train.pk}).status_code == 403
        with pytest.raises(PermissionDenied):
            attach_dataset_version(project=project, dataset_version=train, by=user)
        with pytest.raises(PermissionDenied):
            detach_dataset_version(project=project, dataset_version=train, by=user)
    assert everything() == before


@pytest.mark.parametrize("act", ["attach", "detach"])
@pytest.mark.parametrize("value", ["", "x", "foreign", "nobody"])
def test_ids_of_nothing(client_of: ClientOf, alice: User, project: Project, act: str, value: str) -> None:
    pk: Any = {"foreign": DatasetVersionFactory().pk, "nobody": nobody()}.get(value, value)
    assert client_of(alice).post(path(project, act), {"dataset_version": pk}).status_code == 404


def test_another_own_organizations_version(
    client_of: ClientOf, alice: User, project: Project, foreign_project: Project
) -> None:
    """Alice sees it, and it is still not this project's organization's."""
    MembershipFactory(user=alice, organization=foreign_project.organization, role=Role.OWNER)
    version = DatasetVersionFactory(dataset__organization=foreign_project.organization)
    assert client_of(alice).post(path(project, "attach"), {"dataset_version": version.pk}).status_code == 404
    with pytest.raises(ValidationError, match="belongs to another organization"):
        attach_dataset_version(project=project, dataset_version=version, by=alice)
    assert not AttachedDatasetVersion.objects.exists()


@pytest.mark.parametrize("act", ["attach", "detach"])
def test_acts_reject_get(client_of: ClientOf, alice: User, project: Project, act: str) -> None:
    assert client_of(alice).get(path(project, act)).status_code == 405


# Detach


def test_detach_works(client_of: ClientOf, alice: User, bob: User, project: Project, train: DatasetVersion) -> None:
    draft = named_draft(project, bob)
    fill(draft, train=train)
    answer = client_of(alice).post(path(project, "detach"), {"dataset_version": train.pk}, follow=True)
    assert f"{train} is detached." in answer.text
    assert not AttachedDatasetVersion.objects.exists()
    # The draft keeps it, and says so.
    assert draft.dataset_versions.count() == 1


def test_detach_is_refused_while_in_use(
    client_of: ClientOf, alice: User, project: Project, train: DatasetVersion
) -> None:
    for number in range(7):
        experiment = ExperimentFactory(project=project, name=f"e{number}")
        for alias in ("train", "again"):
            ExperimentDatasetVersionFactory(experiment=experiment, dataset_version=train, alias=alias)
    answer = client_of(alice).post(path(project, "detach"), {"dataset_version": train.pk}, follow=True)
    assert f"{train} is used by e6, e5, e4, e3, e2 and others, so it stays attached." in answer.text
    assert AttachedDatasetVersion.objects.count() == 1


def test_another_projects_experiments_do_not_count(project: Project, train: DatasetVersion, alice: User) -> None:
    ExperimentDatasetVersionFactory(experiment__project__organization=project.organization, dataset_version=train)
    detach_dataset_version(project=project, dataset_version=train, by=alice)
    assert not AttachedDatasetVersion.objects.exists()


@pytest.mark.parametrize("canary", CANARIES)
def test_names_are_no_markup(client_of: ClientOf, alice: User, project: Project, canary: str) -> None:
    version = DatasetVersionFactory(dataset__organization=project.organization, dataset__name=canary, name=canary)
    ExperimentDatasetVersionFactory(experiment__project=project, experiment__name=canary, dataset_version=version)
    client = client_of(alice)
    for act in ("attach", "detach"):
        answer = client.post(path(project, act), {"dataset_version": version.pk}, follow=True)
        assert "&lt;" in answer.text
        assert canary not in answer.text
