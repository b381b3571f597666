"""Projects: the list, one with its experiments, and the dataset versions attached to it."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from config.http import HttpRequest, page_or_fragment, wants_fragment
from config.ids import new_id
from config.paging import page_of
from config.search import matching
from datasets.models import DatasetVersion
from datasets.thumbnails import first_thumbnails
from experiments.choice import Choice, without_choice
from experiments.choosers.rows import found_versions
from experiments.drafts.access import drafts_of
from experiments.forms import ExperimentFilter, ProjectForm
from experiments.models import AttachedDatasetVersion, Experiment, Project
from experiments.services import (
    attach_dataset_version,
    attached_to,
    create_project,
    detach_dataset_version,
    edit_project,
    in_use,
)
from organizations.models import Role

DRAFTS_SHOWN = 20


@require_GET
def project_list(request: HttpRequest) -> HttpResponse:
    """The projects of the organization in view."""
    projects = Project.objects.visible_to(request.user).filter(organization=request.organization)
    found = matching(projects, request.GET.get("q", ""), ("name", "description"))
    context = {
        "page": page_of(_counted(found), request.GET),
        "may_create": bool(request.organization and request.user.can(Role.MEMBER, request.organization)),
    }
    return page_or_fragment(request, "experiments/project_list.html", context, fragments=("results",))


@require_http_methods(["GET", "POST"])
def project_create(request: HttpRequest) -> HttpResponse:
    """A new project in the organization in view."""
    if request.organization is None:
        return redirect("experiments:project_list")
    request.user.must_be(Role.MEMBER, request.organization)
    form = ProjectForm(request.POST or None)
    if form.is_valid():
        try:
            project = create_project(**form.cleaned_data, organization=request.organization, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return redirect(project)
    context = {"form": form}
    return render(request, "experiments/project_create.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def project_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Another name or description for a project."""
    project = _project(request, pk)
    request.user.must_be(Role.MEMBER, project.organization)
    form = ProjectForm(request.POST or None, initial={"name": project.name, "description": project.description})
    if form.is_valid():
        try:
            edit_project(project, **form.cleaned_data, by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            project.refresh_from_db()
        else:
            return redirect(project)
    context = {"form": form, **_of_project(request, project)}
    return render(request, "experiments/project_edit.html", context, status=422 if form.errors else 200)


@require_GET
def project_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The project's experiments, with the user's drafts to continue on top."""
    project = _project(request, pk)
    narrow = ExperimentFilter(request.GET)
    experiments = Experiment.objects.visible_to(request.user).filter(project=project)
    page = page_of(_narrowed(experiments, narrow), without_choice(request.GET), newest_by="created_at")
    context = {
        **_of_project(request, project),
        "filters": narrow,
        "narrowed": narrow.in_words,
        "page": page,
        "choice": Choice(request.GET, experiments, page.rows),
        "drafts": drafts_of(request.user).filter(project=project).touched()[:DRAFTS_SHOWN],  # type: ignore[attr-defined]
        "draft_id": new_id(),
    }
    return page_or_fragment(request, "experiments/project_detail.html", context, fragments=("results",))


@require_GET
def project_dataset_versions(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The dataset versions attached to the project."""
    project = _project(request, pk)
    versions = attached_to(project.pk, user=request.user)
    page = page_of(found_versions(versions, request.GET.get("q", "")), request.GET)
    pictures = first_thumbnails(page.rows, 6)
    used = in_use(project, page.rows)
    context = {
        **_of_project(request, project),
        "page": page,
        "rows": [(version, pictures[version.pk], version.pk in used) for version in page.rows],
        "may_attach": request.user.can(Role.ADMIN, project.organization),
    }
    return page_or_fragment(request, "experiments/project_dataset_versions.html", context, fragments=("results",))


@require_POST
def dataset_version_attach(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Attach the version that was chosen."""
    project = _project(request, pk)
    version = _version(request, project)
    attach_dataset_version(project=project, dataset_version=version, by=request.user)
    messages.success(request, f"{version} is attached.")
    return _back_to_versions(request, project)


@require_POST
def dataset_version_detach(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Detach a version that no experiment uses."""
    project = _project(request, pk)
    version = _version(request, project)
    try:
        detach_dataset_version(project=project, dataset_version=version, by=request.user)
        messages.success(request, f"{version} is detached.")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return _back_to_versions(request, project)


def _project(request: HttpRequest, pk: uuid.UUID) -> Project:
    return get_object_or_404(Project.objects.visible_to(request.user).select_related("organization"), pk=pk)


def _version(request: HttpRequest, project: Project) -> DatasetVersion:
    versions = DatasetVersion.objects.visible_to(request.user).filter(organization=project.organization)
    try:
        key = uuid.UUID(request.POST.get("dataset_version", ""))
    except ValueError:
        key = new_id()
    return get_object_or_404(versions.select_related("dataset"), pk=key)


def _back_to_versions(request: HttpRequest, project: Project) -> HttpResponse:
    response = redirect("experiments:project_dataset_versions", project.pk)
    return HttpResponseClientRedirect(response.url) if wants_fragment(request) else response


def _of_project(request: HttpRequest, project: Project) -> dict[str, Any]:
    """What every page of a project needs."""
    return {
        "project": project,
        "page_organization": project.organization,
        "may_create": request.user.can(Role.MEMBER, project.organization),
    }


def _narrowed(experiments: QuerySet[Experiment], narrow: ExperimentFilter) -> QuerySet[Experiment]:
    experiments = experiments.select_related("created_by")
    if status := narrow.value("status"):
        experiments = experiments.filter(status=status)
    if inference_type := narrow.value("type"):
        experiments = experiments.filter(inference_type=inference_type)
    return matching(experiments, narrow.value("q"), ("name",))


def _counted(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Projects with how many experiments and attached versions each has."""

    def count(rows: QuerySet[Any]) -> Coalesce:
        of_project = rows.filter(project=OuterRef("pk")).order_by().values("project")
        return Coalesce(Subquery(of_project.annotate(n=Count("pk")).values("n")), 0)

    return projects.annotate(
        experiment_count=count(Experiment.objects.all()), version_count=count(AttachedDatasetVersion.objects.all())
    )
