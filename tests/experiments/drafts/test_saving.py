"""Two tabs, values right and wrong: what the form's fields hold is saved as it was typed."""

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.models import DatasetVersion
from experiments.drafts.hyperparameters import remove_hyperparameter
from experiments.drafts.lifecycle import discard_draft, draft_of_changes
from experiments.drafts.saving import RAW_MAX, Saved, save_form
from experiments.models import ExperimentDraft, Project
from organizations.models import Membership, Role, User
from tests.experiments.making import again, fill, row_of
from tests.factories import DraftHyperparameterFactory, ExperimentDraftFactory, ExperimentFactory

pytestmark = pytest.mark.django_db


def save(draft: ExperimentDraft, **data: str) -> Saved:
    return save_form(draft, data={name.replace("was_", "was-"): text for name, text in data.items()}, by=draft.owner)


def save_row(draft: ExperimentDraft, key: str, text: str, was: str | None = None) -> Saved:
    name = f"hp-{row_of(draft, key).pk}"
    return save_form(draft, data={name: text} | ({} if was is None else {f"was-{name}": was}), by=draft.owner)


def test_it_works(draft: ExperimentDraft) -> None:
    saved = save(draft, name="second", was_name="first try", description="Why not.", was_description="")
    assert saved.changed == {"name", "description"}
    assert not saved.refusals
    assert (again(draft).name, again(draft).description) == ("second", "Why not.")
    assert again(draft).revision == draft.revision + 1


def test_what_was_not_touched_counts_as_nothing(draft: ExperimentDraft) -> None:
    assert save(draft, name="first try", was_name="first try").changed == set()
    assert save(draft).changed == set()
    assert again(draft).revision == draft.revision


def test_a_hyperparameter_that_is_being_written_is_kept(draft: ExperimentDraft) -> None:
    typed = {"new-key": " drop\tout", "new-kind": "NUMBER", "new-value": "0,5"}
    shown = {"was-new-key": "", "was-new-kind": "INTEGER", "was-new-value": ""}
    assert save_form(draft, data=typed | shown, by=draft.owner).changed == set(typed)
    kept = again(draft)
    assert (kept.new_key, kept.new_kind, kept.new_value) == (" drop\tout", "NUMBER", "0,5")
    elsewhere = save_form(draft, data=shown | {"new-key": "momentum"}, by=draft.owner)
    assert elsewhere.conflicts == {"new-key": ""}
    assert again(draft).new_key == " drop\tout"


@pytest.mark.parametrize("kind", ["CHOICE", "float", ""])
def test_a_type_that_is_none_is_not_kept(draft: ExperimentDraft, kind: str) -> None:
    assert save_form(draft, data={"new-kind": kind}, by=draft.owner).changed == set()
    assert again(draft).new_kind == "INTEGER"


@pytest.mark.parametrize("name", ["", "   ", "n" * 101, "two\nlines", " first try ", "a\x07"])
def test_a_wrong_name_is_kept_as_typed(draft: ExperimentDraft, name: str) -> None:
    assert save(draft, name=name).changed == {"name"}
    assert again(draft).name == name


def test_line_breaks_come_as_two_characters(draft: ExperimentDraft) -> None:
    save(draft, description="one\r\ntwo")
    assert again(draft).description == "one\ntwo"
    assert save(draft, description="one\r\ntwo", was_description="one\r\ntwo").changed == set()


@pytest.mark.parametrize(
    ("text", "sentence", "kept"),
    [
        ("a\x00b", "Remove the NUL character: it can't be saved.", "ab"),
        ("n" * (RAW_MAX + 1), "Too long to be saved: at most 20,000 characters.", "n" * (RAW_MAX + 1)),
    ],
)
@pytest.mark.parametrize("field", ["name", "description", "inference_type"])
def test_what_can_not_be_stored_is_refused(
    draft: ExperimentDraft, field: str, text: str, sentence: str, kept: str
) -> None:
    saved = save(draft, **{field: text})
    assert (saved.refusals, saved.typed, saved.changed) == ({field: sentence}, {field: kept}, set())
    assert again(draft).revision == draft.revision


def test_the_longest_text_is_stored(draft: ExperimentDraft) -> None:
    save(draft, description="d" * RAW_MAX)
    assert len(again(draft).description) == RAW_MAX


def test_two_tabs_on_different_fields(draft: ExperimentDraft) -> None:
    save(draft, name="tab one", was_name="first try", description="", was_description="")
    saved = save(draft, name="first try", was_name="first try", description="tab two", was_description="")
    assert not saved.refusals
    assert (again(draft).name, again(draft).description) == ("tab one", "tab two")


def test_two_tabs_on_one_field(draft: ExperimentDraft) -> None:
    save(draft, name="tab one", was_name="first try")
    saved = save(draft, name="tab two", was_name="first try")
    assert saved.refusals == {"name": "In another tab this became “tab one”."}
    assert saved.typed == {"name": "tab two"}
    assert saved.conflicts == {"name": "first try"}
    assert again(draft).name == "tab one"
    # Whoever knows what is stored now, means it.
    assert save(draft, name="tab two", was_name="tab one").changed == {"name"}
    assert again(draft).name == "tab two"


def test_a_value_whose_hyperparameter_is_gone(draft_with_base: ExperimentDraft) -> None:
    row = row_of(draft_with_base, "epochs")
    draft_with_base.hyperparameters.filter(pk=row.pk).update(is_removed=True)
    assert save_row(draft_with_base, "epochs", "40", was="20").homeless == ["40"]
    assert save_row(draft_with_base, "epochs", "20", was="20").homeless == []


def test_two_tabs_that_say_the_same(draft: ExperimentDraft) -> None:
    save(draft, name="agreed", was_name="first try")
    saved = save(draft, name="agreed", was_name="first try")
    assert (saved.refusals, saved.changed) == ({}, set())


def test_two_tabs_on_one_hyperparameter(draft_with_base: ExperimentDraft) -> None:
    save_row(draft_with_base, "epochs", "30", was="20")
    saved = save_row(draft_with_base, "epochs", "40", was="20")
    assert list(saved.refusals.values()) == ["In another tab this became “30”."]
    assert row_of(draft_with_base, "epochs").value == "30"


@pytest.mark.parametrize(
    ("key", "typed", "stored"),
    [
        ("epochs", " 050 ", "50"),
        ("epochs", "2.5", "2.5"),
        ("epochs", "", ""),
        ("epochs", "501", "501"),
        ("epochs", "99999999999999999999", "99999999999999999999"),
        ("learning_rate", "1e-2", "0.01"),
        ("learning_rate", "nan", "nan"),
        ("augment", "false", "false"),
        ("optimizer", "sgd", "sgd"),
        ("optimizer", "lion", "lion"),
        ("note", " spaces stay ", " spaces stay "),
    ],
)
def test_values_are_saved_right_and_wrong(draft_with_base: ExperimentDraft, key: str, typed: str, stored: str) -> None:
    assert len(save_row(draft_with_base, key, typed).changed) == 1
    assert row_of(draft_with_base, key).value == stored


@pytest.mark.parametrize(
    ("key", "typed"), [("epochs", "+20"), ("learning_rate", "0.0010"), ("augment", "yes"), ("note", "")]
)
def test_the_same_value_in_other_words_is_no_change(draft_with_base: ExperimentDraft, key: str, typed: str) -> None:
    assert save_row(draft_with_base, key, typed, was=row_of(draft_with_base, key).value).changed == set()


def test_a_removed_row_has_no_field(draft_with_base: ExperimentDraft, bob: User) -> None:
    remove_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, "note").pk, by=bob)
    assert save_row(draft_with_base, "note", "too late").changed == set()


def test_another_drafts_rows_are_out_of_reach(draft: ExperimentDraft, bob: User) -> None:
    foreign = DraftHyperparameterFactory(draft=ExperimentDraftFactory(project=draft.project, owner=bob), value="7")
    assert save_form(draft, data={f"hp-{foreign.pk}": "8"}, by=bob).changed == set()
    foreign.refresh_from_db()
    assert foreign.value == "7"


def test_a_type_that_drops_nothing_is_saved(draft: ExperimentDraft) -> None:
    assert save(draft, inference_type="SEGMENTATION").changed == {"inference_type"}
    assert save(draft, inference_type="").changed == {"inference_type"}


def test_a_type_that_would_drop_something_waits(draft_with_base: ExperimentDraft, train: DatasetVersion) -> None:
    fill(draft_with_base, train=train, test=train)
    saved = save(draft_with_base, inference_type="SEGMENTATION", was_inference_type="CLASSIFICATION", name="new")
    assert saved.pending_type == "SEGMENTATION"
    assert saved.dropped == ["Fruit classifier v1", f"{train} (train)", f"{train} (test)"]
    assert saved.changed == {"name"}
    draft = again(draft_with_base)
    assert (draft.inference_type, draft.name, draft.base is None) == ("CLASSIFICATION", "new", False)


@pytest.mark.parametrize("inference_type", ["NOT_CONFIGURED", "PLANT", "<script>", " "])
def test_it_refuses_what_is_no_type(draft: ExperimentDraft, inference_type: str) -> None:
    assert save(draft, inference_type=inference_type).refusals == {
        "inference_type": "Choose one of the inference types."
    }
    assert again(draft).inference_type == "CLASSIFICATION"


def test_an_experiment_keeps_its_type(project: Project, bob: User) -> None:
    draft = draft_of_changes(ExperimentFactory(project=project), by=bob)
    assert "inference_type" in save(draft, inference_type="MASK").refusals


def test_it_checks_ownership(draft: ExperimentDraft, alice: User, charlie: User) -> None:
    for other in (alice, charlie):
        with pytest.raises(ExperimentDraft.DoesNotExist):
            save_form(draft, data={"name": "stolen"}, by=other)
    assert again(draft).name == "first try"


def test_it_checks_the_role(draft: ExperimentDraft, bob: User) -> None:
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        save(draft, name="second")


def test_a_discarded_draft_is_no_more(draft: ExperimentDraft, bob: User) -> None:
    discard_draft(draft, by=bob)
    with pytest.raises(ExperimentDraft.DoesNotExist):
        save(draft, name="second")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(), was=st.text())
def test_whatever_is_typed_is_stored_or_refused(draft_with_base: ExperimentDraft, typed: str, was: str) -> None:
    typed, was = (text.encode(errors="replace").decode() for text in (typed, was))
    for key in ("note", "epochs"):
        stored = row_of(draft_with_base, key).value
        saved = save_row(draft_with_base, key, typed, was=was)
        after = row_of(draft_with_base, key)
        assert bool(saved.changed) == (after.value != stored)
        assert not (saved.changed and saved.refusals)
        if saved.changed:
            assert after.value in (typed.replace("\r\n", "\n"), after.rule.canonical(typed) if not after.error else "")
