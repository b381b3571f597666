"""The pages of models: named lines of versions, private to an organization or public."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from config.http import HttpRequest, page_or_fragment
from config.paging import count_up_to, page_of
from config.search import matching
from organizations.models import Role
from registry.cards import cards, with_contents
from registry.forms.models import ModelFilterForm, ModelForm
from registry.models import ModelVersion, RegisteredModel
from registry.services import create_model, delete_model, edit_model
from registry.views.lookups import editable_model, posted, visible_model

PUBLIC, PRIVATE = "public", "private"
PAGE_SIZE = 24
NAMED_BEFORE_DELETION = 20


@require_GET
def model_list(request: HttpRequest) -> HttpResponse:
    """The registry: the current organization's models, or the public ones."""
    tab = PUBLIC if request.GET.get("tab") == PUBLIC else PRIVATE
    form = ModelFilterForm(request.GET)
    every = _registry(request, tab)
    found = matching(_of_type(every, form.inference_type), request.GET.get("q", ""), ["name", "description"])
    page = page_of(found, request.GET, size=PAGE_SIZE)
    context = {
        "tab": tab,
        "form": form,
        "page": page,
        "cards": cards(page.rows),
        "can_create": request.organization is not None and request.user.can(Role.MEMBER, request.organization),
        **_counts(every, found, narrowed=bool(form.inference_type)),
    }
    return page_or_fragment(request, "registry/model_list.html", context, fragments=("results",))


@require_http_methods(["GET", "POST"])
def model_create(request: HttpRequest) -> HttpResponse:
    """Begin a model in the current organization."""
    if request.organization is None:
        raise PermissionDenied("You belong to no organization. Ask an owner of one to add you.")
    request.user.must_be(Role.MEMBER, request.organization)
    form = ModelForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            model = create_model(organization=request.organization, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, f"{model} is created. Give it its first version.")
            return redirect(_first_step(model, request.GET.get("copy_from", "")))
    return _form_page(request, "registry/model_create.html", {"form": form})


@require_GET
def model_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A model and its versions, newest first."""
    model = visible_model(request, pk)
    found = matching(model.versions.all(), request.GET.get("q", ""), ["name", "description"])
    context = {
        "model": model,
        "page": page_of(with_contents(found).select_related("created_by"), request.GET),
        "page_organization": model.organization,
        "can_add": model.organization is not None and request.user.can(Role.MEMBER, model.organization),
        "can_edit": model.is_editable_by(request.user),
    }
    return page_or_fragment(request, "registry/model_detail.html", context, fragments=("results",))


@require_http_methods(["GET", "POST"])
def model_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Give a model another name or description."""
    model = editable_model(request, pk)
    form = ModelForm(posted(request), initial={"name": model.name, "description": model.description})
    if request.method == "POST" and form.is_valid():
        try:
            edit_model(model=model, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            model = visible_model(request, pk)
            form.add_error(None, refusal)
        else:
            messages.success(request, f"{model} is saved.")
            return redirect("registry:model_detail", pk=model.pk)
    return _form_page(request, "registry/model_edit.html", {"form": form, "model": model})


@require_http_methods(["GET", "POST"])
def model_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what would go with the model, and delete it."""
    model = editable_model(request, pk)
    if request.method == "POST":
        delete_model(model=model, by=request.user)
        messages.success(request, f"{model} is deleted.")
        return redirect("registry:model_list")
    context = {
        "model": model,
        "page_organization": model.organization,
        "count": count_up_to(model.versions.all()),
        "versions": model.versions.select_related("model")[:NAMED_BEFORE_DELETION],
    }
    return render(request, "registry/model_delete.html", context)


def _first_step(model: RegisteredModel, copy_from: str) -> str:
    """The new model's page, or the form of its first version when that is to be a copy."""
    if not copy_from:
        return reverse("registry:model_detail", args=[model.pk])
    query = urlencode({"copy_from": copy_from})
    return f"{reverse('registry:model_version_create', args=[model.pk])}?{query}"


def _registry(request: HttpRequest, tab: str) -> QuerySet[RegisteredModel]:
    models = RegisteredModel.objects.visible_to(request.user).select_related("organization")
    if tab == PUBLIC:
        return models.filter(organization=None)
    return models.filter(organization=request.organization) if request.organization else models.none()


def _of_type(models: QuerySet[RegisteredModel], inference_type: str | None) -> QuerySet[RegisteredModel]:
    """Those with a version of the type."""
    versions = ModelVersion.objects.filter(model=OuterRef("pk"), inference_type=inference_type)
    return models.filter(Exists(versions)) if inference_type else models


def _counts(every: QuerySet[Any], found: QuerySet[Any], *, narrowed: bool) -> dict[str, int]:
    """How many models a filter shows and leaves out."""
    if not narrowed:
        return {}
    shown = count_up_to(found)
    return {"shown": shown, "left_out": max(count_up_to(every) - shown, 0)}


def _form_page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    model = context.get("model")
    page_organization = model.organization if model else request.organization
    status = 422 if context["form"].errors else 200
    return render(request, template, {"page_organization": page_organization, **context}, status=status)
