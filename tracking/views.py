"""The logs of an experiment, drawn, and the images on which its model was evaluated."""

import uuid
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from config.http import HttpRequest, page_or_fragment
from config.search import matching
from experiments.models import Experiment
from tracking.cards import card_of, group_of
from tracking.charts import chart_data, table_rows
from tracking.comparisons import compared
from tracking.lines import line_of
from tracking.models import Log, LogType
from tracking.results import results_of

LOGS_SHOWN = 60
IMAGES_SHOWN = 24


@require_GET
def log_list(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """All logs, in groups by what stands before the slash; found by their name."""
    experiment = _experiment(request, pk)
    context = {
        **_frame(experiment),
        **logs_shown(experiment, request.GET),
        "results": results_of(experiment),
        "has_evaluations": experiment.evaluations.exists(),
    }
    return page_or_fragment(request, "tracking/log_list.html", context, fragments=("results",))


def logs_shown(experiment: Experiment, asked: QueryDict) -> dict[str, Any]:
    """The page of logs that a query asks for, as they are drawn.

    Args:
        experiment: whose logs.
        asked: `q` for a part of the name, `group` and `page`.
    """
    query, group = asked.get("q", "").strip(), asked.get("group", "")
    names = experiment.logs.order_by("name").values_list("name", flat=True)
    groups = sorted({group_of(name) for name in names} - {""})
    logs = matching(experiment.logs.select_related("blob").order_by("name"), query, ["name"])
    if group in groups:
        logs = logs.filter(name__startswith=f"{group}/")
    page = _page(asked, logs, LOGS_SHOWN)
    cards = sorted(map(card_of, page), key=lambda card: (card.group, card.log.name))
    return {
        "page": page,
        "groups": groups,
        "group": group,
        "query": query,
        "kept": [("group", group)] if group else [],
        "page_query": "&" + urlencode({"q": query, "group": group}) if query or group else "",
        "sections": [(name, list(found)) for name, found in groupby(cards, key=lambda card: card.group)],
    }


@require_GET
def log_points(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The points of a LINE, for its chart: some thousands at most."""
    log = _line(request, pk)
    # Asked for first: points that come meanwhile are told twice rather than not at all, and known by their row.
    newest = log.points.order_by("-id").values_list("id", flat=True).first()
    data = {"row": newest or 0, **chart_data(line_of(log))}
    return JsonResponse(data, json_dumps_params={"separators": (",", ":")})


@require_GET
def log_values(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The points of a LINE as a table, for those to whom a chart says nothing."""
    log = _line(request, pk)
    line = line_of(log)
    context = {**_frame(log.experiment), "log": log, "rows": table_rows(line), "total": len(line)}
    part = {f"values-{log.pk}": "tracking/log_values.html#values"}
    return page_or_fragment(request, "tracking/log_values.html", context, fragments=part)


@require_GET
def evaluation_list(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The evaluated images, worst first, with what was found over what is there."""
    experiment = _experiment(request, pk)
    evaluations = experiment.evaluations.select_related("asset__data__thumbnail").order_by(
        F("agreement").asc(nulls_last=True), "pk"
    )
    page = _page(request.GET, evaluations, IMAGES_SHOWN)
    context = {**_frame(experiment), "page": page, "comparisons": compared(list(page))}
    return page_or_fragment(request, "tracking/evaluation_list.html", context, fragments=("results",))


def _experiment(request: HttpRequest, pk: uuid.UUID) -> Experiment:
    experiments = Experiment.objects.visible_to(request.user).select_related("project__organization")
    return get_object_or_404(experiments, pk=pk)


def _line(request: HttpRequest, pk: uuid.UUID) -> Log:
    lines = Log.objects.visible_to(request.user).filter(type=LogType.LINE)
    return get_object_or_404(lines.select_related("experiment__project__organization"), pk=pk)


def _frame(experiment: Experiment) -> dict[str, Any]:
    """What the head of each of these pages needs."""
    project = experiment.project
    return {"experiment": experiment, "project": project, "page_organization": project.organization}


def _page(asked: QueryDict, rows: QuerySet[Any], size: int) -> Page[Any]:
    """The page that is asked for; for a number that is none, the first or the last."""
    return Paginator(rows, size).get_page(asked.get("page"))
