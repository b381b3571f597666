"""A run as somebody who follows it sees it, and what tells whether anything of that has changed.

Each page says by tokens what it shows; asked again with the same tokens, the server draws nothing.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from hashlib import blake2s

from django.db.models import Max, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import MD5, Cast
from django.utils import timezone

from experiments.models import Experiment, Status
from tracking.models import LinePoints, Log
from training import lease
from training.listing import place_of
from training.models import Console, Job, JobStatus
from training.services import WAITING

OWN = "own"
# A run that prints nothing for so long may hang.
QUIET_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Followed:
    """An experiment with one of its runs.

    Attributes:
        job: None for a run without one, by somebody's own script.
        console: None while nothing was printed.
    """

    experiment: Experiment
    job: Job | None
    console: Console | None

    @property
    def word(self) -> str:
        """The run in an address."""
        return str(self.job.pk) if self.job else OWN

    @property
    def is_there(self) -> bool:
        """Whether there is, or was, any run."""
        return self.job is not None or self.console is not None or self.experiment.status == Status.RUNNING

    @property
    def is_live(self) -> bool:
        """Whether more may come soon."""
        if self.job is not None:
            return self.job.is_active
        return self.experiment.status == Status.RUNNING and (self.console is None or self.console.exit_code is None)

    @property
    def exit_code(self) -> int | None:
        """With which its process ended, by the launcher's word or else by its wrapper's."""
        if self.job and self.job.exit_code is not None:
            return self.job.exit_code
        return self.console.exit_code if self.console else None

    @property
    def quiet_minutes(self) -> int:
        """How long a run has printed nothing, when that is so long that it may hang; else 0."""
        if self.job is None or self.job.status != JobStatus.RUNNING:
            return 0
        moments = (self.job.started_at, self.job.last_output_at, self.console.updated_at if self.console else None)
        quiet = timezone.now() - max((moment for moment in moments if moment), default=timezone.now())
        return int(quiet.total_seconds() // 60) if quiet >= QUIET_AFTER else 0

    @cached_property
    def place(self) -> int:
        """Of a job that waits, its place in the queue, from 1; else 0."""
        return place_of(self.job) if self.job and self.job.status in WAITING else 0

    @cached_property
    def is_unattended(self) -> bool:
        """Whether it waits, and nobody is there to begin it: no worker runs."""
        job = self.job
        if job is None or not job.launcher or job.status not in WAITING:
            return False
        return timezone.now() - job.created_at > lease.UNHEARD_OF and lease.is_unattended()

    @cached_property
    def status_token(self) -> str:
        """Of everything that is said about the run itself."""
        job = self.job
        said = (job.pk, job.status, job.stop_asked_at, job.reason) if job else ()
        return token(self.experiment.status, *said, self.exit_code, self.quiet_minutes, self.place, self.is_unattended)

    @cached_property
    def lines_token(self) -> str:
        """Of what was printed."""
        return token(self.console.updated_at, self.console.line_count) if self.console else "0"

    @property
    def files_token(self) -> str:
        """Of the artifacts: whatever changes them counts the architecture's revision."""
        return str(self.experiment.architecture.revision)


@dataclass(frozen=True)
class LogState:
    """What an experiment's logs hold right now.

    Attributes:
        points: the id of the newest row of points; 0 when there is none.
        cards: a token of all that is no point of a line: which logs there are, their figures and their pictures.
    """

    points: int
    cards: str


def newest_run(experiment: Experiment) -> Followed:
    """The run that was asked for last; where there is no job, the one without.

    Args:
        experiment: with its architecture, for its files.
    """
    job = _jobs(experiment).first()
    return _of_job(experiment, job) if job else _own(experiment)


def run_named(experiment: Experiment, word: str) -> Followed | None:
    """The run that a word of an address names: a job's id, `own` for the run without one, or empty for the newest.

    None for an id that is none of the experiment's jobs.
    """
    if not word:
        return newest_run(experiment)
    if word == OWN:
        return _own(experiment)
    pk = _id(word)
    job = _jobs(experiment).filter(pk=pk).first() if pk else None
    return _of_job(experiment, job) if job else None


def log_state(experiment: Experiment) -> LogState:
    """How far the logs are, in one query that reads no points."""
    newest = LinePoints.objects.filter(log=OuterRef("pk")).order_by("-id").values("id")[:1]
    logs = Log.objects.filter(experiment=experiment).order_by("name")
    digest = MD5(Cast("data", TextField()))
    rows = list(logs.annotate(newest=Subquery(newest), digest=digest).values_list("newest", "pk", "blob", "digest"))
    return LogState(max((row[0] or 0 for row in rows), default=0), token(*(row[1:] for row in rows)))


def newest_points(experiment: Experiment) -> int:
    """The id of the newest row of points of the experiment's lines; 0 when there is none."""
    newest = LinePoints.objects.filter(log=OuterRef("pk")).order_by("-id").values("id")[:1]
    logs = experiment.logs.order_by().annotate(newest=Subquery(newest))
    return logs.aggregate(points=Max("newest"))["points"] or 0


def token(*said: object) -> str:
    """A short text that differs when what is said differs."""
    return blake2s(repr(said).encode(), digest_size=6).hexdigest()


def _jobs(experiment: Experiment) -> QuerySet[Job]:
    return experiment.jobs.select_related("created_by", "console")


def _of_job(experiment: Experiment, job: Job) -> Followed:
    job.experiment = experiment
    return Followed(experiment, job, getattr(job, "console", None))


def _own(experiment: Experiment) -> Followed:
    return Followed(experiment, None, experiment.consoles.filter(job=None).first())


def _id(word: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(word)
    except ValueError:
        return None
