"""Datasets, their versions, and what annotations are called there."""

import uuid
from datetime import datetime

from ninja import Field, Schema

from config.inference_types import InferenceType
from protocols.picsellia.schemas.tags import TagOut


class DatasetOut(Schema):
    """A dataset."""

    id: uuid.UUID
    name: str
    description: str
    organization_id: uuid.UUID
    created_at: datetime
    # The SDK reads the key. Tags are on images and assets alone.
    tags: list[TagOut] = []


class DatasetVersionOut(Schema):
    """A version. Read it with `select_related("dataset")`."""

    id: uuid.UUID
    origin_id: uuid.UUID = Field(alias="dataset_id")
    origin_name: str = Field(alias="dataset.name")
    version: str = Field(alias="name")
    description: str
    type: InferenceType = Field(alias="inference_type")
    asset_count: int
    object_count: int
    annotation_campaign_id: uuid.UUID | None = None
    created_at: datetime
    tags: list[TagOut] = []


class LabelOut(Schema):
    """A label of a version."""

    id: uuid.UUID
    name: str
    group_id: uuid.UUID | None


class LabelGroupOut(Schema):
    """A heading over labels."""

    id: uuid.UUID
    name: str
    parent_id: uuid.UUID | None


class SkeletonOut(Schema):
    """How keypoints hang together: edges are pairs of places in `vertices`, as the client counts them."""

    vertices: list[str] = []
    edges: list[tuple[int, int]] = []
