"""The one task of the background worker: looking after the jobs, a few seconds at a time, again and again."""

import os
import socket
import time
import uuid
from datetime import timedelta

from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from training import lease

# One look after another, so long; then the worker may do something else, or end.
SHIFT_SECONDS = 5.0
PAUSE_SECONDS = 0.25
# If a worker is killed, the task that it had is lost with it. This one is there before, and due when the lease is over.
NET = lease.LIFETIME + timedelta(seconds=1)
KEPT_FOR = timedelta(hours=1)

_holder = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex[:8]}"


@task()
def look_after_jobs_for_a_while() -> None:
    """Start what waits, follow what runs, as long as there is something; and see to it that somebody goes on."""
    # Later than the module: what a look writes into consoles goes through the services, and those call for a look.
    from training.tending import Tender

    _spread_net()
    held = lease.take(_holder)
    if held is None:
        return
    try:
        tender = Tender(held)
        end = time.monotonic() + SHIFT_SECONDS
        while (is_busy := tender.look_round()) and time.monotonic() < end:
            time.sleep(PAUSE_SECONDS)
    except lease.LeaseLost:
        return
    held.release()
    if is_busy:
        look_after_jobs()


def look_after_jobs() -> None:
    """See to it that a worker looks soon."""
    if not DBTaskResult.objects.ready().filter(task_path=look_after_jobs_for_a_while.module_path).exists():
        look_after_jobs_for_a_while.enqueue()


def _spread_net() -> None:
    now = timezone.now()
    tasks = DBTaskResult.objects.filter(task_path=look_after_jobs_for_a_while.module_path)
    if not tasks.filter(status=TaskResultStatus.READY).exists():
        look_after_jobs_for_a_while.using(run_after=now + NET).enqueue()
    tasks.filter(enqueued_at__lt=now - KEPT_FOR).exclude(status=TaskResultStatus.READY).delete()
