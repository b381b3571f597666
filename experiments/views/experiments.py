"""An experiment's overview, and what can be done from there."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from config.http import HttpRequest
from experiments.creation import delete_experiment
from experiments.models import Experiment, Publication
from experiments.views.overview import Overview
from organizations.models import Role
from registry.models import ArchitectureFile, ModelVersion
from storage.links import download_url

PUBLISHED_SHOWN = 20


@require_GET
def experiment_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Everything that was defined when the experiment was created."""
    experiment = _experiment(request, pk)
    published = list(_published(request, experiment)[: PUBLISHED_SHOWN + 1])
    context = {
        "experiment": experiment,
        "published": published[:PUBLISHED_SHOWN],
        "more_published": len(published) > PUBLISHED_SHOWN,
        "overview": Overview(experiment, only_differences=request.GET.get("show") == "differences"),
        "project": experiment.project,
        "page_organization": experiment.project.organization,
        "may_create": request.user.can(Role.MEMBER, experiment.project.organization),
        "may_delete": request.user.can(experiment.role_to_delete(request.user), experiment.project.organization),
    }
    return render(request, "experiments/experiment_detail.html", context)


@require_http_methods(["GET", "POST"])
def experiment_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask, naming what goes; then delete."""
    experiment = _experiment(request, pk)
    request.user.must_be(experiment.role_to_delete(request.user), experiment.project.organization)
    if request.method == "GET":
        context = {"experiment": experiment, "page_organization": experiment.project.organization}
        return render(request, "experiments/experiment_delete.html", context)
    try:
        delete_experiment(experiment, by=request.user)
    except Experiment.DoesNotExist:
        raise Http404 from None
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(experiment)
    messages.success(request, f"{experiment} was deleted.")
    return redirect(experiment.project)


@require_GET
def artifact_download(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Send the browser to the file, by an address signed for a limited time."""
    visible = Experiment.objects.visible_to(request.user)
    files = ArchitectureFile.objects.filter(architecture__experiment__in=visible).select_related("blob")
    file = get_object_or_404(files, pk=pk)
    return redirect(download_url(file.blob, file.filename))


def _published(request: HttpRequest, experiment: Experiment) -> QuerySet[Publication]:
    """What was published of it, the newest first. Who has a model now decides who sees its versions."""
    versions = ModelVersion.objects.visible_to(request.user)
    return experiment.publications.filter(model_version__in=versions).select_related("model_version__model")


def _experiment(request: HttpRequest, pk: uuid.UUID) -> Experiment:
    experiments = Experiment.objects.visible_to(request.user).select_related(
        "project__organization",
        "created_by",
        "architecture",
        "dataset_constraint",
        "base_model_version__model",
        "base_experiment",
    )
    return get_object_or_404(experiments, pk=pk)
