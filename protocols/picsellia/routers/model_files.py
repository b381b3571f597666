"""Model files: the files of model versions. Those of public models are everybody's to read."""

import uuid

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from config.names import as_stored
from organizations.models import User
from protocols.picsellia.caller import caller
from protocols.picsellia.finding import found
from protocols.picsellia.object_names import content_to_record
from protocols.picsellia.paging import ListQuery, listed
from protocols.picsellia.routers.artifacts import ORDERS
from protocols.picsellia.schemas.files import FileIn, FileOut, FilesOut
from registry.editing import remove_file, store_file
from registry.models import ArchitectureFile, ModelVersion
from registry.services import must_be_able_to_edit

router = Router()


@router.get("/model/version/{uuid:version_id}/modelfiles", response=FilesOut)
def list_files(request: HttpRequest, version_id: uuid.UUID, query: Query[ListQuery]) -> object:
    """A model version's files, by name."""
    return {"items": listed(_files_of(_version(request, version_id)), query, ORDERS)}


@router.get("/model/version/{uuid:version_id}/modelfiles/find", response=FileOut)
def find(request: HttpRequest, version_id: uuid.UUID, name: str) -> ArchitectureFile:
    """A model version's file of a name."""
    return found(_files_of(_version(request, version_id)), name=as_stored(name))


@router.post("/model/version/{uuid:version_id}/modelfiles", response=FileOut)
def create(request: HttpRequest, version_id: uuid.UUID, body: FileIn) -> ArchitectureFile:
    """Keep an uploaded file as a model version's file.

    The version's maker may, and admins. The same again is the same file; another one under its name is a 409.
    """
    version, by = _version(request, version_id), caller(request)
    must_be_able_to_edit(version, by=by)
    assert by.token is not None
    blob = content_to_record(body.object_name, organization=by.token.organization, user=by)
    return store_file(version=version, name=body.name, filename=body.filename, blob=blob, by=by)


@router.get("/model/file/{uuid:file_id}", response=FileOut)
def sync(request: HttpRequest, file_id: uuid.UUID) -> ArchitectureFile:
    """A model version's file with an address to fetch it from."""
    return _file(file_id, caller(request))


@router.delete("/model/file/{uuid:file_id}", response={204: None})
def delete(request: HttpRequest, file_id: uuid.UUID) -> None:
    """Delete a model version's file.

    The version's maker may, and admins. What started from the version keeps its copy.
    """
    file = _file(file_id, caller(request))
    remove_file(version=file.architecture.model_version, file=file, by=caller(request))


def _version(request: HttpRequest, pk: uuid.UUID) -> ModelVersion:
    versions = ModelVersion.objects.visible_to(caller(request))
    return get_object_or_404(versions.select_related("model__organization"), pk=pk)


def _files_of(version: ModelVersion) -> QuerySet[ArchitectureFile]:
    return ArchitectureFile.objects.filter(architecture=version.architecture_id).select_related("blob")


def _file(pk: uuid.UUID, user: User) -> ArchitectureFile:
    visible = ModelVersion.objects.visible_to(user)
    files = ArchitectureFile.objects.filter(architecture__model_version__in=visible)
    file = files.select_related("blob", "architecture__model_version__model__organization").filter(pk=pk).first()
    if file is None:
        raise Http404
    return file
