"""What the classifiers of small grey images share: reading them, and telling how well they are told apart."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from picsellia.types.enums import InferenceType
from PIL import Image, ImageDraw, ImageFont
from run import Found, Picture, Run, refuse

Pixels: TypeAlias = NDArray[np.float64]
Classes: TypeAlias = NDArray[np.str_]

TILE, CAPTION, TILES_A_ROW, TILES_MAX = 80, 20, 8, 40  # pixels, and pictures


class Classifier(Protocol):
    """A classifier of scikit-learn."""

    classes_: Classes

    def predict(self, pixels: Pixels, /) -> Classes: ...
    def predict_proba(self, pixels: Pixels, /) -> Pixels: ...


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a classifier looks at, and what it tells apart."""

    width: int
    height: int
    classes: list[str]

    @classmethod
    def read(cls) -> "Config":
        """The one that lies beside the script."""
        return cls(**json.loads(Path("config.json").read_text()))


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Images with their classes: pixels between 0 and 1, a row per image."""

    pictures: Sequence[Picture]
    pixels: Pixels
    classes: Classes

    @classmethod
    def load(cls, run: Run, alias: str, config: Config) -> "Examples":
        """The labelled images under the alias."""
        pictures = [picture for picture in run.pictures(alias) if picture.truth]
        classes = np.array([picture.truth[0].label for picture in pictures], dtype=np.str_)
        unknown = sorted(set(classes) - set(config.classes))
        if not pictures:
            refuse(f"No image under the alias “{alias}” is labelled.")
        if unknown:
            refuse(f"Under the alias “{alias}” there is the label “{unknown[0]}”, which config.json doesn't name.")
        size = (config.width, config.height)
        rows = [np.asarray(picture.grey().resize(size), dtype=np.float64).ravel() / 255 for picture in pictures]
        return cls(pictures=pictures, pixels=np.stack(rows), classes=classes)

    def accuracy(self, classifier: Classifier) -> float:
        """The share of images that the classifier reads rightly."""
        return float((classifier.predict(self.pixels) == self.classes).mean())


def load(run: Run, config: Config) -> tuple[Examples, Examples | None, Examples]:
    """The images to learn from, those to watch where there is a val, and those to be measured on."""
    run.needs("train", "test")
    run.chapter("Load the datasets")
    seen, test = Examples.load(run, "train", config), Examples.load(run, "test", config)
    watched = Examples.load(run, "val", config) if "val" in run.datasets else None
    return seen, watched, test


def report(run: Run, classifier: Classifier, test: Examples) -> None:
    """Tell how well the classifier reads the test images, and which it reads wrongly."""
    read = classifier.predict(test.pixels)
    scores = classifier.predict_proba(test.pixels).max(axis=1)
    run.value("test/accuracy", float((read == test.classes).mean()))
    wrong = [index for index in range(len(read)) if read[index] != test.classes[index]]
    print(f"{len(wrong)} of {len(read)} images are read wrongly")
    if wrong:
        run.picture("test/wrongly read", contact_sheet(test, read, wrong[:TILES_MAX]))
    found = {
        picture.id: [Found(label=str(name), score=float(score))]
        for picture, name, score in zip(test.pictures, read, scores, strict=True)
    }
    run.evaluate(found, InferenceType.CLASSIFICATION)


def contact_sheet(test: Examples, read: Classes, chosen: Sequence[int]) -> Image.Image:
    """The chosen images side by side, with what was read under each, and what it is."""
    rows = -(-len(chosen) // TILES_A_ROW)
    sheet = Image.new("L", (min(len(chosen), TILES_A_ROW) * TILE, rows * (TILE + CAPTION)), 255)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(CAPTION * 0.6)
    for place, index in enumerate(chosen):
        left, top = place % TILES_A_ROW * TILE, place // TILES_A_ROW * (TILE + CAPTION)
        tile = test.pictures[index].grey().resize((TILE - 4, TILE - 4), Image.Resampling.NEAREST)
        sheet.paste(tile, (left + 2, top + 2))
        caption = f"{read[index]}, is {test.classes[index]}"
        draw.text((left + TILE / 2, top + TILE + CAPTION / 2), caption, fill=0, font=font, anchor="mm")
    return sheet
