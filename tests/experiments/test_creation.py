"""The act the product is for: what is copied, what stays apart, what it costs, and everything that is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets.models import DatasetVersion
from datasets.services import delete_dataset_version
from experiments import creation
from experiments.creation import DraftIncomplete, create_experiment, delete_experiment, save_changes
from experiments.drafts.base import attach_base
from experiments.drafts.hyperparameters import add_hyperparameter, remove_hyperparameter
from experiments.drafts.lifecycle import draft_of_changes, start_from
from experiments.drafts.review import DraftReview
from experiments.drafts.saving import save_form
from experiments.models import BaseKind, Experiment, ExperimentDraft, Project, Status
from experiments.services import detach_dataset_version
from organizations.models import Membership, Organization, Role, User
from organizations.services import remove_member
from registry.copying import copy_architecture
from registry.editing import set_constraints, set_hyperparameters, set_labelmap
from registry.models import (
    Architecture,
    ArchitectureFile,
    ConstraintSlot,
    DatasetConstraint,
    Hyperparameter,
    ModelVersion,
)
from registry.rows import ConstraintRow, HyperparameterRow, SlotRow
from registry.services import delete_model_version, take_back
from storage.models import Blob
from tests.experiments.making import again, attached, change, everything, fill, full_version, named_draft, row_of
from tests.factories import ArchitectureFileFactory, ExperimentFactory, MembershipFactory, ModelVersionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(draft_with_base: ExperimentDraft, train: DatasetVersion, test: DatasetVersion) -> ExperimentDraft:
    """A draft in which nothing is missing."""
    fill(draft_with_base, train=train, test=test)
    return again(draft_with_base)


def contents(architecture: Architecture) -> dict[str, Any]:
    """Everything in an architecture but its keys."""
    slots = ConstraintSlot.objects.filter(constraint__architecture=architecture)
    return {
        "training": (
            architecture.docker_image,
            architecture.docker_tag,
            architecture.docker_flags,
            architecture.docker_environment,
            architecture.command,
            architecture.labelmap,
        ),
        "files": list(architecture.files.values_list("name", "filename", "blob")),
        "hyperparameters": list(
            architecture.hyperparameters.values_list(
                "key", "kind", "value", "minimum", "maximum", "choices", "required", "help", "position"
            )
        ),
        "constraints": list(architecture.constraints.values_list("name", "position")),
        "slots": list(
            slots.order_by("constraint__position", "position").values_list(
                "constraint__name", "alias", "help", "position"
            )
        ),
    }


def refusal(draft: ExperimentDraft, by: User | None = None) -> dict[str, str]:
    """Place → sentence of the refusal, after which nothing has changed."""
    before = everything()
    with pytest.raises(DraftIncomplete) as refused:
        create_experiment(again(draft), by=by or draft.owner)
    assert everything() == before
    return {problem.place: problem.sentence for problem in refused.value.problems}


# What is copied


def test_it_works(ready: ExperimentDraft, bob: User, train: DatasetVersion, test: DatasetVersion) -> None:
    experiment = create_experiment(ready, by=bob)
    experiment.refresh_from_db()
    assert experiment.pk == ready.pk
    assert (experiment.name, experiment.description, experiment.inference_type) == ("based", "", "CLASSIFICATION")
    assert (experiment.project, experiment.created_by, experiment.status) == (ready.project, bob, Status.WAITING)
    assert [(e.alias, e.dataset_version, e.position) for e in experiment.dataset_versions.all()] == [
        ("train", train, 0),
        ("test", test, 1),
    ]
    assert not ExperimentDraft.objects.exists()


def test_everything_is_copied(ready: ExperimentDraft, base: ModelVersion, bob: User) -> None:
    experiment = create_experiment(ready, by=bob)
    assert contents(experiment.architecture) == contents(base.architecture)
    assert experiment.architecture != base.architecture
    assert [len(rows) for name, rows in contents(base.architecture).items() if name != "training"] == [2, 5, 2, 5]
    assert (experiment.base_kind, experiment.base_name) == (BaseKind.PRIVATE_MODEL, "Fruit classifier v1")
    assert (experiment.base_model_version, experiment.base_experiment) == (base, None)


def test_the_constraint_is_the_experiments_own(ready: ExperimentDraft, base: ModelVersion, bob: User) -> None:
    experiment = create_experiment(ready, by=bob)
    assert experiment.dataset_constraint is not None
    assert experiment.dataset_constraint.name == "two"
    assert experiment.dataset_constraint.architecture == experiment.architecture


def test_values_and_their_difference_to_the_base(ready: ExperimentDraft, bob: User) -> None:
    change(ready, epochs="050", learning_rate="1e-1")
    add_hyperparameter(ready, key="own", kind="BOOLEAN", value="false", by=bob)
    for key in ("note", "augment"):
        remove_hyperparameter(ready, row_id=row_of(ready, key).pk, by=bob)
    experiment = create_experiment(ready, by=bob)
    rows = {row.key: (row.value, row.inherited_value) for row in experiment.architecture.hyperparameters.all()}
    assert rows == {
        "epochs": ("50", "20"),
        "learning_rate": ("0.1", "0.001"),
        "optimizer": ("adam", "adam"),
        "own": ("false", None),
    }
    assert [(row["key"], row["value"], row["kind"]) for row in experiment.removed_hyperparameters] == [
        ("augment", "true", "BOOLEAN"),
        ("note", "", "TEXT"),
    ]


def test_values_are_written_in_their_one_form(ready: ExperimentDraft, bob: User) -> None:
    """However they came into the draft: the database, files and comparisons know one text for a value."""
    for key, typed in (("epochs", " +050 "), ("learning_rate", "1e-2"), ("augment", "Yes")):
        ready.hyperparameters.filter(key=key).update(value=typed)
    experiment = create_experiment(ready, by=bob)
    written = dict(experiment.architecture.hyperparameters.values_list("key", "value"))
    assert (written["epochs"], written["learning_rate"], written["augment"]) == ("50", "0.01", "true")


def test_a_removed_addition_leaves_no_trace(draft: ExperimentDraft, bob: User) -> None:
    row = add_hyperparameter(draft, key="own", kind="INTEGER", value="1", by=bob)
    remove_hyperparameter(draft, row_id=row.pk, by=bob)
    experiment = create_experiment(draft, by=bob)
    assert (experiment.architecture.hyperparameters.count(), experiment.removed_hyperparameters) == (0, [])


def test_from_nothing(draft: ExperimentDraft, bob: User, train: DatasetVersion) -> None:
    add_hyperparameter(draft, key="own", kind="INTEGER", value="1", by=bob)
    fill(draft, any=train)
    experiment = create_experiment(draft, by=bob)
    assert (experiment.base_kind, experiment.base_name, experiment.base) == ("", "", None)
    assert not experiment.architecture.is_trainable
    assert [row.key for row in experiment.architecture.hyperparameters.all()] == ["own"]
    assert [entry.alias for entry in experiment.dataset_versions.all()] == ["any"]
    assert experiment.dataset_constraint is None


def test_from_an_experiment(ready: ExperimentDraft, base: ModelVersion, bob: User) -> None:
    change(ready, epochs="50")
    first = create_experiment(ready, by=bob)
    Experiment.objects.filter(pk=first.pk).update(status=Status.SUCCESS)
    draft = start_from(first, by=bob)
    save_form(draft, data={"name": "second"}, by=bob)
    second = create_experiment(draft, by=bob)
    assert contents(second.architecture) == contents(first.architecture)
    assert (second.base_kind, second.base_name, second.base_experiment) == (BaseKind.EXPERIMENT, "based", first)
    assert second.base_model_version == base
    assert second.base == first
    # Its values are the base's now, not a change of the base's base; and its past is not copied.
    assert not any(row.is_changed for row in second.architecture.hyperparameters.all())
    assert (second.status, second.removed_hyperparameters) == (Status.WAITING, [])


def test_the_name_is_trimmed(draft: ExperimentDraft, bob: User) -> None:
    ExperimentDraft.objects.filter(pk=draft.pk).update(name="  spaced out ")
    assert create_experiment(draft, by=bob).name == "spaced out"


def test_a_public_base_works_for_everybody(project: Project, public_base: ModelVersion, bob: User) -> None:
    draft = named_draft(project, bob, "public", public_base)
    fill(draft, train=attached(project, "a"), test=attached(project, "b"))
    assert create_experiment(draft, by=bob).base_kind == BaseKind.PUBLIC_MODEL


# Independence


def edit(base: ModelVersion, alice: User) -> None:
    set_hyperparameters(version=base, rows=[HyperparameterRow(key="new", kind="TEXT", value="")], by=alice)
    set_constraints(version=base, rows=[ConstraintRow(name="two", slots=[SlotRow(alias="all")])], by=alice)
    set_labelmap(version=base, labelmap=[(0, "plum")], by=alice)
    base.architecture.files.all().delete()
    Architecture.objects.filter(pk=base.architecture_id).update(docker_image="other", docker_environment={})


def delete(base: ModelVersion, alice: User) -> None:
    delete_model_version(version=base, by=alice)


@pytest.mark.parametrize("act", [edit, delete])
def test_the_base_can_change_or_go(
    ready: ExperimentDraft,
    base: ModelVersion,
    bob: User,
    alice: User,
    act: Callable[[ModelVersion, User], None],
) -> None:
    experiment = create_experiment(ready, by=bob)
    before = contents(experiment.architecture)
    act(base, alice)
    experiment = Experiment.objects.get(pk=experiment.pk)
    assert contents(experiment.architecture) == before
    assert experiment.dataset_constraint is not None
    assert experiment.base_name == "Fruit classifier v1"
    assert experiment.base_is_deleted == (act is delete)


def test_the_base_experiment_can_go(ready: ExperimentDraft, bob: User, base: ModelVersion) -> None:
    first = create_experiment(ready, by=bob)
    draft = start_from(first, by=bob)
    save_form(draft, data={"name": "second"}, by=bob)
    second = create_experiment(draft, by=bob)
    before = contents(second.architecture)
    delete_experiment(first, by=bob)
    second = Experiment.objects.get(pk=second.pk)
    assert contents(second.architecture) == before
    assert (second.base, second.base_is_deleted, second.base_name) == (None, True, "based")
    assert second.base_model_version == base


def test_the_base_is_not_changed(ready: ExperimentDraft, base: ModelVersion, bob: User) -> None:
    before = contents(base.architecture)
    experiment = create_experiment(ready, by=bob)
    delete_experiment(experiment, by=bob)
    assert contents(base.architecture) == before
    assert ArchitectureFile.objects.count() == 2


# Cost


def files_in(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((path.name, path.stat().st_size, path.stat().st_ino) for path in folder.rglob("*"))


def test_no_byte_is_copied(ready: ExperimentDraft, bob: User, files_dir: Path) -> None:
    stored, blobs = files_in(files_dir), Blob.objects.count()
    experiment = create_experiment(ready, by=bob)
    assert experiment.architecture.files.count() == 2
    assert len(stored) > 0
    assert (files_in(files_dir), Blob.objects.count()) == (stored, blobs)


@pytest.mark.parametrize(("rows", "most"), [(10, 30), (1_000, 60)])
def test_the_number_of_queries_is_bounded(
    project: Project, train: DatasetVersion, bob: User, orchard: Organization, rows: int, most: int
) -> None:
    version = ModelVersionFactory(model__organization=orchard)
    architecture, blob = version.architecture, Blob.objects.create(sha256="a" * 64, size=1)
    Hyperparameter.objects.bulk_create(
        Hyperparameter(architecture=architecture, key=f"key{n}", kind="INTEGER", value="1", position=n)
        for n in range(rows)
    )
    ArchitectureFile.objects.bulk_create(
        ArchitectureFile(architecture=architecture, name=f"file{n}", filename="f", blob=blob) for n in range(rows)
    )
    draft = named_draft(project, bob, "many", version)
    fill(draft, train=train)
    with CaptureQueriesContext(connection) as queries:
        experiment = create_experiment(draft, by=bob)
    assert (experiment.architecture.files.count(), experiment.architecture.hyperparameters.count()) == (rows, rows)
    assert len(queries) <= most


# Once


def test_a_second_call_gives_the_same_experiment(ready: ExperimentDraft, bob: User) -> None:
    first = create_experiment(ready, by=bob)
    assert create_experiment(ready, by=bob) == first
    assert (Experiment.objects.count(), Architecture.objects.count()) == (1, 2)


# Refusals


def test_everything_that_is_missing_is_said_at_once(draft_with_base: ExperimentDraft, train: DatasetVersion) -> None:
    change(draft_with_base, epochs="many")
    ExperimentDraft.objects.filter(pk=draft_with_base.pk).update(name=" ", inference_type="")
    said = refusal(draft_with_base)
    epochs = f"hp-{row_of(draft_with_base, 'epochs').pk}"
    assert list(said) == ["id_name", "id_inference_type", epochs, "slot-train", "slot-test"]


def test_a_name_taken_meanwhile(ready: ExperimentDraft) -> None:
    ExperimentFactory(project=ready.project, name="based")
    assert refusal(ready) == {"id_name": "The project has an experiment of this name already: choose another."}


def test_a_name_taken_between_the_look_and_the_write(
    ready: ExperimentDraft, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is written after the review and before the insert; it is committed, so it stays."""
    rival = ExperimentFactory.build(project=ready.project, name="based", architecture=Architecture.objects.create())
    once = [rival]

    def copy(*args: Any, **kwargs: Any) -> Architecture:
        if once:
            once.pop()
            Experiment.objects.bulk_create([rival])
        return copy_architecture(*args, **kwargs)

    monkeypatch.setattr(creation, "copy_architecture", copy)
    architectures = Architecture.objects.count()
    with pytest.raises(DraftIncomplete) as refused:
        create_experiment(ready, by=bob)
    # The rival was written in the transaction that is undone, so the name is free again: the draft may try again.
    assert [problem.place for problem in refused.value.problems] == ["create"]
    assert "Nothing was saved: try again" in refused.value.problems[0].sentence
    assert (Experiment.objects.count(), Architecture.objects.count()) == (0, architectures)
    assert create_experiment(ready, by=bob).name == "based"


def test_a_base_changed_meanwhile(ready: ExperimentDraft, base: ModelVersion, alice: User, bob: User) -> None:
    set_labelmap(version=base, labelmap=[(0, "plum")], by=alice)
    assert refusal(ready) == {"base": "Fruit classifier v1 was changed since you attached it. Take its changes over."}
    attach_base(ready, base=ModelVersion.objects.get(pk=base.pk), by=bob)
    assert create_experiment(ready, by=bob).architecture.labelmap == [[0, "plum"]]


def test_a_base_deleted_meanwhile(ready: ExperimentDraft, base: ModelVersion, alice: User) -> None:
    delete_model_version(version=base, by=alice)
    assert refusal(ready)["base"] == "Fruit classifier v1 was deleted meanwhile. Attach another base, or detach it."


def test_a_base_taken_back_by_another_organization(
    project: Project, public_base: ModelVersion, bob: User, staff: User, harbor: Organization
) -> None:
    draft = named_draft(project, bob, "public", public_base)
    fill(draft, train=attached(project, "a"), test=attached(project, "b"))
    take_back(model=public_base.model, organization=harbor, by=staff)
    assert refusal(draft) == {
        "base": "Public classifier v1 can no longer be used here. Attach another base, or detach it."
    }


def test_a_base_of_another_organization(project: Project, bob: User, harbor: Organization) -> None:
    """However it came into the draft; also for somebody who is in both organizations."""
    foreign = full_version(harbor)
    draft = named_draft(project, bob, "foreign", foreign)
    fill(draft, train=attached(project, "a"), test=attached(project, "b"))
    MembershipFactory(user=bob, organization=harbor)
    assert "can no longer be used here" in refusal(draft)["base"]


def test_a_base_experiment_of_another_project(project: Project, bob: User) -> None:
    draft = named_draft(project, bob, "foreign", ExperimentFactory(project__organization=project.organization))
    assert "can no longer be used here" in refusal(draft)["base"]


def test_a_constraint_changed_by_its_owner(ready: ExperimentDraft, base: ModelVersion, alice: User, bob: User) -> None:
    rows = [ConstraintRow(name="two", slots=[SlotRow(alias="train"), SlotRow(alias="valid")])]
    set_constraints(version=base, rows=rows, by=alice)
    said = refusal(ready)
    assert said["slot-valid"] == "valid is still empty."
    assert said["slot-test"] == "test is not in the constraint two: remove it."


def test_a_constraint_deleted_by_its_owner(ready: ExperimentDraft, base: ModelVersion) -> None:
    DatasetConstraint.objects.filter(architecture=base.architecture, name="two").delete()
    assert refusal(ready) == {"add-dataset-versions": "Choose one of the base's dataset constraints."}


def test_a_version_detached_meanwhile(ready: ExperimentDraft, train: DatasetVersion, alice: User) -> None:
    detach_dataset_version(project=ready.project, dataset_version=train, by=alice)
    assert refusal(ready) == {
        "slot-train": f"{train} is no longer attached to the project. Choose another version for train."
    }


def test_a_version_deleted_meanwhile(ready: ExperimentDraft, train: DatasetVersion, alice: User) -> None:
    name = str(train)
    delete_dataset_version(version=train, by=alice)
    assert refusal(ready) == {"slot-train": f"{name} was deleted meanwhile. Choose another version for train."}


def test_a_version_of_another_type_meanwhile(ready: ExperimentDraft, train: DatasetVersion) -> None:
    DatasetVersion.objects.filter(pk=train.pk).update(inference_type="MASK")
    assert list(refusal(ready)) == ["slot-train"]


def test_it_checks_ownership(ready: ExperimentDraft, alice: User, charlie: User) -> None:
    for other in (alice, charlie):
        with pytest.raises(ExperimentDraft.DoesNotExist):
            create_experiment(ready, by=other)
    assert not Experiment.objects.exists()


def test_a_strangers_id_gives_no_experiment(ready: ExperimentDraft, bob: User, charlie: User) -> None:
    create_experiment(ready, by=bob)
    with pytest.raises(ExperimentDraft.DoesNotExist):
        create_experiment(ready, by=charlie)


def test_a_member_who_became_a_viewer(ready: ExperimentDraft, bob: User) -> None:
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        create_experiment(ready, by=bob)
    assert not Experiment.objects.exists()


def test_a_removed_member(ready: ExperimentDraft, bob: User, alice: User) -> None:
    remove_member(membership=bob.memberships.get(), by=alice)
    with pytest.raises(ExperimentDraft.DoesNotExist):
        create_experiment(ready, by=bob)
    assert not Experiment.objects.exists()


# Changing one that waits


@pytest.fixture
def waiting(ready: ExperimentDraft, bob: User) -> Experiment:
    return create_experiment(ready, by=bob)


def test_changes_are_saved_by_the_same_rules(
    waiting: Experiment, bob: User, alice: User, train: DatasetVersion, val: DatasetVersion, test: DatasetVersion
) -> None:
    draft = draft_of_changes(waiting, by=alice)
    save_form(draft, data={"name": " renamed ", "description": "Longer."}, by=alice)
    change(draft, epochs="7")
    add_hyperparameter(draft, key="own", kind="TEXT", value="22", by=alice)
    remove_hyperparameter(draft, row_id=row_of(draft, "note").pk, by=alice)
    fill(draft, train=test, val=val, test=train)
    saved = save_changes(draft, by=alice)
    saved = Experiment.objects.get(pk=saved.pk)
    assert saved == waiting
    assert (saved.name, saved.description, saved.created_by) == ("renamed", "Longer.", bob)
    rows = {row.key: (row.value, row.inherited_value) for row in saved.architecture.hyperparameters.all()}
    assert (rows["epochs"], rows["own"], "note" in rows) == (("7", "20"), ("22", None), False)
    assert [row["key"] for row in saved.removed_hyperparameters] == ["note"]
    assert [(e.alias, e.dataset_version) for e in saved.dataset_versions.all()] == [
        ("train", test),
        ("val", val),
        ("test", train),
    ]
    assert saved.dataset_constraint is not None
    assert (saved.dataset_constraint.name, saved.dataset_constraint.architecture) == ("three", saved.architecture)
    assert saved.base_name == "Fruit classifier v1"
    assert not ExperimentDraft.objects.exists()


def test_what_was_removed_can_be_restored_later(waiting: Experiment, bob: User) -> None:
    draft = draft_of_changes(waiting, by=bob)
    change(draft, note="mine")
    remove_hyperparameter(draft, row_id=row_of(draft, "note").pk, by=bob)
    save_changes(draft, by=bob)
    draft = draft_of_changes(Experiment.objects.get(pk=waiting.pk), by=bob)
    assert (row_of(draft, "note").is_removed, row_of(draft, "note").value) == (True, "")


def edit_refusal(draft: ExperimentDraft) -> dict[str, str]:
    before = everything()
    with pytest.raises(DraftIncomplete) as refused:
        save_changes(draft, by=draft.owner)
    assert everything() == before
    return {problem.place: problem.sentence for problem in refused.value.problems}


def test_changes_that_are_wrong(waiting: Experiment, bob: User) -> None:
    ExperimentFactory(project=waiting.project, name="taken")
    draft = draft_of_changes(waiting, by=bob)
    save_form(draft, data={"name": "taken"}, by=bob)
    change(draft, epochs="0")
    said = edit_refusal(draft)
    assert said["id_name"] == "The project has an experiment of this name already: choose another."
    assert len(said) == 2


def test_its_own_name_is_not_taken(waiting: Experiment, bob: User) -> None:
    assert save_changes(draft_of_changes(waiting, by=bob), by=bob).name == "based"


@pytest.mark.parametrize("status", [status for status in Status if status != Status.WAITING])
def test_it_can_not_be_changed_once_it_runs(waiting: Experiment, bob: User, status: Status) -> None:
    draft = draft_of_changes(waiting, by=bob)
    Experiment.objects.filter(pk=waiting.pk).update(status=status)
    assert edit_refusal(draft) == {"create": "The experiment has started: it can't be changed."}
    with pytest.raises(PermissionDenied, match="This experiment has started"):
        draft_of_changes(Experiment.objects.get(pk=waiting.pk), by=bob)


def test_somebody_else_changed_it_meanwhile(waiting: Experiment, bob: User, alice: User) -> None:
    mine, theirs = draft_of_changes(waiting, by=bob), draft_of_changes(waiting, by=alice)
    assert mine != theirs
    save_changes(theirs, by=alice)
    assert edit_refusal(mine) == {
        "base": "Someone else changed the experiment since you began. Discard these changes and begin again."
    }


def test_its_base_may_be_gone(waiting: Experiment, base: ModelVersion, alice: User) -> None:
    delete_model_version(version=base, by=alice)
    draft = draft_of_changes(Experiment.objects.get(pk=waiting.pk), by=alice)
    save_form(draft, data={"name": "orphan"}, by=alice)
    saved = save_changes(draft, by=alice)
    assert (saved.name, saved.base_name, saved.base_is_deleted) == ("orphan", "Fruit classifier v1", True)


def test_a_name_taken_while_changes_are_saved(waiting: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a new experiment: the other one came between the look and the write."""
    ExperimentFactory(project=waiting.project, name="taken")
    draft = draft_of_changes(waiting, by=bob)
    save_form(draft, data={"name": "taken"}, by=bob)
    real, calls = DraftReview._name_problem, []

    def blind(review: DraftReview) -> str:
        calls.append(review)
        return "" if len(calls) == 1 else real(review)

    monkeypatch.setattr(DraftReview, "_name_problem", blind)
    assert edit_refusal(draft) == {"id_name": "The project has an experiment of this name already: choose another."}


def test_a_draft_of_a_new_experiment_holds_no_changes(ready: ExperimentDraft, bob: User) -> None:
    with pytest.raises(ValueError, match="The draft is one of a new experiment"):
        save_changes(ready, by=bob)


# Deleting


def test_deleting_leaves_nothing(waiting: Experiment, bob: User) -> None:
    draft_of_changes(waiting, by=bob)
    delete_experiment(waiting, by=bob)
    assert not Experiment.objects.exists()
    assert not ExperimentDraft.objects.exists()
    assert Architecture.objects.count() == 1


def test_a_running_one_is_not_deleted(waiting: Experiment, bob: User) -> None:
    Experiment.objects.filter(pk=waiting.pk).update(status=Status.RUNNING)
    with pytest.raises(ValidationError, match="The experiment runs"):
        delete_experiment(waiting, by=bob)


def test_who_may_delete(waiting: Experiment, bob: User, alice: User, vera: User, charlie: User) -> None:
    another = MembershipFactory(organization=waiting.project.organization).user
    for user in (vera, charlie, another):
        with pytest.raises(PermissionDenied):
            delete_experiment(waiting, by=user)
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)
    with pytest.raises(PermissionDenied):
        delete_experiment(waiting, by=bob)
    delete_experiment(waiting, by=alice)


def test_files_belong_to_the_experiment(ready: ExperimentDraft, base: ModelVersion, bob: User) -> None:
    experiment = create_experiment(ready, by=bob)
    ArchitectureFileFactory(architecture=base.architecture, name="later")
    assert [file.name for file in experiment.architecture.files.all()] == ["config", "weights"]
