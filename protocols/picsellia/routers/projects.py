"""Projects, the dataset versions attached to them, and their experiments."""

import uuid
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema

from datasets.models import DatasetVersion, DatasetVersionQuerySet
from experiments.bases import model_versions_for
from experiments.changes import delete_experiments, delete_project
from experiments.models import Experiment, ExperimentQuerySet, Project
from experiments.scripted import create_scripted_experiment
from experiments.services import (
    attach_dataset_version,
    attached_to,
    create_project,
    detach_dataset_version,
    edit_project,
)
from protocols.picsellia.caller import caller, own_organization
from protocols.picsellia.finding import all_of, found
from protocols.picsellia.paging import BY_NAME_OR_TIME, ListQuery, listed
from protocols.picsellia.schemas.changes import Change
from protocols.picsellia.schemas.datasets import DatasetVersionOut
from protocols.picsellia.schemas.experiments import ExperimentOut, ProjectOut
from protocols.picsellia.schemas.ids import Ids

router = Router()

EXPERIMENT_ORDERS = {**BY_NAME_OR_TIME, "updated_at": "updated_at", "status": "status"}


class ProjectIn(Schema):
    """A project to make."""

    name: str
    description: str = ""


class ProjectChange(Change):
    """What is to be another in a project."""

    name: str | None = None
    description: str | None = None


class Projects(Schema):
    """A list of projects."""

    items: list[ProjectOut]


class DatasetVersions(Schema):
    """A list of dataset versions."""

    items: list[DatasetVersionOut]


class Experiments(Schema):
    """A list of experiments."""

    items: list[ExperimentOut]


class DatasetVersionId(Schema):
    """Which dataset version."""

    dataset_version_id: uuid.UUID


class ExperimentIn(Schema):
    """An experiment to make."""

    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None
    base_experiment_id: uuid.UUID | None = None
    base_model_version_id: uuid.UUID | None = None


@router.post("/organization/{uuid:organization_id}/projects", response=ProjectOut)
def create(request: HttpRequest, organization_id: uuid.UUID, body: ProjectIn) -> Project:
    """Make a project: 409 when its name is taken."""
    organization = own_organization(request, organization_id)
    return create_project(name=body.name, description=body.description, organization=organization, by=caller(request))


@router.get("/organization/{uuid:organization_id}/projects", response=Projects)
def of_organization(
    request: HttpRequest, organization_id: uuid.UUID, query: Query[ListQuery]
) -> dict[str, list[Project]]:
    """The organization's projects, newest first."""
    organization = own_organization(request, organization_id)
    return {"items": listed(Project.objects.visible_to(caller(request)).filter(organization=organization), query)}


@router.get("/organization/{uuid:organization_id}/projects/find", response=ProjectOut)
def find(
    request: HttpRequest, organization_id: uuid.UUID, name: str | None = None, id: uuid.UUID | None = None
) -> Project:
    """The organization's project of a name or id."""
    organization = own_organization(request, organization_id)
    return found(Project.objects.visible_to(caller(request)).filter(organization=organization), name=name, pk=id)


@router.get("/project/{uuid:project_id}", response=ProjectOut)
def sync(request: HttpRequest, project_id: uuid.UUID) -> Project:
    """A project as it is now."""
    return _project(request, project_id)


@router.patch("/project/{uuid:project_id}", response=ProjectOut)
def update(request: HttpRequest, project_id: uuid.UUID, body: ProjectChange) -> Project:
    """Call a project something else, or describe it. A name that another project of the organization has is a 409."""
    project = _project(request, project_id)
    name = project.name if body.name is None else body.name
    description = project.description if body.description is None else body.description
    return edit_project(project, name=name, description=description, by=caller(request))


@router.delete("/project/{uuid:project_id}", response={204: None})
def delete(request: HttpRequest, project_id: uuid.UUID) -> None:
    """Delete a project with its experiments: 409 while one of them runs.

    Admins may, and who made it and all of these. Dataset versions and what was published stay.
    """
    delete_project(_project(request, project_id), by=caller(request))


@router.get("/project/{uuid:project_id}/datasets", response=DatasetVersions)
def dataset_versions(
    request: HttpRequest, project_id: uuid.UUID, query: Query[ListQuery]
) -> dict[str, list[DatasetVersion]]:
    """The dataset versions that are attached to a project."""
    attached = attached_to(_project(request, project_id).pk, user=caller(request))
    return {"items": listed(attached.select_related("dataset"), query)}


@router.post("/project/{uuid:project_id}/datasets", response={204: None})
def attach(request: HttpRequest, project_id: uuid.UUID, body: DatasetVersionId) -> None:
    """Let a project's experiments use a dataset version. Admins may. Attaching what is attached changes nothing."""
    project = _project(request, project_id)
    version = get_object_or_404(_dataset_versions_for(request, project), pk=body.dataset_version_id)
    attach_dataset_version(project=project, dataset_version=version, by=caller(request))


@router.delete("/project/{uuid:project_id}/datasets", response={204: None})
@transaction.atomic
def detach(request: HttpRequest, project_id: uuid.UUID, body: Ids) -> None:
    """Take dataset versions out of a project, all or none. Admins may; 409 when an experiment uses one."""
    project = _project(request, project_id)
    for version in all_of(_dataset_versions_for(request, project), body.ids):
        detach_dataset_version(project=project, dataset_version=version, by=caller(request))


@router.post("/project/{uuid:project_id}/experiments", response=ExperimentOut)
def create_experiment(request: HttpRequest, project_id: uuid.UUID, body: ExperimentIn) -> Experiment:
    """Make an experiment, perhaps with something that it starts from.

    A name that another one of the project has is a 409. Parameters that are given stand instead of its base's.
    """
    project, by = _project(request, project_id), caller(request)
    versions = model_versions_for(project, user=by).select_related("model")
    experiments = Experiment.objects.visible_to(by).select_related("base_model_version")
    base, version = body.base_experiment_id, body.base_model_version_id
    return create_scripted_experiment(
        project=project,
        name=body.name,
        description=body.description,
        parameters=body.parameters,
        base_experiment=None if base is None else get_object_or_404(experiments, pk=base),
        base_model_version=None if version is None else get_object_or_404(versions, pk=version),
        by=by,
    )


@router.get("/project/{uuid:project_id}/experiments", response=Experiments)
def experiments(request: HttpRequest, project_id: uuid.UUID, query: Query[ListQuery]) -> dict[str, list[Experiment]]:
    """A project's experiments, newest first."""
    return {"items": listed(_experiments(request, project_id), query, EXPERIMENT_ORDERS)}


@router.get("/project/{uuid:project_id}/experiments/find", response=ExperimentOut)
def find_experiment(
    request: HttpRequest, project_id: uuid.UUID, name: str | None = None, id: uuid.UUID | None = None
) -> Experiment:
    """A project's experiment of a name or id."""
    return found(_experiments(request, project_id), name=name, pk=id)


@router.get("/project/{uuid:project_id}/experiments/ids", response=list[uuid.UUID])
def experiment_ids(request: HttpRequest, project_id: uuid.UUID) -> list[uuid.UUID]:
    """The ids of a project's experiments, newest first."""
    return list(_experiments(request, project_id).values_list("pk", flat=True))


@router.delete("/project/{uuid:project_id}/experiments", response={204: None})
def delete_several(request: HttpRequest, project_id: uuid.UUID, body: Ids) -> None:
    """Delete experiments of a project, all or none: 409 while one runs. Who made them all may, and admins."""
    delete_experiments(all_of(_experiments(request, project_id), body.ids), by=caller(request))


def _project(request: HttpRequest, project_id: uuid.UUID) -> Project:
    projects = Project.objects.visible_to(caller(request)).select_related("organization")
    return get_object_or_404(projects, pk=project_id)


def _experiments(request: HttpRequest, project_id: uuid.UUID) -> ExperimentQuerySet:
    experiments = Experiment.objects.visible_to(caller(request))
    return experiments.filter(project=_project(request, project_id))


def _dataset_versions_for(request: HttpRequest, project: Project) -> DatasetVersionQuerySet:
    versions = DatasetVersion.objects.visible_to(caller(request)).select_related("dataset")
    return versions.filter(organization=project.organization)
