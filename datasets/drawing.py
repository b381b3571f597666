"""Annotations as they are drawn over their image: shapes in its own pixels, scaled by the browser."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Window
from django.db.models.functions import RowNumber

from datasets.geometry import ABSENT, places
from datasets.masks import runs
from datasets.models import Annotation, Asset, Data, Label, Shape
from datasets.thumbnails import Thumbnail, picture_of, thumbnail_of

TINTS = 8
DRAWN_IN_LISTS = 60
DRAWN_ALONE = 1_000
NAMED_IN_WORDS = 10
# Columns of pixels with which masks are drawn, all masks of a picture together; one that needs more is its box.
RUNS_DRAWN_ALONE = 30_000
# From here on, as a share of the image's width, a label is written to the left, so that its end is seen.
NEAR_THE_END = 0.5


@dataclass(frozen=True)
class Mark:
    """One annotation as SVG: the numbers are texts in the image's pixels, `tint` is the colour of its label.

    `box` is x, y, width and height of a box, or of one around a mask. `dots` and `edges` (from x, y to x, y) are those
    of a point and of keypoints, `path` the pixels of a mask.
    """

    shape: Shape
    label: str
    tint: int
    box: tuple[str, ...]
    points: str
    dots: list[tuple[str, ...]]
    edges: list[tuple[str, ...]]
    path: str
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
    annotations = list(asset.annotations.select_related("label").order_by("id")[: DRAWN_ALONE + 1])
    return _drawing(asset, picture_of(asset.data), annotations, DRAWN_ALONE, text_share=36, most_runs=RUNS_DRAWN_ALONE)


def drawing_of(asset: Asset, annotations: list[Annotation]) -> Drawing:
    """The asset's thumbnail with these annotations, be they rows or not; their labels have to be there."""
    return _drawing(asset, thumbnail_of(asset.data), annotations, DRAWN_IN_LISTS, text_share=13)


def _first_annotations(assets: Sequence[Asset]) -> dict[uuid.UUID, list[Annotation]]:
    """In one query, and for each asset one more than is drawn, to know that there are more."""
    rank = Window(RowNumber(), partition_by="asset", order_by="id")
    first = Annotation.objects.filter(asset__in=assets).annotate(rank=rank).filter(rank__lte=DRAWN_IN_LISTS + 1)
    found: dict[uuid.UUID, list[Annotation]] = defaultdict(list)
    for annotation in first.select_related("label").order_by("id"):
        found[annotation.asset_id].append(annotation)
    return found


def _drawing(
    asset: Asset,
    picture: Thumbnail | None,
    annotations: list[Annotation],
    most: int,
    *,
    text_share: int,
    most_runs: int = 0,
) -> Drawing:
    height = max(asset.data.width, asset.data.height) / text_share
    drawn = annotations[:most]
    masks = sum(one.shape == Shape.MASK for one in drawn)
    marks = [_mark(one, asset.data, height, most_runs // max(masks, 1)) for one in drawn]
    return Drawing(
        asset=asset,
        picture=picture,
        annotations=drawn,
        marks=[mark for mark in marks if mark is not None],
        classes=[(one.label.name, _tint(one)) for one in drawn if one.shape == Shape.CLASSIFICATION],
        text_size=_number(height),
        point_radius=_number(height / 4),
        is_cut=len(annotations) > most,
    )


def _mark(annotation: Annotation, image: Data, text_height: float, most_runs: int) -> Mark | None:
    """The shape, with its label above its upper edge, or just inside where the image ends there."""
    shape, coordinates = Shape(annotation.shape), annotation.coordinates
    box = _box(shape, coordinates)
    points = [] if box else places(coordinates)
    if not box and not points:
        return None
    left, top = box[:2] or min(points, key=lambda point: point[1])
    right = left + box[2] if box else left
    gap, is_near_the_end = text_height / 4, left > image.width * NEAR_THE_END
    return Mark(
        shape=shape,
        label=annotation.label.name,
        tint=_tint(annotation),
        box=_numbers(box),
        points=" ".join(",".join(_numbers(point)) for point in points),
        dots=[_numbers(point) for point in points],
        edges=_edges(annotation.label, coordinates) if shape == Shape.KEYPOINT else [],
        path=_path(coordinates[0], image.height, most_runs) if shape == Shape.MASK else "",
        text_x=_number(min(right, image.width) if is_near_the_end else max(0, left)),
        text_y=_number(top - gap if top > text_height + gap else top + text_height),
        text_anchor="end" if is_near_the_end else "start",
    )


def _box(shape: Shape, coordinates: list[Any]) -> list[float]:
    """Of a box, or around a mask; nothing for other shapes."""
    if shape == Shape.MASK:
        return list(coordinates[1])
    return coordinates if shape == Shape.RECTANGLE else []


def _edges(label: Label, points: list[list[float]]) -> list[tuple[str, ...]]:
    """What the label's skeleton joins, where both ends are there."""
    there = {place: point[:2] for place, point in enumerate(points) if point[2] != ABSENT}
    edges = label.skeleton.get("edges", []) if label.skeleton else []
    return [_numbers(there[a] + there[b]) for a, b in edges if a in there and b in there]


def _path(counts: str, height: int, most: int) -> str:
    """The mask's pixels as columns of SVG; nothing when these are more than `most`."""
    columns = list(islice(runs(counts, height), most + 1)) if most else []
    return "" if len(columns) > most else "".join(f"M{run.x} {run.y}h1v{run.height}h-1z" for run in columns)


def _tint(annotation: Annotation) -> int:
    return annotation.label.position % TINTS


def _number(value: float) -> str:
    """A number as SVG reads it, whatever the page's language, with a hundredth of a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _numbers(values: list[float]) -> tuple[str, ...]:
    return tuple(map(_number, values))
