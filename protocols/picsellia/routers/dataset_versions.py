"""Dataset versions and their assets."""

import uuid
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema

from config.inference_types import InferenceType
from datasets import copying, services
from datasets.assets import ASSETS_MAX, add_data, delete_assets
from datasets.models import Asset, Data, DatasetVersion
from protocols.picsellia.asset_filters import AssetKeys, AssetQuery, chosen, filtered
from protocols.picsellia.caller import caller
from protocols.picsellia.finding import all_of, found
from protocols.picsellia.paging import cursor_page, ordered
from protocols.picsellia.routers.jobs import FinishedTaskOut
from protocols.picsellia.schemas.assets import AssetOut, with_what_is_shown
from protocols.picsellia.schemas.datasets import DatasetVersionOut
from training.finished import record_finished
from training.models import FinishedTask

router = Router()

# A client's word → the field that assets are ordered by. Their ids are in the order in which they came.
ORDERS = {
    "id": "pk",
    "created_at": "pk",
    "position": "position",
    "filename": "data__filename",
    "data.filename": "data__filename",
    "object_name": "data__object_name",
    "width": "data__width",
    "height": "data__height",
}
Ids = Annotated[list[uuid.UUID], Field(max_length=ASSETS_MAX)]


class VersionChange(Schema):
    """What is given changes."""

    version: str | None = None
    description: str | None = None
    type: InferenceType | None = None


class AssetsIn(Schema):
    """Images of the datalake for a version."""

    data_ids: Ids
    asset_tag_ids: Ids = []


class AssetIds(Schema):
    """Assets of a version."""

    ids: Ids


class CopyIn(Schema):
    """Assets of one version for another one of the same dataset."""

    destination_id: uuid.UUID
    asset_ids: Ids
    with_annotations: bool = False
    with_tags: bool = False


class AssetPage(Schema):
    """Some of the assets, and where the next page begins."""

    items: list[AssetOut]
    count: int
    next_cursor: str | None = None


class JobDone(Schema):
    """What was asked for is done."""

    job: FinishedTaskOut


@router.get("/dataset/version/{uuid:version_id}", response=DatasetVersionOut)
def sync(request: HttpRequest, version_id: uuid.UUID) -> DatasetVersion:
    """A dataset version as it is now."""
    return visible_version(request, version_id)


@router.patch("/dataset/version/{uuid:version_id}", response=DatasetVersionOut)
def update(request: HttpRequest, version_id: uuid.UUID, body: VersionChange) -> DatasetVersion:
    """Call a version something else, describe it, or give it a type. A name that another version has is a 409."""
    version = visible_version(request, version_id)
    services.edit_dataset_version(
        version=version,
        name=body.version,
        description=body.description,
        inference_type=body.type,
        by=caller(request),
    )
    return version


@router.delete("/dataset/version/{uuid:version_id}", response={204: None})
def delete(request: HttpRequest, version_id: uuid.UUID) -> None:
    """Delete a version with its annotations: 409 while something uses it.

    Admins may. The images stay in the datalake.
    """
    services.delete_dataset_version(version=visible_version(request, version_id), by=caller(request))


@router.post("/dataset/version/{uuid:version_id}/assets", response=JobDone)
@transaction.atomic
def add_assets(request: HttpRequest, version_id: uuid.UUID, body: AssetsIn) -> dict[str, FinishedTask]:
    """Put images of the datalake into a version, at once.

    An image that it has already stays one asset. The answer's job is done.
    """
    version = visible_version(request, version_id)
    data = Data.objects.visible_to(caller(request)).filter(organization=version.dataset.organization)
    all_of(data, body.data_ids)
    tags = list(all_of(version.asset_tags.all(), body.asset_tag_ids))
    add_data(version=version, data=body.data_ids, tags=tags, by=caller(request))
    return _done(request, version)


@router.get("/dataset/version/{uuid:version_id}/assets", response=AssetPage)
def list_assets(request: HttpRequest, version_id: uuid.UUID, query: Query[AssetQuery]) -> dict[str, Any]:
    """A version's assets, a page at a time."""
    version = visible_version(request, version_id)
    assets = filtered(version.assets.all(), query)
    count = version.asset_count if query.is_empty else None
    return cursor_page(with_what_is_shown(assets), query, ORDERS, count=count)


@router.api_operation(
    ["XGET"], "/dataset/version/{uuid:version_id}/assets", response=AssetPage, include_in_schema=False
)
def assets_of_keys(
    request: HttpRequest, version_id: uuid.UUID, body: AssetKeys, query: Query[AssetQuery]
) -> dict[str, Any]:
    """All assets of a version that one of the keys fits."""
    version = visible_version(request, version_id)
    assets = chosen(filtered(version.assets.all(), query, q=body.q), body, version.dataset.organization)
    items = list(ordered(with_what_is_shown(assets), query.order_by, ORDERS))
    return {"items": items, "count": len(items)}


@router.get("/dataset/version/{uuid:version_id}/assets/find", response=AssetOut)
def find_asset(
    request: HttpRequest,
    version_id: uuid.UUID,
    id: uuid.UUID | None = None,
    data_id: uuid.UUID | None = None,
    filename: str | None = None,
    object_name: str | None = None,
) -> Asset:
    """The asset of a version that all of the criteria fit."""
    version = visible_version(request, version_id)
    # The organization is that of every asset's image; said here, its index of names is of use.
    assets = with_what_is_shown(version.assets.filter(data__organization=version.dataset.organization))
    return found(assets, pk=id, data=data_id, data__filename=filename, data__object_name=object_name)


@router.delete("/dataset/version/{uuid:version_id}/assets", response={204: None})
def remove_assets(request: HttpRequest, version_id: uuid.UUID, body: AssetIds) -> None:
    """Take assets out of a version, with their annotations. All of them, or none. The images stay in the datalake."""
    version = visible_version(request, version_id)
    all_of(version.assets.all(), body.ids)
    delete_assets(version=version, assets=body.ids, by=caller(request))


@router.post("/dataset/version/{uuid:version_id}/assets/copy", response=JobDone)
@transaction.atomic
def copy(request: HttpRequest, version_id: uuid.UUID, body: CopyIn) -> dict[str, FinishedTask]:
    """Put assets of a version into another one of its dataset, at once. The answer's job is done."""
    version, destination = visible_version(request, version_id), visible_version(request, body.destination_id)
    all_of(version.assets.all(), body.asset_ids)
    copying.copy_assets(
        source=version,
        destination=destination,
        assets=body.asset_ids,
        with_annotations=body.with_annotations,
        with_tags=body.with_tags,
        by=caller(request),
    )
    return _done(request, destination)


def visible_version(request: HttpRequest, version_id: uuid.UUID) -> DatasetVersion:
    """The version, or 404."""
    versions = DatasetVersion.objects.visible_to(caller(request)).select_related("dataset__organization")
    return get_object_or_404(versions, pk=version_id)


def _done(request: HttpRequest, version: DatasetVersion) -> dict[str, FinishedTask]:
    return {"job": record_finished(organization=version.dataset.organization, by=caller(request))}
