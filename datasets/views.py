"""The pages of datasets, their versions, and single images."""

import uuid
from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from config.http import HttpRequest, page_or_fragment
from config.paging import count_up_to, page_of
from config.search import matching
from datasets.asset_pages import asset_page, neighbours
from datasets.drawing import Drawing, drawing_alone, drawings_in_list
from datasets.exporting.selection import ExportKey, Selection
from datasets.exporting.services import FORMS, FileKind, annotation_file
from datasets.forms import AssetFilterForm, DatasetVersionForm
from datasets.label_bars import label_bars
from datasets.models import Annotation, Asset, Dataset, DatasetVersion, Labelling
from datasets.services import delete_dataset, delete_dataset_version, edit_dataset_version
from datasets.thumbnails import first_thumbnails, newest_thumbnails
from organizations.models import Role
from storage.links import download_url

NAMED_BEFORE_DELETION = 20
LABELLINGS_SHOWN = 50


@require_GET
def dataset_list(request: HttpRequest) -> HttpResponse:
    """The current organization's datasets."""
    datasets = Dataset.objects.visible_to(request.user).filter(organization=request.organization)
    found = matching(datasets.with_totals(), request.GET.get("q", ""), ["name"])
    page = page_of(found, request.GET)
    thumbs = newest_thumbnails(page.rows)
    context = {"page": page, "rows": [(dataset, thumbs[dataset.pk]) for dataset in page.rows]}
    return page_or_fragment(request, "datasets/dataset_list.html", context, fragments=("results",))


@require_GET
def dataset_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A dataset's versions, each with its first pictures."""
    dataset = _visible_dataset(request, pk)
    found = matching(dataset.versions.with_label_count(), request.GET.get("q", ""), ["name"])
    page = page_of(found, request.GET)
    thumbs = first_thumbnails(page.rows)
    context = {
        "dataset": dataset,
        "page": page,
        "rows": [(version, thumbs[version.pk]) for version in page.rows],
        "can_delete": request.user.can(Role.ADMIN, dataset.organization),
    }
    return page_or_fragment(request, "datasets/dataset_detail.html", context, fragments=("results",))


@require_GET
def dataset_version_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A version: its images with their annotations drawn over them, and how often each label occurs."""
    version = _visible_version(request, pk)
    form = AssetFilterForm(request.GET, version=version)
    label, text = form.chosen_label, request.GET.get("q", "").strip()
    assets = version.assets.labelled(label) if label else version.assets.all()
    found = matching(assets, text, ["data__filename"])
    page = asset_page(found.select_related("data__thumbnail"), request.GET)
    context = {
        "version": version,
        "annotation_files": list(FORMS.items()),
        "form": form,
        "label": label,
        "text": text,
        "count": count_up_to(found) if label or text else version.asset_count,
        "page": page,
        "drawings": drawings_in_list(page.rows),
        "bars": label_bars(version),
        **_rights(request, version),
    }
    return page_or_fragment(request, "datasets/dataset_version_detail.html", context, fragments=("results",))


@require_GET
def asset_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One image at its full size, with everything that is on it."""
    assets = Asset.objects.visible_to(request.user)
    asset = get_object_or_404(assets.select_related("dataset_version__dataset", "data__blob", "data__thumbnail"), pk=pk)
    previous, following = neighbours(asset)
    drawing = drawing_alone(asset)
    context = {
        "asset": asset,
        "version": asset.dataset_version,
        "drawing": drawing,
        "labellings": _labellings(asset, drawing),
        "previous": previous,
        "following": following,
        "download": download_url(asset.data.blob, asset.data.filename),
    }
    return render(request, "datasets/asset_detail.html", context)


@require_GET
def dataset_version_annotations(request: HttpRequest, pk: uuid.UUID) -> StreamingHttpResponse:
    """The annotations of a version as a file of the kind that `?as=` names: COCO, unless another one is."""
    version, name = _visible_version(request, pk), request.GET.get("as", FileKind.COCO)
    if name not in FileKind.__members__:
        raise Http404
    try:
        file = annotation_file(FileKind(name), Selection(version))
    except ValidationError:
        # Two images of one name: the files are called after something that only one has.
        file = annotation_file(FileKind(name), Selection(version, ExportKey.ASSET_ID))
    disposition = content_disposition_header(True, file.filename) or "attachment"
    return StreamingHttpResponse(
        file.content, content_type=file.content_type, headers={"Content-Disposition": disposition}
    )


@require_http_methods(["GET", "POST"])
def dataset_version_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Set what a version is for."""
    version = _visible_version(request, pk)
    request.user.must_be(Role.MEMBER, version.dataset.organization)
    form = DatasetVersionForm(request.POST or None, instance=version)
    if request.method == "POST" and form.is_valid():
        edit_dataset_version(version=version, by=request.user, **form.cleaned_data)
        messages.success(request, f"{version} is saved.")
        return redirect("datasets:dataset_version_detail", pk=version.pk)
    context = {"version": version, "form": form}
    return render(request, "datasets/dataset_version_edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def dataset_version_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what would go with the version, and delete it."""
    version = _visible_version(request, pk)
    request.user.must_be(Role.ADMIN, version.dataset.organization)
    refusal = ""
    if request.method == "POST":
        try:
            delete_dataset_version(version=version, by=request.user)
        except ValidationError as error:
            refusal = " ".join(error.messages)
        else:
            messages.success(request, f"{version} is deleted.")
            return redirect("datasets:dataset_detail", pk=version.dataset_id)
    context = {"version": version, "refusal": refusal}
    return render(request, "datasets/dataset_version_delete.html", context, status=409 if refusal else 200)


@require_http_methods(["GET", "POST"])
def dataset_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say which versions would go with the dataset, and delete it."""
    dataset = _visible_dataset(request, pk)
    request.user.must_be(Role.ADMIN, dataset.organization)
    refusal = ""
    if request.method == "POST":
        try:
            delete_dataset(dataset=dataset, by=request.user)
        except ValidationError as error:
            refusal = " ".join(error.messages)
        else:
            messages.success(request, f"{dataset} is deleted.")
            return redirect("datasets:dataset_list")
    context = {
        "dataset": dataset,
        "versions": dataset.versions.all()[:NAMED_BEFORE_DELETION],
        "version_count": dataset.versions.count(),
        "refusal": refusal,
    }
    return render(request, "datasets/dataset_delete.html", context, status=409 if refusal else 200)


def _visible_dataset(request: HttpRequest, pk: uuid.UUID) -> Dataset:
    datasets = Dataset.objects.visible_to(request.user).select_related("organization", "created_by")
    return get_object_or_404(datasets, pk=pk)


def _visible_version(request: HttpRequest, pk: uuid.UUID) -> DatasetVersion:
    versions = DatasetVersion.objects.visible_to(request.user)
    return get_object_or_404(versions.select_related("dataset__organization", "created_by"), pk=pk)


def _labellings(asset: Asset, drawing: Drawing) -> list[tuple[Labelling, list[Annotation]]]:
    """The asset's latest labellings, each with what is drawn of it."""
    drawn: dict[uuid.UUID, list[Annotation]] = defaultdict(list)
    for annotation in drawing.annotations:
        drawn[annotation.labelling_id].append(annotation)
    latest = asset.labellings.select_related("created_by").order_by("-pk")[:LABELLINGS_SHOWN]
    return [(labelling, drawn[labelling.pk]) for labelling in latest]


def _rights(request: HttpRequest, version: DatasetVersion) -> dict[str, Any]:
    """Which buttons the page offers; the services decide again."""
    role = request.user.role_in(version.dataset.organization)
    rank = -1 if role is None else role.rank
    return {"can_edit": rank >= Role.MEMBER.rank, "can_delete": rank >= Role.ADMIN.rank}
