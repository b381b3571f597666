"""Experiments: what they start from, their dataset versions, and what is published of them."""

import uuid
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

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
from protocols.picsellia.schemas.registry import ModelVersionOut
from registry.models import ModelVersion, RegisteredModel

router = Router()

IDS_MAX = 10_000


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


class Ids(Schema):
    """Which ones."""

    ids: list[uuid.UUID] = Field(max_length=IDS_MAX)


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
    organization = own_organization(request, organization_id)
    return found(Experiment.objects.visible_to(caller(request)).filter(project__organization=organization), pk=id)


@router.get("/experiment/{uuid:experiment_id}", response=ExperimentOut)
def sync(request: HttpRequest, experiment_id: uuid.UUID) -> Experiment:
    return _experiment(request, experiment_id)


@router.patch("/experiment/{uuid:experiment_id}", response=ExperimentOut)
def update(request: HttpRequest, experiment_id: uuid.UUID, body: ExperimentChange) -> Experiment:
    return edit_experiment(_experiment(request, experiment_id), **body.model_dump(), by=caller(request))


@router.delete("/experiment/{uuid:experiment_id}", response={204: None})
def delete(request: HttpRequest, experiment_id: uuid.UUID) -> None:
    delete_experiment(_experiment(request, experiment_id), by=caller(request))


@router.get("/experiment/{uuid:experiment_id}/datasets", response=AttachedDatasetVersions)
def dataset_versions(request: HttpRequest, experiment_id: uuid.UUID) -> dict[str, Any]:
    attached = _experiment(request, experiment_id).dataset_versions.select_related("dataset_version__dataset")
    return {"items": list(attached)}


@router.get("/experiment/{uuid:experiment_id}/datasets/find", response=AttachedDatasetVersionOut)
def find_dataset_version(request: HttpRequest, experiment_id: uuid.UUID, name: str) -> ExperimentDatasetVersion:
    attached = _experiment(request, experiment_id).dataset_versions.select_related("dataset_version__dataset")
    return found(attached, alias=name)


@router.post("/experiment/{uuid:experiment_id}/datasets", response={204: None})
def attach(request: HttpRequest, experiment_id: uuid.UUID, body: DatasetVersionUnderAlias) -> None:
    experiment = _experiment(request, experiment_id)
    version = get_object_or_404(_dataset_versions_for(request, experiment), pk=body.dataset_version_id)
    attach_to_experiment(experiment, alias=body.name, dataset_version=version, by=caller(request))


@router.delete("/experiment/{uuid:experiment_id}/datasets", response={204: None})
def detach(request: HttpRequest, experiment_id: uuid.UUID, body: Ids) -> None:
    experiment = _experiment(request, experiment_id)
    versions = all_of(_dataset_versions_for(request, experiment), body.ids)
    detach_from_experiment(experiment, dataset_versions=list(versions), by=caller(request))


@router.post("/experiment/{uuid:experiment_id}/model", response={204: None})
def set_model(request: HttpRequest, experiment_id: uuid.UUID, body: BaseModelVersion) -> None:
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
    base = _experiment(request, body.base_experiment_id)
    set_base_experiment(_experiment(request, experiment_id), base=base, by=caller(request))


@router.post("/experiment/{uuid:experiment_id}/publish", response=ModelVersionOut)
def publish(request: HttpRequest, experiment_id: uuid.UUID, body: NewModel) -> ModelVersion:
    return publish_as_model(_experiment(request, experiment_id), name=body.name, by=caller(request))


@router.post("/experiment/{uuid:experiment_id}/publish/version", response=ModelVersionOut)
def publish_version(request: HttpRequest, experiment_id: uuid.UUID, body: ExistingModel) -> ModelVersion:
    models = RegisteredModel.objects.visible_to(caller(request)).select_related("organization")
    model = get_object_or_404(models, pk=body.model_id)
    return publish_in_model(_experiment(request, experiment_id), model=model, by=caller(request))


def _experiment(request: HttpRequest, experiment_id: uuid.UUID) -> Experiment:
    experiments = Experiment.objects.visible_to(caller(request)).select_related("project__organization", "architecture")
    return get_object_or_404(experiments, pk=experiment_id)


def _dataset_versions_for(request: HttpRequest, experiment: Experiment) -> DatasetVersionQuerySet:
    versions = DatasetVersion.objects.visible_to(caller(request)).select_related("dataset")
    return versions.filter(dataset__organization=experiment.project.organization)
