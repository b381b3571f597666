"""Everything for which a creation is refused, with nothing written."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from datasets.models import DatasetVersion
from datasets.services import delete_dataset_version
from experiments import creation
from experiments.creation import DraftIncomplete, create_experiment
from experiments.drafts.base import attach_base
from experiments.models import Experiment, ExperimentDraft, Project
from experiments.services import detach_dataset_version
from organizations.models import Membership, Organization, Role, User
from organizations.services import remove_member
from registry.copying import copy_architecture
from registry.editing import set_constraints, set_labelmap
from registry.models import (
    Architecture,
    DatasetConstraint,
    ModelVersion,
)
from registry.rows import ConstraintRow, SlotRow
from registry.services import delete_model_version, take_back
from tests.experiments.making import again, attached, change, everything, fill, full_version, named_draft, row_of
from tests.factories import ExperimentFactory, MembershipFactory

pytestmark = pytest.mark.django_db


def refusal(draft: ExperimentDraft, by: User | None = None) -> dict[str, str]:
    """Place → sentence of the refusal, after which nothing has changed."""
    before = everything()
    with pytest.raises(DraftIncomplete) as refused:
        create_experiment(again(draft), by=by or draft.owner)
    assert everything() == before
    return {problem.place: problem.sentence for problem in refused.value.problems}


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
