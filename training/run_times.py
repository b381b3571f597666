"""When experiments ran, for what compares them."""

import uuid
from collections.abc import Collection

from tracking.running import RunTime, tells_run_times
from training.models import Job


@tells_run_times
def times_of_jobs(experiments: Collection[uuid.UUID]) -> dict[uuid.UUID, RunTime]:
    """Those of the newest job of each that has started."""
    jobs = Job.objects.filter(experiment__in=experiments, started_at__isnull=False).order_by("id")
    times = jobs.values_list("experiment", "started_at", "ended_at")
    return {pk: RunTime(started, ended) for pk, started, ended in times if started}
