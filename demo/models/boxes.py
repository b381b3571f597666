"""What the detectors share: scenes with their true boxes, how well found ones agree with them, and pictures of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from run import Found, Picture, Run, refuse

Pixels: TypeAlias = NDArray[np.uint8]
Box: TypeAlias = tuple[int, int, int, int]  # left, top, width, height in pixels

AGREEMENT = 0.5  # the overlap (intersection over union) from which a box counts as found, as in PASCAL VOC
ENLARGED, SCENES_SHOWN = 3, 12


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An image with its true boxes and their labels."""

    picture: Picture
    pixels: Pixels
    truth: Sequence[tuple[Box, str]]


def load_scenes(run: Run, alias: str) -> list[Scene]:
    """The images under the alias."""
    scenes = []
    for picture in run.pictures(alias):
        truth = [(_whole(one.box), one.label) for one in picture.truth if one.box]
        scenes.append(Scene(picture=picture, pixels=np.asarray(picture.grey()), truth=truth))
    if not any(scene.truth for scene in scenes):
        refuse(f"No image under the alias “{alias}” has a box.")
    return scenes


def _whole(box: Sequence[float]) -> Box:
    left, top, width, height = (round(side) for side in box)
    return left, top, width, height


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, between 0 and 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def mean_average_precision(scenes: Sequence[Scene], found: Sequence[Sequence[Found]], labels: Sequence[str]) -> float:
    """The mean over the labels that occur of the area under precision and recall, at an overlap of 0.5."""
    areas = [_average_precision(scenes, found, label) for label in labels if _wanted(scenes, label)]
    return float(np.mean(areas)) if areas else 0.0


def _wanted(scenes: Sequence[Scene], label: str) -> int:
    return sum(name == label for scene in scenes for _, name in scene.truth)


def _average_precision(scenes: Sequence[Scene], found: Sequence[Sequence[Found]], label: str) -> float:
    """The surest box comes first; a true box is found once; precision is the best at that recall or a higher one."""
    left_over = [[box for box, name in scene.truth if name == label] for scene in scenes]
    ranked = [(one, boxes) for several, boxes in zip(found, left_over, strict=True) for one in several]
    hits = []
    for one, boxes in sorted(ranked, key=lambda pair: -pair[0].score):
        if one.label != label or one.box is None:
            continue
        match = next((true for true in boxes if overlap(one.box, true) >= AGREEMENT), None)
        hits.append(match is not None)
        if match:
            boxes.remove(match)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best[hits].sum()) / _wanted(scenes, label)


def draw(scenes: Sequence[Scene], found: Sequence[Sequence[Box]]) -> Image.Image:
    """Some scenes side by side, with the true boxes in green and the found ones in red."""
    tiles = [_drawn(scene, several) for scene, several in zip(scenes[:SCENES_SHOWN], found, strict=False)]
    width, height = (max(sides) for sides in zip(*(tile.size for tile in tiles), strict=True))
    sheet = Image.new("RGB", (min(len(tiles), 4) * width, -(-len(tiles) // 4) * height), "white")
    for place, tile in enumerate(tiles):
        sheet.paste(tile, (place % 4 * width, place // 4 * height))
    return sheet


def _drawn(scene: Scene, found: Sequence[Box]) -> Image.Image:
    grey = scene.picture.grey()
    tile = grey.resize((grey.width * ENLARGED, grey.height * ENLARGED)).convert("RGB")
    boxes = [(box, "limegreen") for box, _ in scene.truth] + [(box, "red") for box in found]
    for (left, top, width, height), colour in boxes:
        corners = [side * ENLARGED for side in (left, top, left + width, top + height)]
        ImageDraw.Draw(tile).rectangle(corners, outline=colour)
    return tile
