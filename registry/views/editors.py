"""The pages that edit a version's architecture, one thing each. Every one saves on the revision it was opened with."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from config.http import HttpRequest, page_or_fragment
from registry.editing import set_constraints, set_hyperparameters, set_labelmap, set_training_image
from registry.exchange import constraint_rows, hyperparameter_rows
from registry.forms.editors import EditorForm, LabelmapForm, TrainingImageForm
from registry.forms.rows import Row, RowsEditor, Shape
from registry.forms.shapes import (
    CONSTRAINTS,
    HYPERPARAMETERS,
    constraint_fields,
    constraint_row,
    hyperparameter_fields,
    hyperparameter_row,
)
from registry.hyperparameters import Kind
from registry.labelmaps import read_labelmap
from registry.models import ModelVersion
from registry.views.lookups import editable_version, posted


@require_http_methods(["GET", "POST"])
def model_version_hyperparameters(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Edit keys, types, values, ranges, choices and help texts."""
    version = editable_version(request, pk)

    def save(editor: RowsEditor) -> None:
        rows = [hyperparameter_row(row) for row in editor.rows]
        set_hyperparameters(version=version, rows=rows, by=request.user, revision=editor.revision)

    rows = [hyperparameter_fields(row) for row in hyperparameter_rows(version)] if request.method == "GET" else []
    context = {"kinds": Kind.choices}
    return _rows_page(request, version, HYPERPARAMETERS, rows, save, "hyperparameters", context)


@require_http_methods(["GET", "POST"])
def model_version_constraints(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Edit the sets of aliases that the training script accepts."""
    version = editable_version(request, pk)

    def save(editor: RowsEditor) -> None:
        rows = [constraint_row(row) for row in editor.rows]
        set_constraints(version=version, rows=rows, by=request.user, revision=editor.revision)

    rows = [constraint_fields(row) for row in constraint_rows(version)] if request.method == "GET" else []
    return _rows_page(request, version, CONSTRAINTS, rows, save, "constraints", {})


@require_http_methods(["GET", "POST"])
def model_version_labelmap(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Edit which index means which label."""
    version = editable_version(request, pk)
    form = LabelmapForm(posted(request), initial=LabelmapForm.initial_of(version.architecture))

    def save(revision: int | None) -> None:
        labelmap = read_labelmap(form.cleaned_data["labelmap"])
        set_labelmap(version=version, labelmap=labelmap, by=request.user, revision=revision)

    return _form_page(request, version, form, save, "labelmap")


@require_http_methods(["GET", "POST"])
def model_version_image(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Edit the image, its flags and environment, and the command."""
    version = editable_version(request, pk)
    form = TrainingImageForm(posted(request), initial=TrainingImageForm.initial_of(version.architecture))

    def save(revision: int | None) -> None:
        set_training_image(version=version, training=form.training, by=request.user, revision=revision)

    return _form_page(request, version, form, save, "image")


def _form_page(
    request: HttpRequest, version: ModelVersion, form: EditorForm, save: Callable[..., None], what: str
) -> HttpResponse:
    if request.method == "POST" and form.saved(save, version):
        messages.success(request, f"The {what} of {version} is saved.")
        return redirect("registry:model_version_detail", pk=version.pk)
    context = {"version": version, "form": form, "page_organization": version.model.organization}
    status = 422 if form.errors else 200
    return render(request, f"registry/model_version_{what}.html", context, status=status)


def _rows_page(
    request: HttpRequest,
    version: ModelVersion,
    shape: Shape,
    rows: list[Row],
    save: Callable[[RowsEditor], None],
    what: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Buttons inside the form name an act on the rows; the one without a name saves them."""
    editor = RowsEditor(shape, rows, version.architecture.revision)
    if request.method == "POST":
        editor = RowsEditor.posted(shape, request.POST)
        if "act" in request.POST:
            editor.act(request.POST["act"])
        elif editor.saved(partial(save, editor), version):
            messages.success(request, f"The {what} of {version} are saved.")
            return redirect("registry:model_version_detail", pk=version.pk)
    context |= {"version": version, "editor": editor, "page_organization": version.model.organization}
    status = 422 if editor.mistakes else 200
    template = f"registry/model_version_{what}.html"
    return page_or_fragment(request, template, context, fragments=("rows",), status=status)
