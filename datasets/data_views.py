"""The pages of an organization's images, in whatever dataset version they are, or in none."""

import json
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.http import HttpRequest, page_or_fragment
from config.paging import count_up_to, page_of
from config.search import matching
from datasets.datalake import delete_data
from datasets.forms import DataFilterForm, TagForm
from datasets.models import Data, Tag
from datasets.tags import detach_tag, tag_data
from datasets.thumbnails import picture_of, thumbnail_of
from organizations.models import Role
from storage.links import download_url

PAGE_SIZE = 48
VERSIONS_SHOWN = 20
TAGS_SUGGESTED = 500


@require_GET
def data_list(request: HttpRequest) -> HttpResponse:
    """The current organization's images, newest first."""
    form = DataFilterForm(request.GET, organization=request.organization)
    chosen, text = form.chosen, request.GET.get("q", "").strip()
    images = Data.objects.visible_to(request.user).filter(organization=request.organization)
    if chosen["tag"]:
        images = images.filter(tags=chosen["tag"])
    if chosen["source"]:
        images = images.filter(source=chosen["source"])
    found = matching(images, text, ["filename"])
    page = page_of(found.select_related("thumbnail"), request.GET, size=PAGE_SIZE)
    is_narrowed = bool(text or any(chosen.values()))
    context = {
        "form": form,
        "text": text,
        **chosen,
        "is_narrowed": is_narrowed,
        "count": count_up_to(found) if is_narrowed else 0,
        "page": page,
        "pictures": [(data, thumbnail_of(data)) for data in page.rows],
    }
    return page_or_fragment(request, "datasets/data_list.html", context, fragments=("results",))


@require_GET
def data_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One image: what it is, what is known of it, and which dataset versions it is in."""
    return _detail(request, _visible_data(request, pk), TagForm())


@require_POST
def data_tag(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Put a tag on the image."""
    data = _visible_data(request, pk)
    request.user.must_be(Role.MEMBER, data.organization)
    form = TagForm(request.POST)
    if form.is_valid():
        try:
            tag_data(data=data, name=form.cleaned_data["name"], by=request.user)
        except ValidationError as error:
            form.add_error("name", error.messages)
    return _tagged(request, data, form)


@require_POST
def data_untag(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a tag off the image. One that is not there any more is off already."""
    data = _visible_data(request, pk)
    request.user.must_be(Role.MEMBER, data.organization)
    form = DataFilterForm(request.POST, organization=data.organization)
    if tag := form.chosen["tag"]:
        detach_tag(tag=tag, targets=[data.pk], by=request.user)
    return _tagged(request, data, TagForm())


@require_http_methods(["GET", "POST"])
def data_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what would go, and delete the image."""
    data = _visible_data(request, pk)
    request.user.must_be(Role.MEMBER if data.created_by_id == request.user.pk else Role.ADMIN, data.organization)
    refusal = ""
    if request.method == "POST":
        try:
            delete_data(organization=data.organization, ids=[data.pk], by=request.user)
        except ValidationError as error:
            refusal = " ".join(error.messages)
        else:
            messages.success(request, f"{data} is deleted.")
            return redirect("datasets:data_list")
    context = {"data": data, "refusal": refusal}
    return render(request, "datasets/data_delete.html", context, status=409 if refusal else 200)


def _visible_data(request: HttpRequest, pk: uuid.UUID) -> Data:
    images = Data.objects.visible_to(request.user)
    linked = images.select_related("organization", "blob", "thumbnail", "source", "created_by")
    return get_object_or_404(linked, pk=pk)


def _tagged(request: HttpRequest, data: Data, form: TagForm) -> HttpResponse:
    """The tags as they are now: in place, or on the whole page."""
    if form.errors:
        return _detail(request, data, form, status=422)
    return _detail(request, data, TagForm()) if request.htmx else redirect("datasets:data_detail", pk=data.pk)


def _detail(request: HttpRequest, data: Data, form: TagForm, *, status: int = 200) -> HttpResponse:
    assets = data.assets.select_related("dataset_version__dataset").order_by("-pk")[: VERSIONS_SHOWN + 1]
    known = Tag.objects.filter(organization=data.organization, dataset_version=None).exclude(data=data)
    context = {
        "data": data,
        "picture": picture_of(data),
        "download": download_url(data.blob, data.filename),
        "metadata": _in_rows(data.metadata),
        "custom_metadata": _in_rows(data.custom_metadata),
        "tags": data.tags.order_by("name"),
        "form": form,
        "known_tags": known.order_by("name")[:TAGS_SUGGESTED],
        "assets": list(assets)[:VERSIONS_SHOWN],
        "has_more_assets": len(assets) > VERSIONS_SHOWN,
        "can_edit": request.user.can(Role.MEMBER, data.organization),
        "can_delete": data.is_deletable_by(request.user),
    }
    return page_or_fragment(request, "datasets/data_detail.html", context, fragments=("tags",), status=status)


def _in_rows(metadata: dict[str, Any]) -> list[tuple[str, str]]:
    """Each key with its value as text; what is not a text as JSON writes it."""
    return [
        (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for key, value in metadata.items()
    ]
