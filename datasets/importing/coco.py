"""COCO: one JSON file of categories, images and annotations, beside a folder with the images.

The form is the data format of https://cocodataset.org/#format-data, of which boxes and polygons are read. An object in
several parts becomes a polygon for each part. Run-length masks are refused, crowd regions left out and counted.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaError

from config.inference_types import InferenceType
from datasets.content import AnnotationContent, ImageContent
from datasets.geometry import coordinates_problem
from datasets.importing.files import FileReader, Listing, file_within, filenames
from datasets.importing.json_file import JsonFile
from datasets.models import Shape
from datasets.problems import Problems

_ID = {"type": ["integer", "string"]}
_PIXELS = {"type": "integer", "minimum": 1}
FORM = {
    "categories": {"required": ["id", "name"], "properties": {"id": _ID, "name": {"type": "string"}}},
    "images": {
        "required": ["id", "file_name"],
        "properties": {"id": _ID, "file_name": {"type": "string"}, "width": _PIXELS, "height": _PIXELS},
    },
    "annotations": {
        "required": ["image_id", "category_id"],
        "properties": {
            "id": _ID,
            "image_id": _ID,
            "category_id": _ID,
            "bbox": {"type": "array", "items": {"type": "number"}},
            "segmentation": {"type": ["array", "object"]},
        },
    },
}
TYPES_IN_WORDS = {
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}


def read_coco(annotations: Path, folder: Path, *, inference_type: InferenceType | None = None) -> Listing:
    """The categories and images of a COCO file, with the annotations on them.

    Args:
        annotations: the JSON file.
        folder: where its `file_name`s are.
        inference_type: what the version will be for: object detection takes the boxes and leaves the masks aside.

    Raises:
        ValidationError: with a sentence for each problem, each with the line it is on.
    """
    if not folder.is_dir():
        raise ValidationError(f"{folder} is not a folder. Name the folder that holds the images of {annotations}.")
    reading = _Reading(JsonFile(annotations), folder, boxes_only=inference_type == InferenceType.OBJECT_DETECTION)
    listing = reading.listing()
    reading.problems.refuse()
    return listing


class _Reading:
    """One file being read, and what was found wrong with it so far."""

    def __init__(self, file: JsonFile, folder: Path, *, boxes_only: bool) -> None:
        self.file, self.folder, self.boxes_only = file, folder, boxes_only
        self.problems = Problems()
        self.crowds = 0
        self.sizes: dict[Hashable, tuple[int, int] | None] = {}

    def listing(self) -> Listing:
        if not isinstance(self.file.content, dict):
            raise ValidationError(f"{self.file.path} is not a COCO file: it holds no object of images and annotations.")
        labels = {entry["id"]: entry["name"].strip() for _, entry in self._entries("categories")}
        paths = dict(self._images())
        annotations = self._annotations(labels, paths)
        names = filenames([path.relative_to(self.folder).as_posix() for path in paths.values()])
        images = [
            ImageContent(name, FileReader(path), annotations[image_id], self.sizes[image_id], str(path))
            for name, (image_id, path) in zip(names, paths.items(), strict=True)
        ]
        notes = [f"Crowd regions left out: {self.crowds:,}."] if self.crowds else []
        return Listing(list(labels.values()), images, tuple(notes))

    def _entries(self, section: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The well-formed entries of a section with their places, no id twice."""
        entries = self.file.content.get(section)
        if not isinstance(entries, list):
            self.problems.add(f"{self.file.path} has no list “{section}”, which a COCO file must have.")
            return
        validator, seen = Draft202012Validator({"type": "object", **FORM[section]}), set[Hashable]()
        for index, entry in enumerate(entries):
            if error := next(validator.iter_errors(entry), None):
                self._problem(section, index, _in_words(error))
            elif "id" in entry and entry["id"] in seen:
                self._problem(section, index, f"has the id {entry['id']}, which is taken by an earlier one.")
            else:
                seen.add(entry.get("id"))
                yield index, entry

    def _images(self) -> Iterator[tuple[Hashable, Path]]:
        seen: set[Path] = set()
        for index, entry in self._entries("images"):
            image_id = entry["id"]
            # Known even if its file is not: an annotation on it has no problem of its own.
            self.sizes[image_id] = (entry["width"], entry["height"]) if {"width", "height"} <= entry.keys() else None
            try:
                path = file_within(self.folder, entry["file_name"])
            except ValidationError as error:
                self._problem("images", index, f"(id {image_id}): {entry['file_name']} {' '.join(error.messages)}")
                continue
            if path in seen:
                self._problem("images", index, f"(id {image_id}): {entry['file_name']} belongs to an earlier image.")
            else:
                seen.add(path)
                yield image_id, path

    def _annotations(self, labels: dict[Any, str], paths: dict[Hashable, Path]) -> dict[Any, list[AnnotationContent]]:
        found: dict[Any, list[AnnotationContent]] = defaultdict(list)
        for index, entry in self._entries("annotations"):
            image_id, category_id = entry["image_id"], entry["category_id"]
            if category_id not in labels:
                self._problem("annotations", index, f"names the category {category_id}, which is not in “categories”.")
            elif image_id not in self.sizes:
                self._problem("annotations", index, f"names the image {image_id}, which is not in “images”.")
            elif image_id in paths:
                found[image_id].extend(self._annotation(index, entry, labels[category_id]))
        return found

    def _annotation(self, index: int, entry: dict[str, Any], label: str) -> Iterator[AnnotationContent]:
        where, size = f"annotation {entry.get('id', index)}", self.sizes[entry["image_id"]]
        if entry.get("iscrowd"):
            self.crowds += 1
            return
        try:
            shapes = _boxes(entry) if self.boxes_only else _shapes(entry)
        except ValidationError as error:
            self._problem("annotations", index, " ".join(error.messages))
            return
        for shape, coordinates in shapes:
            problem = coordinates_problem(shape, coordinates, *size) if size else ""
            if problem:
                self._problem("annotations", index, problem)
            else:
                yield AnnotationContent(label, shape, coordinates, where)

    def _problem(self, section: str, index: int, text: str) -> None:
        """Note a problem with an entry, where it is and which id it has."""
        if self.problems.is_full:
            self.problems.add(text)  # only counted: its line need not be looked up
            return
        entry = self.file.content[section][index]
        number = entry["id"] if isinstance(entry, dict) and isinstance(entry.get("id"), (int, str)) else f"no. {index}"
        noun = {"categories": "category", "images": "image", "annotations": "annotation"}[section]
        self.problems.add(f"{self.file.path}, line {self.file.line(section, index)}: {noun} {number} {text}")


def _boxes(entry: dict[str, Any]) -> list[tuple[Shape, list[Any]]]:
    if not entry.get("bbox"):
        raise ValidationError("has no “bbox”, which object detection needs.")
    return [(Shape.RECTANGLE, entry["bbox"])]


def _shapes(entry: dict[str, Any]) -> list[tuple[Shape, list[Any]]]:
    """The polygons of the annotation, or its box when it has none, or nothing but the class."""
    segmentation = entry.get("segmentation")
    if isinstance(segmentation, dict):
        raise ValidationError(
            "is a run-length mask (RLE), which can't be read: turn it into polygons, or take the boxes alone with "
            "--type OBJECT_DETECTION."
        )
    if segmentation:
        return [(Shape.POLYGON, _points(part)) for part in segmentation]
    if entry.get("bbox"):
        return [(Shape.RECTANGLE, entry["bbox"])]
    return [(Shape.CLASSIFICATION, [])]


def _points(part: Any) -> list[Any]:
    """[x1, y1, x2, y2, …] as [[x1, y1], [x2, y2], …]."""
    if not isinstance(part, list) or len(part) % 2:
        raise ValidationError("has a “segmentation” that is not a list of polygons, each a list of x, y, x, y, ….")
    return [list(point) for point in zip(part[::2], part[1::2], strict=True)]


def _in_words(error: SchemaError) -> str:
    """What the schema found, as a sentence that continues the entry's name."""
    place = ".".join(str(part) for part in error.absolute_path)
    rule: Any = error.validator_value
    entry: Any = error.instance
    if error.validator == "required":
        missing = next(key for key in rule if key not in entry)
        return f"has no “{missing}”."
    if error.validator == "type":
        types = rule if isinstance(rule, list) else [rule]
        wanted = " or ".join(TYPES_IN_WORDS[kind] for kind in types)
        return f"has a “{place}” that is not {wanted}." if place else f"is not {wanted}."
    return f"has a “{place}” that is refused: {error.message}."
