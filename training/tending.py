"""Looking after the jobs: what waits is begun in its order, what runs is followed, what ended is said to have ended.

All that a look knows it reads from the database and from the launchers, so that any worker can take over from any
other at any line. What it writes it writes under its lease (lease.py).
"""

import errno
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import BooleanField, Case, F, QuerySet, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.db.models.lookups import LessThan

from experiments.models import Experiment, Status
from organizations.models import Role
from organizations.tokens import create_training_token
from storage.exceptions import UploadTooLarge
from storage.models import Blob
from storage.services import store
from training.capture import Captured, Place, capture
from training.console import close, take_in
from training.ending import last_lines, late, reason_of
from training.launchers import Launcher, launcher_named, offered, slots_of
from training.launchers.base import Beat, CannotRun, LauncherAway, Outcome, State
from training.lease import Held, LeaseLost
from training.models import REASON_MAX, Job, JobStatus
from training.moves import advance, become, end_token, locked_job
from training.runs import run_of

logger = logging.getLogger(__name__)

# A run that its worker did not survive beginning is begun again so often.
ATTEMPTS_MAX = 3
# Of one job's output before the next job's turn.
READS_MAX = 4
SWEEP_SECONDS = 30.0
BEAT_SECONDS = 2.0
LATE = timedelta(seconds=30)


class Tender:
    """A worker that looks after the jobs for a while.

    Args:
        held: the lease under which it writes.
    """

    def __init__(self, held: Held) -> None:
        self.held = held
        self._beaten = time.monotonic()

    def look_round(self) -> bool:
        """Look at every job once. Whether there is one that has not ended.

        Raises:
            LeaseLost: when another worker looks after them by now.
        """
        self._beat()
        self._sweep()
        for launcher in offered():
            for job in _next_of(launcher):
                with _harming_no_other(job):
                    self._begin(job, launcher)
        for job in _running():
            with _harming_no_other(job):
                self._follow(job, launcher_named(job.launcher))
        return Job.objects.active().exclude(launcher="").exists()

    # Beginning

    def _begin(self, job: Job, launcher: Launcher) -> None:
        try:
            if launcher.look(str(job.pk)).state is State.GONE and not self._hand_over(job, launcher):
                return
        except LauncherAway as away:
            self._wait(job, f"{launcher.label} can't be reached at the moment: {away}")
        except CannotRun as refusal:
            self._fail(job, str(refusal))
        except OSError as error:
            self._fail(job, _of_the_disk(error))
        else:
            self._say_that_it_runs(job)

    def _say_that_it_runs(self, job: Job) -> None:
        with self._writing(job) as locked:
            if advance(locked, JobStatus.RUNNING, reason=""):
                become(locked.experiment, Status.RUNNING)

    def _hand_over(self, job: Job, launcher: Launcher) -> bool:
        """Give the job to its launcher with a token of its own. Not if it is no more to be run."""
        token = ""
        with self._writing(job) as locked:
            if locked.status not in (JobStatus.PENDING, JobStatus.QUEUED):
                return False
            if refusal := _refusal(locked):
                advance(locked, JobStatus.FAILED, reason=refusal)
                become(locked.experiment, Status.FAILED)
                return False
            token = _token_for(locked)
        launcher.submit(run_of(job, token=token), self._beat)
        return True

    def _wait(self, job: Job, reason: str) -> None:
        """Leave it where it is in the queue; that it could not be begun now does not count."""
        with self._writing(job) as locked:
            if locked.status in (JobStatus.PENDING, JobStatus.QUEUED):
                locked.reason, locked.attempts = reason[:REASON_MAX], 0
                locked.save(update_fields=["reason", "attempts"])

    def _fail(self, job: Job, reason: str) -> None:
        with self._writing(job) as locked:
            if advance(locked, JobStatus.FAILED, reason=reason[:REASON_MAX]):
                become(locked.experiment, Status.FAILED)

    def _beat(self) -> None:
        """While something takes long."""
        if time.monotonic() - self._beaten > BEAT_SECONDS:
            self.held.renew()
            self._beaten = time.monotonic()

    # Following

    def _follow(self, job: Job, launcher: Launcher) -> None:
        try:
            self._stop_if_asked(job, launcher)
            # Before the output: of a run that has ended, nothing comes after what is read now.
            outcome = launcher.look(str(job.pk))
            if job.is_late:  # type: ignore[attr-defined] # by _running
                launcher.stop(str(job.pk), at_once=True)
                outcome = late(outcome)
            is_read = self._read(job, launcher, is_over=outcome.state is not State.RUNNING)
            if outcome.state is not State.RUNNING and is_read:
                self._end(job, launcher, outcome)
        except LauncherAway as away:
            logger.warning("Job %s: %s can't be reached: %s", job.pk, launcher.label, away)

    def _stop_if_asked(self, job: Job, launcher: Launcher) -> None:
        if job.stop_asked_at is None:
            return
        is_over: bool = job.is_patience_over  # type: ignore[attr-defined] # by _running
        if is_over or not job.output_cursor.get("asked"):
            launcher.stop(str(job.pk), at_once=is_over)
            job.output_cursor["asked"] = True
            with self._writing(job) as locked:
                locked.output_cursor = job.output_cursor
                locked.save(update_fields=["output_cursor"])

    def _read(self, job: Job, launcher: Launcher, *, is_over: bool) -> bool:
        """Take in what was printed since. Whether that was all."""
        for _ in range(READS_MAX):
            cursor = job.output_cursor
            rest = bytes.fromhex(cursor.get("rest", ""))
            output = launcher.read(str(job.pk), cursor.get("at", ""))
            is_last = is_over and output.is_all
            if output.content or (is_last and rest):
                content = rest + output.content
                captured = capture(content, Place(*cursor.get("place", [])), is_all=is_last)
                self._take_in(job, captured, content[captured.taken :], output.cursor)
            if output.is_all:
                return True
        return False

    def _take_in(self, job: Job, captured: Captured, rest: bytes, at: str) -> None:
        """The lines, and the place up to which they were read, in one transaction: none is lost, and none is twice."""
        tail = last_lines(job.output_cursor.get("tail", []), captured.batches)
        place = [captured.place.part, captured.place.number]
        job.output_cursor |= {"at": at, "rest": rest.hex(), "place": place, "tail": tail}
        with self._writing(job) as locked:
            take_in(job=locked, batches=captured.batches)
            locked.output_cursor, locked.last_output_at = job.output_cursor, Now()
            locked.save(update_fields=["output_cursor", "last_output_at"])

    def _end(self, job: Job, launcher: Launcher, outcome: Outcome) -> None:
        if outcome.state is State.GONE:
            launcher.stop(str(job.pk), at_once=True)
        blob = self._all_output(job, launcher)
        status = _status_of(job, outcome)
        with self._writing(job) as locked:
            says = {
                "exit_code": outcome.exit_code,
                "reason": reason_of(locked, outcome)[:REASON_MAX],
                "last_output": "\n".join(text for _, _, text in job.output_cursor.get("tail", [])),
            }
            if advance(locked, status, **says):
                become(locked.experiment, EXPERIMENT_END[status])
                close(job=locked, exit_code=outcome.exit_code, blob=blob)
        launcher.forget(str(job.pk))

    def _all_output(self, job: Job, launcher: Launcher) -> Blob | None:
        """The bytes as they were printed, in the store; None when it has no room for them, which fails no job."""
        with suppress(OSError, UploadTooLarge):
            return store(_output_of(str(job.pk), launcher, self._beat))
        return None

    # What is left behind

    def _sweep(self) -> None:
        """End what runs without a job that says so: of a worker that lost its lease, or whose job was deleted."""
        global _swept
        if time.monotonic() - _swept < SWEEP_SECONDS:
            return
        _swept = time.monotonic()
        for launcher in offered():
            with suppress(LauncherAway):
                for run_id in launcher.known():
                    self.sweep_away(run_id, launcher)

    def sweep_away(self, run_id: str, launcher: Launcher) -> None:
        """End a run, and remove what is left of it, unless a job says that it runs."""
        if Job.objects.active().filter(pk=run_id).exists():
            return
        logger.warning("Run %s has no job any more: it is ended.", run_id)
        launcher.stop(run_id, at_once=True)
        launcher.forget(run_id)

    @contextmanager
    def _writing(self, job: Job) -> Iterator[Job]:
        """The job, locked, in a transaction that no worker without the lease can commit."""
        with transaction.atomic():
            self.held.renew()
            yield locked_job(job)


_swept = float("-inf")

EXPERIMENT_END = {
    JobStatus.SUCCEEDED: Status.SUCCESS,
    JobStatus.FAILED: Status.FAILED,
    JobStatus.KILLED: Status.CANCELED,
}


@contextmanager
def _harming_no_other(job: Job) -> Iterator[None]:
    """Whatever is wrong with one job, the others are looked after; without lease or database, none is."""
    try:
        yield
    except (LeaseLost, DatabaseError, InterfaceError):
        raise
    except Exception:
        logger.exception("Job %s could not be looked after.", job.pk)


def _running() -> QuerySet[Job]:
    """Those that launchers run, each with what the database's clock says of it.

    Launchers that leave it to us to end a run that takes too long are why there is `is_late`; one that measures itself
    comes first, since its clock does not jump.
    """
    longest = timedelta(hours=settings.RUN_HOURS_MAX) + LATE
    grace = timedelta(seconds=settings.STOP_GRACE_SECONDS)
    running = Job.objects.filter(status=JobStatus.RUNNING).exclude(launcher="")
    return (
        running.select_related("experiment__project", "stop_asked_by")
        .annotate(
            is_late=_is_before(F("started_at"), Now() - longest),
            is_patience_over=_is_before(F("stop_asked_at"), Now() - grace),
        )
        .order_by("id")
    )


def _is_before(moment: F, other: Combinable) -> Case:
    return Case(When(LessThan(moment, other), then=True), default=False, output_field=BooleanField())


def _next_of(launcher: Launcher) -> list[Job]:
    """Those whose turn it is: the oldest, as many as there are free slots."""
    jobs = Job.objects.filter(launcher=launcher.name)
    free = slots_of(launcher) - jobs.filter(status=JobStatus.RUNNING).count()
    waiting = jobs.filter(status__in=(JobStatus.PENDING, JobStatus.QUEUED)).order_by("id")
    whole = waiting.select_related("experiment__architecture", "experiment__project__organization", "created_by")
    return list(whole[: max(free, 0)])


def _refusal(job: Job) -> str:
    """Why a locked job whose turn it is can't be begun."""
    if job.attempts >= ATTEMPTS_MAX:
        return f"It could not be started, in {ATTEMPTS_MAX} attempts. The worker's log says why."
    if job.created_by is None or not job.created_by.can(Role.MEMBER, job.experiment.project.organization):
        return "Whoever launched it may not run trainings here any more."
    return ""


def _token_for(job: Job) -> str:
    end_token(job)
    experiment: Experiment = job.experiment
    assert job.created_by is not None
    job.token, text = create_training_token(
        user=job.created_by,
        organization=experiment.project.organization,
        experiment_id=experiment.pk,
        name=f"job {job.pk}",
    )
    job.attempts += 1
    job.save(update_fields=["token", "attempts"])
    return text


def _status_of(job: Job, outcome: Outcome) -> JobStatus:
    if job.stop_asked_at:
        return JobStatus.KILLED
    is_well = outcome.exit_code == 0 and not outcome.reason and job.reported != JobStatus.FAILED
    return JobStatus.SUCCEEDED if is_well else JobStatus.FAILED


def _output_of(run_id: str, launcher: Launcher, beat: Beat) -> Iterator[bytes]:
    cursor, is_all = "", False
    while not is_all:
        output = launcher.read(run_id, cursor)
        cursor, is_all = output.cursor, output.is_all
        beat()
        yield output.content


def _of_the_disk(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "There is no room left on the disk where runs have their folders."
    return f"It could not be started: {error.strerror or error}."
