"""Runs are asked for, move forward only, and take their experiment along."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from experiments.models import Experiment, Status
from organizations.models import Organization, User
from tests.factories import ExperimentFactory, JobFactory
from training.models import Job, JobStatus
from training.services import fail, launch, report, start, stop, succeed

VERBS = {"running": start, "succeed": succeed, "fail": fail}


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    return ExperimentFactory(project__organization=orchard)


def test_launching_queues_a_job(experiment: Experiment, bob: User) -> None:
    job = launch(experiment=experiment, gpus=2, gpu_type=" A100 ", by=bob)
    assert (job.status, job.gpus, job.gpu_type, job.created_by) == ("QUEUED", 2, "A100", bob)
    assert job.started_at is None
    assert job.ended_at is None
    experiment.refresh_from_db()
    assert experiment.status == Status.WAITING


def test_a_viewer_launches_nothing(experiment: Experiment, vera: User) -> None:
    with pytest.raises(PermissionDenied):
        launch(experiment=experiment, gpus=1, gpu_type="", by=vera)


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.QUEUED, JobStatus.RUNNING])
def test_one_job_at_a_time(experiment: Experiment, bob: User, status: JobStatus) -> None:
    JobFactory(experiment=experiment, status=status)
    with pytest.raises(ValidationError, match="has not ended") as refusal:
        launch(experiment=experiment, gpus=1, gpu_type="", by=bob)
    assert refusal.value.code == "in_use"
    with pytest.raises(IntegrityError), transaction.atomic():
        JobFactory(experiment=experiment)


def test_what_runs_is_not_launched(experiment: Experiment, bob: User) -> None:
    Experiment.objects.update(status=Status.RUNNING)
    with pytest.raises(ValidationError, match="runs already") as refusal:
        launch(experiment=experiment, gpus=1, gpu_type="", by=bob)
    assert refusal.value.code == "in_use"


def test_what_has_nothing_to_run_is_not_launched(orchard: Organization, bob: User) -> None:
    experiment = ExperimentFactory(
        project__organization=orchard, architecture__docker_image="", architecture__command=""
    )
    with pytest.raises(ValidationError, match="neither a Docker image nor a command"):
        launch(experiment=experiment, gpus=1, gpu_type="", by=bob)


@pytest.mark.parametrize(("gpus", "gpu_type"), [(-1, ""), (65, ""), (1, "A\x00"), (1, "A" * 101)])
def test_wishes_that_make_no_sense(experiment: Experiment, bob: User, gpus: int, gpu_type: str) -> None:
    with pytest.raises(ValidationError):
        launch(experiment=experiment, gpus=gpus, gpu_type=gpu_type, by=bob)
    assert not Job.objects.exists()


def test_what_ended_is_launched_again(experiment: Experiment, bob: User) -> None:
    succeed(job=launch(experiment=experiment, gpus=1, gpu_type="", by=bob), by=bob)
    job = launch(experiment=experiment, gpus=1, gpu_type="", by=bob)
    start(job=job, by=bob)
    experiment.refresh_from_db()
    assert experiment.status == Status.RUNNING


@pytest.mark.parametrize(
    ("said", "status", "experiment_status"),
    [
        (["running"], "RUNNING", "RUNNING"),
        (["running", "running"], "RUNNING", "RUNNING"),
        (["running", "succeed"], "SUCCEEDED", "SUCCESS"),
        (["running", "fail"], "FAILED", "FAILED"),
        # Twice, since the answer was lost on its way.
        (["running", "succeed", "succeed"], "SUCCEEDED", "SUCCESS"),
        # Late or not in order: the first end stands.
        (["succeed", "running"], "SUCCEEDED", "SUCCESS"),
        (["running", "succeed", "fail"], "SUCCEEDED", "SUCCESS"),
        (["running", "fail", "succeed"], "FAILED", "FAILED"),
        (["fail", "running", "succeed"], "FAILED", "FAILED"),
        # The beginning was never told.
        (["succeed"], "SUCCEEDED", "SUCCESS"),
        (["fail"], "FAILED", "FAILED"),
    ],
)
def test_a_job_moves_forward(
    experiment: Experiment, bob: User, said: list[str], status: str, experiment_status: str
) -> None:
    job = JobFactory(experiment=experiment)
    for verb in said:
        answer = VERBS[verb](job=job, by=bob)
    job.refresh_from_db()
    experiment.refresh_from_db()
    assert answer.status == job.status == status
    assert experiment.status == experiment_status
    assert job.started_at is not None
    assert (job.ended_at is None) == job.is_active


@pytest.mark.parametrize("end", [Status.SUCCESS, Status.FAILED, Status.CANCELED, Status.TERMINATED])
def test_the_scripts_own_word_stands(experiment: Experiment, bob: User, end: Status) -> None:
    job = start(job=JobFactory(experiment=experiment), by=bob)
    Experiment.objects.update(status=end)
    fail(job=job, by=bob)
    experiment.refresh_from_db()
    assert experiment.status == end


def test_a_viewer_moves_nothing(experiment: Experiment, vera: User) -> None:
    job = JobFactory(experiment=experiment)
    for verb in VERBS.values():
        with pytest.raises(PermissionDenied):
            verb(job=job, by=vera)
    with pytest.raises(PermissionDenied):
        report(experiment=experiment, status=JobStatus.RUNNING, by=vera)
    with pytest.raises(PermissionDenied):
        stop(job=job, by=vera)
    job.refresh_from_db()
    assert job.status == JobStatus.QUEUED


@pytest.mark.parametrize(
    ("status", "experiment_status"),
    [
        (JobStatus.RUNNING, Status.RUNNING),
        (JobStatus.SUCCEEDED, Status.SUCCESS),
        (JobStatus.FAILED, Status.FAILED),
        (JobStatus.KILLED, Status.TERMINATED),
    ],
)
@pytest.mark.parametrize("has_job", [True, False])
def test_an_older_script_reports(
    experiment: Experiment, bob: User, status: JobStatus, experiment_status: Status, has_job: bool
) -> None:
    if has_job:
        JobFactory(experiment=experiment)
    report(experiment=experiment, status=status, by=bob)
    experiment.refresh_from_db()
    assert experiment.status == experiment_status
    assert list(experiment.jobs.values_list("status", flat=True)) == [status] * has_job


def test_what_waits_in_the_queue_is_taken_out(experiment: Experiment, bob: User) -> None:
    job = stop(job=JobFactory(experiment=experiment), by=bob)
    assert job.status == JobStatus.KILLED
    assert job.started_at is None
    experiment.refresh_from_db()
    assert experiment.status == Status.WAITING
    assert launch(experiment=experiment, gpus=1, gpu_type="", by=bob).status == JobStatus.QUEUED


def test_what_others_run_is_given_up(experiment: Experiment, bob: User) -> None:
    job = stop(job=start(job=JobFactory(experiment=experiment), by=bob), by=bob)
    assert (job.status, job.reason) == (JobStatus.KILLED, "Given up by bob. It ran elsewhere, where it may go on.")
    experiment.refresh_from_db()
    assert experiment.status == Status.CANCELED


def test_what_has_ended_is_not_stopped(experiment: Experiment, bob: User) -> None:
    job = succeed(job=JobFactory(experiment=experiment), by=bob)
    with pytest.raises(ValidationError, match="ended already"):
        stop(job=job, by=bob)
