"""Experiments: what they start from, their dataset versions, and what is published of them."""

import uuid
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from datasets.models import DatasetVersion, DatasetVersionQuerySet
from experiments.attachments import attach_to_experiment, detach_from_experiment
from experiments.bases import model_versions_for
from experiments.changes import edit_experiment
from experiments.creation import delete_experiment
from experiments.models import Experiment, ExperimentDatasetVersion, Status
from experiments.publishing import publish_as_model, publish_in_model
from experiments.scripted import set_base_experiment, set_base_model_version
from protocols.picsellia.caller import caller, own_organization
from protocols.picsellia.finding import all_of, found
from protocols.picsellia.schemas.changes import Change
from protocols.picsellia.schemas.experiments import AttachedDatasetVersionOut, ExperimentOut
from protocols.picsellia.schemas.ids import Ids
from protocols.picsellia.schemas.registry import ModelVersionOut
from registry.models import ModelVersion, RegisteredModel

router = Router()


class ExperimentChange(Change):
    """What is to be another in an experiment."""

    name: str | None = None
    description: str | None = None
    status: Status | None = None


class AttachedDatasetVersions(Schema):
    """The dataset versions of an experiment, by alias."""

    items: list[AttachedDatasetVersionOut]


class DatasetVersionUnderAlias(Schema):
    """Which dataset version, and under which alias."""

    name: str
    dataset_version_id: uuid.UUID


class BaseModelVersion(Schema):
    """A model version to start from, and what is taken over: None where the experiment has nothing."""

    model_version_id: uuid.UUID
    attach_base_parameters: bool | None = None
    attach_model_files: bool | None = None


class BaseExperiment(Schema):
    """An experiment to start from."""

    base_experiment_id: uuid.UUID


class NewModel(Schema):
    """What the model is to be called."""

    name: str


class ExistingModel(Schema):
    """Which model."""

    model_id: uuid.UUID


@router.get("/organization/{uuid:organization_id}/experiments/find", response=ExperimentOut)
def find(request: HttpRequest, organization_id: uuid.UUID, id: uuid.UUID) -> Experiment:
    """The organization's experiment of an id."""
    organization = own_organization(request, organization_id)
    return found(Experiment.objects.visible_to(caller(request)).filter(project__organization=organization), pk=id)


@router.get("/experiment/{uuid:experiment_id}", response=ExperimentOut)
def sync(request: HttpRequest, experiment_id: uuid.UUID) -> Experiment:
    """An experiment as it is now."""
    return _experiment(request, experiment_id)


@router.patch("/experiment/{uuid:experiment_id}", response=ExperimentOut)
def update(request: HttpRequest, experiment_id: uuid.UUID, body: ExperimentChange) -> Experiment:
    """Call an experiment something else, describe it, or move its status.

    A name that another one of the project has is a 409; a status that can't follow is a 400.
    """
    return edit_experiment(_experiment(request, experiment_id), **body.model_dump(), by=caller(request))


@router.delete("/experiment/{uuid:experiment_id}", response={204: None})
def delete(request: HttpRequest, experiment_id: uuid.UUID) -> None:
    """Delete an experiment: 409 while it runs.

    Who made it may, and admins. What was published or started from it keeps its copies.
    """
    delete_experiment(_experiment(request, experiment_id), by=caller(request))


@router.get("/experiment/{uuid:experiment_id}/datasets", response=AttachedDatasetVersions)
def dataset_versions(request: HttpRequest, experiment_id: uuid.UUID) -> dict[str, Any]:
    """An experiment's dataset versions, each with its alias."""
    attached = _experiment(request, experiment_id).dataset_versions.select_related("dataset_version__dataset")
    return {"items": list(attached)}


@router.get("/experiment/{uuid:experiment_id}/datasets/find", response=AttachedDatasetVersionOut)
def find_dataset_version(request: HttpRequest, experiment_id: uuid.UUID, name: str) -> ExperimentDatasetVersion:
    """An experiment's dataset version under an alias."""
    attached = _experiment(request, experiment_id).dataset_versions.select_related("dataset_version__dataset")
    return found(attached, alias=name)


@router.post("/experiment/{uuid:experiment_id}/datasets", response={204: None})
def attach(request: HttpRequest, experiment_id: uuid.UUID, body: DatasetVersionUnderAlias) -> None:
    """Give an experiment a dataset version under an alias.

    An alias that is in use is a 409. One that the project doesn't have is attached there too, which only admins may.
    """
    experiment = _experiment(request, experiment_id)
    version = get_object_or_404(_dataset_versions_for(request, experiment), pk=body.dataset_version_id)
    attach_to_experiment(experiment, alias=body.name, dataset_version=version, by=caller(request))


@router.delete("/experiment/{uuid:experiment_id}/datasets", response={204: None})
def detach(request: HttpRequest, experiment_id: uuid.UUID, body: Ids) -> None:
    """Take dataset versions away from an experiment, under any alias.

    All of them, or none when one can't be seen. The project keeps them.
    """
    experiment = _experiment(request, experiment_id)
    versions = all_of(_dataset_versions_for(request, experiment), body.ids)
    detach_from_experiment(experiment, dataset_versions=list(versions), by=caller(request))


@router.post("/experiment/{uuid:experiment_id}/model", response={204: None})
def set_model(request: HttpRequest, experiment_id: uuid.UUID, body: BaseModelVersion) -> None:
    """Let an experiment start from a model version.

    Its image and constraints are taken over; hyperparameters and files, unless told, only where there are none.
    """
    experiment, by = _experiment(request, experiment_id), caller(request)
    versions = model_versions_for(experiment.project, user=by).select_related("model", "architecture")
    set_base_model_version(
        experiment,
        version=get_object_or_404(versions, pk=body.model_version_id),
        attach_parameters=body.attach_base_parameters,
        attach_files=body.attach_model_files,
        by=by,
    )


@router.post("/experiment/{uuid:experiment_id}/experiment", response={204: None})
def set_experiment(request: HttpRequest, experiment_id: uuid.UUID, body: BaseExperiment) -> None:
    """Let an experiment start from another one of its project.

    What it lacks is copied, and nothing of its own is replaced.
    """
    base = _experiment(request, body.base_experiment_id)
    set_base_experiment(_experiment(request, experiment_id), base=base, by=caller(request))


@router.post("/experiment/{uuid:experiment_id}/publish", response=ModelVersionOut)
def publish(request: HttpRequest, experiment_id: uuid.UUID, body: NewModel) -> ModelVersion:
    """Publish an experiment as the first version of a new model.

    In any status. A name that another model of the organization has is a 409.
    """
    return publish_as_model(_experiment(request, experiment_id), name=body.name, by=caller(request))


@router.post("/experiment/{uuid:experiment_id}/publish/version", response=ModelVersionOut)
def publish_version(request: HttpRequest, experiment_id: uuid.UUID, body: ExistingModel) -> ModelVersion:
    """Publish an experiment as the next version of a model.

    If nothing has changed since it was published there, the answer is the version that there is.
    """
    models = RegisteredModel.objects.visible_to(caller(request)).select_related("organization")
    model = get_object_or_404(models, pk=body.model_id)
    return publish_in_model(_experiment(request, experiment_id), model=model, by=caller(request))


def _experiment(request: HttpRequest, experiment_id: uuid.UUID) -> Experiment:
    experiments = Experiment.objects.visible_to(caller(request)).select_related("project__organization", "architecture")
    return get_object_or_404(experiments, pk=experiment_id)


def _dataset_versions_for(request: HttpRequest, experiment: Experiment) -> DatasetVersionQuerySet:
    versions = DatasetVersion.objects.visible_to(caller(request)).select_related("dataset")
    return versions.filter(organization=experiment.project.organization)
