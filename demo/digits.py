"""The handwritten digits of scikit-learn (UCI, 1,797 images of 8 × 8 pixels), split once and for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SIDE = 8
INK_MAX = 16  # load_digits counts the dark dots in squares of 4 × 4
CLASSES = [str(digit) for digit in range(10)]
HELD_OUT = 270
SEED = 7


@dataclass(frozen=True)
class Digit:
    """One handwritten digit: its place in the collection, how much ink lies on each pixel (0 to 16), and what it is."""

    number: int
    ink: NDArray[np.float64]
    label: str

    def write(self, folder: Path) -> None:
        """Save it as a PNG, white on black, in the folder of its class."""
        (folder / self.label).mkdir(parents=True, exist_ok=True)
        grey = np.round(self.ink * 255 / INK_MAX).astype(np.uint8)
        Image.fromarray(grey).save(folder / self.label / f"{self.number:04}.png")


def splits() -> dict[str, list[Digit]]:
    """Train (1,257), val (270) and test (270), every class in each as often as in the whole."""
    collection = load_digits()
    digits = [
        Digit(number, ink, str(label))
        for number, (ink, label) in enumerate(zip(collection.images, collection.target, strict=True))
    ]
    rest, test = _split(digits)
    train, val = _split(rest)
    return {"train": train, "val": val, "test": test}


def _split(digits: Sequence[Digit]) -> tuple[list[Digit], list[Digit]]:
    labels = [digit.label for digit in digits]
    kept, held_out = train_test_split(digits, test_size=HELD_OUT, random_state=SEED, stratify=labels)
    return sorted(kept, key=lambda digit: digit.number), sorted(held_out, key=lambda digit: digit.number)


def write_folders(digits: Sequence[Digit], folder: Path) -> None:
    """A folder per class, with the digits of that class in it."""
    for digit in digits:
        digit.write(folder)
