"""Saving as one types, in one tab or two, and a change of type."""

from collections.abc import Callable

import pytest
from django.test import Client

from datasets.models import DatasetVersion
from experiments.models import Experiment, ExperimentDraft
from organizations.models import User
from tests.experiments.making import (
    again,
    fill,
    row_of,
)
from tests.experiments.pages import DraftForm, address, element, error_at, fields_of, htmx
from tests.factories import (
    ExperimentFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_save(form: DraftForm, draft: ExperimentDraft) -> None:
    html = form.html_after("save", {"name": "second", "description": "Why\r\nnot?"})
    assert fields_of(html)["name"] == ["second"]
    assert (again(draft).name, again(draft).description) == ("second", "Why\nnot?")


def test_saving_is_what_happens_without_a_button(client: Client, draft: ExperimentDraft) -> None:
    assert client.post(address(draft), {"name": "second"}, headers=htmx("draft")).status_code == 200
    assert again(draft).name == "second"


def test_the_answer_to_a_save_leads_back_to_the_part(client: Client, draft: ExperimentDraft) -> None:
    assert client.post(address(draft), {"action": "save"})["Location"] == f"{address(draft)}#general"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("n" * 101, "Ensure this value has at most 100 characters (it has 101)."),
        ("   ", "A name can&#x27;t be only spaces."),
        ("taken", "The project has an experiment of this name already: choose another."),
        (" taken ", "The project has an experiment of this name already: choose another."),
    ],
)
def test_a_wrong_name_is_told_beside_it(form: DraftForm, draft: ExperimentDraft, name: str, sentence: str) -> None:
    ExperimentFactory(project=draft.project, name="taken")
    html = form.html_after("save", {"name": name})
    assert error_at(html, "id_name") == sentence
    assert 'aria-invalid="true"' in element(html, "id_name")
    assert fields_of(html)["name"] == [name]


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("epochs", "", "Write a whole number, such as 22. It must be between 1 and 500."),
        ("epochs", "501", "It must be between 1 and 500."),
        ("epochs", "9223372036854775808", "Too large: an integer has at most 64 bits. It must be between 1 and 500."),
        ("learning_rate", "nan", "Not a finite number."),
        ("optimizer", "lion", "Not one of the choices: adam, sgd."),
    ],
)
def test_a_wrong_value_is_told_beside_it(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, key: str, value: str, sentence: str
) -> None:
    place = f"hp-{row_of(draft_with_base, key).pk}"
    html = form_with_base.html_after("save", {place: value})
    assert error_at(html, place) == sentence
    assert fields_of(html)[place] == [value]
    assert "1 value to mend, the rest saved" in html


def test_a_switch_is_turned_off(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    name = f"hp-{row_of(draft_with_base, 'augment').pk}"
    html = form_with_base.html_after("save", {name: ["false"]})
    assert fields_of(html)[name] == ["false"]
    assert row_of(draft_with_base, "augment").value == "false"


def test_what_can_not_be_stored_is_told_and_kept(form: DraftForm, draft: ExperimentDraft) -> None:
    html = form.html_after("save", {"name": "a\x00b"})
    assert error_at(html, "id_name") == "Remove the NUL character: it can&#x27;t be saved."
    assert fields_of(html)["name"] == ["ab"]
    assert again(draft).name == "first try"


def test_two_tabs_on_one_draft(form: DraftForm, draft: ExperimentDraft) -> None:
    """The second tab's other fields are saved, its name is not, and neither is lost from sight."""
    second_tab = form.html()
    form.press("save", {"name": "tab one"})
    html = form.html_after("save", {"name": "tab two", "description": "from two"}, on=second_tab)
    assert error_at(html, "id_name") == "In another tab this became “tab one”."
    assert (fields_of(html)["name"], fields_of(html)["was-name"]) == (["tab two"], ["first try"])
    assert (again(draft).name, again(draft).description) == ("tab one", "from two")
    html = form.html_after("save", on=html)
    assert again(draft).name == "tab one"
    form.press("keep:name", on=html)
    assert again(draft).name == "tab two"


def test_the_other_tabs_text_is_taken(form: DraftForm, draft: ExperimentDraft) -> None:
    second_tab = form.html()
    form.press("save", {"name": "tab one"})
    html = form.html_after("save", {"name": "tab two"}, on=second_tab)
    html = form.html_after("take:name", on=html)
    assert (fields_of(html)["name"], error_at(html, "id_name")) == (["tab one"], "")


def test_a_value_of_a_hyperparameter_that_is_gone_is_told(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft
) -> None:
    row = row_of(draft_with_base, "epochs")
    old_tab = form_with_base.html()
    draft_with_base.hyperparameters.all().delete()
    html = form_with_base.html_after("save", {f"hp-{row.pk}": "40"}, on=old_tab)
    assert "“40” was not saved: its hyperparameter was removed in another tab." in html


def test_two_tabs_on_different_fields(form: DraftForm, draft: ExperimentDraft) -> None:
    second_tab = form.html()
    form.press("save", {"name": "tab one"})
    html = form.html_after("save", {"description": "tab two"}, on=second_tab)
    assert "In another tab" not in html
    assert (again(draft).name, again(draft).description) == ("tab one", "tab two")


def test_a_type_that_drops_something_is_asked_for(
    form_with_base: DraftForm, draft_with_base: ExperimentDraft, train: DatasetVersion
) -> None:
    fill(draft_with_base, train=train, test=train)
    html = form_with_base.html_after("save", {"inference_type": "MASK"})
    notice = html[html.index('id="type-change"') :]
    assert "With the type Mask these no longer fit" in notice
    assert f"<li>{train} (train)</li>" in notice
    assert 'value="change-type:MASK"' in notice
    assert fields_of(html)["inference_type"] == ["MASK"]
    assert again(draft_with_base).inference_type == "CLASSIFICATION"
    asked = html
    html = form_with_base.html_after("change-type:MASK", on=asked)
    assert 'id="type-change"' not in html
    draft = again(draft_with_base)
    assert (draft.inference_type, draft.base, draft.dataset_versions.count()) == ("MASK", None, 0)


def test_a_type_can_be_kept(form_with_base: DraftForm, draft_with_base: ExperimentDraft) -> None:
    asked = form_with_base.html_after("save", {"inference_type": "MASK"})
    html = form_with_base.html_after("keep-type", on=asked)
    assert 'id="type-change"' not in html
    assert fields_of(html)["inference_type"] == ["CLASSIFICATION"]
    assert again(draft_with_base).base is not None


def test_create_waits_for_the_answer(form_with_base: DraftForm, ready: ExperimentDraft) -> None:
    html = form_with_base.html_after("create", {"inference_type": "MASK"})
    assert 'id="type-change"' in html
    assert not Experiment.objects.exists()


@pytest.mark.parametrize("inference_type", ["PLANT", "NOT_CONFIGURED", ""])
def test_a_made_up_type_is_refused(form: DraftForm, draft: ExperimentDraft, inference_type: str) -> None:
    assert "Choose one of the inference types." in form.html_after("save", {"inference_type": "PLANT"})
    form.html_after(f"change-type:{inference_type}")
    assert again(draft).inference_type == "CLASSIFICATION"
