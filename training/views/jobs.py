"""All jobs of an organization, and the way to each."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from config.http import HttpRequest, page_or_fragment
from config.paging import count_up_to, page_of
from config.search import matching
from organizations.models import Role
from training import services
from training.forms import WAITING, JobFilter
from training.listing import ended, running, waiting
from training.models import Job, JobQuerySet, JobStatus

RUNNING_SHOWN = 100
WAITING_SHOWN = 50


@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """What runs, what waits in its order, and what ended, newest first."""
    filters = JobFilter(request.GET)
    status = filters.cleaned_data["status"] if filters.is_valid() else ""
    query = request.GET.get("q", "").strip()
    own = Job.objects.visible_to(request.user).filter(experiment__project__organization=request.organization)
    jobs = matching(own, query, ["experiment__name"]).select_related("experiment__project", "created_by")
    may_stop = request.organization is not None and request.user.can(Role.MEMBER, request.organization)
    context = {
        "filters": filters,
        "narrowed": bool(query or status),
        "query": query,
        "status_words": dict(filters.fields["status"].choices)[status] if status else "",  # type: ignore[attr-defined]
        "may_stop": may_stop,
        **_sections(request, jobs, status),
    }
    return page_or_fragment(request, "training/job_list.html", context, fragments=("results",))


@require_GET
def job_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A job's page is its console."""
    return redirect(get_object_or_404(Job.objects.visible_to(request.user), pk=pk))


def _sections(request: HttpRequest, jobs: JobQuerySet, status: str) -> dict[str, Any]:
    """The jobs by what they do. What runs and waits is on the first page only."""
    is_first = not {"older", "newer"} & set(request.GET)
    found: dict[str, Any] = {"running": [], "waiting": [], "page": None, "more_waiting": 0}
    # Named first, since they are few: the database would go through the organization's experiments for them.
    active = jobs.filter(pk__in=Job.objects.active().values("pk"))
    if is_first and status in ("", JobStatus.RUNNING):
        found["running"] = running(active)[:RUNNING_SHOWN]
    if is_first and status in ("", WAITING):
        found["waiting"] = list(waiting(active)[:WAITING_SHOWN])
        if len(found["waiting"]) == WAITING_SHOWN:
            # Without their places, each of which would have to be counted.
            found["more_waiting"] = count_up_to(active.filter(status__in=services.WAITING)) - WAITING_SHOWN
    if status not in (JobStatus.RUNNING, WAITING):
        over = ended(jobs)
        found["page"] = page_of(over.filter(status=status) if status else over, request.GET)
    return found
