"""Changing an experiment that waits, by the same rules, and deleting one."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from datasets.models import DatasetVersion
from experiments.creation import DraftIncomplete, create_experiment, delete_experiment, save_changes
from experiments.drafts.hyperparameters import add_hyperparameter, remove_hyperparameter
from experiments.drafts.lifecycle import draft_of_changes
from experiments.drafts.review import DraftReview
from experiments.drafts.saving import save_form
from experiments.models import Experiment, ExperimentDraft, Status
from organizations.models import Membership, Role, User
from registry.models import (
    Architecture,
    ModelVersion,
)
from registry.services import delete_model_version
from tests.experiments.making import change, everything, fill, row_of
from tests.factories import ArchitectureFileFactory, ExperimentFactory, MembershipFactory

pytestmark = pytest.mark.django_db


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
