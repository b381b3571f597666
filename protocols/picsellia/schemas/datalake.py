"""What is asked of a datalake, and what it answers."""

import uuid
from typing import Any, Literal

from ninja import Schema

from datasets.models import Data
from organizations.models import Organization
from protocols.picsellia.asset_filters import Ids, Keys
from protocols.picsellia.paging import CursorQuery
from protocols.picsellia.schemas.data import DataOut
from protocols.picsellia.schemas.tags import TagOut

DATALAKE_NAME = "default"

Status = Literal["PENDING", "COMPUTING", "ERROR", "DONE"]
Kind = Literal["IMAGE", "VIDEO"]


class DatalakeOut(Schema):
    """The one datalake of an organization."""

    id: uuid.UUID
    name: str
    connector_id: uuid.UUID
    organization_id: uuid.UUID

    @staticmethod
    def resolve_name(organization: Organization) -> str:
        """There is only one."""
        return DATALAKE_NAME

    @staticmethod
    def resolve_connector_id(organization: Organization) -> uuid.UUID:
        """The organization's one place for files."""
        return organization.pk

    @staticmethod
    def resolve_organization_id(organization: Organization) -> uuid.UUID:
        """Whose it is."""
        return organization.pk


class DatalakesOut(Schema):
    """A list of one."""

    items: list[DatalakeOut]


class NameIn(Schema):
    """What something is to be called."""

    name: str


class DataIn(Schema):
    """An image that was uploaded. What it says of its type and size is not believed."""

    type: Kind = "IMAGE"
    filename: str
    object_name: str
    content_type: str = ""
    tags: list[uuid.UUID] = []
    data_source_id: uuid.UUID | None = None
    metadata: dict[str, Any] | None = None
    custom_metadata: dict[str, Any] | None = None


class DataFilter(Schema):
    """Which images are meant. Each is an image, and whole, since nothing else is ever registered."""

    q: str = ""
    custom_metadata: str | None = None
    upload_statuses: list[Status] | None = None
    types: list[Kind] | None = None


class DataQuery(CursorQuery, DataFilter):
    """The parameters of a list of images."""


class DataKeys(DataFilter):
    """A list of images by one kind of key; those that are unknown are left out."""

    ids: Ids | None = None
    filenames: Keys | None = None
    object_names: Keys | None = None


class DataPageOut(Schema):
    """A page of images."""

    items: list[DataOut]
    count: int
    next_cursor: str | None = None


class IdsIn(Schema):
    """Several things at once."""

    ids: list[uuid.UUID]


class TagsOut(Schema):
    """A list of tags."""

    items: list[TagOut]


class SourceOut(Schema):
    """Where images come from."""

    id: uuid.UUID
    name: str


class SourcesOut(Schema):
    """A list of sources."""

    items: list[SourceOut]


class DataWithLinksOut(DataOut):
    """An image with everything that is known of it. Read it with `select_related("blob", "source")`."""

    datalake_id: uuid.UUID
    tags: list[TagOut]
    data_source: SourceOut | None

    @staticmethod
    def resolve_datalake_id(data: Data) -> uuid.UUID:
        """The datalake has its organization's id."""
        return data.organization_id

    @staticmethod
    def resolve_data_source(data: Data) -> Any:
        """Its source, or nothing."""
        return data.source
