"""Artifacts: the files of experiments."""

import uuid

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema

from config.names import as_stored
from experiments.artifacts import change_artifact, delete_artifacts, store_artifact
from experiments.models import Experiment
from protocols.picsellia.caller import caller
from protocols.picsellia.errors import BadInput
from protocols.picsellia.finding import all_of, found
from protocols.picsellia.object_names import content_to_record
from protocols.picsellia.paging import ListQuery, listed
from protocols.picsellia.schemas.files import FileChanges, FileIn, FileOut, FilesOut
from registry.models import ArchitectureFile

router = Router()

ORDERS = {"name": "name", "filename": "filename", "created_at": "id", "id": "id"}
IDS_MAX = 10_000


class IdsIn(Schema):
    """Which ones."""

    ids: list[uuid.UUID]


@router.get("/experiment/{uuid:experiment_id}/artifacts", response=FilesOut)
def list_artifacts(request: HttpRequest, experiment_id: uuid.UUID, query: Query[ListQuery]) -> object:
    """An experiment's artifacts, by name."""
    return {"items": listed(_artifacts_of(_experiment(request, experiment_id)), query, ORDERS)}


@router.get("/experiment/{uuid:experiment_id}/artifacts/find", response=FileOut)
def find(request: HttpRequest, experiment_id: uuid.UUID, name: str) -> ArchitectureFile:
    """An experiment's artifact of a name."""
    return found(_artifacts_of(_experiment(request, experiment_id)), name=as_stored(name))


@router.get("/experiment/{uuid:experiment_id}/artifacts/ids", response=list[uuid.UUID])
def list_ids(request: HttpRequest, experiment_id: uuid.UUID) -> list[uuid.UUID]:
    """The ids of an experiment's artifacts, by name."""
    return list(_artifacts_of(_experiment(request, experiment_id)).values_list("pk", flat=True))


@router.post("/experiment/{uuid:experiment_id}/artifacts", response=FileOut)
def create(request: HttpRequest, experiment_id: uuid.UUID, body: FileIn) -> ArchitectureFile:
    """Keep an uploaded file as an artifact, whatever became of the run.

    The same file under the same name again is the same artifact; another one there is a 409.
    """
    experiment, by = _experiment(request, experiment_id), caller(request)
    blob = content_to_record(body.object_name, organization=experiment.project.organization, user=by)
    return store_artifact(experiment=experiment, name=body.name, filename=body.filename, blob=blob, by=by)


@router.delete("/experiment/{uuid:experiment_id}/artifacts", response={204: None})
def delete_many(request: HttpRequest, experiment_id: uuid.UUID, body: IdsIn) -> None:
    """Delete artifacts of an experiment, all or none. What was published or started from it keeps its copies."""
    experiment = _experiment(request, experiment_id)
    if len(body.ids) > IDS_MAX:
        raise BadInput(f"At most {IDS_MAX:,} artifacts are deleted at once; these are {len(body.ids):,}.")
    all_of(_artifacts_of(experiment), body.ids)
    delete_artifacts(experiment=experiment, ids=body.ids, by=caller(request))


@router.get("/artifact/{uuid:artifact_id}", response=FileOut)
def sync(request: HttpRequest, artifact_id: uuid.UUID) -> ArchitectureFile:
    """An artifact with an address to fetch it from."""
    return _artifact(request, artifact_id)


@router.patch("/artifact/{uuid:artifact_id}", response=FileOut)
def update(request: HttpRequest, artifact_id: uuid.UUID, body: FileChanges) -> ArchitectureFile:
    """Give an artifact another name, filename or uploaded file. A name that another one has is a 409."""
    artifact, by = _artifact(request, artifact_id), caller(request)
    experiment = artifact.architecture.experiment
    organization, blob = experiment.project.organization, None
    if body.object_name is not None:
        blob = content_to_record(body.object_name, organization=organization, user=by)
    return change_artifact(
        experiment=experiment, artifact=artifact, name=body.name, filename=body.filename, blob=blob, by=by
    )


@router.delete("/artifact/{uuid:artifact_id}", response={204: None})
def delete(request: HttpRequest, artifact_id: uuid.UUID) -> None:
    """Delete an artifact. What was published or started from its experiment keeps its copy."""
    artifact = _artifact(request, artifact_id)
    delete_artifacts(experiment=artifact.architecture.experiment, ids=[artifact.pk], by=caller(request))


def _experiment(request: HttpRequest, pk: uuid.UUID) -> Experiment:
    experiments = Experiment.objects.visible_to(caller(request))
    return get_object_or_404(experiments.select_related("project__organization"), pk=pk)


def _artifacts_of(experiment: Experiment) -> QuerySet[ArchitectureFile]:
    return ArchitectureFile.objects.filter(architecture=experiment.architecture_id).select_related("blob")


def _artifact(request: HttpRequest, pk: uuid.UUID) -> ArchitectureFile:
    visible = Experiment.objects.visible_to(caller(request))
    files = ArchitectureFile.objects.filter(architecture__experiment__in=visible)
    return get_object_or_404(files.select_related("blob", "architecture__experiment__project__organization"), pk=pk)
