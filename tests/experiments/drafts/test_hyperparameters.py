import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from experiments.drafts import hyperparameters
from experiments.drafts.hyperparameters import (
    add_hyperparameter,
    remove_hyperparameter,
    reset_hyperparameter,
    restore_hyperparameter,
)
from experiments.drafts.saving import save_form
from experiments.models import DraftHyperparameter, ExperimentDraft
from organizations.models import Membership, Role, User
from tests.experiments.making import again, change, row_of
from tests.factories import DraftHyperparameterFactory, ExperimentDraftFactory

pytestmark = pytest.mark.django_db


def refusals(draft: ExperimentDraft, **values: str) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        add_hyperparameter(draft, **{"key": "own", "kind": "INTEGER", "value": "1", **values}, by=draft.owner)
    return refused.value.message_dict


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("INTEGER", " +022 ", "22"),
        ("INTEGER", "-9223372036854775808", "-9223372036854775808"),
        ("NUMBER", "1e-3", "0.001"),
        ("BOOLEAN", "Yes", "true"),
        ("BOOLEAN", "false", "false"),
        ("TEXT", "", ""),
        ("TEXT", " 22 ", " 22 "),
    ],
)
def test_add_works(draft: ExperimentDraft, kind: str, typed: str, stored: str) -> None:
    row = add_hyperparameter(draft, key=" own ", kind=kind, value=typed, by=draft.owner)
    row.refresh_from_db()
    assert (row.key, row.kind, row.value, row.inherited_value) == ("own", kind, stored, None)
    assert again(draft).revision == draft.revision + 1


def test_what_was_written_for_it_is_gone(draft: ExperimentDraft) -> None:
    save_form(draft, data={"new-key": "own", "new-kind": "NUMBER", "new-value": "1.5"}, by=draft.owner)
    add_hyperparameter(draft, key="own", kind="NUMBER", value="1.5", by=draft.owner)
    kept = again(draft)
    assert (kept.new_key, kept.new_kind, kept.new_value) == ("", "INTEGER", "")


def test_added_rows_come_last(draft_with_base: ExperimentDraft) -> None:
    for key in ("b", "a"):
        add_hyperparameter(draft_with_base, key=key, kind="TEXT", value="", by=draft_with_base.owner)
    assert [row.key for row in draft_with_base.hyperparameters.all()][-3:] == ["note", "b", "a"]


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", "A key can't be empty or only spaces."),
        ("   ", "A key can't be empty or only spaces."),
        ("k" * 101, "A key has at most 100 characters; this one has 101."),
        ("two\nlines", "A key has no spaces around it and is one line."),
        ("nul\x00", "Character 4 is a control character (U+0000): remove it."),
    ],
)
def test_add_refuses_what_is_no_key(draft: ExperimentDraft, key: str, sentence: str) -> None:
    assert refusals(draft, key=key) == {"new-key": [sentence]}
    assert again(draft).revision == draft.revision


def test_add_takes_the_longest_key(draft: ExperimentDraft) -> None:
    assert add_hyperparameter(draft, key="k" * 100, kind="TEXT", value="", by=draft.owner).key == "k" * 100


def test_add_refuses_a_doubled_key(draft_with_base: ExperimentDraft) -> None:
    assert refusals(draft_with_base, key=" epochs ") == {"new-key": ["epochs is there already."]}
    remove_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, "note").pk, by=draft_with_base.owner)
    assert refusals(draft_with_base, key="note") == {"new-key": ["note was removed: restore it instead."]}


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("INTEGER", "", "Write a whole number, such as 22."),
        ("INTEGER", "2.5", "Not a whole number."),
        ("INTEGER", "9223372036854775808", "Too large: an integer has at most 64 bits."),
        ("NUMBER", "nan", "Not a finite number."),
        ("NUMBER", "-Infinity", "Not a finite number."),
        ("NUMBER", "1e999", "Too large for a number."),
        ("NUMBER", "0,1", "Not a number: write 0.1."),
        ("BOOLEAN", "maybe", "Choose yes or no."),
        ("TEXT", "t" * 10_001, "A text has at most 10,000 characters; this one has 10,001."),
        ("TEXT", "a\x00", "Character 2 is a control character (U+0000): remove it."),
    ],
)
def test_add_refuses_what_is_no_value(draft: ExperimentDraft, kind: str, value: str, sentence: str) -> None:
    assert refusals(draft, kind=kind, value=value) == {"new-value": [sentence]}
    assert not draft.hyperparameters.exists()


@pytest.mark.parametrize("kind", ["CHOICE", "LIST", ""])
def test_add_refuses_other_types(draft: ExperimentDraft, kind: str) -> None:
    assert refusals(draft, kind=kind)["new-kind"] == ["Choose one of the types."]


def test_add_says_everything_at_once(draft: ExperimentDraft) -> None:
    assert set(refusals(draft, key="", kind="LIST", value="a\x00")) == {"new-key", "new-kind", "new-value"}


def test_there_is_a_limit(draft_with_base: ExperimentDraft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hyperparameters, "HYPERPARAMETERS_MAX", 5)
    assert refusals(draft_with_base) == {"new-key": ["An experiment has at most 2,000 hyperparameters."]}


def test_remove_and_restore_keep_the_value(draft_with_base: ExperimentDraft, bob: User) -> None:
    change(draft_with_base, note="mine")
    row = row_of(draft_with_base, "note")
    remove_hyperparameter(draft_with_base, row_id=row.pk, by=bob)
    assert row_of(draft_with_base, "note").is_removed
    restore_hyperparameter(draft_with_base, row_id=row.pk, by=bob)
    row.refresh_from_db()
    assert (row.value, row.is_removed) == ("mine", False)


def test_a_required_one_can_not_be_removed(draft_with_base: ExperimentDraft, bob: User) -> None:
    with pytest.raises(ValidationError, match="epochs is required by the training script"):
        remove_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, "epochs").pk, by=bob)
    assert not row_of(draft_with_base, "epochs").is_removed


def test_reset_works(draft_with_base: ExperimentDraft, bob: User) -> None:
    change(draft_with_base, epochs="50")
    reset_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, "epochs").pk, by=bob)
    assert (row_of(draft_with_base, "epochs").value, row_of(draft_with_base, "epochs").is_changed) == ("20", False)


def test_reset_gives_back_an_empty_text(draft_with_base: ExperimentDraft, bob: User) -> None:
    change(draft_with_base, note="mine")
    reset_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, "note").pk, by=bob)
    assert row_of(draft_with_base, "note").value == ""


def test_an_addition_has_nothing_to_be_reset_to(draft: ExperimentDraft, bob: User) -> None:
    row = add_hyperparameter(draft, key="own", kind="INTEGER", value="1", by=bob)
    reset_hyperparameter(draft, row_id=row.pk, by=bob)
    assert row_of(draft, "own").value == "1"


ACTS = [remove_hyperparameter, restore_hyperparameter, reset_hyperparameter]


@pytest.mark.parametrize("act", ACTS)
def test_another_drafts_row_is_no_row(draft: ExperimentDraft, bob: User, act: object) -> None:
    foreign = DraftHyperparameterFactory(
        draft=ExperimentDraftFactory(project=draft.project, owner=bob), value="7", inherited_value="8"
    )
    for row_id in (foreign.pk, uuid.uuid4()):
        with pytest.raises(DraftHyperparameter.DoesNotExist):
            act(draft, row_id=row_id, by=bob)  # type: ignore[operator]
    foreign.refresh_from_db()
    assert (foreign.value, foreign.is_removed) == ("7", False)


def test_it_checks_ownership(draft: ExperimentDraft, alice: User, charlie: User) -> None:
    for other in (alice, charlie):
        with pytest.raises(ExperimentDraft.DoesNotExist):
            add_hyperparameter(draft, key="own", kind="INTEGER", value="1", by=other)


def test_it_checks_the_role(draft: ExperimentDraft, bob: User) -> None:
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        add_hyperparameter(draft, key="own", kind="INTEGER", value="1", by=bob)
