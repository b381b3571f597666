"""Launching an experiment, and stopping what was launched."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from config.http import HttpRequest, page_or_fragment
from experiments.models import Experiment
from organizations.models import Role
from training import services
from training.forms import LaunchForm
from training.models import Job
from training.places import places_for
from training.preflight import preflight


@require_http_methods(["GET", "POST"])
def experiment_launch(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what would fail and ask where it runs; then ask for the run, once however often this is sent."""
    experiment = _experiment(request, pk)
    request.user.must_be(Role.MEMBER, experiment.project.organization)
    places = places_for(experiment)
    form = LaunchForm(places, request.POST if request.method == "POST" else None)
    findings = preflight(experiment, request.user)
    # One that is launched already leads to its job instead.
    is_blocked = any(finding.is_block and finding.code != "in_use" for finding in findings)
    if form.is_valid() and not is_blocked and (job := _launch(request, experiment, form)):
        return redirect("training:job_detail", job.pk)
    context = {
        "experiment": experiment,
        "project": experiment.project,
        "page_organization": experiment.project.organization,
        "blocks": [finding for finding in findings if finding.is_block],
        "notices": [finding for finding in findings if not finding.is_block],
        "places": places,
        "form": form,
        "aliases": experiment.dataset_versions.select_related("dataset_version__dataset"),
    }
    return render(request, "training/experiment_launch.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def job_stop(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask, naming what ends; then ask the run to end, or take the job out of the queue."""
    jobs = Job.objects.visible_to(request.user).select_related("experiment__project__organization")
    job = get_object_or_404(jobs, pk=pk)
    experiment = job.experiment
    request.user.must_be(Role.MEMBER, experiment.project.organization)
    back = _way_back(request, job)
    if request.method == "POST":
        _stop(request, job)
        return redirect(back)
    context = {
        "job": job,
        "experiment": experiment,
        "project": experiment.project,
        "page_organization": experiment.project.organization,
        "back": back,
    }
    return page_or_fragment(
        request, "training/job_stop.html", context, fragments={"dialog": "training/_stop_dialog.html"}
    )


def _experiment(request: HttpRequest, pk: uuid.UUID) -> Experiment:
    experiments = Experiment.objects.visible_to(request.user).select_related("project__organization", "architecture")
    return get_object_or_404(experiments, pk=pk)


def _launch(request: HttpRequest, experiment: Experiment, form: LaunchForm) -> Job | None:
    """The job, or the one that there is when this was a second click; None when the form has mistakes."""
    try:
        job = services.launch(experiment=experiment, **form.wishes, by=request.user)
    except ValidationError as refusal:
        there = experiment.jobs.active().first() if getattr(refusal, "code", "") == "in_use" else None
        if there:
            messages.info(request, f"{experiment} is launched already: this is its job.")
        else:
            form.refuse(refusal)
        return there
    messages.success(request, f"{experiment} is launched.")
    return job


def _way_back(request: HttpRequest, job: Job) -> str:
    """To where the button was."""
    if request.GET.get("from") == "jobs":
        return "training:job_list"
    return job.experiment.get_absolute_url() if request.GET.get("from") == "overview" else job.get_absolute_url()


def _stop(request: HttpRequest, job: Job) -> None:
    try:
        stopped = services.stop(job=job, by=request.user)
    except ValidationError as refusal:
        messages.info(request, " ".join(refusal.messages))
        return
    what = "is asked to stop" if stopped.is_active else "was stopped" if stopped.started_at else "is out of the queue"
    messages.success(request, f"{job.experiment} {what}.")
