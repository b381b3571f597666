"""What a page is about, as its user may see or edit it."""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.shortcuts import get_object_or_404

from config.http import HttpRequest
from registry.models import ArchitectureFile, ModelVersion, RegisteredModel

READ_ONLY = "The Public Registry can be read, not changed. Start a version of your own as a copy of this one."
NOT_YOURS = "Only the person who made it and the organization's admins can change it."


def visible_model(request: HttpRequest, pk: uuid.UUID) -> RegisteredModel:
    """The model. Raises Http404 when the user may not see it."""
    models = RegisteredModel.objects.visible_to(request.user).select_related("organization", "created_by")
    return get_object_or_404(models, pk=pk)


def editable_model(request: HttpRequest, pk: uuid.UUID) -> RegisteredModel:
    """The model. Raises Http404 as `visible_model`, PermissionDenied when the user may not change it."""
    model = visible_model(request, pk)
    _must_be_editable(model, request)
    return model


def visible_version(request: HttpRequest, pk: uuid.UUID) -> ModelVersion:
    """The version. Raises Http404 when the user may not see it."""
    versions = ModelVersion.objects.visible_to(request.user)
    return get_object_or_404(versions.select_related("model__organization", "architecture", "created_by"), pk=pk)


def editable_version(request: HttpRequest, pk: uuid.UUID) -> ModelVersion:
    """The version. Raises Http404 as `visible_version`, PermissionDenied when the user may not change it."""
    version = visible_version(request, pk)
    _must_be_editable(version, request)
    return version


def visible_file(request: HttpRequest, pk: uuid.UUID) -> ArchitectureFile:
    """A file of a version that the user may see, or Http404."""
    versions = ModelVersion.objects.visible_to(request.user)
    files = ArchitectureFile.objects.filter(architecture__model_version__in=versions)
    return get_object_or_404(files.select_related("blob", "architecture__model_version"), pk=pk)


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty post is a post as well."""
    return request.POST if request.method == "POST" else None


def _must_be_editable(thing: RegisteredModel | ModelVersion, request: HttpRequest) -> None:
    model = thing if isinstance(thing, RegisteredModel) else thing.model
    if model.is_public:
        raise PermissionDenied(READ_ONLY)
    if not thing.is_editable_by(request.user):
        raise PermissionDenied(NOT_YOURS)
