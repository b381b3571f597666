"""What happens to experiments and projects after they are made."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from experiments.attachments import attach_to_experiment, detach_from_experiment
from experiments.changes import NEXT, delete_experiments, delete_project, edit_experiment
from experiments.models import Experiment, ExperimentDraft, Project, Publication, Status
from experiments.publishing import publish_as_model
from experiments.services import edit_project
from organizations.models import User
from registry.models import Architecture, ModelVersion
from tests.experiments.making import attached
from tests.factories import DatasetVersionFactory, ExperimentDraftFactory, ExperimentFactory, ProjectFactory

MAY_FOLLOW = {
    ("WAITING", status) for status in ("RUNNING", "SUCCESS", "FAILED", "CANCELED", "TERMINATED")
} | {("RUNNING", status) for status in ("SUCCESS", "FAILED", "CANCELED", "TERMINATED")} | {
    (status, "RUNNING") for status in ("SUCCESS", "FAILED", "CANCELED", "TERMINATED")
}  # fmt: skip


@pytest.mark.parametrize("now", Status.values)
@pytest.mark.parametrize("wanted", Status.values)
def test_which_status_follows_which(project: Project, bob: User, now: str, wanted: str) -> None:
    experiment = ExperimentFactory(project=project, status=now)
    if wanted == now or (now, wanted) in MAY_FOLLOW:
        edit_experiment(experiment, status=wanted, by=bob)
    else:
        with pytest.raises(ValidationError, match="can't become"):
            edit_experiment(experiment, status=wanted, by=bob)
        wanted = now
    assert Experiment.objects.get().status == wanted
    assert set(NEXT) == set(Status)


def test_names_and_descriptions(project: Project, bob: User, vera: User) -> None:
    first, second = ExperimentFactory.create_batch(2, project=project, description="Why.")
    edit_experiment(first, name=" renamed ", by=bob)
    first.refresh_from_db()
    assert (first.name, first.description) == ("renamed", "Why.")
    with pytest.raises(ValidationError) as refusal:
        edit_experiment(second, name="renamed", by=bob)
    assert refusal.value.error_dict["name"][0].code == "taken"
    with pytest.raises(PermissionDenied):
        edit_experiment(second, name="hers", by=vera)
    ProjectFactory(organization=project.organization, name="Taken")
    with pytest.raises(ValidationError) as refusal:
        edit_project(project, name="Taken", description="", by=bob)
    assert refusal.value.error_dict["name"][0].code == "taken"


def test_several_experiments_or_none_are_deleted(project: Project, bob: User, alice: User) -> None:
    own, theirs = (ExperimentFactory(project=project, created_by=by) for by in (bob, alice))
    running = ExperimentFactory(project=project, created_by=bob, status=Status.RUNNING)
    started = ExperimentFactory(project=project, base_experiment=own, base_kind="EXPERIMENT", base_name="own")
    with pytest.raises(PermissionDenied):
        delete_experiments(Experiment.objects.filter(pk__in=[own.pk, theirs.pk]), by=bob)
    with pytest.raises(ValidationError, match="Stop it") as refusal:
        delete_experiments(Experiment.objects.filter(pk__in=[own.pk, running.pk]), by=bob)
    assert refusal.value.code == "in_use"
    assert Experiment.objects.count() == 4
    delete_experiments(Experiment.objects.filter(pk=own.pk), by=bob)
    delete_experiments(Experiment.objects.filter(pk=theirs.pk), by=alice)
    delete_experiments(Experiment.objects.none(), by=bob)
    started.refresh_from_db()
    assert started.base_is_deleted
    assert Architecture.objects.count() == Experiment.objects.count() == 2


def test_a_project_is_deleted_with_what_is_in_it(project: Project, bob: User, alice: User, vera: User) -> None:
    version = attached(project, "train")
    experiment = ExperimentFactory(project=project, created_by=bob, status=Status.RUNNING)
    published = publish_as_model(experiment, name="kept", by=bob)
    ExperimentDraftFactory(project=project, owner=bob)
    for user in (bob, vera):
        with pytest.raises(PermissionDenied):
            delete_project(project, by=user)
    with pytest.raises(ValidationError, match="Stop it"):
        delete_project(project, by=alice)
    edit_experiment(experiment, status="SUCCESS", by=bob)
    stale = Project.objects.get()
    delete_project(project, by=alice)
    for gone in (Project, Experiment, ExperimentDraft):
        assert not gone.objects.exists()
    assert (ModelVersion.objects.get(), Architecture.objects.get()) == (published, published.architecture)
    assert Publication.objects.get().experiment is None
    version.refresh_from_db()
    own = ProjectFactory(organization=project.organization, created_by=bob)
    ExperimentFactory(project=own, created_by=bob)
    delete_project(own, by=bob)
    with pytest.raises(Project.DoesNotExist):
        delete_project(stale, by=alice)


def test_dataset_versions_come_and_go(project: Project, bob: User, alice: User, vera: User) -> None:
    experiment = ExperimentFactory(project=project, status=Status.FAILED)
    known = attached(project, "train")
    new = DatasetVersionFactory(dataset__organization=project.organization, inference_type="POINT")
    attach_to_experiment(experiment, alias="train", dataset_version=known, by=bob)
    with pytest.raises(PermissionDenied, match="an admin"):
        attach_to_experiment(experiment, alias="val", dataset_version=new, by=bob)
    attach_to_experiment(experiment, alias="val", dataset_version=new, by=alice)
    assert project.attachments.count() == 2
    with pytest.raises(ValidationError) as refusal:
        attach_to_experiment(experiment, alias="Train", dataset_version=new, by=bob)
    assert refusal.value.code == "taken"
    for alias in ("", " train", "a b", "-a", "x" * 51):
        with pytest.raises(ValidationError):
            attach_to_experiment(experiment, alias=alias, dataset_version=known, by=bob)
    with pytest.raises(ValidationError, match="another organization"):
        attach_to_experiment(experiment, alias="foreign", dataset_version=DatasetVersionFactory(), by=alice)
    with pytest.raises(PermissionDenied):
        attach_to_experiment(experiment, alias="x", dataset_version=known, by=vera)
    with pytest.raises(PermissionDenied):
        detach_from_experiment(experiment, dataset_versions=[known], by=vera)
    entries = [(entry.alias, entry.position) for entry in experiment.dataset_versions.all()]
    assert entries == [("train", 0), ("val", 1)]
    detach_from_experiment(experiment, dataset_versions=[known, new], by=bob)
    assert (experiment.dataset_versions.count(), project.attachments.count()) == (0, 2)
