"""Every sentence with which a draft says what is missing or wrong, and the state of its four parts."""

from typing import Any

import pytest

from datasets.models import DatasetVersion
from datasets.services import delete_dataset_version
from experiments.drafts.access import drafts_of
from experiments.drafts.base import attach_base
from experiments.drafts.hyperparameters import add_hyperparameter, remove_hyperparameter
from experiments.drafts.lifecycle import draft_of_changes, start_draft
from experiments.drafts.review import DraftReview
from experiments.models import ExperimentDraft, Project
from experiments.services import detach_dataset_version
from organizations.models import User
from registry.editing import set_constraints, set_hyperparameters
from registry.models import ModelVersion
from registry.rows import ConstraintRow, SlotRow
from registry.services import delete_model_version, edit_model_version
from tests.experiments.making import again, attached, change, fill, nobody, queries_of, row_of
from tests.factories import ExperimentFactory, LabelFactory

pytestmark = pytest.mark.django_db


def review(draft: ExperimentDraft) -> DraftReview:
    return DraftReview(again(draft))


def problems(draft: ExperimentDraft) -> dict[str, str]:
    return {problem.place: problem.sentence for problem in review(draft).problems}


def states(draft: ExperimentDraft) -> list[str]:
    return [part.state for part in review(draft).parts]


def summaries(draft: ExperimentDraft) -> list[str]:
    return [part.summary for part in review(draft).parts]


def with_values(draft: ExperimentDraft, **values: Any) -> ExperimentDraft:
    ExperimentDraft.objects.filter(pk=draft.pk).update(**values)
    return draft


def test_an_untouched_draft(project: Project, bob: User) -> None:
    draft = start_draft(project=project, draft_id=nobody(), by=bob)
    assert problems(draft) == {
        "id_name": "Give the experiment a name.",
        "id_inference_type": "Choose an inference type.",
    }
    assert states(draft) == ["empty", "empty", "empty", "empty"]
    assert summaries(draft) == ["Give the experiment a name.", "optional", "none yet", "none yet"]
    assert [part.id for part in review(draft).parts] == ["general", "base", "hyperparameters", "datasets"]


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ({"new_key": " dropout ", "new_value": ""}, "dropout"),
        ({"new_key": "flip", "new_kind": "BOOLEAN", "new_value": "false"}, "flip"),
        ({"new_key": "", "new_value": "0.5"}, "new hyperparameter"),
    ],
)
def test_a_hyperparameter_that_was_begun_is_not_forgotten(
    draft: ExperimentDraft, written: dict[str, str], named: str
) -> None:
    with_values(draft, **written)
    assert problems(draft) == {"new-key": "Not added yet: add it, or empty its fields."}
    assert states(draft)[2] == "attention"
    assert summaries(draft)[2] == f"{named}: Not added yet: add it, or empty its fields."


@pytest.mark.parametrize("written", [{"new_key": " ", "new_value": " "}, {"new_kind": "BOOLEAN", "new_value": "true"}])
def test_empty_fields_are_no_hyperparameter(draft: ExperimentDraft, written: dict[str, str]) -> None:
    with_values(draft, **written)
    assert problems(draft) == {}


def test_a_ready_draft(draft_with_base: ExperimentDraft, train: DatasetVersion, test: DatasetVersion) -> None:
    fill(draft_with_base, train=train, test=test)
    change(draft_with_base, epochs="50")
    assert problems(draft_with_base) == {}
    assert states(draft_with_base) == ["ready"] * 4
    assert summaries(draft_with_base) == [
        "based",
        "Fruit classifier v1, private",
        "5 values, 1 changed",
        "train, test",
    ]


def test_a_draft_without_base_is_ready(draft: ExperimentDraft) -> None:
    assert problems(draft) == {}
    assert states(draft) == ["ready", "empty", "empty", "empty"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give the experiment a name."),
        ("  \t ", "A name can't be only spaces."),
        ("n" * 101, "Ensure this value has at most 100 characters (it has 101)."),
        ("two\nlines", "A name is one line: remove the line breaks and tabs."),
        ("bell\x07", "Character 5 is a control character (U+0007): remove it."),
        ("taken", "The project has an experiment of this name already: choose another."),
        ("  taken  ", "The project has an experiment of this name already: choose another."),
    ],
)
def test_names(draft: ExperimentDraft, name: str, sentence: str) -> None:
    ExperimentFactory(project=draft.project, name="taken")
    assert problems(with_values(draft, name=name)) == {"id_name": sentence}
    assert states(draft)[0] == "attention"


@pytest.mark.parametrize("name", ["n" * 100, "  n  ", "Taken", "<script>", "name/../x", "日本"])
def test_good_names(draft: ExperimentDraft, name: str) -> None:
    ExperimentFactory(project=draft.project, name="taken")
    ExperimentFactory(name="n")
    assert problems(with_values(draft, name=name)) == {}


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        ("d" * 1_001, "Ensure this value has at most 1000 characters (it has 1001)."),
        ("one\ntwo\x07", "Character 8 is a control character (U+0007): remove it."),
    ],
)
def test_descriptions(draft: ExperimentDraft, description: str, sentence: str) -> None:
    assert problems(with_values(draft, description=description)) == {"id_description": sentence}
    assert problems(with_values(draft, description="d\n" * 500)) == {}


def test_a_type_is_needed(draft: ExperimentDraft) -> None:
    assert problems(with_values(draft, inference_type="")) == {"id_inference_type": "Choose an inference type."}


# The base


def test_a_base_of_another_type(draft_with_base: ExperimentDraft) -> None:
    with_values(draft_with_base, inference_type="MASK")
    assert problems(draft_with_base)["base"] == (
        "Fruit classifier v1 is for classification. Attach another base, or change the inference type."
    )


def test_a_base_that_was_changed(draft_with_base: ExperimentDraft, base: ModelVersion, alice: User) -> None:
    set_hyperparameters(version=base, rows=[], by=alice)
    sentence = "Fruit classifier v1 was changed since you attached it. Take its changes over."
    assert problems(draft_with_base)["base"] == sentence
    assert states(draft_with_base)[1] == "attention"
    assert summaries(draft_with_base)[1] == sentence
    attach_base(draft_with_base, base=ModelVersion.objects.get(pk=base.pk), by=draft_with_base.owner)
    assert "base" not in problems(draft_with_base)


def test_a_base_that_became_one_for_something_else(
    draft_with_base: ExperimentDraft, base: ModelVersion, alice: User
) -> None:
    edit_model_version(version=base, name="v1", description="", inference_type="MASK", framework="ONNX", by=alice)
    assert problems(draft_with_base)["base"].startswith("Fruit classifier v1 is for mask.")


def test_a_base_that_was_deleted(draft_with_base: ExperimentDraft, base: ModelVersion, alice: User) -> None:
    delete_model_version(version=base, by=alice)
    assert problems(draft_with_base) == {
        "base": "Fruit classifier v1 was deleted meanwhile. Attach another base, or detach it."
    }
    assert review(draft_with_base).constraints == []
    assert again(draft_with_base).base_is_deleted


def test_an_experiment_that_somebody_else_changed(project: Project, bob: User) -> None:
    experiment = ExperimentFactory(project=project)
    draft = draft_of_changes(experiment, by=bob)
    assert problems(draft) == {}
    experiment.architecture.bump()
    assert problems(draft)["base"] == (
        "Someone else changed the experiment since you began. Discard these changes and begin again."
    )


# Hyperparameters


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("epochs", "", "Write a whole number, such as 22. It must be between 1 and 500."),
        ("epochs", "2.5", "Not a whole number. It must be between 1 and 500."),
        ("epochs", "0", "It must be between 1 and 500."),
        ("epochs", "501", "It must be between 1 and 500."),
        ("epochs", "9" * 30, "Too large: an integer has at most 64 bits. It must be between 1 and 500."),
        ("learning_rate", "fast", "Not a number."),
        ("learning_rate", "0,1", "Not a number: write 0.1."),
        ("learning_rate", "NaN", "Not a finite number."),
        ("learning_rate", "-inf", "Not a finite number."),
        ("learning_rate", "1e400", "Too large for a number."),
        ("augment", "maybe", "Choose yes or no."),
        ("optimizer", "lion", "Not one of the choices: adam, sgd."),
        ("note", "n" * 10_001, "A text has at most 10,000 characters; this one has 10,001."),
        ("note", "bell\x07", "Character 5 is a control character (U+0007): remove it."),
    ],
)
def test_values(draft_with_base: ExperimentDraft, key: str, value: str, sentence: str) -> None:
    change(draft_with_base, **{key: value})
    place = f"hp-{row_of(draft_with_base, key).pk}"
    assert problems(draft_with_base)[place] == sentence
    assert states(draft_with_base)[2] == "attention"
    assert summaries(draft_with_base)[2] == f"{key}: {sentence}"


def test_a_removed_value_is_not_wrong(draft_with_base: ExperimentDraft, bob: User) -> None:
    change(draft_with_base, learning_rate="fast")
    remove_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, "learning_rate").pk, by=bob)
    assert states(draft_with_base)[2] == "ready"
    assert summaries(draft_with_base)[2] == "4 values"


def test_added_and_removed_keys(draft_with_base: ExperimentDraft, bob: User) -> None:
    kept = add_hyperparameter(draft_with_base, key="own", kind="TEXT", value="", by=bob)
    gone = add_hyperparameter(draft_with_base, key="second thoughts", kind="TEXT", value="", by=bob)
    for key in (gone.key, "note"):
        remove_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, key).pk, by=bob)
    assert review(draft_with_base).added_keys == [kept.key]
    assert review(draft_with_base).removed_keys == ["note"]


def test_one_value_is_one_value(draft: ExperimentDraft, bob: User) -> None:
    add_hyperparameter(draft, key="own", kind="TEXT", value="", by=bob)
    assert summaries(draft)[2] == "1 value"


# Dataset versions


def test_a_constraint_half_filled(draft_with_base: ExperimentDraft, train: DatasetVersion) -> None:
    assert problems(draft_with_base) == {
        "slot-train": "train is still empty.",
        "slot-test": "test is still empty.",
    }
    fill(draft_with_base, train=train, test=train)
    draft_with_base.dataset_versions.filter(alias="test").delete()
    assert problems(draft_with_base) == {"slot-test": "test is still empty."}
    assert [bool(slot.entry) for slot in review(draft_with_base).slots] == [True, False]
    assert [slot.problem for slot in review(draft_with_base).slots] == ["", "test is still empty."]


def test_more_than_the_constraint_takes(
    draft: ExperimentDraft, train: DatasetVersion, val: DatasetVersion, test: DatasetVersion, base: ModelVersion
) -> None:
    fill(draft, train=train, test=test, extra=val)
    attach_base(draft, base=base, by=draft.owner)
    assert problems(draft) == {"slot-extra": "extra is not in the constraint two: remove it."}
    assert [entry.alias for entry in review(draft).surplus] == ["extra"]


def test_a_constraint_that_its_owner_changed(
    draft_with_base: ExperimentDraft, base: ModelVersion, train: DatasetVersion, test: DatasetVersion, alice: User
) -> None:
    fill(draft_with_base, train=train, test=test)
    rows = [ConstraintRow(name="two", slots=[SlotRow(alias="train"), SlotRow(alias="valid")])]
    set_constraints(version=base, rows=rows, by=alice)
    assert problems(draft_with_base) == {
        "base": "Fruit classifier v1 was changed since you attached it. Take its changes over.",
        "slot-valid": "valid is still empty.",
        "slot-test": "test is not in the constraint two: remove it.",
    }


def test_a_constraint_that_its_owner_took_away(
    draft_with_base: ExperimentDraft, base: ModelVersion, train: DatasetVersion, alice: User
) -> None:
    set_constraints(version=base, rows=[ConstraintRow(name="other", slots=[SlotRow(alias="all")])], by=alice)
    found = problems(draft_with_base)
    assert found["add-dataset-versions"] == "Choose one of the base's dataset constraints."
    assert review(draft_with_base).constraint is None
    assert review(draft_with_base).slots == []


def test_a_version_detached_meanwhile(draft: ExperimentDraft, train: DatasetVersion, alice: User) -> None:
    fill(draft, train=train)
    detach_dataset_version(project=draft.project, dataset_version=train, by=alice)
    assert problems(draft) == {
        "slot-train": f"{train} is no longer attached to the project. Choose another version for train."
    }
    assert states(draft)[3] == "attention"


def test_a_version_deleted_meanwhile(draft: ExperimentDraft, train: DatasetVersion, alice: User) -> None:
    fill(draft, train=train)
    name = str(train)
    delete_dataset_version(version=train, by=alice)
    assert problems(draft) == {"slot-train": f"{name} was deleted meanwhile. Choose another version for train."}


@pytest.mark.parametrize(("inference_type", "words"), [("MASK", "mask"), ("NOT_CONFIGURED", "not configured")])
def test_a_version_of_another_type(
    draft: ExperimentDraft, train: DatasetVersion, inference_type: str, words: str
) -> None:
    fill(draft, train=train)
    DatasetVersion.objects.filter(pk=train.pk).update(inference_type=inference_type)
    assert problems(draft) == {"slot-train": f"{train} is for {words}. Choose another for train."}


def test_an_experiment_without_a_type_refuses_no_version(project: Project, bob: User) -> None:
    """The SDK makes them: nothing is refused by type then."""
    draft = draft_of_changes(ExperimentFactory(project=project, inference_type="NOT_CONFIGURED"), by=bob)
    fill(draft, boxes=attached(project, "boxes", "OBJECT_DETECTION"))
    assert problems(draft) == {}


# Notices


def test_a_version_under_two_aliases_is_told(
    draft: ExperimentDraft, train: DatasetVersion, test: DatasetVersion
) -> None:
    fill(draft, train=train, val=train, test=test)
    assert review(draft).repeated_versions == [str(train)]
    assert problems(draft) == {}


def test_labels_are_compared_with_the_labelmap(
    draft_with_base: ExperimentDraft, train: DatasetVersion, test: DatasetVersion
) -> None:
    for name in ("apple", "pear"):
        LabelFactory(dataset_version=train, name=name)
    for name in ("apple", "plum", "Pear", "kiwi", "fig", "date", "lime"):
        LabelFactory(dataset_version=test, name=name)
    fill(draft_with_base, train=train, test=test)
    assert sorted(review(draft_with_base).label_differences) == [
        f"{test} has no pear.",
        f"{test} has plum, Pear, kiwi, fig, date and 1 more, which the labelmap has not.",
    ]
    assert problems(draft_with_base) == {}


def test_without_a_labelmap_nothing_is_compared(draft: ExperimentDraft, train: DatasetVersion) -> None:
    fill(draft, train=train)
    assert review(draft).label_differences == []


def test_the_number_of_queries_does_not_depend_on_the_rows(
    draft: ExperimentDraft, train: DatasetVersion, bob: User
) -> None:
    def read() -> None:
        found = DraftReview(drafts_of(bob).get(pk=draft.pk))
        assert (found.parts, found.problems, found.label_differences) is not None

    add_hyperparameter(draft, key="own", kind="TEXT", value="", by=bob)
    fill(draft, train=train)
    few = queries_of(read)
    for number in range(12):
        add_hyperparameter(draft, key=f"own{number}", kind="TEXT", value="", by=bob)
    fill(draft, **{f"alias{number}": attached(draft.project, f"v{number}") for number in range(12)})
    assert queries_of(read) == few
