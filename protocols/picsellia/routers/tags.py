"""Tags: those of images, and those of the assets of a dataset version."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema

from datasets.models import DatasetVersion, Tag
from datasets.tags import attach_tag, create_tag, delete_tag, detach_tag, rename_tag
from protocols.picsellia.caller import caller
from protocols.picsellia.finding import found
from protocols.picsellia.paging import ListQuery, listed
from protocols.picsellia.schemas.datalake import NameIn, TagsOut
from protocols.picsellia.schemas.tags import TagOut

router = Router()


class TaggedOut(Schema):
    """A tag, and how many things a call was about."""

    tag: TagOut
    count: int


@router.get("/tag/{uuid:tag_id}", response=TagOut)
def sync(request: HttpRequest, tag_id: uuid.UUID) -> Tag:
    """A tag of images, or of a version's assets."""
    return _visible(request, tag_id)


@router.patch("/tag/{uuid:tag_id}", response=TagOut)
def update(request: HttpRequest, tag_id: uuid.UUID, body: NameIn) -> Tag:
    """Rename a tag: 409 when the name is taken."""
    tag = _visible(request, tag_id)
    rename_tag(tag=tag, name=body.name, by=caller(request))
    return tag


@router.delete("/tag/{uuid:tag_id}", response={204: None})
def delete(request: HttpRequest, tag_id: uuid.UUID) -> None:
    """Take a tag off everything, and forget it."""
    delete_tag(tag=_visible(request, tag_id), by=caller(request))


@router.post("/tag/{uuid:tag_id}/attach", response=TaggedOut)
def attach(request: HttpRequest, tag_id: uuid.UUID, body: list[uuid.UUID]) -> dict[str, Any]:
    """Put a tag on images, or on assets. On those that have it already, nothing changes."""
    tag = _visible(request, tag_id)
    return {"tag": tag, "count": attach_tag(tag=tag, targets=body, by=caller(request))}


@router.post("/tag/{uuid:tag_id}/detach", response=TaggedOut)
def detach(request: HttpRequest, tag_id: uuid.UUID, body: list[uuid.UUID]) -> dict[str, Any]:
    """Take a tag off images, or off assets. Where it isn't, nothing changes."""
    tag = _visible(request, tag_id)
    return {"tag": tag, "count": detach_tag(tag=tag, targets=body, by=caller(request))}


@router.post("/dataset/version/{uuid:version_id}/tags", response=TagOut)
def create_asset_tag(request: HttpRequest, version_id: uuid.UUID, body: NameIn) -> Tag:
    """Make a tag for a version's assets: 409 when its name is taken."""
    version = _version(request, version_id)
    organization = version.dataset.organization
    return create_tag(organization=organization, dataset_version=version, name=body.name, by=caller(request))


@router.get("/dataset/version/{uuid:version_id}/tags", response=TagsOut)
def list_asset_tags(request: HttpRequest, version_id: uuid.UUID, query: Query[ListQuery]) -> dict[str, Any]:
    """The tags for a version's assets."""
    return {"items": listed(_asset_tags(_version(request, version_id)), query)}


@router.get("/dataset/version/{uuid:version_id}/tags/find", response=TagOut)
def find_asset_tag(request: HttpRequest, version_id: uuid.UUID, name: str) -> Tag:
    """The tag for a version's assets of a name."""
    return found(_asset_tags(_version(request, version_id)), name=name)


def _visible(request: HttpRequest, tag_id: uuid.UUID) -> Tag:
    tags = Tag.objects.visible_to(caller(request)).select_related("organization")
    return get_object_or_404(tags, pk=tag_id)


def _version(request: HttpRequest, version_id: uuid.UUID) -> DatasetVersion:
    versions = DatasetVersion.objects.visible_to(caller(request)).select_related("dataset__organization")
    return get_object_or_404(versions, pk=version_id)


def _asset_tags(version: DatasetVersion) -> QuerySet[Tag]:
    return Tag.objects.filter(dataset_version=version)
