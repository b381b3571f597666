"""Pascal VOC: an XML file per image with its objects, each with a box in pixels.

A polygon is written beside its box as x1, y1, x2, y2, …; what has no box of its own (keypoints, a mask, a line, a
point) is written as the box around it, and a class of the whole image as an object without one. An image without
objects has no file: readers of the form expect an object in each.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from xml.etree import ElementTree

from datasets.exporting.archive import zipped
from datasets.exporting.selection import ExportedImage, ExportedShape, Selection
from datasets.geometry import bounding_box, places
from datasets.models import Shape

COLOURS = 3


def voc_archive(selection: Selection) -> Iterator[bytes]:
    """The archive in pieces."""
    return zipped(_files(selection))


def _files(selection: Selection) -> Iterator[tuple[str, bytes]]:
    names = [label.name for label in selection.labels()]
    for image, shapes in selection.images_with_shapes():
        if shapes:
            yield f"{image.stem}.xml", _document(image, shapes, names)


def _document(image: ExportedImage, shapes: Sequence[ExportedShape], names: Sequence[str]) -> bytes:
    root = ElementTree.Element("annotation")
    _texts(root, folder=str(PurePosixPath(image.name).parent).strip("."), filename=image.name)
    size = ElementTree.SubElement(root, "size")
    _texts(size, width=image.width, height=image.height, depth=COLOURS)
    _texts(root, segmented=int(any(shape.shape == Shape.POLYGON for shape in shapes)))
    for shape in shapes:
        _object(ElementTree.SubElement(root, "object"), shape, names[shape.category])
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8"))


def _object(element: ElementTree.Element, one: ExportedShape, name: str) -> None:
    _texts(element, name=name, pose="Unspecified", truncated=0, difficult=0, occluded=0)
    if one.shape != Shape.CLASSIFICATION:
        x, y, width, height = _box(one)
        box = ElementTree.SubElement(element, "bndbox")
        _texts(box, xmin=x, ymin=y, xmax=x + width, ymax=y + height)
    if one.shape == Shape.POLYGON:
        polygon = ElementTree.SubElement(element, "polygon")
        for number, (x, y) in enumerate(one.coordinates, start=1):
            _texts(polygon, **{f"x{number}": x, f"y{number}": y})


def _box(one: ExportedShape) -> list[float]:
    match one.shape:
        case Shape.RECTANGLE:
            return one.coordinates
        case Shape.MASK:
            box: list[float] = one.coordinates[1]
            return box
        case _:
            return bounding_box(places(one.coordinates))


def _texts(parent: ElementTree.Element, **values: str | float) -> None:
    for name, value in values.items():
        ElementTree.SubElement(parent, name).text = str(value)
