"""Lists and bodies of the calls about annotations (wire contract, section 7.4)."""

import uuid
from typing import Any, Literal

from ninja import Field, Schema
from pydantic import BaseModel

from datasets.annotating import ImportMode
from datasets.exporting.selection import ExportKey
from datasets.exporting.services import FileKind
from datasets.models import Asset, Labelling, LabellingStatus
from protocols.picsellia.paging import PAGE_MAX
from protocols.picsellia.schemas.assets import AssetOut
from protocols.picsellia.schemas.shapes import (
    AnnotationOut,
    ClassificationIn,
    ClassificationOut,
    PolygonIn,
    PolygonOut,
    RectangleIn,
    RectangleOut,
    ShapesIn,
    by_kind,
    described,
)

# The SDK sends all ids of a deletion or an export at once; a database takes this many.
IDS_MAX = 30_000
EXTENDED_PAGE = 100


class Items(Schema):
    """A list of annotations."""

    items: list[AnnotationOut]


class PageQuery(Schema):
    """The parameters of a list by offset."""

    limit: int = Field(PAGE_MAX, ge=0)
    offset: int = Field(0, ge=0)
    order_by: list[str] | None = None
    status: LabellingStatus | None = None


class AnnotationPage(Schema):
    """A page of annotations, and how many there are."""

    items: list[AnnotationOut]
    count: int


class IdsQuery(Schema):
    """Which annotations."""

    status: LabellingStatus | None = None
    asset_ids: list[uuid.UUID] | None = Field(None, max_length=IDS_MAX)


class BulkItem(ShapesIn):
    """What is to be on an asset."""

    asset_id: uuid.UUID
    attributes: dict[str, Any] | None = None


class BulkIn(Schema):
    """Annotations of many assets."""

    import_type: ImportMode
    status: LabellingStatus | None = None
    annotations: list[BulkItem]


class DeletionIn(Schema):
    """Which annotations go: of these assets, or of all; of them only these, if any are named."""

    asset_ids: list[uuid.UUID | Literal["__all__"]] = Field(max_length=IDS_MAX)
    annotation_ids: list[uuid.UUID] | None = Field(None, max_length=IDS_MAX)


class ExportIn(Schema):
    """Which annotations are to be in the file, and what the images are called there."""

    type: FileKind
    export_video: bool = False
    export_key: ExportKey = ExportKey.FILENAME
    asset_ids: list[uuid.UUID] | None = Field(None, max_length=IDS_MAX)
    status: LabellingStatus | None = None


class ExportOut(Schema):
    """Where the file is."""

    object_name: str
    presigned_url: str


class Stats(Schema):
    """How often each label occurs, how often all of them, and how many annotations that is."""

    label_repartition: dict[str, int]
    nb_objects: int
    nb_annotations: int


class LabelId(BaseModel):
    """A shape in short."""

    label_id: uuid.UUID


class ExtendedAnnotation(AnnotationOut):
    """An annotation with which labels it has in what form. The SDK looks up all six lists."""

    rectangles: list[LabelId]
    classifications: list[LabelId]
    points: list[LabelId]
    polygons: list[LabelId]
    lines: list[LabelId]
    keypoints: list[LabelId]
    masks: list[LabelId]


def _extended(labelling: Labelling) -> dict[str, Any]:
    shapes = by_kind(labelling.annotations.all())
    return described(labelling) | {
        kind: [{"label_id": one.label_id} for one in found] for kind, found in shapes.items()
    }


class ExtendedAsset(AssetOut):
    """An asset with its annotations, the latest first. Read it with `with_labellings`."""

    annotations: list[ExtendedAnnotation]

    @staticmethod
    def resolve_annotations(asset: Asset) -> list[dict[str, Any]]:
        """The labellings, which the SDK calls so."""
        return [_extended(labelling) for labelling in asset.labellings.all()]


class ExtendedQuery(Schema):
    """The parameters of a list of assets with their annotations."""

    limit: int = Field(EXTENDED_PAGE, ge=0)
    offset: int = Field(0, ge=0)


class ExtendedPage(Schema):
    """A page of assets, and how many there are."""

    items: list[ExtendedAsset]
    count: int


class DurationIn(Schema):
    """How long it took, in seconds."""

    duration: float = 0


class AnnotationIn(Schema):
    """What is to change."""

    duration: float | None = None
    status: LabellingStatus | None = None


class OverwriteIn(ShapesIn):
    """What is to be on an annotation instead."""

    duration: float = 0


class RectanglesIn(Schema):
    """Boxes to draw."""

    rectangles: list[RectangleIn]


class PolygonsIn(Schema):
    """Polygons to draw."""

    polygons: list[PolygonIn]


class ClassificationsIn(Schema):
    """Labels to give."""

    classifications: list[ClassificationIn]


class RectanglesOut(Schema):
    """Boxes that were drawn."""

    rectangles: list[RectangleOut]


class PolygonsOut(Schema):
    """Polygons that were drawn."""

    polygons: list[PolygonOut]


class ClassificationsOut(Schema):
    """Labels that were given."""

    classifications: list[ClassificationOut]


class RectangleItems(Schema):
    """A list of boxes."""

    items: list[RectangleOut]


class PolygonItems(Schema):
    """A list of polygons."""

    items: list[PolygonOut]


class ClassificationItems(Schema):
    """A list of labels."""

    items: list[ClassificationOut]
