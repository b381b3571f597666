"""What the segmenters share: images with the mask that their outlines fill, and how well a found one agrees with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from run import Picture, Run, refuse

Mask: TypeAlias = NDArray[np.bool_]

SCENES_SHOWN, SCENES_A_ROW = 12, 4


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An image as greys from 0 to 255, with the mask of what people outlined."""

    grey: Image.Image
    pixels: NDArray[np.float64]
    truth: Mask


def load_scenes(run: Run, alias: str) -> list[Scene]:
    """The images under the alias. What the outlines are labelled with plays no part."""
    scenes = [_scene(picture) for picture in run.pictures(alias)]
    if not any(scene.truth.any() for scene in scenes):
        refuse(f"No image under the alias “{alias}” has an outline.")
    return scenes


def _scene(picture: Picture) -> Scene:
    grey = picture.grey()
    mask = Image.new("1", grey.size)
    for one in picture.truth:
        for outline in one.outlines:
            ImageDraw.Draw(mask).polygon(list(outline), fill=1)
    return Scene(grey=grey, pixels=np.asarray(grey, dtype=np.float64), truth=np.asarray(mask))


def agreement(scenes: Sequence[Scene], found: Sequence[Mask]) -> float:
    """The mean over the images of intersection over union, between 0 and 1."""
    pairs = [(scene.truth, mask) for scene, mask in zip(scenes, found, strict=True)]
    return float(np.mean([(truth & mask).sum() / max((truth | mask).sum(), 1) for truth, mask in pairs]))


def draw(scenes: Sequence[Scene], found: Sequence[Mask]) -> Image.Image:
    """Some scenes side by side: green where both agree, red what the model alone found, blue what people alone did."""
    tiles = [_drawn(scene, mask) for scene, mask in zip(scenes[:SCENES_SHOWN], found, strict=False)]
    width, height = (max(sides) for sides in zip(*(tile.size for tile in tiles), strict=True))
    rows = -(-len(tiles) // SCENES_A_ROW)
    sheet = Image.new("RGB", (min(len(tiles), SCENES_A_ROW) * width, rows * height), "white")
    for place, tile in enumerate(tiles):
        sheet.paste(tile, (place % SCENES_A_ROW * width, place // SCENES_A_ROW * height))
    return sheet.resize((sheet.width * 2, sheet.height * 2), Image.Resampling.NEAREST)


def _drawn(scene: Scene, found: Mask) -> Image.Image:
    parts = (found & ~scene.truth, found & scene.truth, ~found & scene.truth)  # red, green, blue
    tint = np.stack(parts, axis=2) * 255
    return Image.fromarray(((scene.pixels[..., None] + tint) / 2).astype(np.uint8))
