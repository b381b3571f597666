"""What the SDK calls annotations, which are labellings here, and the shapes on them (wire contract, 5 and 7.4)."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from ninja import Field, Schema
from pydantic import BaseModel

from datasets.geometry import area
from datasets.models import Annotation, Labelling, LabellingStatus, Shape
from datasets.shapes import ShapeContent
from protocols.picsellia.schemas.datasets import LabelOut

Number = int | float
Point = list[Number]

# A list of the SDK's → what is in it.
KINDS = {
    "rectangles": Shape.RECTANGLE,
    "polygons": Shape.POLYGON,
    "classifications": Shape.CLASSIFICATION,
    "keypoints": Shape.KEYPOINT,
    "lines": Shape.LINE,
    "points": Shape.POINT,
    "masks": Shape.MASK,
}


class ShapeIn(BaseModel):
    """What every shape has that comes. There are thousands in a body, and a Schema takes twice as long to read."""

    shape: ClassVar[Shape]

    label_id: uuid.UUID
    text: str | None = None
    attributes: dict[str, Any] | None = None

    def coordinates(self) -> list[Any]:
        """As they are kept."""
        return []

    def content(self, where: str) -> ShapeContent:
        """As the services take it."""
        return ShapeContent(
            label=self.label_id,
            shape=self.shape,
            coordinates=self.coordinates(),
            text=self.text or "",
            attributes=self.attributes or {},
            where=where,
        )


class ClassificationIn(ShapeIn):
    """A label on the whole image."""

    shape = Shape.CLASSIFICATION


class RectangleIn(ShapeIn):
    """A box, in pixels."""

    shape = Shape.RECTANGLE

    x: Number
    y: Number
    w: Number
    h: Number

    def coordinates(self) -> list[Any]:
        """[x, y, width, height]."""
        return [self.x, self.y, self.w, self.h]


class PolygonIn(ShapeIn):
    """[[x, y], …]."""

    shape = Shape.POLYGON

    polygon: list[Any]

    def coordinates(self) -> list[Any]:
        """As they came."""
        return self.polygon


class LineIn(ShapeIn):
    """[[x, y], …]."""

    shape = Shape.LINE

    line: list[Any]

    def coordinates(self) -> list[Any]:
        """As they came."""
        return self.line


class PointIn(ShapeIn):
    """[x, y]."""

    shape = Shape.POINT

    point: list[Any]

    def coordinates(self) -> list[Any]:
        """A list of one."""
        return [self.point]


class KeypointsIn(ShapeIn):
    """[[x, y, visibility], …]."""

    shape = Shape.KEYPOINT

    keypoints: list[Any]

    def coordinates(self) -> list[Any]:
        """As they came."""
        return self.keypoints


class MaskIn(ShapeIn):
    """COCO's compressed run lengths, of the whole image."""

    shape = Shape.MASK

    mask: str

    def coordinates(self) -> list[Any]:
        """The counts alone: box and area are measured."""
        return [self.mask]


class ShapesIn(Schema):
    """Shapes of every kind."""

    rectangles: list[RectangleIn] | None = None
    polygons: list[PolygonIn] | None = None
    classifications: list[ClassificationIn] | None = None
    keypoints: list[KeypointsIn] | None = None
    lines: list[LineIn] | None = None
    points: list[PointIn] | None = None
    masks: list[MaskIn] | None = None

    def contents(self, where: str = "") -> list[ShapeContent]:
        """As the services take them, each with its place in the body."""
        return [content for kind in KINDS for content in contents_of(getattr(self, kind) or (), f"{where}{kind}")]


def contents_of(shapes: Iterable[ShapeIn], where: str) -> Iterator[ShapeContent]:
    """As the services take them: the first is called `where[0]`."""
    return (one.content(f"{where}[{index}]") for index, one in enumerate(shapes))


def whole(pixels: float) -> int:
    """The number that the SDK takes, which knows no parts of pixels in boxes."""
    return round(pixels)


class AnnotationOut(Schema):
    """A labelling."""

    id: uuid.UUID
    asset_id: uuid.UUID
    duration: float
    status: LabellingStatus
    attributes: dict[str, Any]
    created_at: datetime


class ShapeOut(Schema):
    """A shape of one annotation. Read it with `select_related("label")`."""

    id: uuid.UUID
    label: LabelOut
    text: str
    attributes: dict[str, Any]


class RectangleOut(ShapeOut):
    """A box in whole pixels, the only ones that the SDK takes."""

    x: int
    y: int
    w: int
    h: int

    @staticmethod
    def resolve_x(box: Annotation) -> int:
        """Of its left edge."""
        return whole(box.coordinates[0])

    @staticmethod
    def resolve_y(box: Annotation) -> int:
        """Of its upper edge."""
        return whole(box.coordinates[1])

    @staticmethod
    def resolve_w(box: Annotation) -> int:
        """At least one."""
        return max(1, whole(box.coordinates[2]))

    @staticmethod
    def resolve_h(box: Annotation) -> int:
        """At least one."""
        return max(1, whole(box.coordinates[3]))


class PolygonOut(ShapeOut):
    """A polygon."""

    polygon: list[Point] = Field(alias="coordinates")


class ClassificationOut(ShapeOut):
    """A label on the whole image."""


class LoadedShape(BaseModel):
    """A shape among thousands: its label by name. Every key stands, since the SDK looks each of them up."""

    id: uuid.UUID
    label: str
    text: str | None
    attributes: dict[str, Any] | None


class LoadedRectangle(LoadedShape):
    """A box as exactly as it is kept."""

    x: Number
    y: Number
    w: Number
    h: Number
    area: Number


class LoadedPolygon(LoadedShape):
    """A polygon with its area in pixels."""

    polygon: list[Point]
    area: Number


class LoadedLine(LoadedShape):
    """A line."""

    line: list[Point]


class LoadedPoint(LoadedShape):
    """A point."""

    point: Point


class LoadedKeypoints(LoadedShape):
    """Keypoints."""

    keypoints: list[Point]


class LoadedMask(LoadedShape):
    """A mask."""

    mask: str
    bbox: list[Number]
    area: Number


class LoadedAnnotation(AnnotationOut):
    """A labelling with all that is on it."""

    rectangles: list[LoadedRectangle]
    polygons: list[LoadedPolygon]
    classifications: list[LoadedShape]
    keypoints: list[LoadedKeypoints]
    lines: list[LoadedLine]
    points: list[LoadedPoint]
    masks: list[LoadedMask]


def described(labelling: Labelling) -> dict[str, Any]:
    """What AnnotationOut says, to be said with more."""
    return {name: getattr(labelling, name) for name in AnnotationOut.model_fields}


def by_kind(annotations: Iterable[Annotation]) -> dict[str, list[Annotation]]:
    """The shapes in the SDK's lists, all of which are there."""
    kind_of = {shape: kind for kind, shape in KINDS.items()}
    found: dict[str, list[Annotation]] = {kind: [] for kind in KINDS}
    for annotation in annotations:
        found[kind_of[Shape(annotation.shape)]].append(annotation)
    return found


def loaded(shape: Annotation, label_names: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    """What a LoadedShape of its kind says, with the names of the version's labels by id."""
    return {
        "id": shape.pk,
        "label": label_names[shape.label_id],
        "text": shape.text or None,
        "attributes": shape.attributes or None,
        **_place(shape),
    }


def _place(shape: Annotation) -> dict[str, Any]:
    coordinates = shape.coordinates
    match shape.shape:
        case Shape.RECTANGLE:
            x, y, width, height = coordinates
            return {"x": x, "y": y, "w": width, "h": height, "area": width * height}
        case Shape.POLYGON:
            return {"polygon": coordinates, "area": area(coordinates)}
        case Shape.LINE:
            return {"line": coordinates}
        case Shape.POINT:
            return {"point": coordinates[0]}
        case Shape.KEYPOINT:
            return {"keypoints": coordinates}
        case Shape.MASK:
            counts, box, pixels = coordinates
            return {"mask": counts, "bbox": box, "area": pixels}
        case _:
            return {}
