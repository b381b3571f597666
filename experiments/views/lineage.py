"""Where an experiment or a model version comes from, and what came of it."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from config.http import HttpRequest, page_or_fragment
from config.paging import page_of
from config.search import matching
from experiments.lineage.ancestors import experiments_of, versions_of
from experiments.lineage.descendants import started_from
from experiments.lineage.graph import Relation, Subject
from experiments.lineage.outline import results_of, sources_of
from experiments.lineage.picture import picture_of
from experiments.lineage.tracing import lineage_of

STARTED_SHOWN = 10


@require_GET
def experiment_lineage(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The lineage of an experiment, and where that leaves some out, all the experiments that started from it."""
    experiment = get_object_or_404(experiments_of(request.user), pk=pk)
    started = started_from([experiment], request.user).select_related("created_by")
    found = matching(started, request.GET.get("q", ""), ["name"])
    shown = _lineage(request, experiment)
    context = {
        **shown,
        "experiment": experiment,
        "project": experiment.project,
        "page": page_of(found, request.GET, size=STARTED_SHOWN),
        "lists_started": shown["lineage"].leaves_out(Relation.BASE),
        "page_organization": experiment.project.organization,
    }
    return page_or_fragment(request, "experiments/experiment_lineage.html", context, fragments=("results",))


@require_GET
def model_version_lineage(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The lineage of a model version."""
    version = get_object_or_404(versions_of(request.user), pk=pk)
    context = {
        **_lineage(request, version),
        "version": version,
        "architecture": version.architecture,
        "page_organization": version.model.organization,
    }
    return render(request, "experiments/model_version_lineage.html", context)


def _lineage(request: HttpRequest, subject: Subject) -> dict[str, Any]:
    lineage = lineage_of(subject, user=request.user)
    return {
        "lineage": lineage,
        "picture": picture_of(lineage),
        "sources": sources_of(lineage),
        "results": results_of(lineage),
    }
