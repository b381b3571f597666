"""Scenes composed of handwritten digits, with the boxes and outlines of what was put where, as COCO."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from demo.digits import CLASSES, INK_MAX, SIDE, Digit

CANVAS = 96
GAP = 7  # pixels between two digits, so that a blob is one digit
SCALES = (2, 3, 4)
GROUND_MAX = 48

Point = tuple[int, int]


@dataclass(frozen=True)
class Placed:
    """A digit in a scene: its upper left corner in pixels, and how many pixels one of its own takes."""

    digit: Digit
    left: int
    top: int
    scale: int

    @property
    def ink(self) -> NDArray[np.float64]:
        """The share of white on each pixel of its square."""
        return (self.digit.ink / INK_MAX).repeat(self.scale, axis=0).repeat(self.scale, axis=1)

    @property
    def square(self) -> tuple[slice, slice]:
        """Rows and columns of the canvas that its square takes."""
        side = SIDE * self.scale
        return slice(self.top, self.top + side), slice(self.left, self.left + side)

    @property
    def box(self) -> list[int]:
        """Left, top, width and height of its ink, in pixels of the scene."""
        rows, columns = ndimage.find_objects((self.digit.ink > 0).astype(int))[0]
        return [
            self.left + columns.start * self.scale,
            self.top + rows.start * self.scale,
            (columns.stop - columns.start) * self.scale,
            (rows.stop - rows.start) * self.scale,
        ]

    @property
    def polygon(self) -> list[int]:
        """x, y, x, y, … around its ink, holes filled, in pixels of the scene."""
        corners = outline(self.digit.ink > 0)
        return [side for x, y in corners for side in (self.left + x * self.scale, self.top + y * self.scale)]


@dataclass(frozen=True)
class Scene:
    """A canvas of one grey with digits on it."""

    ground: int
    placed: list[Placed]

    def image(self) -> Image.Image:
        """The scene as a grey picture."""
        pixels = np.full((CANVAS, CANVAS), float(self.ground))
        for one in self.placed:
            pixels[one.square] += (255 - pixels[one.square]) * one.ink
        return Image.fromarray(np.round(pixels).astype(np.uint8))


def compose(digits: Sequence[Digit], *, count: int, seed: int) -> list[Scene]:
    """Scenes of three to five digits each, the same ones for the same seed."""
    random = np.random.default_rng(seed)
    return [
        Scene(ground=int(random.integers(GROUND_MAX)), placed=list(_place(digits, int(random.integers(3, 6)), random)))
        for _ in range(count)
    ]


def write_coco(scenes: Sequence[Scene], folder: Path, *, prefix: str) -> None:
    """Save the pictures and, beside them, annotations.json with boxes and outlines."""
    folder.mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, scene in enumerate(scenes, start=1):
        filename = f"{prefix}-{number:03}.png"
        scene.image().save(folder / filename)
        images.append({"id": number, "file_name": filename, "width": CANVAS, "height": CANVAS})
        for one in scene.placed:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": CLASSES.index(one.digit.label),
                    "bbox": one.box,
                    "segmentation": [one.polygon],
                    "iscrowd": 0,
                }
            )
    categories = [{"id": index, "name": name} for index, name in enumerate(CLASSES)]
    coco = {"categories": categories, "images": images, "annotations": annotations}
    (folder / "annotations.json").write_text(json.dumps(coco, indent=1))


def outline(ink: NDArray[np.bool_]) -> list[Point]:
    """The corners around the largest connected piece of ink, clockwise, as x and y between the pixels."""
    piece = _one_piece(ink)
    after = dict(_edges(piece))
    start = min(after)
    corners, corner = [start], after[start]
    while corner != start:
        corners.append(corner)
        corner = after[corner]
    return [
        corner
        for before, corner, following in zip([corners[-1], *corners], corners, [*corners[1:], start], strict=False)
        if (before[0] == corner[0]) != (corner[0] == following[0])
    ]


def _one_piece(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The ink with pixels that only touch at a corner joined, holes filled, and all but the largest piece left out."""
    joined = ink.copy()
    upper_left, upper_right = joined[:-1, :-1], joined[:-1, 1:]
    lower_left, lower_right = joined[1:, :-1], joined[1:, 1:]
    while True:
        falling = upper_left & lower_right & ~upper_right & ~lower_left
        rising = upper_right & lower_left & ~upper_left & ~lower_right
        if not (falling | rising).any():
            break
        upper_right |= falling
        upper_left |= rising
    pieces, _ = ndimage.label(ndimage.binary_fill_holes(joined))
    largest: NDArray[np.bool_] = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    return largest


def _edges(piece: NDArray[np.bool_]) -> Iterator[tuple[Point, Point]]:
    """The sides of pixels that have no ink beyond them, each from corner to corner, clockwise around the ink."""
    padded = np.pad(piece, 1)
    for y, x in np.argwhere(piece).tolist():
        corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]
        beyond = [padded[y, x + 1], padded[y + 1, x + 2], padded[y + 2, x + 1], padded[y + 1, x]]
        for index in range(4):
            if not beyond[index]:
                yield corners[index], corners[(index + 1) % 4]


def _place(digits: Sequence[Digit], wanted: int, random: np.random.Generator) -> Iterator[Placed]:
    """As many of the wanted digits as find room, by chance, with a gap between them."""
    taken = np.zeros((CANVAS, CANVAS), dtype=bool)
    for _ in range(wanted * 20):
        scale = int(random.choice(SCALES))
        left, top = (int(side) for side in random.integers(1, CANVAS - SIDE * scale, size=2))
        one = Placed(digits[int(random.integers(len(digits)))], left, top, scale)
        rows, columns = one.square
        around = (
            slice(max(rows.start - GAP, 0), rows.stop + GAP),
            slice(max(columns.start - GAP, 0), columns.stop + GAP),
        )
        if taken[around].any():
            continue
        taken[one.square] = True
        yield one
        wanted -= 1
        if wanted == 0:
            return
