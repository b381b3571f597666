"""The datalake: all images of an organization, their tags and their sources. It has its organization's id."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import Query, Router

from datasets.datalake import delete_data, register_data
from datasets.models import Data, DataSource, Tag
from datasets.querying import parse, with_custom_metadata
from datasets.sources import create_source
from datasets.tags import create_tag
from organizations.models import Organization
from protocols.picsellia.caller import caller, own_organization
from protocols.picsellia.errors import BadInput
from protocols.picsellia.finding import all_of, found
from protocols.picsellia.paging import ListQuery, cursor_page, listed, ordered
from protocols.picsellia.schemas.data import DataOut
from protocols.picsellia.schemas.datalake import (
    DATALAKE_NAME,
    DataFilter,
    DataIn,
    DataKeys,
    DatalakeOut,
    DatalakesOut,
    DataPageOut,
    DataQuery,
    IdsIn,
    NameIn,
    SourceOut,
    SourcesOut,
    TagsOut,
)
from protocols.picsellia.schemas.tags import TagOut

router = Router()

# Of one answer that can't be paged.
MATCHES_MAX = 10_000
NO_VIDEOS = "Only images are kept here, no videos: take the pictures out of the video and upload those."
ORDERS = {
    "id": "id",
    "filename": "filename",
    "object_name": "object_name",
    "content_type": "content_type",
    "width": "width",
    "height": "height",
    "created_at": "created_at",
    "updated_at": "created_at",
}


@router.get("/organization/{uuid:organization_id}/datalake", response=DatalakeOut)
def find_datalake(
    request: HttpRequest, organization_id: uuid.UUID, id: uuid.UUID | None = None, name: str | None = None
) -> Organization:
    """The organization's only datalake. Another id or name than its own is a 404."""
    organization = own_organization(request, organization_id)
    if id not in (None, organization.pk) or name not in (None, DATALAKE_NAME):
        raise Http404
    return organization


@router.get("/organization/{uuid:organization_id}/datalakes", response=DatalakesOut)
def list_datalakes(request: HttpRequest, organization_id: uuid.UUID) -> dict[str, Any]:
    """The organization's only datalake, as a list."""
    return {"items": [own_organization(request, organization_id)]}


@router.get("/datalake/{uuid:datalake_id}", response=DatalakeOut)
def sync_datalake(request: HttpRequest, datalake_id: uuid.UUID) -> Organization:
    """A datalake, which has the id of its organization."""
    return own_organization(request, datalake_id)


@router.post("/datalake/{uuid:datalake_id}/datas", response=DataOut)
def create_data(request: HttpRequest, datalake_id: uuid.UUID, body: DataIn) -> Data:
    """Make an uploaded file an image of the datalake. The same upload again is the same image; a video is a 400."""
    organization = own_organization(request, datalake_id)
    if body.type == "VIDEO":
        raise BadInput(NO_VIDEOS)
    source = None
    if body.data_source_id:
        source = found(DataSource.objects.filter(organization=organization), pk=body.data_source_id)
    return register_data(
        organization=organization,
        object_name=body.object_name,
        filename=body.filename,
        tags=list(all_of(_tags(organization), body.tags)),
        source=source,
        metadata=body.metadata,
        custom_metadata=body.custom_metadata,
        by=caller(request),
    )


@router.get("/datalake/{uuid:datalake_id}/datas", response=DataPageOut)
def list_data(request: HttpRequest, datalake_id: uuid.UUID, query: Query[DataQuery]) -> dict[str, Any]:
    """Images by cursor, or by offset in an order of the client's."""
    return cursor_page(_filtered(own_organization(request, datalake_id), query), query, ORDERS)


@router.api_operation(["XGET"], "/datalake/{uuid:datalake_id}/datas", response=DataPageOut, include_in_schema=False)
def list_data_by_keys(
    request: HttpRequest, datalake_id: uuid.UUID, body: DataKeys, query: Query[ListQuery], custom_metadata: str = ""
) -> dict[str, Any]:
    """All images of up to 1,000 keys at once. Several images may have one name."""
    rows = _filtered(own_organization(request, datalake_id), body, custom_metadata)
    kinds = {"pk__in": body.ids, "filename__in": body.filenames, "object_name__in": body.object_names}
    given = {lookup: keys for lookup, keys in kinds.items() if keys is not None}
    if not given:
        raise BadInput("Say which images: by ids, filenames or object_names.")
    items = list(ordered(rows.filter(**given), query.order_by, ORDERS)[: MATCHES_MAX + 1])
    if len(items) > MATCHES_MAX:
        raise BadInput(f"More than {MATCHES_MAX:,} images have these names: ask for fewer names at once.")
    return {"items": items, "count": len(items)}


@router.delete("/datalake/{uuid:datalake_id}/datas", response={204: None})
def delete_several_data(request: HttpRequest, datalake_id: uuid.UUID, body: IdsIn) -> None:
    """Delete images, all or none: 409 while a dataset version has one. Who added them may, and admins."""
    delete_data(organization=own_organization(request, datalake_id), ids=body.ids, by=caller(request))


@router.get("/datalake/{uuid:datalake_id}/datas/find", response=DataOut)
def find_data(
    request: HttpRequest,
    datalake_id: uuid.UUID,
    query: Query[DataFilter],
    id: uuid.UUID | None = None,
    filename: str | None = None,
    object_name: str | None = None,
) -> Data:
    """The one image that fits: 404 for none, 400 for several."""
    rows = _filtered(own_organization(request, datalake_id), query)
    return found(rows, pk=id, filename=filename, object_name=object_name)


@router.post("/datalake/{uuid:datalake_id}/tags", response=TagOut)
def create_data_tag(request: HttpRequest, datalake_id: uuid.UUID, body: NameIn) -> Tag:
    """Make a tag for images: 409 when its name is taken."""
    return create_tag(organization=own_organization(request, datalake_id), name=body.name, by=caller(request))


@router.get("/datalake/{uuid:datalake_id}/tags", response=TagsOut)
def list_data_tags(request: HttpRequest, datalake_id: uuid.UUID, query: Query[ListQuery]) -> dict[str, Any]:
    """The tags for images."""
    return {"items": listed(_tags(own_organization(request, datalake_id)), query)}


@router.get("/datalake/{uuid:datalake_id}/tags/find", response=TagOut)
def find_data_tag(request: HttpRequest, datalake_id: uuid.UUID, name: str) -> Tag:
    """The tag for images of a name."""
    return found(_tags(own_organization(request, datalake_id)), name=name)


@router.post("/organization/{uuid:organization_id}/datasources", response=SourceOut)
def create_data_source(request: HttpRequest, organization_id: uuid.UUID, body: NameIn) -> DataSource:
    """Make a source for images: 409 when its name is taken."""
    return create_source(organization=own_organization(request, organization_id), name=body.name, by=caller(request))


@router.get("/organization/{uuid:organization_id}/datasources", response=SourcesOut)
def list_data_sources(request: HttpRequest, organization_id: uuid.UUID, query: Query[ListQuery]) -> dict[str, Any]:
    """The sources of the organization's images."""
    sources = DataSource.objects.filter(organization=own_organization(request, organization_id))
    return {"items": listed(sources, query)}


@router.get("/organization/{uuid:organization_id}/datasources/find", response=SourceOut)
def find_data_source(request: HttpRequest, organization_id: uuid.UUID, name: str) -> DataSource:
    """The source of images of a name."""
    return found(DataSource.objects.filter(organization=own_organization(request, organization_id)), name=name)


def _tags(organization: Organization) -> QuerySet[Tag]:
    return Tag.objects.filter(organization=organization, dataset_version=None)


def _filtered(organization: Organization, chosen: DataFilter, custom_metadata: str = "") -> QuerySet[Data]:
    """The organization's images that the filter lets through."""
    rows = Data.objects.filter(parse(chosen.q or "", Data), organization=organization)
    rows = rows.select_related("blob").order_by("pk")
    if wanted := chosen.custom_metadata or custom_metadata:
        rows = rows.filter(with_custom_metadata(wanted, Data))
    is_empty = "DONE" not in (chosen.upload_statuses or ["DONE"]) or "IMAGE" not in (chosen.types or ["IMAGE"])
    return rows.none() if is_empty else rows
