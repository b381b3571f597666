from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from config.ids import new_id
from experiments.creation import create_experiment
from experiments.drafts.saving import save_form
from experiments.models import Experiment, ExperimentDraft, Project
from organizations.models import User
from tests.experiments.making import again, nobody
from tests.experiments.pages import fields_of
from tests.factories import ExperimentFactory

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def path(project: Project) -> str:
    return reverse("experiments:draft_create", args=[project.pk])


def test_it_works(client_of: ClientOf, bob: User, project: Project) -> None:
    """The button carries the id of the draft that it will make."""
    client = client_of(bob)
    page = client.get(project.get_absolute_url())
    draft_id = page.context["draft_id"]
    assert f'name="draft" value="{draft_id}"' in page.text
    answer = client.post(path(project), {"draft": draft_id})
    draft = ExperimentDraft.objects.get()
    assert (draft.pk, draft.project, draft.owner) == (draft_id, project, bob)
    assert answer["Location"] == reverse("experiments:draft_detail", args=[draft.pk])
    assert fields_of(client.get(answer["Location"]).text)["name"] == [""]


def test_a_double_click_makes_one_draft(client_of: ClientOf, bob: User, project: Project) -> None:
    client, data = client_of(bob), {"draft": new_id()}
    assert client.post(path(project), data)["Location"] == client.post(path(project), data)["Location"]
    assert ExperimentDraft.objects.count() == 1


def test_back_and_again_makes_a_new_draft(client_of: ClientOf, bob: User, project: Project) -> None:
    """The page in the browser's history still carries the old id; that draft is an experiment by now."""
    client, data = client_of(bob), {"draft": new_id()}
    first = client.post(path(project), data)["Location"]
    draft = ExperimentDraft.objects.get()
    save_form(draft, data={"name": "first", "inference_type": "MASK"}, by=bob)
    create_experiment(again(draft), by=bob)
    second = client.post(path(project), data)["Location"]
    assert second != first
    assert client.get(second).status_code == 200
    assert (Experiment.objects.count(), ExperimentDraft.objects.count()) == (1, 1)


@pytest.mark.parametrize("data", [{}, {"draft": ""}, {"draft": "x"}, {"draft": "../x"}])
def test_without_a_good_id_it_works_too(client_of: ClientOf, bob: User, project: Project, data: dict[str, str]) -> None:
    assert client_of(bob).post(path(project), data).status_code == 302
    assert ExperimentDraft.objects.count() == 1


def test_somebody_elses_id_opens_nothing_of_theirs(
    client_of: ClientOf, bob: User, charlie: User, project: Project, foreign_project: Project
) -> None:
    theirs = ExperimentDraft.objects.create(project=foreign_project, owner=charlie)
    client = client_of(bob)
    for pk in (theirs.pk, ExperimentFactory(project=foreign_project).pk):
        answer = client.post(path(project), {"draft": pk})
        assert str(pk) not in answer["Location"]
        assert client.get(answer["Location"]).status_code == 200
    assert ExperimentDraft.objects.get(pk=theirs.pk).owner == charlie


def test_it_checks_the_role(client_of: ClientOf, vera: User, project: Project) -> None:
    assert client_of(vera).post(path(project), {"draft": new_id()}).status_code == 403
    assert not ExperimentDraft.objects.exists()


def test_it_checks_ownership(client_of: ClientOf, charlie: User, project: Project) -> None:
    for target in (path(project), reverse("experiments:draft_create", args=[nobody()])):
        assert client_of(charlie).post(target, {"draft": new_id()}).status_code == 404
    assert not ExperimentDraft.objects.exists()


def test_it_rejects_get(client_of: ClientOf, bob: User, project: Project) -> None:
    assert client_of(bob).get(path(project)).status_code == 405


# Use as base


def from_experiment(experiment: Experiment) -> str:
    return reverse("experiments:draft_from_experiment", args=[experiment.pk])


def test_use_as_base_works(client_of: ClientOf, bob: User, project: Project) -> None:
    experiment = ExperimentFactory(project=project, name="earlier")
    client = client_of(bob)
    answer = client.post(from_experiment(experiment))
    draft = ExperimentDraft.objects.get()
    assert draft.base == experiment
    assert answer["Location"] == reverse("experiments:draft_detail", args=[draft.pk])
    assert experiment.get_absolute_url() in client.get(answer["Location"]).text


def test_use_as_base_checks(client_of: ClientOf, vera: User, charlie: User, bob: User, project: Project) -> None:
    target = from_experiment(ExperimentFactory(project=project))
    assert client_of(vera).post(target).status_code == 403
    assert client_of(charlie).post(target).status_code == 404
    assert client_of(bob).get(target).status_code == 405
    assert not ExperimentDraft.objects.exists()
