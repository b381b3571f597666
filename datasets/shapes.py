"""Shapes that somebody wants to put on images, before they are annotations: checked against image and label."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404

from config.names import refuse_control_characters
from datasets.geometry import coordinates_problem
from datasets.masks import measured
from datasets.models import Annotation, Data, Label, Labelling, Shape
from datasets.problems import Problems

TEXT_MAX = 1_000
ATTRIBUTES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class ShapeContent:
    """A label on a part of an image, as somebody gave it.

    Attributes:
        label: the id of a label of the version.
        shape: how it lies on the image.
        coordinates: in pixels, as `Annotation` has them; of a mask [counts] is enough, the rest is measured.
        text: such as what can be read there.
        attributes: keys and values of the client's own.
        where: what a refusal calls it.
    """

    label: uuid.UUID
    shape: Shape = Shape.CLASSIFICATION
    coordinates: list[Any] = field(default_factory=list)
    text: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    where: str = "the shape"


def annotations_of(
    shapes: Iterable[ShapeContent],
    *,
    labelling: Labelling,
    data: Data,
    labels: Mapping[uuid.UUID, Label],
    problems: Problems,
) -> Iterator[Annotation]:
    """The rows, not yet inserted, of the shapes without a problem; the others' are noted.

    Args:
        shapes: what is to be drawn.
        labelling: what they will belong to.
        data: the image, for its size.
        labels: those of the version, by id.
        problems: takes a sentence for each shape that can't be kept.

    Raises:
        Http404: when a shape names a label that the version doesn't have.
    """
    for one in shapes:
        label = labels.get(one.label)
        if label is None:
            raise Http404
        try:
            coordinates = _checked(one, label, data)
        except ValidationError as error:
            problems.add(f"{one.where} {' '.join(error.messages)}")
            continue
        yield Annotation(
            labelling_id=labelling.pk,
            asset_id=labelling.asset_id,
            label_id=label.pk,
            shape=one.shape,
            coordinates=coordinates,
            text=one.text,
            attributes=one.attributes,
        )


def check_attributes(attributes: dict[str, Any]) -> None:
    """Refuse what can't be kept, as a sentence that continues a name.

    Raises:
        ValidationError: for more than 10,000 characters of JSON, a number that is none, or a control character.
    """
    if not attributes:
        return
    try:
        text = json.dumps(attributes, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise ValidationError("has attributes that nest too deep, or hold a number that is none.") from error
    if len(text) > ATTRIBUTES_MAX:
        raise ValidationError(f"has attributes of {len(text):,} characters; at most {ATTRIBUTES_MAX:,} are kept.")
    try:
        for one in _texts(attributes):
            refuse_control_characters(one)
    except ValidationError as error:
        raise ValidationError(f"has attributes that can't be kept. {' '.join(error.messages)}") from error


def _texts(value: Any) -> Iterator[str]:
    """Every text in it, keys included."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            yield one


def _checked(one: ShapeContent, label: Label, data: Data) -> list[Any]:
    """The shape's coordinates as they are kept.

    Raises:
        ValidationError: with what is wrong, as a sentence that continues the shape's name.
    """
    if len(one.text) > TEXT_MAX:
        raise ValidationError(f"has a text of {len(one.text):,} characters; at most {TEXT_MAX:,} are kept.")
    if one.text:
        refuse_control_characters(one.text)
    check_attributes(one.attributes)
    if one.shape == Shape.MASK and len(one.coordinates) == 1:
        return measured(one.coordinates[0], data.width, data.height)
    if problem := coordinates_problem(one.shape, one.coordinates, data.width, data.height):
        raise ValidationError(problem)
    if one.shape == Shape.KEYPOINT and label.skeleton:
        wanted = len(label.skeleton.get("vertices", []))
        if len(one.coordinates) != wanted:
            raise ValidationError(
                f"has {len(one.coordinates)} keypoints, and the skeleton of the label “{label.name}” {wanted}."
            )
    return one.coordinates
