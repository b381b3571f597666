from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from experiments.drafts.lifecycle import draft_of_changes
from experiments.models import Experiment, ExperimentDraft, Project
from organizations.models import Membership, Role, User
from tests.experiments.making import CANARIES, named_draft, nobody
from tests.factories import ExperimentFactory

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def path(draft: ExperimentDraft) -> str:
    return reverse("experiments:draft_discard", args=[draft.pk])


def test_it_asks_first(client_of: ClientOf, bob: User, draft: ExperimentDraft) -> None:
    html = client_of(bob).get(path(draft)).text
    assert "Discard first try?" in html
    assert reverse("experiments:draft_detail", args=[draft.pk]) in html
    assert ExperimentDraft.objects.exists()


def test_it_works(client_of: ClientOf, bob: User, draft: ExperimentDraft) -> None:
    answer = client_of(bob).post(path(draft), follow=True)
    assertRedirects(answer, draft.project.get_absolute_url())
    assert "first try was discarded." in answer.text
    assert not ExperimentDraft.objects.exists()


def test_discarding_changes_leaves_the_experiment(client_of: ClientOf, bob: User, project: Project) -> None:
    experiment = ExperimentFactory(project=project, name="stays")
    draft = draft_of_changes(experiment, by=bob)
    client = client_of(bob)
    assert "Discard the changes to stays?" in client.get(path(draft)).text
    answer = client.post(path(draft), follow=True)
    assertRedirects(answer, experiment.get_absolute_url())
    assert "The changes were discarded." in answer.text
    assert Experiment.objects.get() == experiment


def test_twice_is_a_404(client_of: ClientOf, bob: User, draft: ExperimentDraft) -> None:
    client = client_of(bob)
    client.post(path(draft))
    assert client.post(path(draft)).status_code == 404


def test_it_checks_ownership(client_of: ClientOf, alice: User, charlie: User, draft: ExperimentDraft) -> None:
    for other in (alice, charlie):
        for target in (path(draft), reverse("experiments:draft_discard", args=[nobody()])):
            assert client_of(other).get(target).status_code == 404
            assert client_of(other).post(target).status_code == 404
    assert ExperimentDraft.objects.exists()


def test_it_checks_the_role(client_of: ClientOf, bob: User, draft: ExperimentDraft) -> None:
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    assert client_of(bob).post(path(draft)).status_code == 403
    assert ExperimentDraft.objects.exists()


@pytest.mark.parametrize("canary", CANARIES)
def test_names_are_no_markup(client_of: ClientOf, bob: User, project: Project, canary: str) -> None:
    draft = named_draft(project, bob, canary)
    client = client_of(bob)
    assert canary not in client.get(path(draft)).text
    assert canary not in client.post(path(draft), follow=True).text
