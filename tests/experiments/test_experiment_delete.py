from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from experiments.models import Experiment, Project, Status
from organizations.models import Membership, Role, User
from registry.models import Architecture
from tests.experiments.making import CANARIES, everything, nobody
from tests.factories import ExperimentDatasetVersionFactory, ExperimentFactory, MembershipFactory

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def experiment(project: Project, bob: User) -> Experiment:
    experiment: Experiment = ExperimentFactory(project=project, name="failed try", created_by=bob)
    ExperimentDatasetVersionFactory(experiment=experiment)
    return experiment


def path(experiment: Experiment) -> str:
    return reverse("experiments:experiment_delete", args=[experiment.pk])


def test_it_asks_first(client_of: ClientOf, bob: User, experiment: Experiment) -> None:
    html = client_of(bob).get(path(experiment)).text
    assert "Delete failed try?" in html
    assert experiment.get_absolute_url() in html
    assert Experiment.objects.exists()


@pytest.mark.parametrize("status", [status for status in Status if status != Status.RUNNING])
def test_it_works(client_of: ClientOf, bob: User, experiment: Experiment, status: Status) -> None:
    Experiment.objects.update(status=status)
    answer = client_of(bob).post(path(experiment), follow=True)
    assertRedirects(answer, experiment.project.get_absolute_url())
    assert "failed try was deleted." in answer.text
    assert not Experiment.objects.exists()
    assert not Architecture.objects.exists()


def test_what_started_from_it_keeps_its_name(client_of: ClientOf, bob: User, experiment: Experiment) -> None:
    later = ExperimentFactory(
        project=experiment.project, base_kind="EXPERIMENT", base_name="failed try", base_experiment=experiment
    )
    client = client_of(bob)
    client.post(path(experiment))
    later.refresh_from_db()
    assert (later.base_is_deleted, later.base_name) == (True, "failed try")
    assert "deleted</span>" in client.get(later.get_absolute_url()).text


def test_a_running_one_stays(client_of: ClientOf, bob: User, experiment: Experiment) -> None:
    Experiment.objects.update(status=Status.RUNNING)
    answer = client_of(bob).post(path(experiment), follow=True)
    assertRedirects(answer, experiment.get_absolute_url())
    assert "The experiment runs. Stop it before you delete it." in answer.text
    assert Experiment.objects.exists()


def test_twice_is_a_404(client_of: ClientOf, bob: User, experiment: Experiment) -> None:
    client = client_of(bob)
    client.post(path(experiment))
    assert client.post(path(experiment)).status_code == 404


def test_who_may(client_of: ClientOf, alice: User, bob: User, vera: User, experiment: Experiment) -> None:
    another = MembershipFactory(organization=experiment.project.organization).user
    for user in (vera, another):
        assert client_of(user).post(path(experiment)).status_code == 403
        assert path(experiment) not in client_of(user).get(experiment.get_absolute_url()).text
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    assert client_of(bob).post(path(experiment)).status_code == 403
    assert path(experiment) in client_of(alice).get(experiment.get_absolute_url()).text
    assert client_of(alice).post(path(experiment)).status_code == 302


def test_it_checks_ownership(client_of: ClientOf, charlie: User, experiment: Experiment) -> None:
    before = everything()
    for target in (path(experiment), reverse("experiments:experiment_delete", args=[nobody()])):
        assert client_of(charlie).get(target).status_code == 404
        assert client_of(charlie).post(target).status_code == 404
    assert everything() == before


@pytest.mark.parametrize("canary", CANARIES)
def test_names_are_no_markup(client_of: ClientOf, bob: User, experiment: Experiment, canary: str) -> None:
    Experiment.objects.update(name=canary)
    client = client_of(bob)
    assert canary not in client.get(path(experiment)).text
    assert canary not in client.post(path(experiment), follow=True).text
