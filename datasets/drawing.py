"""Annotations as they are drawn over their image: shapes in its own pixels, scaled by the browser."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from datasets.models import Annotation, Asset, Shape
from datasets.thumbnails import Thumbnail, thumbnail_of
from storage.links import IMAGE_TYPES, image_url

TINTS = 8
DRAWN_IN_LISTS = 60
DRAWN_ALONE = 1_000
NAMED_IN_WORDS = 10


@dataclass(frozen=True)
class Mark:
    """One annotation as SVG: the numbers are texts in the image's pixels, `tint` is the colour of its label."""

    shape: Shape
    label: str
    tint: int
    box: tuple[str, ...]
    points: str
    text_x: str
    text_y: str


@dataclass(frozen=True)
class Drawing:
    """An image with what is on it; `picture` is None when there is nothing a browser could show."""

    asset: Asset
    picture: Thumbnail | None
    marks: list[Mark]
    classes: list[tuple[str, int]]
    text_size: str
    is_cut: bool

    @property
    def in_words(self) -> str:
        """The image for those who don't see it: its name and how many of what are on it."""
        counts = Counter(label for label, _ in self.classes) + Counter(mark.label for mark in self.marks)
        named = [label if count == 1 else f"{count} × {label}" for label, count in counts.most_common(NAMED_IN_WORDS)]
        more = ["…"] if self.is_cut or len(counts) > NAMED_IN_WORDS else []
        return f"{self.asset.data.filename}: {', '.join([*named, *more]) or 'no annotation'}"


def annotations_for_drawing(most: int) -> "Prefetch[str]":
    """The first annotations of each asset with their labels, one more than is drawn to know that there are more."""
    return Prefetch("annotations", queryset=Annotation.objects.select_related("label").order_by("id")[: most + 1])


def drawing_in_list(asset: Asset) -> Drawing:
    """The thumbnail of an asset that was fetched with `annotations_for_drawing(DRAWN_IN_LISTS)`."""
    return _drawing(asset, thumbnail_of(asset.data), DRAWN_IN_LISTS, text_share=13)


def drawing_alone(asset: Asset) -> Drawing:
    """The asset's image itself, or its thumbnail where browsers don't show the format (BMP, TIFF)."""
    data = asset.data
    picture = thumbnail_of(data)
    if data.content_type in IMAGE_TYPES:
        picture = Thumbnail(image_url(data.blob, data.content_type), data.width, data.height, data.filename)
    return _drawing(asset, picture, DRAWN_ALONE, text_share=36)


def _drawing(asset: Asset, picture: Thumbnail | None, most: int, *, text_share: int) -> Drawing:
    annotations: Sequence[Annotation] = list(asset.annotations.all())
    height = max(asset.data.width, asset.data.height) / text_share
    drawn = annotations[:most]
    return Drawing(
        asset=asset,
        picture=picture,
        marks=[_mark(one, height) for one in drawn if one.shape != Shape.CLASSIFICATION and one.coordinates],
        classes=[(one.label.name, _tint(one)) for one in drawn if one.shape == Shape.CLASSIFICATION],
        text_size=_number(height),
        is_cut=len(annotations) > most,
    )


def _mark(annotation: Annotation, text_height: float) -> Mark:
    """The shape, and its label above its upper left corner, or just inside where the image ends there."""
    shape, coordinates = Shape(annotation.shape), annotation.coordinates
    box = coordinates if shape == Shape.RECTANGLE else []
    points = [] if shape == Shape.RECTANGLE else coordinates
    left, top = (box[0], box[1]) if box else min(points, key=lambda point: (point[1], point[0]))
    gap = text_height / 4
    return Mark(
        shape=shape,
        label=annotation.label.name,
        tint=_tint(annotation),
        box=tuple(_number(value) for value in box),
        points=" ".join(f"{_number(x)},{_number(y)}" for x, y in points),
        text_x=_number(max(0, left)),
        text_y=_number(top - gap if top > text_height + gap else top + text_height),
    )


def _tint(annotation: Annotation) -> int:
    return annotation.label.position % TINTS


def _number(value: float) -> str:
    """A number as SVG reads it, whatever the page's language, with a hundredth of a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
