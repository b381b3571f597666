"""Asking for a run of an experiment, and what becomes of it.

What a run reports may come twice, late, or not in order: a job moves forward only, and its first end stands.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from experiments.models import Experiment, Status
from organizations.models import Role, User
from training.models import GPUS_MAX, Job, JobStatus

# What a job's move makes of its experiment.
EXPERIMENT_STATUS = {
    JobStatus.RUNNING: Status.RUNNING,
    JobStatus.SUCCEEDED: Status.SUCCESS,
    JobStatus.FAILED: Status.FAILED,
    JobStatus.KILLED: Status.TERMINATED,
}


@transaction.atomic
def launch(*, experiment: Experiment, gpus: int, gpu_type: str, by: User) -> Job:
    """Ask for a run. The job waits in the queue until a worker takes it.

    Args:
        experiment: one that does not run, and in which something can be run.
        gpus: how many it wants, from 0 to 64.
        gpu_type: such as `A100`; empty for any.
        by: at least a member.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: when nothing can be run; by field when the wishes make no sense; with the code `in_use` when
            the experiment runs, or has a job that has not ended.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    locked = _locked(experiment)
    _refuse_launch(locked)
    job = Job(experiment=locked, gpus=gpus, gpu_type=gpu_type.strip(), status=JobStatus.QUEUED, created_by=by)
    if not 0 <= gpus <= GPUS_MAX:
        raise ValidationError({"gpus": f"Between 0 and {GPUS_MAX} GPUs can be asked for."})
    job.full_clean(validate_constraints=False)
    job.save(force_insert=True)
    return job


def _refuse_launch(experiment: Experiment) -> None:
    if not experiment.architecture.is_trainable:
        raise ValidationError(
            "The experiment has neither a Docker image nor a command, so there is nothing to run. "
            "Give it a base that has one."
        )
    if experiment.status == Status.RUNNING:
        raise ValidationError("The experiment runs already. Wait until it has ended.", code="in_use")
    if experiment.jobs.active().exists():
        raise ValidationError("The experiment has a job that has not ended yet. Wait until it has.", code="in_use")


def start(*, job: Job, by: User) -> Job:
    """The run has begun, and so its experiment runs.

    Raises:
        PermissionDenied: for less than a member.
    """
    return _move(job, JobStatus.RUNNING, by)


def succeed(*, job: Job, by: User) -> Job:
    """The run ended well, and so did its experiment, unless its script said otherwise already.

    Raises:
        PermissionDenied: for less than a member.
    """
    return _move(job, JobStatus.SUCCEEDED, by)


def fail(*, job: Job, by: User) -> Job:
    """The run ended badly, and so did its experiment, unless its script said otherwise already.

    Raises:
        PermissionDenied: for less than a member.
    """
    return _move(job, JobStatus.FAILED, by)


@transaction.atomic
def report(*, experiment: Experiment, status: JobStatus, by: User) -> None:
    """What a script says of the run that it is, without knowing its job: there may be none.

    Args:
        experiment: what is run.
        status: RUNNING or an end.
        by: at least a member.

    Raises:
        PermissionDenied: for less than a member.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    locked = _locked(experiment)
    job = locked.jobs.active().select_for_update().first()
    if job is not None:
        _advance(job, status)
    _follow(locked, status)


@transaction.atomic
def cancel(*, job: Job, by: User) -> Job:
    """Take a job that has not begun out of the queue. Its experiment stays what it was, and can be launched again.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: when it has begun or ended meanwhile.
    """
    by.must_be(Role.MEMBER, job.experiment.project.organization)
    _locked(job.experiment)
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.status not in (JobStatus.PENDING, JobStatus.QUEUED):
        raise ValidationError("The job has left the queue already.")
    _advance(locked, JobStatus.KILLED)
    return locked


@transaction.atomic
def _move(job: Job, status: JobStatus, by: User) -> Job:
    by.must_be(Role.MEMBER, job.experiment.project.organization)
    experiment = _locked(job.experiment)
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if _advance(locked, status):
        _follow(experiment, status)
    return locked


def _locked(experiment: Experiment) -> Experiment:
    """The experiment's row, locked before any of its jobs: whoever deletes it locks in this order, too."""
    return Experiment.objects.select_for_update(of=("self",)).select_related("architecture").get(pk=experiment.pk)


def _advance(job: Job, status: JobStatus) -> bool:
    """Move a locked job forward. Whether it moved: what was said before, and anything after an end, changes nothing."""
    if not job.is_active or job.status == status:
        return False
    now = timezone.now()
    job.status = status
    job.started_at = job.started_at or (None if status == JobStatus.KILLED else now)
    job.ended_at = None if job.is_active else now
    job.save(update_fields=["status", "started_at", "ended_at"])
    return True


def _follow(experiment: Experiment, status: JobStatus) -> None:
    """Let a locked experiment follow its run: to RUNNING from anywhere, to an end only if it has not ended."""
    if status == JobStatus.RUNNING or experiment.status in (Status.WAITING, Status.RUNNING):
        experiment.status = EXPERIMENT_STATUS[status]
        experiment.save(update_fields=["status", "updated_at"])
