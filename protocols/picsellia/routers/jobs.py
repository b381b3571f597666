"""Jobs: receipts of what was done at once (v1), and runs of experiments (v2)."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from experiments.models import Experiment
from protocols.picsellia.caller import caller, own_organization
from protocols.picsellia.finding import found
from training import services
from training.models import FinishedTask, Job, JobStatus

router = Router()

# An organization has one place where its experiments run. It has the organization's id, as its place for files has.
CONNECTOR_NAME = "default"
# The words of the first kind of job → those of the second.
REPORTED = {
    "RUNNING": JobStatus.RUNNING,
    "SUCCESS": JobStatus.SUCCEEDED,
    "FAILED": JobStatus.FAILED,
    "TERMINATED": JobStatus.KILLED,
}


class FinishedTaskOut(Schema):
    """A job of the first kind: the work is done when its id is told."""

    id: uuid.UUID
    status: str


class JobOut(Schema):
    """A run of an experiment: a job of the second kind."""

    id: uuid.UUID
    status: JobStatus
    experiment_id: uuid.UUID
    gpus: int
    gpu_type: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class LaunchIn(Schema):
    """What the run wants."""

    gpus: int = 1
    gpu_type: str | None = None
    compute_connector_id: uuid.UUID | None = None


class StatusIn(Schema):
    """What an older script says of its run."""

    status: Literal["RUNNING", "SUCCESS", "FAILED", "TERMINATED"]


class ComputeConnectorOut(Schema):
    """Where experiments run."""

    id: uuid.UUID
    name: str
    url: str
    client_type: str
    enabled: bool


@router.get("/job/{uuid:task_id}", response=FinishedTaskOut)
def finished_task(request: HttpRequest, task_id: uuid.UUID) -> FinishedTask:
    """The receipt of work that was done when its call was answered. It is kept for a week, and then a 404."""
    return get_object_or_404(FinishedTask.objects.visible_to(caller(request)), pk=task_id)


@router.get("/v2/job/{uuid:job_id}", response=JobOut)
def sync(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """A job, which is a run of an experiment."""
    return own_job(request, job_id)


@router.get("/organization/{uuid:organization_id}/jobv2s/find", response=JobOut)
def find(request: HttpRequest, organization_id: uuid.UUID, id: uuid.UUID) -> Job:
    """The organization's job of an id."""
    jobs = Job.objects.visible_to(caller(request))
    return found(jobs.filter(experiment__project__organization=own_organization(request, organization_id)), pk=id)


@router.post("/v2/job/{uuid:job_id}/running", response=JobOut)
def running(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """Say that a job's run has begun: its experiment runs. To a job that runs or has ended it means nothing."""
    return _moved(request, job_id, services.start)


@router.post("/v2/job/{uuid:job_id}/succeed", response=JobOut)
def succeed(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """Say that a job's run ended well, and its experiment with it. The first end stands, whatever is said later."""
    return _moved(request, job_id, services.succeed)


@router.post("/v2/job/{uuid:job_id}/fail", response=JobOut)
def fail(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """Say that a job's run ended badly, and its experiment with it. The first end stands, whatever is said later."""
    return _moved(request, job_id, services.fail)


@router.post("/experiment/{uuid:experiment_id}/launch", response=JobOut)
def launch(request: HttpRequest, experiment_id: uuid.UUID, body: LaunchIn) -> Job:
    """Ask for a run of an experiment, which waits for a worker.

    With neither image nor command it is a 400; while the experiment runs or a job of it has not ended, a 409.
    """
    experiment = own_experiment(request, experiment_id)
    if body.compute_connector_id not in (None, experiment.project.organization_id):
        raise Http404
    return services.launch(experiment=experiment, gpus=body.gpus, gpu_type=body.gpu_type or "", by=caller(request))


@router.patch("/experiment/{uuid:experiment_id}/job/status", response={204: None})
def report(request: HttpRequest, experiment_id: uuid.UUID, body: StatusIn) -> None:
    """What a script says of the run that it is, with a job or without.

    The first end stands, until the script says that it runs again.
    """
    experiment = own_experiment(request, experiment_id)
    services.report(experiment=experiment, status=REPORTED[body.status], by=caller(request))


@router.get("/organization/{uuid:organization_id}/computeconnectors/find", response=ComputeConnectorOut)
def find_compute_connector(
    request: HttpRequest, organization_id: uuid.UUID, id: uuid.UUID | None = None, name: str | None = None
) -> ComputeConnectorOut:
    """The organization's only place for runs. Its id is the organization's; another id or name is a 404."""
    organization = own_organization(request, organization_id)
    if id not in (None, organization.pk) or name not in (None, CONNECTOR_NAME):
        raise Http404
    return ComputeConnectorOut(
        id=organization.pk,
        name=CONNECTOR_NAME,
        url=request.build_absolute_uri("/"),
        client_type="espalier",
        enabled=True,
    )


def own_job(request: HttpRequest, job_id: uuid.UUID) -> Job:
    """The job with what its services ask for, or 404."""
    jobs = Job.objects.visible_to(caller(request)).select_related("experiment__project__organization")
    return get_object_or_404(jobs, pk=job_id)


def own_experiment(request: HttpRequest, experiment_id: uuid.UUID) -> Experiment:
    """The experiment with what the services of its runs ask for, or 404."""
    experiments = Experiment.objects.visible_to(caller(request)).select_related("project__organization")
    return get_object_or_404(experiments, pk=experiment_id)


def _moved(request: HttpRequest, job_id: uuid.UUID, move: Callable[..., Job]) -> Job:
    return move(job=own_job(request, job_id), by=caller(request))
