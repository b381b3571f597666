"""What a dataset version is to hold, before it exists: the one form in which every importer hands it over."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from config.inference_types import InferenceType
from config.names import refuse_control_characters
from datasets.models import DatasetVersion, Label, Shape
from datasets.problems import Problems

FILENAME_MAX = 255
ANNOTATIONS_MAX = 10_000

TYPE_OF_SHAPE = {
    Shape.CLASSIFICATION: InferenceType.CLASSIFICATION,
    Shape.RECTANGLE: InferenceType.OBJECT_DETECTION,
    Shape.POLYGON: InferenceType.SEGMENTATION,
    Shape.POINT: InferenceType.POINT,
    Shape.LINE: InferenceType.LINE,
}


@dataclass(frozen=True, slots=True)
class AnnotationContent:
    """A label on an image or a part of it; `coordinates` as `Annotation` has them, `where` names it in a refusal."""

    label: str
    shape: Shape = Shape.CLASSIFICATION
    coordinates: list[Any] = field(default_factory=list)
    where: str = "an annotation"


@dataclass(frozen=True, slots=True)
class ImageContent:
    """An image: its name in the version (without folders), its bytes when asked for, and what is on it.

    `size` is (width, height) in pixels as its source claims, to be compared with the image itself. `source` is what a
    refusal calls it, such as the path it came from.
    """

    filename: str
    read: Callable[[], bytes]
    annotations: Sequence[AnnotationContent] = ()
    size: tuple[int, int] | None = None
    source: str = ""

    def __str__(self) -> str:
        return self.source or self.filename


@dataclass(frozen=True, slots=True)
class VersionContent:
    """A whole version: its labels in their order, and its images in theirs."""

    name: str
    labels: Sequence[str]
    images: Sequence[ImageContent]
    inference_type: InferenceType
    description: str = ""


def derived_type(images: Sequence[ImageContent]) -> InferenceType:
    """The inference type that the shapes of the annotations suit: MULTI when there are several kinds of them."""
    shapes = {annotation.shape for image in images for annotation in image.annotations}
    if len(shapes) > 1:
        return InferenceType.MULTI
    return TYPE_OF_SHAPE[shapes.pop()] if shapes else InferenceType.NOT_CONFIGURED


def check(content: VersionContent) -> None:
    """Refuse what can be refused without looking at an image: names, labels, counts.

    Raises:
        ValidationError: with a sentence for each problem.
    """
    problems = Problems()
    version = DatasetVersion(name=content.name, description=content.description, inference_type=content.inference_type)
    _check_fields(version, "The version", ("id", "dataset", "organization", "created_by"), problems)
    if not content.images:
        problems.add("There are no images, and a version without images is of no use.")
    for name in content.labels:
        _check_fields(Label(name=name), f"Label “{name[:100]}”", ("id", "dataset_version"), problems)
    for name, count in Counter(content.labels).items():
        if count > 1:
            problems.add(f"Label “{name}” occurs {count} times; give each label once.")
    _check_images(content, problems)
    problems.refuse()


def _check_fields(row: DatasetVersion | Label, subject: str, unknown: tuple[str, ...], problems: Problems) -> None:
    try:
        row.clean_fields(exclude=unknown)
    except ValidationError as error:
        for field_name, messages in error.message_dict.items():
            problems.add(f"{subject} ({field_name.replace('_', ' ')}): {' '.join(messages)}")
    if row.name != row.name.strip():
        problems.add(f"{subject}: a name can't begin or end with a space.")


def _check_images(content: VersionContent, problems: Problems) -> None:
    labels, seen = set(content.labels), set[str]()
    for image in content.images:
        problem = _filename_problem(image.filename) or (
            "is there twice; a version has one image of a name." if image.filename in seen else ""
        )
        if len(image.annotations) > ANNOTATIONS_MAX:
            problem = f"has {len(image.annotations):,} annotations; at most {ANNOTATIONS_MAX:,} are accepted."
        if problem:
            problems.add(f"Image “{image.filename[:FILENAME_MAX]}” {problem}")
        seen.add(image.filename)
        for annotation in image.annotations:
            if annotation.label not in labels:
                problems.add(f"{image}: {annotation.where} names the unknown label “{annotation.label}”.")


def _filename_problem(filename: str) -> str:
    """Why this can't be the name of a file, or an empty text. Clients join it to a folder of theirs."""
    if not filename or len(filename) > FILENAME_MAX:
        return f"has {len(filename)} characters in its name; it needs 1 to {FILENAME_MAX}."
    if filename in (".", "..") or any(separator in filename for separator in "/\\\0"):
        return "has a name that leads to another folder."
    try:
        refuse_control_characters(filename)
    except ValidationError as error:
        return f"has a name that can't be kept. {' '.join(error.messages)}"
    return "has a name of several lines." if set(filename) & set("\r\n\t") else ""


def is_held_by(version: DatasetVersion, content: VersionContent) -> bool:
    """Whether the version holds exactly this content: labels, images byte for byte, and annotations.

    Its description and inference type are left out: they may have been edited since.
    """
    labels = [label.name for label in version.labels.all()]
    if labels != list(content.labels) or version.asset_count != len(content.images):
        return False
    return _images_agree(version, content) and _annotations_held(version) == _annotations_given(content)


def _images_agree(version: DatasetVersion, content: VersionContent) -> bool:
    held = version.assets.order_by("position").values_list("data__filename", "data__blob__sha256")
    return all(
        filename == image.filename and sha256 == hashlib.sha256(image.read()).hexdigest()
        for (filename, sha256), image in zip(held.iterator(), content.images, strict=True)
    )


def _annotations_given(content: VersionContent) -> Counter[str]:
    return Counter(
        repr((position, annotation.label, annotation.shape.value, comparable(annotation.coordinates)))
        for position, image in enumerate(content.images)
        for annotation in image.annotations
    )


def _annotations_held(version: DatasetVersion) -> Counter[str]:
    annotations = version.assets.filter(annotations__isnull=False).values_list(
        "position", "annotations__label__name", "annotations__shape", "annotations__coordinates"
    )
    return Counter(
        repr((position, label, shape, comparable(coordinates)))
        for position, label, shape, coordinates in annotations.order_by().iterator()
    )


def comparable(coordinates: Any) -> Any:
    """The coordinates with every number as a float: databases differ in whether 1.0 comes back as 1."""
    if isinstance(coordinates, list):
        return [comparable(item) for item in coordinates]
    return coordinates if isinstance(coordinates, str) else float(coordinates)
