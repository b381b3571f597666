"""Labels of dataset versions, label groups, and skeletons of keypoints."""

import uuid
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema

from datasets import classes, label_groups
from datasets.models import DatasetVersion, Label, LabelGroup
from protocols.picsellia.caller import caller
from protocols.picsellia.finding import found
from protocols.picsellia.paging import ListQuery, listed
from protocols.picsellia.routers.dataset_versions import visible_version
from protocols.picsellia.schemas.datasets import LabelGroupOut, LabelOut, SkeletonOut

router = Router()

ORDERS = {"name": "name", "position": "position", "created_at": "position", "id": "pk"}
GROUP_ORDERS = {"name": "name", "created_at": "pk", "id": "pk"}
NAMES_MAX = 10_000


class NameIn(Schema):
    """A name for something new."""

    name: str


class NamesIn(Schema):
    """Names of labels."""

    names: Annotated[list[str], Field(max_length=NAMES_MAX)]


class GroupIn(NameIn):
    """A label group to be made."""

    parent_id: uuid.UUID | None = None


class LabelChange(Schema):
    """What is given changes; a group of null is none."""

    name: str | None = None
    group_id: uuid.UUID | None = None


class GroupChange(Schema):
    """What is given changes; a parent of null is none."""

    name: str | None = None
    parent_id: uuid.UUID | None = None


class Labels(Schema):
    """Labels in the order of the classes."""

    items: list[LabelOut]


class LabelGroups(Schema):
    """The groups of a version."""

    items: list[LabelGroupOut]


class Skeletons(Schema):
    """Skeletons by the ids of their labels."""

    items: dict[str, SkeletonOut]


@router.get("/dataset/version/{uuid:version_id}/labels", response=Labels)
def list_labels(request: HttpRequest, version_id: uuid.UUID, query: Query[ListQuery]) -> dict[str, Any]:
    """A version's labels, in the order of its classes."""
    return {"items": listed(visible_version(request, version_id).labels.all(), query, ORDERS)}


@router.post("/dataset/version/{uuid:version_id}/labels", response=LabelOut)
def create_label(request: HttpRequest, version_id: uuid.UUID, body: NameIn) -> Label:
    """Make a label after those that a version has. A name that another label of the version has is a 409."""
    return classes.create_label(version=visible_version(request, version_id), name=body.name, by=caller(request))


@router.get("/dataset/version/{uuid:version_id}/labels/find", response=LabelOut)
def find_label(request: HttpRequest, version_id: uuid.UUID, name: str) -> Label:
    """A version's label of a name."""
    return found(visible_version(request, version_id).labels.all(), name=name)


@router.api_operation(
    ["XGET"], "/dataset/version/{uuid:version_id}/bulk-labels", response=list[LabelOut], include_in_schema=False
)
def labels_named(request: HttpRequest, version_id: uuid.UUID, body: NamesIn) -> list[Label]:
    """A version's labels of these names, made where there are none."""
    return classes.labels_named(version=visible_version(request, version_id), names=body.names, by=caller(request))


@router.get("/dataset/version/{uuid:version_id}/labels/skeleton", response=Skeletons)
def list_skeletons(request: HttpRequest, version_id: uuid.UUID) -> dict[str, Any]:
    """The skeletons of those of a version's labels that have one."""
    labels = visible_version(request, version_id).labels.exclude(skeleton=None)
    return {"items": {str(label.pk): label.skeleton for label in labels}}


@router.get("/dataset/version/{uuid:version_id}/labelgroups", response=LabelGroups)
def list_groups(request: HttpRequest, version_id: uuid.UUID, query: Query[ListQuery]) -> dict[str, Any]:
    """A version's label groups."""
    return {"items": listed(visible_version(request, version_id).label_groups.all(), query, GROUP_ORDERS)}


@router.post("/dataset/version/{uuid:version_id}/labelgroups", response=LabelGroupOut)
def create_group(request: HttpRequest, version_id: uuid.UUID, body: GroupIn) -> LabelGroup:
    """Make a label group, at the top or under another one. A name that is taken there is a 409."""
    version = visible_version(request, version_id)
    parent = _group_of(version, body.parent_id)
    return label_groups.create_label_group(version=version, name=body.name, parent=parent, by=caller(request))


@router.get("/label/{uuid:label_id}", response=LabelOut)
def sync_label(request: HttpRequest, label_id: uuid.UUID) -> Label:
    """A label as it is now."""
    return _label(request, label_id)


@router.patch("/label/{uuid:label_id}", response=LabelOut)
@transaction.atomic
def update_label(request: HttpRequest, label_id: uuid.UUID, body: LabelChange) -> Label:
    """Rename a label, or put it under a group or none. A name that another label of the version has is a 409."""
    label = _label(request, label_id)
    if body.name is not None:
        classes.rename_label(label=label, name=body.name, by=caller(request))
    if "group_id" in body.model_fields_set:
        group = _group_of(label.dataset_version, body.group_id)
        classes.put_under(label=label, group=group, by=caller(request))
    return label


@router.delete("/label/{uuid:label_id}", response={204: None})
def delete_label(request: HttpRequest, label_id: uuid.UUID) -> None:
    """Delete a label: 409 while annotations have it."""
    classes.delete_label(label=_label(request, label_id), by=caller(request))


@router.get("/label/{uuid:label_id}/skeleton", response=SkeletonOut)
def skeleton(request: HttpRequest, label_id: uuid.UUID) -> dict[str, Any]:
    """How a label's keypoints hang together: empty when nobody said so."""
    return _label(request, label_id).skeleton or {}


@router.post("/label/{uuid:label_id}/skeleton", response={204: None})
def set_skeleton(request: HttpRequest, label_id: uuid.UUID, body: SkeletonOut) -> None:
    """Say how a label's keypoints hang together."""
    classes.set_skeleton(label=_label(request, label_id), vertices=body.vertices, edges=body.edges, by=caller(request))


@router.get("/label/group/{uuid:group_id}", response=LabelGroupOut)
def sync_group(request: HttpRequest, group_id: uuid.UUID) -> LabelGroup:
    """A label group as it is now."""
    return _group(request, group_id)


@router.patch("/label/group/{uuid:group_id}", response=LabelGroupOut)
@transaction.atomic
def update_group(request: HttpRequest, group_id: uuid.UUID, body: GroupChange) -> LabelGroup:
    """Rename a label group, or put it under another one or at the top. A name that is taken there is a 409."""
    group = _group(request, group_id)
    if body.name is not None:
        label_groups.rename_label_group(group=group, name=body.name, by=caller(request))
    if "parent_id" in body.model_fields_set:
        parent = _group_of(group.dataset_version, body.parent_id)
        label_groups.move_label_group(group=group, parent=parent, by=caller(request))
    return group


@router.delete("/label/group/{uuid:group_id}", response={204: None})
def delete_group(request: HttpRequest, group_id: uuid.UUID) -> None:
    """Delete a label group: what lay under it goes up."""
    label_groups.delete_label_group(group=_group(request, group_id), by=caller(request))


def _label(request: HttpRequest, label_id: uuid.UUID) -> Label:
    labels = Label.objects.visible_to(caller(request)).select_related("dataset_version__dataset__organization")
    return get_object_or_404(labels, pk=label_id)


def _group(request: HttpRequest, group_id: uuid.UUID) -> LabelGroup:
    groups = LabelGroup.objects.visible_to(caller(request)).select_related("dataset_version__dataset__organization")
    return get_object_or_404(groups, pk=group_id)


def _group_of(version: DatasetVersion, group_id: uuid.UUID | None) -> LabelGroup | None:
    """The version's group of that id, if one is named."""
    return None if group_id is None else get_object_or_404(version.label_groups, pk=group_id)
