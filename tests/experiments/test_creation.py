"""The act the product is for: what is copied, what stays apart, what it costs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets.models import DatasetVersion
from experiments.creation import create_experiment, delete_experiment
from experiments.drafts.hyperparameters import add_hyperparameter, remove_hyperparameter
from experiments.drafts.lifecycle import start_from
from experiments.drafts.saving import save_form
from experiments.models import BaseKind, Experiment, ExperimentDraft, Project, Status
from organizations.models import Organization, User
from registry.editing import set_constraints, set_hyperparameters, set_labelmap
from registry.models import (
    Architecture,
    ArchitectureFile,
    ConstraintSlot,
    Hyperparameter,
    ModelVersion,
)
from registry.rows import ConstraintRow, HyperparameterRow, SlotRow
from registry.services import delete_model_version
from storage.models import Blob
from tests.experiments.making import attached, change, fill, named_draft, row_of
from tests.factories import ModelVersionFactory

pytestmark = pytest.mark.django_db


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


def test_a_second_call_gives_the_same_experiment(ready: ExperimentDraft, bob: User) -> None:
    first = create_experiment(ready, by=bob)
    assert create_experiment(ready, by=bob) == first
    assert (Experiment.objects.count(), Architecture.objects.count()) == (1, 2)
