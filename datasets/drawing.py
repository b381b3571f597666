"""Annotations as they are drawn over their image: shapes in its own pixels, scaled by the browser."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Window
from django.db.models.functions import RowNumber

from datasets.models import Annotation, Asset, Shape
from datasets.thumbnails import Thumbnail, thumbnail_of
from storage.links import IMAGE_TYPES, image_url

TINTS = 8
DRAWN_IN_LISTS = 60
DRAWN_ALONE = 1_000
NAMED_IN_WORDS = 10
# From here on, as a share of the image's width, a label is written to the left, so that its end is seen.
NEAR_THE_END = 0.5


@dataclass(frozen=True)
class Mark:
    """One annotation as SVG: the numbers are texts in the image's pixels, `tint` is the colour of its label.

    `box` is x, y, width and height of a box, x and y of a point.
    """

    shape: Shape
    label: str
    tint: int
    box: tuple[str, ...]
    points: str
    text_x: str
    text_y: str
    text_anchor: str


@dataclass(frozen=True)
class Drawing:
    """An image with what is on it; `picture` is None when there is nothing a browser could show."""

    asset: Asset
    picture: Thumbnail | None
    annotations: list[Annotation]
    marks: list[Mark]
    classes: list[tuple[str, int]]
    text_size: str
    point_radius: str
    is_cut: bool

    @property
    def in_words(self) -> str:
        """The image for those who don't see it: its name and how many of what are on it."""
        counts = Counter(label for label, _ in self.classes) + Counter(mark.label for mark in self.marks)
        named = [label if count == 1 else f"{count} × {label}" for label, count in counts.most_common(NAMED_IN_WORDS)]
        more = ["…"] if self.is_cut or len(counts) > NAMED_IN_WORDS else []
        return f"{self.asset.data.filename}: {', '.join([*named, *more]) or 'no annotation'}"


def drawings_in_list(assets: Sequence[Asset]) -> list[Drawing]:
    """The thumbnail of each asset with its first annotations. Its data's thumbnail has to be selected with it."""
    annotations = _first_annotations(assets)
    return [
        _drawing(asset, thumbnail_of(asset.data), annotations[asset.pk], DRAWN_IN_LISTS, text_share=13)
        for asset in assets
    ]


def drawing_alone(asset: Asset) -> Drawing:
    """The asset's image itself, or its thumbnail where browsers don't show the format (BMP, TIFF)."""
    data = asset.data
    picture = thumbnail_of(data)
    if data.content_type in IMAGE_TYPES:
        picture = Thumbnail(image_url(data.blob, data.content_type), data.width, data.height, data.filename)
    annotations = list(asset.annotations.select_related("label").order_by("id")[: DRAWN_ALONE + 1])
    return _drawing(asset, picture, annotations, DRAWN_ALONE, text_share=36)


def _first_annotations(assets: Sequence[Asset]) -> dict[uuid.UUID, list[Annotation]]:
    """In one query, and for each asset one more than is drawn, to know that there are more."""
    rank = Window(RowNumber(), partition_by="asset", order_by="id")
    first = Annotation.objects.filter(asset__in=assets).annotate(rank=rank).filter(rank__lte=DRAWN_IN_LISTS + 1)
    found: dict[uuid.UUID, list[Annotation]] = defaultdict(list)
    for annotation in first.select_related("label").order_by("id"):
        found[annotation.asset_id].append(annotation)
    return found


def _drawing(
    asset: Asset, picture: Thumbnail | None, annotations: list[Annotation], most: int, *, text_share: int
) -> Drawing:
    height = max(asset.data.width, asset.data.height) / text_share
    drawn = annotations[:most]
    return Drawing(
        asset=asset,
        picture=picture,
        annotations=drawn,
        marks=[
            _mark(one, asset.data.width, height)
            for one in drawn
            if one.shape != Shape.CLASSIFICATION and one.coordinates
        ],
        classes=[(one.label.name, _tint(one)) for one in drawn if one.shape == Shape.CLASSIFICATION],
        text_size=_number(height),
        point_radius=_number(height / 4),
        is_cut=len(annotations) > most,
    )


def _mark(annotation: Annotation, image_width: int, text_height: float) -> Mark:
    """The shape, with its label above its upper edge, or just inside where the image ends there."""
    shape, coordinates = Shape(annotation.shape), annotation.coordinates
    if shape == Shape.RECTANGLE:
        box, points = coordinates, []
        left, top, right = box[0], box[1], box[0] + box[2]
    else:
        box, points = (coordinates[0] if shape == Shape.POINT else []), coordinates
        left, top = min(points, key=lambda point: point[1])
        right = left
    gap, is_near_the_end = text_height / 4, left > image_width * NEAR_THE_END
    return Mark(
        shape=shape,
        label=annotation.label.name,
        tint=_tint(annotation),
        box=tuple(_number(value) for value in box),
        points=" ".join(f"{_number(x)},{_number(y)}" for x, y in points),
        text_x=_number(min(right, image_width) if is_near_the_end else max(0, left)),
        text_y=_number(top - gap if top > text_height + gap else top + text_height),
        text_anchor="end" if is_near_the_end else "start",
    )


def _tint(annotation: Annotation) -> int:
    return annotation.label.position % TINTS


def _number(value: float) -> str:
    """A number as SVG reads it, whatever the page's language, with a hundredth of a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
