"""Where annotations may lie: within their image, in pixels from its upper left corner."""

from collections.abc import Callable
from typing import Any

from datasets.models import Shape

# Tools that count pixels inclusively, and rounding, reach this far over the edge.
TOLERANCE = 1
POINTS_MAX = 10_000
FEWEST_POINTS = {Shape.POINT: 1, Shape.LINE: 2, Shape.POLYGON: 3}


def coordinates_problem(shape: Shape, coordinates: list[Any], width: int, height: int) -> str:
    """Why the coordinates are no such shape on an image of this size in pixels, or an empty text.

    The sentence continues the annotation's name: "annotation 7 …". A box is [x, y, width, height], a polygon, a line
    and a point are lists of [x, y], a classification has none.
    """

    def is_inside(x: float, y: float) -> bool:
        return -TOLERANCE <= x <= width + TOLERANCE and -TOLERANCE <= y <= height + TOLERANCE

    if shape == Shape.CLASSIFICATION:
        return "is a classification and can't have coordinates." if coordinates else ""
    problem = _box_problem(coordinates, is_inside) if shape == Shape.RECTANGLE else _points_problem(shape, coordinates)
    if not problem and shape != Shape.RECTANGLE and not all(is_inside(x, y) for x, y in coordinates):
        problem = "has a point outside"
    return f"{problem} its image of {width} × {height} pixels." if problem.endswith("outside") else problem


def _box_problem(box: list[Any], is_inside: Callable[[float, float], bool]) -> str:
    if len(box) != 4 or not all(map(is_number, box)):
        return "has no box of four numbers (x, y, width, height)."
    x, y, width, height = box
    if not (width > 0 and height > 0):
        return f"has a box without area: its width is {width} and its height {height}."
    return "" if is_inside(x, y) and is_inside(x + width, y + height) else "has a box that reaches outside"


def _points_problem(shape: Shape, points: list[Any]) -> str:
    if not all(isinstance(point, list) and len(point) == 2 and all(map(is_number, point)) for point in points):
        return "has a point that is not two numbers (x, y)."
    fewest = FEWEST_POINTS[shape]
    if len(points) < fewest or (shape == Shape.POINT and len(points) > 1):
        return f"is a {shape.label.lower()} of {len(points)} points, which needs {fewest}."
    return f"has {len(points):,} points; at most {POINTS_MAX:,} are accepted." if len(points) > POINTS_MAX else ""


def is_number(value: Any) -> bool:
    """Whether it is an integer or a finite number; JSON's true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12
