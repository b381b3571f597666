"""What an experiment's runs print, and the file that holds all of it."""

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from config.http import HttpRequest, page_or_fragment
from experiments.models import Experiment, Status
from organizations.models import Role
from storage.links import download_url
from training.console import LINES_MAX
from training.models import Console, Job, LoggingFile
from training.reading import chapters_of, lines_page, runs_of, with_headings

OWN = "own"


@require_GET
def experiment_console(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The newest run's console, or that of the run that `?run=` names."""
    experiments = Experiment.objects.visible_to(request.user).select_related("project__organization")
    experiment = get_object_or_404(experiments, pk=pk)
    runs = runs_of(experiment)
    job = _chosen(experiment, runs, request.GET.get("run", ""))
    console = Console.objects.filter(experiment=experiment, job=job).select_related("file__blob").first()
    run = str(job.pk) if job else OWN
    page = lines_page(console, request.GET) if console else None
    is_newest = page is not None and page.newer is None and "from" not in request.GET
    context = {
        "experiment": experiment,
        "project": experiment.project,
        "page_organization": experiment.project.organization,
        "runs": runs,
        "run": run,
        "riding_along": [("run", run)],
        "job": job,
        "console": console,
        "page": page,
        "lines": list(with_headings(console, page.rows)) if console and page else [],
        "chapters": chapters_of(console) if console else [],
        "lines_max": LINES_MAX,
        "is_newest": is_newest,
        "is_live": _is_live(experiment, job, console) and (is_newest or console is None),
        "may_stop": request.user.can(Role.MEMBER, experiment.project.organization),
    }
    return page_or_fragment(request, "training/experiment_console.html", context, fragments=("results",))


@require_GET
def logging_file_download(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Send the browser to the file, by an address signed for a limited time."""
    file = get_object_or_404(LoggingFile.objects.visible_to(request.user).select_related("blob"), pk=pk)
    return redirect(download_url(file.blob, file.filename))


def _chosen(experiment: Experiment, runs: list[Job | None], word: str) -> Job | None:
    """The job whose id the word is, or the newest; None for what ran without a job. 404 for a job of another."""
    if not word:
        return runs[0] if runs else None
    if word == OWN:
        return None
    try:
        return get_object_or_404(experiment.jobs.select_related("created_by"), pk=uuid.UUID(word))
    except ValueError:
        raise Http404 from None


def _is_live(experiment: Experiment, job: Job | None, console: Console | None) -> bool:
    """Whether more may come soon."""
    if job is not None:
        return job.is_active
    return experiment.status == Status.RUNNING and (console is None or console.exit_code is None)
