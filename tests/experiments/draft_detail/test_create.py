"""Create, once and whole, and Save changes."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from experiments.creation import create_experiment
from experiments.drafts.lifecycle import discard_draft
from experiments.drafts.saving import save_form
from experiments.models import Experiment, ExperimentDraft, Project, Status
from experiments.views import drafts
from organizations.models import User
from registry.models import ModelVersion
from tests.experiments.making import (
    change,
    row_of,
)
from tests.experiments.pages import DraftForm, address, error_at, htmx
from tests.factories import (
    ExperimentDraftFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_create(client: Client, ready: ExperimentDraft) -> None:
    answer = DraftForm(client, ready).press("create")
    experiment = Experiment.objects.get()
    assertRedirects(answer, reverse("experiments:experiment_detail", args=[experiment.pk]))


def test_create_with_htmx(client: Client, ready: ExperimentDraft) -> None:
    answer = DraftForm(client, ready, with_htmx=True).press("create")
    assert answer["HX-Redirect"] == Experiment.objects.get().get_absolute_url()


def test_create_saves_what_was_typed_last(client: Client, ready: ExperimentDraft) -> None:
    name = f"hp-{row_of(ready, 'epochs').pk}"
    DraftForm(client, ready).press("create", {"name": "at last", name: "7"})
    experiment = Experiment.objects.get()
    assert experiment.name == "at last"
    assert experiment.architecture.hyperparameters.get(key="epochs").value == "7"


def test_create_clicked_twice(client: Client, ready: ExperimentDraft, with_htmx: bool) -> None:
    form = DraftForm(client, ready, with_htmx=with_htmx)
    page = form.html()
    first, second = form.press("create", on=page), form.press("create", on=page)
    header = "HX-Redirect" if with_htmx else "Location"
    assert first[header] == second[header] == Experiment.objects.get().get_absolute_url()


def test_create_says_everything_that_is_missing(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    html = form_with_base.html_after("create", {"name": "", "inference_type": "CLASSIFICATION"})
    summary = " ".join(re.sub(r"<[^>]+>", "", html[html.index('id="summary"') :]).split())
    assert "The experiment can&#x27;t be created yet" in summary.replace("'", "&#x27;")
    for sentence in ("Give the experiment a name.", "train is still empty.", "test is still empty."):
        assert sentence in summary
    assert error_at(html, "id_name") == "Give the experiment a name."
    assert not Experiment.objects.exists()


def test_the_first_missing_thing_gets_the_cursor(client: Client, draft_with_base: ExperimentDraft) -> None:
    form = DraftForm(client, draft_with_base, with_htmx=True)
    answer = form.press("create")
    assert json.loads(answer["HX-Trigger-After-Settle"]) == {"focus-on": {"id": "slot-train"}}
    place = f"hp-{row_of(draft_with_base, 'epochs').pk}"
    old_tab = form.html()
    change(draft_with_base, epochs="30")
    answer = form.press("create", {place: "40"}, on=old_tab)
    assert json.loads(answer["HX-Trigger-After-Settle"]) == {"focus-on": {"id": place}}


def test_an_untouched_field_is_no_mistake_before_create(client: Client, project: Project, bob: User) -> None:
    draft = ExperimentDraftFactory(project=project, owner=bob, name="", inference_type="", revision=0)
    html = DraftForm(client, draft).html()
    assert (error_at(html, "id_name"), error_at(html, "id_inference_type")) == ("", "")


def test_a_created_draft_leads_to_its_experiment(client: Client, ready: ExperimentDraft, bob: User) -> None:
    path = create_experiment(ready, by=bob).get_absolute_url()
    assert client.get(address(ready))["Location"] == path
    assert client.post(address(ready), {"action": "save", "name": "late"})["Location"] == path
    assert client.get(address(ready), headers=htmx("draft"))["HX-Redirect"] == path


def test_a_created_draft_is_nothing_to_a_stranger(
    client_of: ClientOf, ready: ExperimentDraft, bob: User, charlie: User
) -> None:
    create_experiment(ready, by=bob)
    assert client_of(charlie).get(address(ready)).status_code == 404


@pytest.mark.parametrize("what", ["created", "discarded"])
def test_it_ends_between_the_look_and_the_lock(
    client: Client, ready: ExperimentDraft, bob: User, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    form = DraftForm(client, ready)
    page = form.html()

    def end_first(draft: ExperimentDraft, **values: Any) -> Any:
        create_experiment(draft, by=bob) if what == "created" else discard_draft(draft, by=bob)
        return save_form(draft, **values)

    monkeypatch.setattr(drafts, "save_form", end_first)
    answer = form.press("save", on=page)
    assert answer.status_code == (302 if what == "created" else 404)


def test_the_base_can_not_be_changed_by_hand(
    client: Client, waiting: Experiment, other: ModelVersion, with_htmx: bool
) -> None:
    client.post(reverse("experiments:experiment_edit", args=[waiting.pk]))
    draft = ExperimentDraft.objects.get(edits=waiting)
    form = DraftForm(client, draft, with_htmx=with_htmx)
    for action in (f"attach:model:{other.pk}", "detach", f"attach:model:{other.pk}:confirmed"):
        assert "The base of an experiment can&#x27;t be changed." in form.html_after(action)
    assert draft.hyperparameters.count() == 5


def test_changes_are_saved(client: Client, waiting: Experiment, with_htmx: bool) -> None:
    client.post(reverse("experiments:experiment_edit", args=[waiting.pk]))
    draft = ExperimentDraft.objects.get(edits=waiting)
    form = DraftForm(client, draft, with_htmx=with_htmx)
    assert "Save changes" in form.html()
    answer = form.press("create", {"name": "renamed"})
    assert answer["HX-Redirect" if with_htmx else "Location"] == waiting.get_absolute_url()
    waiting.refresh_from_db()
    assert waiting.name == "renamed"


def test_it_started_meanwhile(client: Client, waiting: Experiment, with_htmx: bool) -> None:
    client.post(reverse("experiments:experiment_edit", args=[waiting.pk]))
    form = DraftForm(client, ExperimentDraft.objects.get(edits=waiting), with_htmx=with_htmx)
    Experiment.objects.filter(pk=waiting.pk).update(status=Status.RUNNING)
    html = form.html_after("create", {"name": "renamed"})
    assert "The experiment has started: it can&#x27;t be changed." in html
    assert Experiment.objects.get().name == "based"
