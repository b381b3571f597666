"""Model versions, and where each came from."""

import uuid
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from experiments.models import Publication
from protocols.picsellia.caller import caller, own_organization
from protocols.picsellia.finding import found
from protocols.picsellia.schemas.registry import ModelContextOut, ModelVersionIn, ModelVersionOut, training_of
from registry.models import ModelVersion
from registry.scripts import parameters_of, write_version
from registry.services import delete_model_version, edit_model_version

router = Router()


@router.get("/organization/{uuid:organization_id}/modelversions/find", response=ModelVersionOut)
def find(request: HttpRequest, organization_id: uuid.UUID, id: uuid.UUID) -> ModelVersion:
    """The organization's model version of an id, or a public one."""
    own_organization(request, organization_id)
    versions = ModelVersion.objects.visible_to(caller(request)).select_related("model", "architecture")
    return found(versions, pk=id)


@router.get("/model/version/{uuid:version_id}", response=ModelVersionOut)
def sync(request: HttpRequest, version_id: uuid.UUID) -> ModelVersion:
    """A model version with its labelmap and its image."""
    return _version(request, version_id)


@router.patch("/model/version/{uuid:version_id}", response=ModelVersionOut)
@transaction.atomic
def update(request: HttpRequest, version_id: uuid.UUID, body: ModelVersionIn) -> ModelVersion:
    """Change a model version: only what is given becomes another.

    Its maker may, and admins. A name that another version of the model has is a 409.
    """
    version, by = _version(request, version_id), caller(request)
    edit_model_version(
        version=version,
        name=version.name if body.name is None else body.name,
        description=version.description if body.description is None else body.description,
        inference_type=body.type or version.inference_type,
        framework=body.framework or version.framework,
        by=by,
    )
    training = body.training(training_of(version))
    write_version(version, labels=body.labels, parameters=body.parameters, training=training, by=by)
    return version


@router.delete("/model/version/{uuid:version_id}", response={204: None})
def delete(request: HttpRequest, version_id: uuid.UUID) -> None:
    """Delete a model version, even one that was a base.

    Its maker may, and admins. What started from it keeps its copy.
    """
    delete_model_version(version=_version(request, version_id), by=caller(request))


@router.get("/model/version/{uuid:version_id}/context", response=ModelContextOut)
def context(request: HttpRequest, version_id: uuid.UUID) -> dict[str, Any]:
    """Where a model version came from.

    Its experiment, datasets and hyperparameters when it was published; of one without, its own hyperparameters.
    """
    return _context(request, _version(request, version_id))


@router.get("/model/version/{uuid:version_id}/public/context", response=ModelContextOut)
def public_context(request: HttpRequest, version_id: uuid.UUID) -> dict[str, Any]:
    """Where a model version came from, as far as the caller may see it."""
    return _context(request, _version(request, version_id))


@router.get("/model/context/{uuid:context_id}", response=ModelContextOut)
def sync_context(request: HttpRequest, context_id: uuid.UUID) -> dict[str, Any]:
    """A context, which has the id of its model version."""
    return _context(request, _version(request, context_id))


def _version(request: HttpRequest, version_id: uuid.UUID) -> ModelVersion:
    versions = ModelVersion.objects.visible_to(caller(request)).select_related("model__organization", "architecture")
    return get_object_or_404(versions, pk=version_id)


def _context(request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    """What was published with the version; of one that came of no experiment, its own hyperparameters."""
    publication = Publication.objects.visible_to(caller(request)).filter(model_version=version).first()
    if publication is None:
        return {"id": version.pk, "experiment_id": None, "datas": [], "parameters": parameters_of(version.architecture)}
    datas = [
        {
            "name": row["alias"],
            "version_id": row["id"],
            "version_name": row["name"],
            "repartition": row["repartition"],
        }
        for row in publication.datasets
    ]
    return {
        "id": version.pk,
        "experiment_id": publication.experiment_id,
        "datas": datas,
        "parameters": publication.parameters,
    }
