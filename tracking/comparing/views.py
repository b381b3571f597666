"""Experiments of a project, side by side: the page, the curves of its chart, and the table as a file."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from config.http import HttpRequest, page_or_fragment
from experiments.choice import COMPARED_MAX, NAME
from experiments.models import Experiment, Project
from tracking.comparing.address import KNOWN, Asked
from tracking.comparing.comparison import Comparison
from tracking.comparing.curves import curves_of
from tracking.comparing.reading import starts_of
from tracking.comparing.table_file import csv_of
from tracking.running import run_times

FEWEST = 2
FILENAME = "comparison.csv"


@require_GET
def experiment_compare(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The experiments that the address names, side by side."""
    project = _project(request, pk)
    asked = Asked.of(request.GET)
    if set(request.GET) - KNOWN:
        return redirect(f"{request.path}?{asked.query()}")
    experiments = _experiments(request, project, asked)
    context: dict[str, Any] = {
        "project": project,
        "page_organization": project.organization,
        "asked": asked,
        "count": len(asked.ids),
        "most": COMPARED_MAX,
        "surplus": max(0, len(asked.ids) - COMPARED_MAX),
        "gone": len(asked.ids) - len(experiments),
        "list_query": urlencode([(NAME, one.pk) for one in experiments]),
    }
    if context["surplus"] or len(experiments) < FEWEST:
        return render(request, "tracking/experiment_compare_nothing.html", context)
    context["comparison"] = Comparison(experiments, asked)
    return page_or_fragment(request, "tracking/experiment_compare.html", context, fragments=("comparison",))


@require_GET
def experiment_compare_curves(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The curves of the log that `name` is, for the chart."""
    asked = Asked.of(request.GET)
    experiments = _experiments(request, _project(request, pk), asked)
    starts = None
    if asked.by_time:
        starts = starts_of(experiments, run_times([one.pk for one in experiments]))
    curves = curves_of(request.GET.get("name", ""), experiments, starts)
    answer = {"by_time": asked.by_time, "curves": [curve.as_data() for curve in curves]}
    return JsonResponse(answer, json_dumps_params={"separators": (",", ":")})


@require_GET
def experiment_compare_table(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The whole table as a file."""
    asked = Asked.of(request.GET)
    experiments = _experiments(request, _project(request, pk), asked)
    content = "".join(csv_of(Comparison(experiments, asked)))
    disposition = content_disposition_header(True, FILENAME)
    return HttpResponse(content, "text/csv; charset=utf-8", headers={"Content-Disposition": disposition or ""})


def _project(request: HttpRequest, pk: uuid.UUID) -> Project:
    return get_object_or_404(Project.objects.visible_to(request.user).select_related("organization"), pk=pk)


def _experiments(request: HttpRequest, project: Project, asked: Asked) -> list[Experiment]:
    """Those that are there, in the order of the address; of more than can be compared the first."""
    wanted = [pk for pk in asked.ids if pk][:COMPARED_MAX]
    experiments = Experiment.objects.visible_to(request.user).filter(project=project)
    found = experiments.select_related("created_by").in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]
