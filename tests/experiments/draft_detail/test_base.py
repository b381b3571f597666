"""Attaching, planning, taking over and detaching a base."""

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from experiments.drafts.hyperparameters import remove_hyperparameter
from experiments.models import ExperimentDraft, Project
from organizations.models import Organization, User
from registry.editing import set_labelmap
from registry.models import ModelVersion
from registry.services import delete_model_version
from tests.experiments.making import (
    again,
    change,
    everything,
    full_version,
    nobody,
    row_of,
)
from tests.experiments.pages import DraftForm, error_at
from tests.factories import (
    ExperimentFactory,
    ModelVersionFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_attach_a_model(form: DraftForm, draft: ExperimentDraft, base: ModelVersion) -> None:
    html = form.html_after(f"attach:model:{base.pk}")
    assert again(draft).base == base
    assert reverse("registry:model_version_detail", args=[base.pk]) in html
    assert "<dt>Files</dt><dd>2" in html
    assert "trainers/fruit:1.4" in html


def test_attach_an_experiment(form: DraftForm, draft: ExperimentDraft) -> None:
    experiment = ExperimentFactory(project=draft.project, name="earlier")
    html = form.html_after(f"attach:experiment:{experiment.pk}")
    assert again(draft).base == experiment
    assert experiment.get_absolute_url() in html


def test_attaching_closes_the_dialog(client: Client, draft: ExperimentDraft, base: ModelVersion) -> None:
    answer = DraftForm(client, draft, with_htmx=True).press(f"attach:model:{base.pk}")
    assert "close-dialog" in json.loads(answer["HX-Trigger-After-Swap"])
    assert json.loads(answer["HX-Trigger-After-Settle"]) == {"focus-on": {"id": "attach-model"}}


def test_a_misfit_is_told(form: DraftForm, draft: ExperimentDraft, orchard: Organization) -> None:
    finder = full_version(orchard, "Finder", inference_type="OBJECT_DETECTION")
    html = form.html_after(f"attach:model:{finder.pk}")
    assert "Finder v1 is for object detection. This experiment is for classification." in html
    assert again(draft).base is None


def test_weights_only_says_so(form: DraftForm, orchard: Organization) -> None:
    weights = ModelVersionFactory(model__organization=orchard, architecture__docker_image="", architecture__command="")
    assert "Weights only" in form.html_after(f"attach:model:{weights.pk}")


def test_another_base_is_planned_then_taken(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, other: ModelVersion
) -> None:
    change(draft_with_base, epochs="50", note="mine")
    html = form_with_base.html_after(f"attach:model:{other.pk}")
    plan = re.sub(r"<[^>]+>", "", html[html.index('id="base-plan-title"') :])
    assert "With Other v1 your hyperparameters become:" in plan
    assert "Your edits stay: note = mine." in plan
    assert "don’t fit and must be mended: epochs = 50." in plan
    assert "New: batch = 8." in plan
    assert "Gone: learning_rate, augment, optimizer." in plan
    assert again(draft_with_base).base_name == "Fruit classifier v1"
    html = form_with_base.html_after(f"attach:model:{other.pk}:confirmed", on=html)
    assert again(draft_with_base).base == other
    assert error_at(html, f"hp-{row_of(draft_with_base, 'epochs').pk}") == "It must be at most 40."


def test_a_base_can_be_kept(form_with_base: DraftForm, draft_with_base: ExperimentDraft, other: ModelVersion) -> None:
    change(draft_with_base, epochs="50")
    planned = form_with_base.html_after(f"attach:model:{other.pk}")
    assert "base-plan" not in form_with_base.html_after("keep-base", on=planned)
    assert again(draft_with_base).base_name == "Fruit classifier v1"


def test_the_question_stays_while_values_are_edited(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, other: ModelVersion
) -> None:
    change(draft_with_base, epochs="50")
    planned = form_with_base.html_after(f"attach:model:{other.pk}")
    assert "base-plan" in form_with_base.html_after("save", {"description": "Longer."}, on=planned)
    other.delete()
    assert "base-plan" not in form_with_base.html_after("save", on=planned)


def test_a_removed_key_that_the_new_base_requires(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, other: ModelVersion, bob: User
) -> None:
    other.architecture.hyperparameters.filter(key="batch").update(key="note", required=True)
    remove_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, "note").pk, by=bob)
    html = form_with_base.html_after(f"attach:model:{other.pk}")
    assert "You had removed these, and the script requires them" in html


def test_without_edits_nothing_is_asked(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, other: ModelVersion
) -> None:
    assert "base-plan" not in form_with_base.html_after(f"attach:model:{other.pk}")
    assert again(draft_with_base).base == other


def test_a_changed_base_is_told_and_taken_over(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, base: ModelVersion, alice: User
) -> None:
    set_labelmap(version=base, labelmap=[(0, "plum")], by=alice)
    html = form_with_base.html()
    assert "Fruit classifier v1 was changed since you attached it. Take its changes over." in html
    assert f'value="attach:model:{base.pk}"' in html
    assert "was changed since" not in form_with_base.html_after(f"attach:model:{base.pk}")
    assert again(draft_with_base).base_revision == 1


def test_a_deleted_base_is_told(form_with_base: DraftForm, base: ModelVersion, alice: User) -> None:
    delete_model_version(version=base, by=alice)
    assert "Fruit classifier v1 was deleted meanwhile. Attach another base, or detach it." in form_with_base.html()


def test_detach(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    form_with_base.html_after("detach")
    assert again(draft_with_base).base is None
    assert not draft_with_base.hyperparameters.exists()


def test_detaching_is_planned_when_something_was_edited(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft
) -> None:
    change(draft_with_base, epochs="50")
    html = form_with_base.html_after("detach")
    assert "Without a base your hyperparameters become:" in html
    assert again(draft_with_base).base is not None
    form_with_base.html_after("detach:confirmed", on=html)
    assert again(draft_with_base).base is None
    assert [row.key for row in draft_with_base.hyperparameters.all()] == ["epochs"]


def test_a_strangers_base_is_no_base(
    form: DraftForm, draft: ExperimentDraft, harbor: Organization, foreign_project: Project
) -> None:
    version, experiment = full_version(harbor), ExperimentFactory(project=foreign_project)
    before = everything()
    for action in (
        f"attach:model:{version.pk}",
        f"attach:model:{version.pk}:confirmed",
        f"attach:experiment:{experiment.pk}",
        f"attach:experiment:{version.pk}",
        f"attach:model:{experiment.pk}",
        f"attach:model:{nobody()}",
    ):
        assert form.press(action).status_code == 404
    assert everything() == before


def test_another_projects_experiment_is_no_base(form: DraftForm, orchard: Organization) -> None:
    experiment = ExperimentFactory(project__organization=orchard)
    assert form.press(f"attach:experiment:{experiment.pk}").status_code == 404
