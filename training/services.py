"""Asking for a run of an experiment, stopping it, and what its script says of it.

What a run reports may come twice, late, or not in order: a job moves forward only, and its first end stands. Of a job
that a launcher runs only the launcher knows the end: there the script's word is kept, and its exit decides.
"""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from config.ids import new_id
from experiments.models import Experiment, Status
from organizations.models import Role, User
from training.launchers import offered
from training.models import ACTIVE, GPUS_MAX, Job, JobStatus
from training.moves import advance, become, follow, locked_experiment, locked_job
from training.preflight import blocking
from training.runs import run_of
from training.tasks import look_after_jobs

WAITING = (JobStatus.PENDING, JobStatus.QUEUED)


def launch(
    *,
    experiment: Experiment,
    launcher: str | None = None,
    processors: int = 0,
    memory_mb: int = 0,
    gpus: int = 0,
    gpu_type: str = "",
    job_id: uuid.UUID | None = None,
    by: User,
) -> Job:
    """Ask for a run. The job waits in the queue until its launcher has room.

    Args:
        experiment: one that does not run, and in which something can be run.
        launcher: one of those that are offered; None for the first that takes it, with the wishes cut to what there
            is. Where none is offered at all, the job waits for a runner that the server knows nothing of.
        processors: 0 for as many as there are.
        memory_mb: in MiB; 0 for as much as the installation allows.
        gpus: how many it wants, from 0 to 64.
        gpu_type: such as `A100`; empty for any.
        job_id: that the job takes. Asked again with it, whatever became of the job meanwhile, that one is the answer.
        by: at least a member.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: when nothing can be run, or nobody takes it; by field when the wishes make no sense; with the
            code `in_use` when the experiment runs, or has a job that has not ended.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    if there := _launched_before(experiment, job_id):
        return there
    if settings.LAUNCHERS:
        _refuse_blocked(experiment)
    job = Job(pk=job_id or new_id(), experiment=experiment, processors=processors, memory_mb=memory_mb, gpus=gpus)
    job.gpu_type, job.created_by = gpu_type.strip(), by
    return _queue(job, launcher)


def _launched_before(experiment: Experiment, job_id: uuid.UUID | None) -> Job | None:
    if job_id is None:
        return None
    there = Job.objects.filter(pk=job_id).first()
    if there is not None and there.experiment_id != experiment.pk:
        raise ValidationError("This form was sent for another experiment: open it anew.")
    return there


def _refuse_blocked(experiment: Experiment) -> None:
    """What the preflight says, before anything is locked: it looks at files."""
    found = blocking(experiment)
    if found:
        in_use = any(finding.code == "in_use" for finding in found)
        raise ValidationError(" ".join(finding.sentence for finding in found), code="in_use" if in_use else None)


@transaction.atomic
def _queue(job: Job, launcher: str | None) -> Job:
    locked = locked_experiment(job.experiment)
    if there := _launched_before(locked, job.pk):
        return there
    _refuse_launch(locked)
    job.experiment = locked
    _refuse_wishes(job, is_exact=launcher is not None)
    job.launcher = _place_for(job, launcher)
    job.full_clean(validate_constraints=False)
    job.save(force_insert=True)
    if job.launcher:
        transaction.on_commit(look_after_jobs)
    return job


def _refuse_launch(experiment: Experiment) -> None:
    """Whether it could be launched at all, wherever.

    Raises:
        ValidationError: as `launch`.
    """
    if not experiment.architecture.is_trainable:
        raise ValidationError(
            "The experiment has neither a Docker image nor a command, so there is nothing to run. "
            "Give it a base that has one."
        )
    if experiment.status == Status.RUNNING:
        raise ValidationError("The experiment runs already. Wait until it has ended.", code="in_use")
    if experiment.jobs.active().exists():
        raise ValidationError("The experiment has a job that has not ended yet. Wait until it has.", code="in_use")


def _refuse_wishes(job: Job, *, is_exact: bool) -> None:
    if not 0 <= job.gpus <= GPUS_MAX:
        raise ValidationError({"gpus": f"Between 0 and {GPUS_MAX} GPUs can be asked for."})
    if not settings.LAUNCHERS:
        return
    if not is_exact:
        job.gpus = min(job.gpus, settings.RUN_GPUS)
    limits = {"gpus": settings.RUN_GPUS, "processors": settings.RUN_PROCESSORS, "memory_mb": settings.RUN_MEMORY_MB}
    units = {"gpus": "GPUs", "processors": "processors", "memory_mb": "MB of memory"}
    wrong = {}
    for name, limit in limits.items():
        wish = getattr(job, name)
        if wish < 0 or (wish > limit and (limit or name == "gpus")):
            wrong[name] = f"Between 0 and {limit:,} {units[name]} can be asked for here."
    if wrong:
        raise ValidationError(wrong)


def _place_for(job: Job, wanted: str | None) -> str:
    """The word of the launcher that takes the job."""
    launchers = offered()
    if wanted is not None:
        launchers = [launcher for launcher in launchers if launcher.name == wanted]
        if not launchers:
            raise ValidationError({"launcher": "This is not offered here: choose one that is."})
    refusals = [(launcher, launcher.refusal(run_of(job))) for launcher in launchers]
    taking = [launcher.name for launcher, refusal in refusals if not refusal]
    if refusals and not taking:
        raise ValidationError(" ".join(f"{launcher.label}: {refusal}" for launcher, refusal in refusals))
    return taking[0] if taking else ""


@transaction.atomic
def stop(*, job: Job, by: User) -> Job:
    """End a run: one that waits is taken out of the queue, one that runs is asked to end, and then ended.

    An experiment whose run was stopped is CANCELED; one whose job only waited stays what it was.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: when it has ended meanwhile.
    """
    by.must_be(Role.MEMBER, job.experiment.project.organization)
    locked = locked_job(job)
    if not locked.is_active:
        raise ValidationError("The job has ended already.")
    if locked.status in WAITING:
        advance(locked, JobStatus.KILLED, reason=f"Taken out of the queue by {by}.")
    elif not locked.launcher:
        advance(locked, JobStatus.KILLED, reason=f"Given up by {by}. It ran elsewhere, where it may go on.")
        become(locked.experiment, Status.CANCELED)
    elif locked.stop_asked_at is None:
        locked.stop_asked_at, locked.stop_asked_by = timezone.now(), by
        locked.save(update_fields=["stop_asked_at", "stop_asked_by"])
        transaction.on_commit(look_after_jobs)
    return locked


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
    locked = locked_experiment(experiment)
    job = locked.jobs.active().select_for_update().first()
    if job is not None:
        _hear(job, status)
    follow(locked, status)


@transaction.atomic
def _move(job: Job, status: JobStatus, by: User) -> Job:
    by.must_be(Role.MEMBER, job.experiment.project.organization)
    locked = locked_job(job)
    if _hear(locked, status):
        follow(locked.experiment, status)
    return locked


def _hear(job: Job, status: JobStatus) -> bool:
    """What was said of a locked job: whether it moved."""
    if not job.launcher or status in ACTIVE:
        return advance(job, status)
    job.reported = status
    job.save(update_fields=["reported"])
    return False
