"""The buttons of the hyperparameters."""

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client

from experiments.models import ExperimentDraft, Project
from organizations.models import User
from registry.models import ModelVersion
from tests.experiments.making import (
    change,
    everything,
    named_draft,
    nobody,
    row_of,
)
from tests.experiments.pages import DraftForm, element, error_at, fields_of
from tests.factories import (
    DraftHyperparameterFactory,
    ExperimentDraftFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_add(form: DraftForm, draft: ExperimentDraft) -> None:
    html = form.html_after("add", {"new-key": "own", "new-kind": "BOOLEAN", "new-value": "true"})
    assert (row_of(draft, "own").value, row_of(draft, "own").kind) == ("true", "BOOLEAN")
    assert ">own</label>" in html
    assert (fields_of(html)["new-key"], fields_of(html)["new-value"]) == ([""], [""])


def test_add_leads_to_the_new_row(client: Client, draft: ExperimentDraft) -> None:
    answer = DraftForm(client, draft, with_htmx=True).press(
        "add", {"new-key": "own", "new-kind": "TEXT", "new-value": ""}
    )
    focus = json.loads(answer["HX-Trigger-After-Settle"])["focus-on"]["id"]
    assert focus == f"hp-{row_of(draft, 'own').pk}"
    assert element(answer.text, focus)


def test_add_refuses_and_keeps_what_was_typed(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    html = form_with_base.html_after("add", {"new-key": "epochs", "new-kind": "INTEGER", "new-value": "x"})
    assert error_at(html, "new-key") == "epochs is there already."
    assert error_at(html, "new-value") == "Not a whole number."
    assert (fields_of(html)["new-key"], fields_of(html)["new-value"]) == (["epochs"], ["x"])
    assert draft_with_base.hyperparameters.count() == 5


def test_remove_and_restore(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    row = row_of(draft_with_base, "note")
    html = form_with_base.html_after(f"remove:{row.pk}", {f"hp-{row.pk}": "mine"})
    assert f'value="restore:{row.pk}"' in html
    assert "hp-" + str(row.pk) not in fields_of(html)
    html = form_with_base.html_after(f"restore:{row.pk}", on=html)
    assert fields_of(html)[f"hp-{row.pk}"] == ["mine"]


def test_a_required_one_has_no_button_and_is_refused(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft
) -> None:
    row = row_of(draft_with_base, "epochs")
    assert f"remove:{row.pk}" not in form_with_base.html()
    html = form_with_base.html_after(f"remove:{row.pk}")
    assert "epochs is required by the training script, so it can&#x27;t be removed." in html


def test_reset(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    row = row_of(draft_with_base, "epochs")
    changed = form_with_base.html_after("save", {f"hp-{row.pk}": "50"})
    assert f'value="reset:{row.pk}"' in changed
    html = form_with_base.html_after(f"reset:{row.pk}", on=changed)
    assert fields_of(html)[f"hp-{row.pk}"] == ["20"]
    assert f'value="reset:{row.pk}"' not in html


def test_reset_wins_over_what_stands_in_the_field(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    """Also over a value that could not be saved because another tab had changed it."""
    row = row_of(draft_with_base, "epochs")
    old_tab = form_with_base.html()
    change(draft_with_base, epochs="50")
    html = form_with_base.html_after(f"reset:{row.pk}", {f"hp-{row.pk}": "60"}, on=old_tab)
    assert fields_of(html)[f"hp-{row.pk}"] == ["20"]
    assert "In another tab" not in html


@pytest.mark.parametrize("action", ["remove", "restore", "reset"])
def test_a_row_that_is_gone(form_with_base: DraftForm, draft_with_base: ExperimentDraft, action: str) -> None:
    html = form_with_base.html_after(f"{action}:{nobody()}")
    assert "That hyperparameter is gone: the base was changed in another tab." in html


@pytest.mark.parametrize("action", ["remove", "restore", "reset"])
def test_another_drafts_row(form: DraftForm, draft: ExperimentDraft, alice: User, action: str) -> None:
    foreign = DraftHyperparameterFactory(
        draft=ExperimentDraftFactory(project=draft.project, owner=alice), inherited_value="8"
    )
    before = everything()
    assert "That hyperparameter is gone" in form.html_after(f"{action}:{foreign.pk}", {f"hp-{foreign.pk}": "9"})
    assert everything() == before


def test_a_public_base_comes_with_a_recommendation(
    client: Client, project: Project, public_base: ModelVersion, bob: User, with_htmx: bool
) -> None:
    draft = named_draft(project, bob, "public", public_base)
    form = DraftForm(client, draft, with_htmx=with_htmx)
    assert "We recommend that you change values, and neither add nor remove any." in form.html()
    form.press("add", {"new-key": "own", "new-kind": "TEXT", "new-value": ""})
    html = form.html_after(f"remove:{row_of(draft, 'note').pk}")
    said = " ".join(re.sub(r"<[^>]+>", "", html).split())
    assert "You removed note and added own; the training may fail." in said
