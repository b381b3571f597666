"""What an experiment's runs print, and the file that holds all of it."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from config.http import HttpRequest, page_or_fragment
from experiments.models import Experiment
from organizations.models import Role
from storage.links import download_url
from training.console import LINES_MAX
from training.following import Followed, run_named
from training.live import CONSOLE, Live, seen_of
from training.models import LoggingFile
from training.reading import chapters_of, lines_page, place_in_words, runs_of, with_headings


@require_GET
def experiment_console(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The newest run's console, or that of the run that `?run=` names."""
    experiments = Experiment.objects.visible_to(request.user).select_related("project__organization", "architecture")
    experiment = get_object_or_404(experiments, pk=pk)
    run = run_named(experiment, request.GET.get("run", ""))
    if run is None:
        raise Http404
    context = {
        "experiment": experiment,
        "project": experiment.project,
        "page_organization": experiment.project.organization,
        "riding_along": [("run", run.word)],
        "may_create": request.user.can(Role.MEMBER, experiment.project.organization),
        **console_parts(request, run),
    }
    return page_or_fragment(request, "training/experiment_console.html", context, fragments=("results",))


def console_parts(request: HttpRequest, run: Followed) -> dict[str, Any]:
    """What is shown of a run's console: the lines that the query asks for, and what is told beside them."""
    console, asked = run.console, request.GET
    # Before the lines are read: what comes meanwhile is told twice rather than not at all.
    seen = seen_of(run, CONSOLE, QueryDict())
    page = lines_page(console, asked) if console else None
    is_newest = page is None or (page.newer is None and "from" not in asked)
    if is_newest and not asked.get("q"):
        seen["after"] = place_in_words(page.rows[-1]) if page and page.rows else ""
    return {
        "run": run,
        "job": run.job,
        "console": console,
        "runs": runs_of(run.experiment),
        "page": page,
        "lines": list(with_headings(console, page.rows)) if console and page else [],
        "chapters": chapters_of(console) if console else [],
        "lines_max": LINES_MAX,
        "is_newest": is_newest,
        "live": Live.of(run, seen) if run.is_live else None,
    }


@require_GET
def logging_file_download(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Send the browser to the file, by an address signed for a limited time."""
    file = get_object_or_404(LoggingFile.objects.visible_to(request.user).select_related("blob"), pk=pk)
    return redirect(download_url(file.blob, file.filename))
