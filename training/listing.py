"""The jobs of an organization: those that run, those that wait with their place, and those that ended."""

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from training.models import Job, JobQuerySet, JobStatus
from training.services import WAITING


def running(jobs: JobQuerySet) -> QuerySet[Job]:
    """Those that run, the longest first."""
    return jobs.filter(status=JobStatus.RUNNING).order_by("started_at", "id")


def waiting(jobs: JobQuerySet) -> QuerySet[Job]:
    """Those that wait, in the order in which they are taken, each with its `place` among all that wait there.

    Other organizations' jobs wait in the same line: they count, and are not shown.
    """
    before = (
        Job.objects.filter(status__in=WAITING, launcher=OuterRef("launcher"), id__lt=OuterRef("id"))
        .order_by()
        .values("launcher")
        .annotate(count=Count("pk"))
    )
    place = Coalesce(Subquery(before.values("count")), Value(0)) + 1
    return jobs.filter(status__in=WAITING).order_by("id").annotate(place=place)


def ended(jobs: JobQuerySet) -> QuerySet[Job]:
    """Those that are over."""
    return jobs.exclude(status__in=(JobStatus.RUNNING, *WAITING)).annotate(took=F("ended_at") - F("started_at"))


def place_of(job: Job) -> int:
    """The place of a job that waits, from 1, among all that wait at its launcher."""
    before = Job.objects.filter(status__in=WAITING, launcher=job.launcher, id__lt=job.pk)
    return before.count() + 1
