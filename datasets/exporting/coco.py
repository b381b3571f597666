"""COCO: one JSON file of categories, images and annotations (https://cocodataset.org/#format-data).

Categories are all labels of the version, numbered from 0 in their order, so that the files of two parts of a version
can be put together. Every annotation has a `bbox` and a `segmentation`, empty for a class of the whole image, because
readers expect them. A box, a polygon, keypoints and a mask are what they are in COCO; it knows no points and lines, so
those are written as keypoints that are all seen.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from datasets.exporting.selection import ExportedImage, ExportedShape, Selection
from datasets.geometry import ABSENT, SEEN, area, bounding_box, places
from datasets.masks import rle
from datasets.models import DatasetVersion, Label, LabelGroup, Shape
from datasets.writing import in_batches

LINES_AT_ONCE = 500


def coco_file(selection: Selection) -> Iterator[bytes]:
    """The file in pieces."""
    head = {"info": {"description": str(selection.version)}, "licenses": [], "categories": _categories(selection)}
    yield json.dumps(head)[:-1].encode() + b', "images": ['
    last = -1

    def images() -> Iterator[dict[str, Any]]:
        nonlocal last
        for image in selection.images():
            last = image.position
            yield _image(image)

    yield from _lines(images())
    yield b'], "annotations": ['
    # What is on images that came since those were read is in the next export.
    shapes = (shape for shape in selection.shapes() if shape.position <= last)
    yield from _lines(_annotation(number, one) for number, one in enumerate(shapes, start=1))
    yield b"]}\n"


def _lines(entries: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The entries of a list, a line each."""
    comma = ""
    for batch in in_batches(entries, LINES_AT_ONCE):
        yield (comma + "\n" + ",\n".join(map(json.dumps, batch))).encode()
        comma = ","


def _categories(selection: Selection) -> list[dict[str, Any]]:
    paths = _group_paths(selection.version)
    return [_category(place, label, paths) for place, label in enumerate(selection.labels())]


def _category(place: int, label: Label, paths: dict[Any, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": place, "name": label.name}
    if label.group_id in paths:
        entry["supercategory"] = paths[label.group_id]
    if label.skeleton:
        entry |= {"keypoints": label.skeleton["vertices"], "skeleton": label.skeleton["edges"]}
    return entry


def _group_paths(version: DatasetVersion) -> dict[Any, str]:
    """What each group is called from the top, as in “animal.bird”."""
    groups = {group.pk: group for group in version.label_groups.all()}

    def path(group: LabelGroup) -> str:
        names: list[str] = []
        above: LabelGroup | None = group
        # The number of groups bounds the way up, should two ever be above each other.
        while above is not None and len(names) < len(groups):
            names.insert(0, above.name)
            above = groups.get(above.parent_id) if above.parent_id else None
        return ".".join(names)

    return {pk: path(group) for pk, group in groups.items()}


def _image(image: ExportedImage) -> dict[str, Any]:
    entry = {
        "id": image.position + 1,
        "file_name": image.name,
        "width": image.width,
        "height": image.height,
    }
    return entry | ({"attributes": image.attributes} if image.attributes else {})


def _annotation(number: int, one: ExportedShape) -> dict[str, Any]:
    entry = {
        "id": number,
        "image_id": one.position + 1,
        "category_id": one.category,
        "iscrowd": 0,
        **_place(one),
    }
    if one.text:
        entry["utf8_string"] = one.text
    if one.attributes:
        entry["attributes"] = one.attributes
    return entry


def _place(one: ExportedShape) -> dict[str, Any]:
    coordinates = one.coordinates
    match one.shape:
        case Shape.RECTANGLE:
            return {"bbox": coordinates, "segmentation": [], "area": coordinates[2] * coordinates[3]}
        case Shape.POLYGON:
            flat = [number for point in coordinates for number in point]
            return {"bbox": bounding_box(coordinates), "segmentation": [flat], "area": area(coordinates)}
        case Shape.MASK:
            counts, box, pixels = coordinates
            return {"bbox": box, "segmentation": rle(counts, one.width, one.height), "area": pixels}
        case Shape.KEYPOINT:
            return _keypoints(coordinates)
        case Shape.POINT | Shape.LINE:
            return _keypoints([[x, y, SEEN] for x, y in coordinates])
        case _:
            return {"bbox": [], "segmentation": [], "area": 0}


def _keypoints(points: list[list[float]]) -> dict[str, Any]:
    box = bounding_box(places(points))
    return {
        "bbox": box,
        "segmentation": [],
        "area": box[2] * box[3],
        "keypoints": [number for point in points for number in point],
        "num_keypoints": sum(point[2] != ABSENT for point in points),
    }
