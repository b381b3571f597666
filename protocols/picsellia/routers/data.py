"""Single images."""

import uuid
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from datasets.datalake import delete_data, edit_custom_metadata, edit_metadata
from datasets.models import Data
from protocols.picsellia.caller import caller
from protocols.picsellia.files import presigned_url
from protocols.picsellia.schemas.data import DataOut
from protocols.picsellia.schemas.datalake import DataWithLinksOut

router = Router()


class MetadataIn(Schema):
    """What the camera wrote; null for nothing."""

    metadata: dict[str, Any] | None


class CustomMetadata(Schema):
    """The organization's own keys and values; null for none."""

    custom_metadata: dict[str, Any] | None


class AddressOut(Schema):
    """Where the image can be fetched without a token."""

    presigned_url: str


@router.get("/data/{uuid:data_id}", response=DataWithLinksOut)
def sync(request: HttpRequest, data_id: uuid.UUID) -> Data:
    """An image with its tags and its source."""
    return _visible(request, data_id)


@router.patch("/data/{uuid:data_id}", response=DataOut)
def update_metadata(request: HttpRequest, data_id: uuid.UUID, body: MetadataIn) -> Data:
    """Replace an image's metadata, as a whole."""
    data = _visible(request, data_id)
    edit_metadata(data=data, metadata=body.metadata, by=caller(request))
    return data


@router.delete("/data/{uuid:data_id}", response={204: None})
def delete(request: HttpRequest, data_id: uuid.UUID) -> None:
    """Delete an image: 409 while a dataset version has it. Who added it may, and admins."""
    data = _visible(request, data_id)
    delete_data(organization=data.organization, ids=[data.pk], by=caller(request))


@router.patch("/data/{uuid:data_id}/custom-metadata", response=CustomMetadata)
def update_custom_metadata(request: HttpRequest, data_id: uuid.UUID, body: CustomMetadata) -> Data:
    """Replace an image's custom metadata, as a whole."""
    data = _visible(request, data_id)
    edit_custom_metadata(data=data, custom_metadata=body.custom_metadata, by=caller(request))
    return data


@router.get("/data/{uuid:data_id}/presigned-url", response=AddressOut)
def address(request: HttpRequest, data_id: uuid.UUID) -> AddressOut:
    """An address of an image's file that is good for a while."""
    data = _visible(request, data_id)
    return AddressOut(presigned_url=presigned_url(request, data.blob, data.filename))


def _visible(request: HttpRequest, data_id: uuid.UUID) -> Data:
    rows = Data.objects.visible_to(caller(request)).select_related("blob", "source", "organization")
    return get_object_or_404(rows, pk=data_id)
