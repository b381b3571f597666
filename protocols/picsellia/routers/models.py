"""Models: an organization's own, and the public ones."""

import uuid

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema

from config.inference_types import InferenceType
from config.names import as_stored
from protocols.picsellia.caller import caller, own_organization
from protocols.picsellia.finding import found
from protocols.picsellia.paging import BY_NAME_OR_TIME, ListQuery, listed
from protocols.picsellia.schemas.registry import (
    ModelChange,
    ModelIn,
    ModelOut,
    ModelVersionIn,
    ModelVersionOut,
    training_of,
)
from registry.models import Framework, ModelVersion, RegisteredModel
from registry.scripts import write_version
from registry.services import create_model, create_model_version, delete_model, edit_model

router = Router()

VERSION_ORDERS = {**BY_NAME_OR_TIME, "version": "number"}


class Models(Schema):
    """A list of models."""

    items: list[ModelOut]


class ModelVersions(Schema):
    """A list of versions."""

    items: list[ModelVersionOut]


class PublicQuery(ListQuery):
    """A list of public models, perhaps of those with this in their name."""

    name: str | None = None


@router.post("/organization/{uuid:organization_id}/models", response=ModelOut)
def create(request: HttpRequest, organization_id: uuid.UUID, body: ModelIn) -> RegisteredModel:
    """Begin a model without versions: 409 when its name is taken."""
    organization = own_organization(request, organization_id)
    return create_model(name=body.name, description=body.description, organization=organization, by=caller(request))


@router.get("/organization/{uuid:organization_id}/models", response=Models)
def of_organization(
    request: HttpRequest, organization_id: uuid.UUID, query: Query[ListQuery]
) -> dict[str, list[RegisteredModel]]:
    """The organization's own models, newest first."""
    organization = own_organization(request, organization_id)
    return {"items": listed(RegisteredModel.objects.private(organization), query)}


@router.get("/organization/{uuid:organization_id}/models/find", response=ModelOut)
def find(
    request: HttpRequest, organization_id: uuid.UUID, name: str | None = None, id: uuid.UUID | None = None
) -> RegisteredModel:
    """The organization's model of a name, or any visible one of an id."""
    own = RegisteredModel.objects.private(own_organization(request, organization_id))
    return found(own if id is None else own | RegisteredModel.objects.public(), name=name, pk=id)


@router.get("/models", response=Models)
def public(request: HttpRequest, query: Query[PublicQuery]) -> dict[str, list[RegisteredModel]]:
    """The models of the Public Registry, newest first."""
    models = RegisteredModel.objects.public()
    return {"items": listed(models.filter(name__icontains=as_stored(query.name)) if query.name else models, query)}


@router.get("/models/find", response=ModelOut)
def find_public(request: HttpRequest, name: str) -> RegisteredModel:
    """The Public Registry's model of a name."""
    return found(RegisteredModel.objects.public(), name=name)


@router.get("/model/{uuid:model_id}", response=ModelOut)
def sync(request: HttpRequest, model_id: uuid.UUID) -> RegisteredModel:
    """A model of the organization's, or a public one."""
    return _model(request, model_id)


@router.patch("/model/{uuid:model_id}", response=ModelOut)
def update(request: HttpRequest, model_id: uuid.UUID, body: ModelChange) -> RegisteredModel:
    """Call a model something else, or describe it.

    Its maker may, and admins; staff a public one. A name that another model has is a 409.
    """
    model = _model(request, model_id)
    name = model.name if body.name is None else body.name
    description = model.description if body.description is None else body.description
    return edit_model(model=model, name=name, description=description, by=caller(request))


@router.delete("/model/{uuid:model_id}", response={204: None})
def delete(request: HttpRequest, model_id: uuid.UUID) -> None:
    """Delete a model with its versions.

    Its maker may, and admins; staff a public one. What started from a version keeps its copy.
    """
    delete_model(model=_model(request, model_id), by=caller(request))


@router.post("/model/{uuid:model_id}/versions", response=ModelVersionOut)
@transaction.atomic
def create_version(request: HttpRequest, model_id: uuid.UUID, body: ModelVersionIn) -> ModelVersion:
    """Make a model's next version, with what is given of it.

    Without a name it is v1, v2 and so on; a name that another version has is a 409.
    """
    version = create_model_version(
        model=_model(request, model_id),
        name=body.name or "",
        description=body.description or "",
        inference_type=body.type or InferenceType.NOT_CONFIGURED,
        framework=body.framework or Framework.NOT_CONFIGURED,
        by=caller(request),
    )
    training = body.training(training_of(version))
    write_version(version, labels=body.labels, parameters=body.parameters, training=training, by=caller(request))
    return version


@router.get("/model/{uuid:model_id}/versions", response=ModelVersions)
def versions(request: HttpRequest, model_id: uuid.UUID, query: Query[ListQuery]) -> dict[str, list[ModelVersion]]:
    """A model's versions, the latest first."""
    return {"items": listed(_versions(request, model_id), query, VERSION_ORDERS)}


@router.get("/model/{uuid:model_id}/versions/find", response=ModelVersionOut)
def find_version(
    request: HttpRequest, model_id: uuid.UUID, name: str | None = None, version: int | None = None
) -> ModelVersion:
    """A model's version of a name, or of a number counted from 0."""
    return found(_versions(request, model_id), name=name, number=None if version is None else version + 1)


def _model(request: HttpRequest, model_id: uuid.UUID) -> RegisteredModel:
    models = RegisteredModel.objects.visible_to(caller(request)).select_related("organization")
    return get_object_or_404(models, pk=model_id)


def _versions(request: HttpRequest, model_id: uuid.UUID) -> QuerySet[ModelVersion]:
    versions = ModelVersion.objects.visible_to(caller(request)).filter(model=_model(request, model_id))
    return versions.select_related("model", "architecture")
