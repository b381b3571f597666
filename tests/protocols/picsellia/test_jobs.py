"""Runs are launched, found, and moved, and work that was done at once has a receipt."""

import uuid
from collections.abc import Callable

import picsellia
import pytest
from picsellia.exceptions import BadRequestError, ForbiddenError, ResourceConflictError, ResourceNotFoundError
from picsellia.sdk.experiment import Experiment as SdkExperiment
from picsellia.sdk.job import Job as SdkJob
from picsellia.types.enums import JobRunStatus, JobStatus

from experiments.models import Experiment, Status
from organizations.models import Organization, User
from tests.factories import ExperimentFactory, JobFactory
from tests.protocols.picsellia.conftest import ConnectAs
from tests.protocols.picsellia.plain import PlainClient
from training.finished import record_finished
from training.models import Job


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    return ExperimentFactory(project__organization=orchard)


def as_sdk(client: picsellia.Client, experiment: Experiment) -> SdkExperiment:
    """The experiment as the SDK has it after it was found."""
    data = {"id": str(experiment.pk), "name": experiment.name, "project_id": str(experiment.project_id)}
    return SdkExperiment(client.connection, {**data, "status": experiment.status})


def test_a_run_from_launch_to_end(sdk: picsellia.Client, experiment: Experiment, bob: User) -> None:
    connector = sdk.get_compute_connector(name="default")
    assert connector.id == experiment.project.organization_id
    launched = as_sdk(sdk, experiment).launch(gpus=2, gpu_type="A100_80GB", compute_connector=connector)
    job = Job.objects.get()
    assert (job.pk, job.gpus, job.gpu_type, job.created_by) == (launched.id, 2, "A100_80GB", bob)
    with pytest.raises(ResourceConflictError, match="has not ended"):
        as_sdk(sdk, experiment).launch()

    found = sdk.get_job_by_id(launched.id)
    assert found.status == JobRunStatus.QUEUED
    found.update_job_run_with_status(JobRunStatus.RUNNING)
    experiment.refresh_from_db()
    assert (found.status, experiment.status) == (JobRunStatus.RUNNING, Status.RUNNING)
    found.update_job_run_with_status(JobRunStatus.SUCCEEDED)
    experiment.refresh_from_db()
    assert (found.status, experiment.status) == (JobRunStatus.SUCCEEDED, Status.SUCCESS)
    launched.sync()
    assert launched.wait_for_done(attempts=1, blocking_time_increment=0.0) == JobRunStatus.SUCCEEDED
    found.update_job_run_with_status(JobRunStatus.FAILED)
    assert found.status == JobRunStatus.SUCCEEDED


def test_an_older_script_says_its_status(sdk: picsellia.Client, experiment: Experiment) -> None:
    JobFactory(experiment=experiment)
    for said, status, job_status in [
        (JobStatus.RUNNING, Status.RUNNING, "RUNNING"),
        ("TERMINATED", Status.TERMINATED, "KILLED"),
        ("SUCCESS", Status.TERMINATED, "KILLED"),
    ]:
        as_sdk(sdk, experiment).update_job_status(said)
        experiment.refresh_from_db()
        assert (experiment.status, experiment.jobs.get().status) == (status, job_status)


def test_a_receipt(sdk: picsellia.Client, orchard: Organization, bob: User) -> None:
    task = record_finished(organization=orchard, by=bob)
    job = SdkJob(sdk.connection, {"id": str(task.pk), "status": "RUNNING"}, version=1)
    job.sync()
    assert job.status == JobStatus.SUCCESS
    assert job.wait_for_done(attempts=1, blocking_time_increment=0.0) == JobStatus.SUCCESS


def test_refusals(sdk: picsellia.Client, orchard: Organization, connect_as: ConnectAs, vera: User) -> None:
    bare = ExperimentFactory(project__organization=orchard, architecture__docker_image="", architecture__command="")
    with pytest.raises(BadRequestError, match="neither a Docker image nor a command"):
        as_sdk(sdk, bare).launch()
    experiment = ExperimentFactory(project__organization=orchard)
    with pytest.raises(BadRequestError, match="Between 0 and 64"):
        as_sdk(sdk, experiment).launch(gpus=65)
    for missing in ({"name": "cluster"}, {"id": uuid.uuid4()}):
        with pytest.raises(ResourceNotFoundError):
            sdk.get_compute_connector(**missing)
    with pytest.raises(ResourceNotFoundError):
        as_sdk(sdk, experiment).launch(compute_connector=uuid.uuid4())
    with pytest.raises(ResourceNotFoundError):
        sdk.get_job_by_id(uuid.uuid4())

    job = JobFactory(experiment=experiment)
    viewer = connect_as(vera)
    with pytest.raises(ForbiddenError):
        as_sdk(viewer, ExperimentFactory(project__organization=orchard)).launch()
    with pytest.raises(ForbiddenError):
        viewer.get_job_by_id(job.pk).update_job_run_with_status(JobRunStatus.RUNNING)
    with pytest.raises(ForbiddenError):
        as_sdk(viewer, experiment).update_job_status("RUNNING")
    job.refresh_from_db()
    assert job.status == "QUEUED"


def test_a_strangers_jobs_are_not_there(
    plain_of: Callable[..., PlainClient], experiment: Experiment, orchard: Organization, harbor: Organization,
    bob: User, charlie: User,
) -> None:  # fmt: skip
    job, task = JobFactory(experiment=experiment), record_finished(organization=orchard, by=bob)
    stranger = plain_of(charlie)
    for method, path, body in [
        ("GET", f"/api/job/{task.pk}", None),
        ("GET", f"/api/v2/job/{job.pk}", None),
        ("GET", f"/api/organization/{orchard.pk}/jobv2s/find?id={job.pk}", None),
        ("GET", f"/api/organization/{harbor.pk}/jobv2s/find?id={job.pk}", None),
        ("GET", f"/api/organization/{orchard.pk}/computeconnectors/find?name=default", None),
        ("POST", f"/api/v2/job/{job.pk}/running", None),
        ("POST", f"/api/v2/job/{job.pk}/succeed", None),
        ("POST", f"/api/v2/job/{job.pk}/fail", None),
        ("POST", f"/api/experiment/{experiment.pk}/launch", {"gpus": 1}),
        ("PATCH", f"/api/experiment/{experiment.pk}/job/status", {"status": "RUNNING"}),
    ]:
        assert stranger(method, path, body)[0] == 404, path
    job.refresh_from_db()
    experiment.refresh_from_db()
    assert (job.status, experiment.status, experiment.jobs.count()) == ("QUEUED", Status.WAITING, 1)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("launch", {"gpus": "many"}),
        ("launch", {"gpus": 2**70}),
        ("job/status", {"status": "KILLED"}),
        ("job/status", {}),
    ],
)
def test_broken_bodies(plain: PlainClient, experiment: Experiment, call: str, body: dict[str, object]) -> None:
    method = "POST" if call == "launch" else "PATCH"
    status, answer = plain(method, f"/api/experiment/{experiment.pk}/{call}", body)
    assert status in (400, 422)
    assert answer["message"]
