"""Datasets, and the versions of each."""

import uuid
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema

from config.inference_types import InferenceType
from datasets import copying, services
from datasets.models import Dataset, DatasetVersion
from protocols.picsellia.caller import caller, own_organization
from protocols.picsellia.finding import all_of, found
from protocols.picsellia.paging import BY_NAME_OR_TIME, ListQuery, listed
from protocols.picsellia.routers.jobs import FinishedTaskOut
from protocols.picsellia.schemas.datasets import DatasetOut, DatasetVersionOut
from training.finished import record_finished

router = Router()


class DatasetIn(Schema):
    """A dataset to be made."""

    name: str
    description: str = ""


class DatasetChange(Schema):
    """What is given changes."""

    name: str | None = None
    description: str | None = None


class VersionIn(Schema):
    """A version to be made."""

    version: str
    description: str = ""
    type: InferenceType = InferenceType.NOT_CONFIGURED


class ForkIn(VersionIn):
    """A version to be made of another one: of all of its assets, or of those that are named."""

    parent_id: uuid.UUID
    with_tags: bool = False
    with_labels: bool = False
    with_annotations: bool = False
    asset_ids: list[uuid.UUID] | None = None


class Datasets(Schema):
    """A list of datasets."""

    items: list[DatasetOut]


class Versions(Schema):
    """A list of versions."""

    items: list[DatasetVersionOut]


class Forked(Schema):
    """A new version, which is filled."""

    dataset_version: DatasetVersionOut
    job: FinishedTaskOut


@router.post("/organization/{uuid:organization_id}/datasets", response=DatasetOut)
def create_dataset(request: HttpRequest, organization_id: uuid.UUID, body: DatasetIn) -> Dataset:
    """Make a dataset without versions: 409 when its name is taken."""
    organization = own_organization(request, organization_id)
    return services.create_dataset(organization=organization, by=caller(request), **body.dict())


@router.get("/organization/{uuid:organization_id}/datasets", response=Datasets)
def list_datasets(request: HttpRequest, organization_id: uuid.UUID, query: Query[ListQuery]) -> dict[str, Any]:
    """The organization's datasets, newest first."""
    datasets = Dataset.objects.visible_to(caller(request)).filter(
        organization=own_organization(request, organization_id)
    )
    return {"items": listed(datasets, query)}


@router.get("/organization/{uuid:organization_id}/datasets/find", response=DatasetOut)
def find_dataset(
    request: HttpRequest, organization_id: uuid.UUID, name: str | None = None, id: uuid.UUID | None = None
) -> Dataset:
    """The organization's dataset of a name or id."""
    own = Dataset.objects.visible_to(caller(request)).filter(organization=own_organization(request, organization_id))
    return found(own, name=name, pk=id)


@router.get("/organization/{uuid:organization_id}/datasetversions/find", response=DatasetVersionOut)
def find_version_anywhere(request: HttpRequest, organization_id: uuid.UUID, id: uuid.UUID) -> DatasetVersion:
    """A version of any of the organization's datasets."""
    versions = DatasetVersion.objects.visible_to(caller(request)).select_related("dataset")
    return found(versions, organization=own_organization(request, organization_id).pk, pk=id)


@router.get("/dataset/{uuid:dataset_id}", response=DatasetOut)
def sync_dataset(request: HttpRequest, dataset_id: uuid.UUID) -> Dataset:
    """A dataset as it is now."""
    return _visible(request, dataset_id)


@router.patch("/dataset/{uuid:dataset_id}", response=DatasetOut)
def update_dataset(request: HttpRequest, dataset_id: uuid.UUID, body: DatasetChange) -> Dataset:
    """Call a dataset something else, or describe it. A name that another dataset has is a 409."""
    dataset = _visible(request, dataset_id)
    services.edit_dataset(dataset=dataset, by=caller(request), **body.dict())
    return dataset


@router.delete("/dataset/{uuid:dataset_id}", response={204: None})
def delete_dataset(request: HttpRequest, dataset_id: uuid.UUID) -> None:
    """Delete a dataset with its versions: 409 while something uses one. Admins may. The images stay in the datalake."""
    services.delete_dataset(dataset=_visible(request, dataset_id), by=caller(request))


@router.post("/dataset/{uuid:dataset_id}/versions", response=DatasetVersionOut)
def create_version(request: HttpRequest, dataset_id: uuid.UUID, body: VersionIn) -> DatasetVersion:
    """Make a version without assets and labels. A name that another version of the dataset has is a 409."""
    return services.create_dataset_version(
        dataset=_visible(request, dataset_id),
        name=body.version,
        description=body.description,
        inference_type=body.type,
        by=caller(request),
    )


@router.get("/dataset/{uuid:dataset_id}/versions", response=Versions)
def list_versions(request: HttpRequest, dataset_id: uuid.UUID, query: Query[ListQuery]) -> dict[str, Any]:
    """A dataset's versions, newest first."""
    versions = _visible(request, dataset_id).versions.select_related("dataset")
    return {"items": listed(versions, query, {**BY_NAME_OR_TIME, "version": "name"})}


@router.get("/dataset/{uuid:dataset_id}/versions/find", response=DatasetVersionOut)
def find_version(
    request: HttpRequest, dataset_id: uuid.UUID, version: str | None = None, id: uuid.UUID | None = None
) -> DatasetVersion:
    """A dataset's version of a name or id."""
    return found(_visible(request, dataset_id).versions.select_related("dataset"), name=version, pk=id)


@router.post("/dataset/{uuid:dataset_id}/fork", response=Forked)
@transaction.atomic
def fork(request: HttpRequest, dataset_id: uuid.UUID, body: ForkIn) -> dict[str, Any]:
    """Make a version with assets of another one, at once.

    A name that another version has is a 409. The answer's job is done.
    """
    dataset = _visible(request, dataset_id)
    source = get_object_or_404(dataset.versions, pk=body.parent_id)
    if body.asset_ids is not None:
        all_of(source.assets.all(), body.asset_ids)
    version = copying.fork(
        source=source,
        name=body.version,
        description=body.description,
        inference_type=body.type,
        assets=body.asset_ids,
        with_tags=body.with_tags,
        with_labels=body.with_labels,
        with_annotations=body.with_annotations,
        by=caller(request),
    )
    return {
        "dataset_version": version,
        "job": record_finished(organization=dataset.organization, by=caller(request)),
    }


def _visible(request: HttpRequest, dataset_id: uuid.UUID) -> Dataset:
    datasets = Dataset.objects.visible_to(caller(request)).select_related("organization")
    return get_object_or_404(datasets, pk=dataset_id)
