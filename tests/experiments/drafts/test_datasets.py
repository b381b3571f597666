from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError

from datasets.models import DatasetVersion
from experiments.drafts.datasets import (
    ENTRIES_MAX,
    Choice,
    alias_refusals,
    constraints_for,
    left_out,
    remove_dataset_version,
    set_dataset_versions,
    versions_for,
)
from experiments.models import ExperimentDraft, Project
from organizations.models import Membership, Organization, Role, User
from registry.models import DatasetConstraint, ModelVersion
from tests.experiments.making import again, attached, fill
from tests.factories import (
    AttachedDatasetVersionFactory,
    DatasetConstraintFactory,
    DatasetVersionFactory,
    DraftDatasetVersionFactory,
    ProjectFactory,
)

pytestmark = pytest.mark.django_db


def chosen(draft: ExperimentDraft) -> list[tuple[str, DatasetVersion | None]]:
    return [(entry.alias, entry.dataset_version) for entry in draft.dataset_versions.all()]


def constraint(draft: ExperimentDraft, name: str) -> DatasetConstraint:
    return constraints_for(draft).get(name=name)


def refusal(draft: ExperimentDraft, *choices: Choice, constraint: DatasetConstraint | None = None) -> str:
    before = chosen(draft)
    with pytest.raises(ValidationError) as refused:
        set_dataset_versions(draft, constraint=constraint, choices=list(choices), by=draft.owner)
    assert chosen(draft) == before
    return " ".join(refused.value.messages)


def test_free_aliases_work(draft: ExperimentDraft, train: DatasetVersion, test: DatasetVersion) -> None:
    choices = [Choice("b.2", test), Choice("A-1", train)]
    set_dataset_versions(draft, constraint=None, choices=choices, by=draft.owner)
    assert chosen(draft) == [("b.2", test), ("A-1", train)]
    assert [entry.dataset_version_name for entry in draft.dataset_versions.all()] == [str(test), str(train)]
    assert again(draft).revision == draft.revision + 1


def test_they_are_replaced(draft: ExperimentDraft, train: DatasetVersion, test: DatasetVersion) -> None:
    fill(draft, train=train, test=test)
    fill(draft, only=test)
    assert chosen(draft) == [("only", test)]
    set_dataset_versions(draft, constraint=None, choices=[], by=draft.owner)
    assert chosen(draft) == []


def test_one_version_under_two_aliases_is_allowed(draft: ExperimentDraft, train: DatasetVersion) -> None:
    fill(draft, train=train, val=train)
    assert chosen(draft) == [("train", train), ("val", train)]


@pytest.mark.parametrize("alias", ["", " ", "-a", ".", "a b", "a" * 51, "ä", "a/b", "../x", "a\x00", "a\n", "<b>"])
def test_aliases_obey_the_rule(draft: ExperimentDraft, train: DatasetVersion, alias: str) -> None:
    assert refusal(draft, Choice(alias, train)).startswith("An alias has 1 to 50 letters")


def test_aliases_are_unique_in_any_case(draft: ExperimentDraft, train: DatasetVersion, test: DatasetVersion) -> None:
    said = refusal(draft, Choice("Train", train), Choice("train", test))
    assert "“Train” is used twice; case is ignored." in said
    assert "“train” is used twice; case is ignored." in said


def test_alias_refusals_names_only_the_bad_ones(train: DatasetVersion) -> None:
    refusals = alias_refusals([Choice("good", train), Choice("-bad", train)])
    assert list(refusals) == ["-bad"]


def test_there_is_a_limit(draft: ExperimentDraft, train: DatasetVersion) -> None:
    choices = [Choice(f"a{number}", train) for number in range(ENTRIES_MAX + 1)]
    assert refusal(draft, *choices) == f"An experiment has at most {ENTRIES_MAX} dataset versions."
    set_dataset_versions(draft, constraint=None, choices=choices[:-1], by=draft.owner)
    assert len(chosen(draft)) == ENTRIES_MAX


def test_a_constraint_is_filled_exactly(
    draft_with_base: ExperimentDraft, train: DatasetVersion, test: DatasetVersion, val: DatasetVersion
) -> None:
    three = constraint(draft_with_base, "three")
    choices = [Choice("train", train), Choice("val", val), Choice("test", test)]
    set_dataset_versions(draft_with_base, constraint=three, choices=choices, by=draft_with_base.owner)
    assert chosen(draft_with_base) == [("train", train), ("val", val), ("test", test)]
    assert again(draft_with_base).dataset_constraint == three


@pytest.mark.parametrize(
    ("aliases", "sentence"),
    [
        ([], "Still empty: train, test."),
        (["train"], "Still empty: test."),
        (["train", "Test"], "Still empty: test."),
        (["train", "test", "val"], "two takes just train, test."),
        (["train", "test", "test"], "two takes just train, test."),
    ],
)
def test_a_constraint_is_not_filled_otherwise(
    draft_with_base: ExperimentDraft, train: DatasetVersion, aliases: list[str], sentence: str
) -> None:
    two = constraint(draft_with_base, "two")
    assert refusal(draft_with_base, *(Choice(alias, train) for alias in aliases), constraint=two) == sentence


def test_a_base_with_constraints_wants_one(draft_with_base: ExperimentDraft, train: DatasetVersion) -> None:
    assert refusal(draft_with_base, Choice("train", train)) == "Choose one of the base's dataset constraints."


def test_another_bases_constraint_is_none(draft_with_base: ExperimentDraft, train: DatasetVersion) -> None:
    foreign = DatasetConstraintFactory(aliases=["train"])
    said = refusal(draft_with_base, Choice("train", train), constraint=foreign)
    assert said == "The base no longer has this constraint: choose again."


def not_attached(project: Project) -> DatasetVersion:
    return DatasetVersionFactory(dataset__organization=project.organization)


def attached_elsewhere(project: Project) -> DatasetVersion:
    return attached(ProjectFactory(organization=project.organization), "elsewhere")


def of_another_organization(project: Project) -> DatasetVersion:
    """Attached by a slip: the user may still not see it."""
    return AttachedDatasetVersionFactory(project=project, dataset_version=DatasetVersionFactory()).dataset_version


def of_another_type(project: Project) -> DatasetVersion:
    return attached(project, "boxes", "OBJECT_DETECTION")


def without_a_type(project: Project) -> DatasetVersion:
    return attached(project, "new", "NOT_CONFIGURED")


@pytest.mark.parametrize(
    "make", [not_attached, attached_elsewhere, of_another_organization, of_another_type, without_a_type]
)
def test_only_attached_versions_that_fit(
    draft: ExperimentDraft, train: DatasetVersion, make: Callable[[Project], DatasetVersion]
) -> None:
    version = make(draft.project)
    said = refusal(draft, Choice("train", train), Choice("other", version))
    assert said == f"{version} is not attached to the project, or of another inference type."
    assert list(versions_for(draft, user=draft.owner)) == [train]


def test_multi_fits_all(draft: ExperimentDraft) -> None:
    multi = attached(draft.project, "everything", "MULTI")
    fill(draft, train=multi)
    assert chosen(draft) == [("train", multi)]


def test_a_draft_without_a_type_is_offered_every_type(draft: ExperimentDraft, train: DatasetVersion) -> None:
    boxes = attached(draft.project, "boxes", "OBJECT_DETECTION")
    attached(draft.project, "new", "NOT_CONFIGURED")
    draft.inference_type = ""
    assert set(versions_for(draft, user=draft.owner)) == {train, boxes}


def test_left_out_counts_other_types_and_names_those_without(draft: ExperimentDraft, train: DatasetVersion) -> None:
    attached(draft.project, "boxes", "OBJECT_DETECTION")
    attached(draft.project, "lines", "LINE")
    attached(draft.project, "everything", "MULTI")
    new = attached(draft.project, "new", "NOT_CONFIGURED")
    assert left_out(draft, user=draft.owner) == (2, [new])


def test_constraints_are_those_of_the_base(draft: ExperimentDraft, draft_with_base: ExperimentDraft) -> None:
    assert list(constraints_for(draft)) == []
    assert [row.name for row in constraints_for(draft_with_base)] == ["two", "three"]


def test_a_constraint_of_nobody_is_offered_to_nobody(draft: ExperimentDraft, base: ModelVersion) -> None:
    """A draft without a base has no architecture: that must not be read as any architecture."""
    assert constraints_for(draft).count() == 0


def test_remove_works(draft: ExperimentDraft, train: DatasetVersion, test: DatasetVersion) -> None:
    fill(draft, train=train, test=test)
    before = again(draft).revision
    remove_dataset_version(draft, alias="train", by=draft.owner)
    assert chosen(draft) == [("test", test)]
    assert again(draft).revision == before + 1


@pytest.mark.parametrize("alias", ["nothing", "TRAIN", "", "a\x00"])
def test_removing_what_is_not_there_changes_nothing(draft: ExperimentDraft, train: DatasetVersion, alias: str) -> None:
    fill(draft, train=train)
    before = again(draft).revision
    remove_dataset_version(draft, alias=alias, by=draft.owner)
    assert chosen(draft) == [("train", train)]
    assert again(draft).revision == before


def test_it_checks_ownership(draft: ExperimentDraft, train: DatasetVersion, alice: User, charlie: User) -> None:
    for other in (alice, charlie):
        with pytest.raises(ExperimentDraft.DoesNotExist):
            set_dataset_versions(draft, constraint=None, choices=[Choice("train", train)], by=other)
        with pytest.raises(ExperimentDraft.DoesNotExist):
            remove_dataset_version(draft, alias="train", by=other)


def test_it_checks_the_role(draft: ExperimentDraft, bob: User, orchard: Organization) -> None:
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        set_dataset_versions(draft, constraint=None, choices=[], by=bob)


@pytest.mark.parametrize("alias", ["", "-a", "a b", "a" * 51, "a/b"])
def test_the_rule_of_aliases_is_the_databases_too(draft: ExperimentDraft, train: DatasetVersion, alias: str) -> None:
    with pytest.raises(DatabaseError):
        DraftDatasetVersionFactory(draft=draft, dataset_version=train, alias=alias)


def test_aliases_are_unique_in_the_database_in_any_case(draft: ExperimentDraft, train: DatasetVersion) -> None:
    fill(draft, train=train)
    with pytest.raises(IntegrityError):
        DraftDatasetVersionFactory(draft=draft, dataset_version=train, alias="TRAIN")
