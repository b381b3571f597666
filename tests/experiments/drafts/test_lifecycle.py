"""How a draft begins and ends."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from config.ids import new_id
from datasets.models import DatasetVersion
from experiments.creation import create_experiment
from experiments.drafts.lifecycle import discard_draft, draft_of_changes, start_draft, start_from
from experiments.drafts.review import DraftReview
from experiments.models import Experiment, ExperimentDraft, Project, Status
from organizations.models import User
from tests.experiments.making import again, everything, fill, named_draft
from tests.factories import ExperimentDraftFactory, ExperimentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment(
    project: Project, draft_with_base: ExperimentDraft, bob: User, train: DatasetVersion, val: DatasetVersion
) -> Experiment:
    """Bob's; it fills the second of its base's constraints."""
    fill(draft_with_base, train=train, val=val, test=train)
    return create_experiment(draft_with_base, by=bob)


def test_starting_works(project: Project, bob: User) -> None:
    draft_id = new_id()
    draft = start_draft(project=project, draft_id=draft_id, by=bob)
    assert (draft.pk, draft.project, draft.owner, draft.revision) == (draft_id, project, bob, 0)


def test_the_same_id_gives_the_same_draft_while_it_is_untouched(project: Project, bob: User) -> None:
    draft_id = new_id()
    first = start_draft(project=project, draft_id=draft_id, by=bob)
    assert start_draft(project=project, draft_id=draft_id, by=bob) == first
    ExperimentDraft.objects.update(revision=1)
    assert start_draft(project=project, draft_id=draft_id, by=bob) != first
    assert ExperimentDraft.objects.count() == 2


def test_a_used_id_gives_another_draft(experiment: Experiment, bob: User) -> None:
    assert start_draft(project=experiment.project, draft_id=experiment.pk, by=bob).pk != experiment.pk


def test_somebody_elses_id_gives_another_draft(draft: ExperimentDraft, alice: User) -> None:
    ExperimentDraft.objects.update(revision=0)
    mine = start_draft(project=draft.project, draft_id=draft.pk, by=alice)
    assert (mine.owner, mine == draft) == (alice, False)


def test_untouched_drafts_are_swept_after_a_day(project: Project, bob: User, alice: User) -> None:
    def draft(owner: User, **values: object) -> ExperimentDraft:
        return ExperimentDraftFactory(project=project, owner=owner, **{"revision": 0, **values})

    old, touched = draft(bob), draft(bob, revision=1)
    edit = draft(bob, edits=ExperimentFactory(project=project))
    others = draft(alice)
    ExperimentDraft.objects.update(updated_at=timezone.now() - timedelta(hours=25))
    young = draft(bob)
    started = start_draft(project=project, draft_id=new_id(), by=bob)
    assert set(ExperimentDraft.objects.all()) == {touched, edit, others, young, started}
    assert old.pk


def test_use_as_base_brings_everything(experiment: Experiment, alice: User, train: DatasetVersion) -> None:
    draft = start_from(experiment, by=alice)
    assert (draft.owner, draft.base, draft.inference_type) == (alice, experiment, "CLASSIFICATION")
    assert [entry.alias for entry in draft.dataset_versions.all()] == ["train", "val", "test"]
    assert draft.hyperparameters.count() == 5
    # The very constraint that the experiment fills: nothing but a name is missing.
    assert draft.dataset_constraint is not None
    assert draft.dataset_constraint.name == "three"
    assert [problem.place for problem in DraftReview(again(draft)).problems] == ["id_name"]


def test_use_as_base_of_one_without_a_type(project: Project, bob: User) -> None:
    draft = start_from(ExperimentFactory(project=project, inference_type="NOT_CONFIGURED"), by=bob)
    assert (draft.inference_type, draft.base_kind) == ("", "EXPERIMENT")


def test_an_edit_holds_what_the_experiment_holds(experiment: Experiment, bob: User) -> None:
    draft = again(draft_of_changes(experiment, by=bob))
    assert (draft.name, draft.inference_type, draft.edits) == (experiment.name, "CLASSIFICATION", experiment)
    assert draft.dataset_constraint == experiment.dataset_constraint
    assert draft.base == experiment.base_model_version
    assert not draft.base_is_deleted
    assert DraftReview(draft).problems == []
    assert draft_of_changes(experiment, by=bob) == draft


def test_an_edit_names_the_base_experiment(experiment: Experiment, bob: User) -> None:
    started = start_from(experiment, by=bob)
    ExperimentDraft.objects.filter(pk=started.pk).update(name="second")
    second = create_experiment(started, by=bob)
    draft = again(draft_of_changes(second, by=bob))
    assert (draft.base, draft.base_model_version, draft.base_is_deleted) == (experiment, None, False)


def test_each_user_has_one_edit(experiment: Experiment, bob: User, alice: User) -> None:
    assert draft_of_changes(experiment, by=bob) != draft_of_changes(experiment, by=alice)
    assert ExperimentDraft.objects.count() == 2


def test_one_that_started_can_not_be_edited(experiment: Experiment, bob: User) -> None:
    experiment.status = Status.SUCCESS
    with pytest.raises(PermissionDenied, match="Use it as the base of a new one"):
        draft_of_changes(experiment, by=bob)


def test_discarding_leaves_the_rest(experiment: Experiment, project: Project, bob: User, train: DatasetVersion) -> None:
    before = everything()
    draft = named_draft(project, bob, "thrown away", experiment)
    fill(draft, train=train, test=train)
    discard_draft(draft, by=bob)
    assert everything() == before


def test_it_checks_ownership(draft: ExperimentDraft, alice: User) -> None:
    with pytest.raises(ExperimentDraft.DoesNotExist):
        discard_draft(draft, by=alice)


def test_it_checks_the_role(experiment: Experiment, vera: User, charlie: User) -> None:
    for user in (vera, charlie):
        with pytest.raises(PermissionDenied):
            start_draft(project=experiment.project, draft_id=new_id(), by=user)
        with pytest.raises(PermissionDenied):
            start_from(experiment, by=user)
        with pytest.raises(PermissionDenied):
            draft_of_changes(experiment, by=user)
    assert not ExperimentDraft.objects.exists()
