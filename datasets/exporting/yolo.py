"""YOLO: a text file per image, a line per object: the place of its class, then numbers from 0 to 1.

A box is its middle and its size, a polygon its points, keypoints their box and then x, y and visibility of each, a
class of the whole image nothing more. A mask is written as its box; points and lines have no form in YOLO and are left
out. An image without annotations has an empty file: it is one on which nothing is. `data.yaml` names the classes.
"""

import json
from collections.abc import Iterator

from datasets.exporting.archive import zipped
from datasets.exporting.selection import ExportedImage, ExportedShape, Selection
from datasets.geometry import bounding_box, places
from datasets.models import Shape

# Readers multiply by the size again, and cut off what is behind the point: six digits would lose pixels.
DIGITS = 10


def yolo_archive(selection: Selection) -> Iterator[bytes]:
    """The archive in pieces."""
    return zipped(_files(selection))


def _files(selection: Selection) -> Iterator[tuple[str, bytes]]:
    names = [label.name for label in selection.labels()]
    # JSON is YAML as well, and quotes what a label may hold.
    yield "data.yaml", f"nc: {len(names)}\nnames: {json.dumps(names, ensure_ascii=False)}\n".encode()
    for image, shapes in selection.images_with_shapes():
        lines = (_line(shape, image) for shape in shapes)
        yield f"{image.stem}.txt", "".join(f"{line}\n" for line in lines if line).encode()


def _line(one: ExportedShape, image: ExportedImage) -> str:
    """The object's line, or nothing when YOLO can't say it."""
    numbers = _numbers(one, image)
    return "" if numbers is None else " ".join([str(one.category), *map(_text, numbers)])


def _numbers(one: ExportedShape, image: ExportedImage) -> list[float] | None:
    coordinates = one.coordinates
    match one.shape:
        case Shape.CLASSIFICATION:
            return []
        case Shape.RECTANGLE:
            return _box(coordinates, image)
        case Shape.MASK:
            return _box(coordinates[1], image)
        case Shape.POLYGON:
            return [share for point in coordinates for share in _point(point, image)]
        case Shape.KEYPOINT:
            points = [number for point in coordinates for number in (*_point(point, image), point[2])]
            return _box(bounding_box(places(coordinates)), image) + points
        case _:
            return None


def _point(point: list[float], image: ExportedImage) -> tuple[float, float]:
    """Within the image: readers refuse what lies even a pixel outside."""
    x, y = point[:2]
    return min(max(x / image.width, 0), 1), min(max(y / image.height, 0), 1)


def _box(box: list[float], image: ExportedImage) -> list[float]:
    x, y, width, height = box
    left, top = _point([x, y], image)
    right, bottom = _point([x + width, y + height], image)
    return [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top]


def _text(number: float) -> str:
    return f"{number:.{DIGITS}f}".rstrip("0").rstrip(".")
