"""The pages of model versions."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from config.http import HttpRequest, page_or_fragment
from config.paging import page_of
from config.search import matching
from organizations.models import Role, of_own_organizations
from registry.forms.models import ModelVersionForm, NewModelVersionForm
from registry.models import ModelVersion, RegisteredModel
from registry.services import create_model_version, delete_model_version, edit_model_version
from registry.views.lookups import READ_ONLY, editable_version, posted, visible_model, visible_version

LABELS_SHOWN = 60
EXPERIMENTS_SHOWN = 10


@require_GET
def model_version_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Everything about a version, and the experiments that started from it as far as the user may see them."""
    version = visible_version(request, pk)
    architecture = version.architecture
    started = version.experiments_started.filter(**of_own_organizations(request.user, "project__organization"))
    found = matching(started.select_related("project", "created_by"), request.GET.get("q", ""), ["name"])
    files = list(architecture.files.select_related("blob"))
    context = {
        "version": version,
        "architecture": architecture,
        "hyperparameters": architecture.hyperparameters.all(),
        "constraints": architecture.constraints.prefetch_related("slots"),
        "files": files,
        "bytes": sum(file.blob.size for file in files),
        "labels": architecture.labelmap[:LABELS_SHOWN],
        "more_labels": architecture.labelmap[LABELS_SHOWN:],
        "environment": sorted(architecture.docker_environment.items()),
        "page": page_of(found, request.GET, size=EXPERIMENTS_SHOWN),
        "origin": _origin(request, version),
        "copy_url": _copy_url(request, version),
        "can_edit": version.is_editable_by(request.user),
        "page_organization": version.model.organization,
    }
    return page_or_fragment(request, "registry/model_version_detail.html", context, fragments=("results",))


@require_http_methods(["GET", "POST"])
def model_version_create(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Add a version to a model, empty or as a copy of another one."""
    model = visible_model(request, pk)
    if model.organization is None:
        raise PermissionDenied(READ_ONLY)
    request.user.must_be(Role.MEMBER, model.organization)
    form = NewModelVersionForm(
        posted(request),
        user=request.user,
        number=_next_number(model),
        chosen=request.POST.get("copy_from") or request.GET.get("copy_from", ""),
        back=request.path,
    )
    if request.method == "POST" and form.is_valid():
        try:
            version = create_model_version(model=model, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, f"{version} is created.")
            return redirect("registry:model_version_detail", pk=version.pk)
    context = {"form": form, "model": model, "page_organization": model.organization}
    status = 422 if form.errors else 200
    return render(request, "registry/model_version_create.html", context, status=status)


@require_http_methods(["GET", "POST"])
def model_version_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Change what a version is called and what it is for."""
    version = editable_version(request, pk)
    fields = ("name", "description", "inference_type", "framework")
    form = ModelVersionForm(posted(request), initial={name: getattr(version, name) for name in fields})
    if request.method == "POST" and form.is_valid():
        try:
            edit_model_version(version=version, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            version = visible_version(request, pk)
            form.add_error(None, refusal)
        else:
            messages.success(request, f"{version} is saved.")
            return redirect("registry:model_version_detail", pk=version.pk)
    context = {"form": form, "version": version, "page_organization": version.model.organization}
    return render(request, "registry/model_version_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def model_version_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what would go with the version, and delete it."""
    version = editable_version(request, pk)
    if request.method == "POST":
        delete_model_version(version=version, by=request.user)
        messages.success(request, f"{version} is deleted.")
        return redirect("registry:model_detail", pk=version.model_id)
    context = {
        "version": version,
        "files": version.architecture.files.select_related("blob"),
        "page_organization": version.model.organization,
    }
    return render(request, "registry/model_version_delete.html", context)


def _origin(request: HttpRequest, version: ModelVersion) -> dict[str, Any] | None:
    """The experiment that the version was published from, for those of the organization that published it."""
    published = ModelVersion.objects.filter(**of_own_organizations(request.user, "publication__organization"))
    names = ("publication__experiment", "publication__experiment__name", "publication__experiment_name")
    origin: dict[str, Any] | None = published.filter(pk=version.pk).values(*names).first()
    return origin


def _copy_url(request: HttpRequest, version: ModelVersion) -> str:
    """Where a copy of the version begins: in its own model, or in a new one of the user's where it is public."""
    organization = version.model.organization
    into = organization or request.organization
    if into is None or not request.user.can(Role.MEMBER, into):
        return ""
    create = reverse("registry:model_version_create", args=[version.model_id]) if organization else None
    return f"{create or reverse('registry:model_create')}?copy_from={version.pk}"


def _next_number(model: RegisteredModel) -> int:
    return (model.versions.aggregate(Max("number"))["number__max"] or 0) + 1
