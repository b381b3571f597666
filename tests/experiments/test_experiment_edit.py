"""Editing one that waits; the form itself is tested with the drafts."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from datasets.models import DatasetVersion
from experiments.creation import create_experiment
from experiments.models import Experiment, ExperimentDraft, Project, Status
from organizations.models import User
from registry.models import ModelVersion
from registry.services import delete_model_version
from tests.experiments.making import fill, nobody, row_of
from tests.experiments.pages import DraftForm, fields_of

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def waiting(draft_with_base: ExperimentDraft, bob: User, train: DatasetVersion, test: DatasetVersion) -> Experiment:
    fill(draft_with_base, train=train, test=test)
    return create_experiment(draft_with_base, by=bob)


def path(experiment: Experiment) -> str:
    return reverse("experiments:experiment_edit", args=[experiment.pk])


def opened(client: Client, experiment: Experiment) -> DraftForm:
    """The form after pressing Edit."""
    answer = client.post(path(experiment))
    assert answer.status_code == 302
    draft = ExperimentDraft.objects.order_by("-created_at").filter(edits=experiment)[0]
    assert answer["Location"] == reverse("experiments:draft_detail", args=[draft.pk])
    return DraftForm(client, draft)


def test_it_works(client_of: ClientOf, alice: User, waiting: Experiment) -> None:
    form = opened(client_of(alice), waiting)
    html = form.html()
    assert "Edit based" in html
    assert fields_of(html)["name"] == ["based"]
    assert "inference_type" not in fields_of(html)
    draft = ExperimentDraft.objects.get()
    answer = form.press("create", {"name": "better", f"hp-{row_of(draft, 'epochs').pk}": "7"})
    assert answer["Location"] == waiting.get_absolute_url()
    waiting.refresh_from_db()
    assert (waiting.name, waiting.architecture.hyperparameters.get(key="epochs").value) == ("better", "7")


def test_the_form_knows_the_base(client_of: ClientOf, bob: User, waiting: Experiment, base: ModelVersion) -> None:
    html = opened(client_of(bob), waiting).html()
    assert reverse("registry:model_version_detail", args=[base.pk]) in html
    assert ">deleted</span>" not in html
    assert "Attach a Model" not in html
    assert 'value="detach"' not in html


def test_the_form_says_when_the_base_is_deleted(
    client_of: ClientOf, bob: User, alice: User, waiting: Experiment, base: ModelVersion
) -> None:
    delete_model_version(version=base, by=alice)
    html = opened(client_of(bob), waiting).html()
    assert "Fruit classifier v1" in html
    assert ">deleted</span>" in html


def test_the_same_rules_hold(client_of: ClientOf, bob: User, waiting: Experiment) -> None:
    form = opened(client_of(bob), waiting)
    draft = ExperimentDraft.objects.get()
    html = form.html_after("create", {"name": "   ", f"hp-{row_of(draft, 'epochs').pk}": "501"})
    assert "The changes can’t be saved yet" in html.replace("'", "’")
    assert "A name can&#x27;t be only spaces." in html
    assert "It must be between 1 and 500." in html
    waiting.refresh_from_db()
    assert waiting.name == "based"


def test_a_second_click_opens_the_same_changes(client_of: ClientOf, bob: User, waiting: Experiment) -> None:
    client = client_of(bob)
    opened(client, waiting).press("save", {"name": "half done"})
    assert fields_of(opened(client, waiting).html())["name"] == ["half done"]
    assert ExperimentDraft.objects.count() == 1


def test_changes_are_no_draft_to_continue(client_of: ClientOf, bob: User, waiting: Experiment) -> None:
    client = client_of(bob)
    opened(client, waiting).press("save", {"name": "half done"})
    assert list(client.get(waiting.project.get_absolute_url()).context["drafts"]) == []


def test_it_is_refused_once_it_runs(client_of: ClientOf, bob: User, waiting: Experiment) -> None:
    Experiment.objects.update(status=Status.RUNNING)
    answer = client_of(bob).post(path(waiting))
    assert answer.status_code == 403
    assert "This experiment has started, so it can&#x27;t be changed." in answer.text
    assert not ExperimentDraft.objects.exists()


def test_somebody_else_changed_it_meanwhile(client_of: ClientOf, alice: User, bob: User, waiting: Experiment) -> None:
    mine, theirs = opened(client_of(bob), waiting), opened(client_of(alice), waiting)
    theirs.press("create", {"name": "of alice"})
    html = mine.html_after("create", {"name": "of bob"})
    assert "Someone else changed the experiment since you began." in html
    waiting.refresh_from_db()
    assert waiting.name == "of alice"


def test_it_was_deleted_meanwhile(client_of: ClientOf, bob: User, waiting: Experiment) -> None:
    form = opened(client_of(bob), waiting)
    page = form.html()
    waiting.delete()
    assert form.press("create", on=page).status_code == 404


def test_it_checks(
    client_of: ClientOf, bob: User, vera: User, charlie: User, project: Project, waiting: Experiment
) -> None:
    assert client_of(vera).post(path(waiting)).status_code == 403
    for target in (path(waiting), reverse("experiments:experiment_edit", args=[nobody()])):
        assert client_of(charlie).post(target).status_code == 404
    assert client_of(bob).get(path(waiting)).status_code == 405
    assert not ExperimentDraft.objects.exists()
