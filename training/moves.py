"""How a job moves, and its experiment with it. Who may move it, and why, is for those who call: services, tending."""

from typing import Any

from django.utils import timezone

from experiments.models import Experiment, Status
from training.models import ACTIVE, Job, JobStatus

# What a job's move makes of its experiment.
EXPERIMENT_STATUS = {
    JobStatus.RUNNING: Status.RUNNING,
    JobStatus.SUCCEEDED: Status.SUCCESS,
    JobStatus.FAILED: Status.FAILED,
    JobStatus.KILLED: Status.TERMINATED,
}


def locked_experiment(experiment: Experiment) -> Experiment:
    """The experiment's row, locked before any of its jobs: whoever deletes it locks in this order, too."""
    return (
        Experiment.objects.select_for_update(of=("self",))
        .select_related("architecture", "project__organization")
        .get(pk=experiment.pk)
    )


def locked_job(job: Job) -> Job:
    """The job's row, locked, after its experiment's."""
    experiment = locked_experiment(job.experiment)
    locked = Job.objects.select_for_update().get(pk=job.pk)
    locked.experiment = experiment
    return locked


def advance(job: Job, status: JobStatus, **says: Any) -> bool:
    """Move a locked job forward. Whether it moved: what was said before, and anything after an end, changes nothing.

    Args:
        job: locked.
        status: where to.
        says: other fields that the move sets, such as the reason of an end.
    """
    if not job.is_active or job.status == status:
        return False
    now = timezone.now()
    job.status = status
    job.started_at = job.started_at or (None if status == JobStatus.KILLED else now)
    job.ended_at = None if status in ACTIVE else now
    for name, value in says.items():
        setattr(job, name, value)
    job.save(update_fields=["status", "started_at", "ended_at", *says])
    if status not in ACTIVE and job.token_id:
        end_token(job)
    return True


def end_token(job: Job) -> None:
    """From now on nobody speaks to the server as this job."""
    if job.token is not None:
        job.token.delete()
        job.token = None


def follow(experiment: Experiment, status: JobStatus) -> None:
    """Let a locked experiment follow its run: to RUNNING from anywhere, to an end only if it has not ended."""
    if status == JobStatus.RUNNING or experiment.status in (Status.WAITING, Status.RUNNING):
        become(experiment, EXPERIMENT_STATUS[status])


def become(experiment: Experiment, status: Status) -> None:
    """Give a locked experiment its status."""
    experiment.status = status
    experiment.save(update_fields=["status", "updated_at"])
