"""The files of model versions."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.http import HttpRequest
from registry.editing import add_files, remove_file, rename_file
from registry.forms.files import UploadForm
from registry.models import ArchitectureFile, ModelVersion
from registry.views.lookups import editable_version, posted, visible_file
from storage.links import download_url
from storage.uploads import streams_to_store


@require_GET
def file_download(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """To the file's own address, which is good for a limited time."""
    file = visible_file(request, pk)
    return redirect(download_url(file.blob, file.filename))


@streams_to_store
@require_http_methods(["GET", "POST"])
def model_version_files(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Upload, rename and remove files."""
    version = editable_version(request, pk)
    form = UploadForm(posted(request), request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            added = add_files(version=version, files=form.named_files, by=request.user)
        except ValidationError as refusal:
            form.add_error("uploads", refusal)
        else:
            messages.success(request, _added(added))
            return redirect("registry:model_version_files", pk=version.pk)
    return _files_page(request, version, form)


@require_POST
def file_rename(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Give a file another name."""
    file = visible_file(request, pk)
    version = editable_version(request, file.architecture.model_version.pk)
    name = request.POST.get("name", "")
    try:
        rename_file(version=version, file=file, name=name, by=request.user)
    except ValidationError as refusal:
        return _files_page(request, version, UploadForm(), (file.pk, name, " ".join(refusal.messages)))
    messages.success(request, f"The file is called {file.name} now.")
    return redirect("registry:model_version_files", pk=version.pk)


@require_POST
def file_remove(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a file out of its version."""
    file = visible_file(request, pk)
    version = editable_version(request, file.architecture.model_version.pk)
    remove_file(version=version, file=file, by=request.user)
    messages.success(request, f"{file.name} is removed from {version}.")
    return redirect("registry:model_version_files", pk=version.pk)


def _files_page(
    request: HttpRequest, version: ModelVersion, form: UploadForm, renaming: tuple[uuid.UUID, str, str] | None = None
) -> HttpResponse:
    """The files, with what was wrong: of an upload in its form, of a new name beside the file."""
    files = list(version.architecture.files.select_related("blob"))
    pk, name, error = renaming or (None, "", "")
    context = {
        "version": version,
        "form": form,
        "upload_url": reverse("registry:model_version_files", args=[version.pk]),
        "rows": [(file, name, error) if file.pk == pk else (file, file.name, "") for file in files],
        "page_organization": version.model.organization,
    }
    status = 422 if form.errors or renaming else 200
    return render(request, "registry/model_version_files.html", context, status=status)


def _added(files: list[ArchitectureFile]) -> str:
    names = [str(file) for file in files[:5]]
    more = f" and {len(files) - 5:,} more" if len(files) > 5 else ""
    return f"Added {', '.join(names)}{more}."
