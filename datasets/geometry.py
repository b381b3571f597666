"""Where annotations may lie: within their image, in pixels from its upper left corner."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError

from datasets.masks import measured
from datasets.models import Shape

# Tools that count pixels inclusively, and rounding, reach this far over the edge.
TOLERANCE = 1
POINTS_MAX = 10_000
FEWEST_POINTS = {Shape.POINT: 1, Shape.LINE: 2, Shape.POLYGON: 3, Shape.KEYPOINT: 1}
# Of a keypoint: not there (its place means nothing), hidden, seen. COCO's numbers.
ABSENT, HIDDEN, SEEN = VISIBILITIES = (0, 1, 2)


def coordinates_problem(shape: Shape, coordinates: list[Any], width: int, height: int) -> str:
    """Why the coordinates are no such shape on an image of this size in pixels, or an empty text.

    The sentence continues the annotation's name: "annotation 7 …". A box is [x, y, width, height], a polygon, a line
    and a point are lists of [x, y], keypoints of [x, y, visibility], a mask is [counts, box, area], and a
    classification has none.
    """

    def is_inside(x: float, y: float) -> bool:
        return -TOLERANCE <= x <= width + TOLERANCE and -TOLERANCE <= y <= height + TOLERANCE

    if shape == Shape.CLASSIFICATION:
        return "is a classification and can't have coordinates." if coordinates else ""
    if shape == Shape.MASK:
        return _mask_problem(coordinates, width, height)
    problem = _box_problem(coordinates, is_inside) if shape == Shape.RECTANGLE else _points_problem(shape, coordinates)
    if not problem and shape != Shape.RECTANGLE and not all(is_inside(*place) for place in places(coordinates)):
        problem = "has a point outside"
    return f"{problem} its image of {width} × {height} pixels." if problem.endswith("outside") else problem


def places(points: list[Any]) -> list[list[float]]:
    """The [x, y] of each point, without keypoints that are not there."""
    return [point[:2] for point in points if len(point) < 3 or point[2] != ABSENT]


def area(polygon: list[list[float]]) -> float:
    """In pixels, by the shoelace formula: of its outline, whichever way round it goes."""
    following = [*polygon[1:], *polygon[:1]]
    doubled = sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(polygon, following, strict=True))
    return abs(doubled) / 2


def bounding_box(points: list[list[float]]) -> list[float]:
    """[x, y, width, height] around the points; zeros around none."""
    if not points:
        return [0, 0, 0, 0]
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]


def _box_problem(box: list[Any], is_inside: Callable[[float, float], bool]) -> str:
    if len(box) != 4 or not all(map(is_number, box)):
        return "has no box of four numbers (x, y, width, height)."
    x, y, width, height = box
    if not (width > 0 and height > 0):
        return f"has a box without area: its width is {width} and its height {height}."
    return "" if is_inside(x, y) and is_inside(x + width, y + height) else "has a box that reaches outside"


def _points_problem(shape: Shape, points: list[Any]) -> str:
    is_keypoint = shape == Shape.KEYPOINT
    numbers = 3 if is_keypoint else 2
    if not all(isinstance(point, list) and len(point) == numbers and all(map(is_number, point)) for point in points):
        if is_keypoint:
            return "has a point that is not three numbers (x, y, visibility)."
        return "has a point that is not two numbers (x, y)."
    if is_keypoint and not all(point[2] in VISIBILITIES for point in points):
        return "has a point whose visibility is none of 0, 1 and 2."
    fewest = FEWEST_POINTS[shape]
    if len(points) < fewest or (shape == Shape.POINT and len(points) > 1):
        return f"is a {shape.label.lower()} of {len(points)} points, which needs {fewest}."
    return f"has {len(points):,} points; at most {POINTS_MAX:,} are accepted." if len(points) > POINTS_MAX else ""


def _mask_problem(mask: list[Any], width: int, height: int) -> str:
    try:
        counts, *_ = mask or [None]
        is_whole = mask == measured(counts, width, height)
    except ValidationError as error:
        return " ".join(error.messages)
    return "" if is_whole else "has a mask whose box or area is not that of its pixels."


def is_number(value: Any) -> bool:
    """Whether it is an integer or a finite number; JSON's true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12
