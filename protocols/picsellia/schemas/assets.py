"""Images in dataset versions."""

import uuid

from django.db.models import QuerySet
from ninja import Schema

from datasets.models import Asset
from protocols.picsellia.schemas.data import DataOut
from protocols.picsellia.schemas.tags import TagOut


class AssetOut(Schema):
    """An image in a version. Read it through `with_what_is_shown`."""

    id: uuid.UUID
    dataset_version_id: uuid.UUID
    position: int
    data: DataOut
    tags: list[TagOut]


def with_what_is_shown(assets: QuerySet[Asset]) -> QuerySet[Asset]:
    """The assets with everything that AssetOut reads, in two queries however many there are."""
    return assets.select_related("data__blob").prefetch_related("tags")
