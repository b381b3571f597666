"""Draw the prototype of every class, the mean of its images, and tell how well the nearest one classifies.

    python train.py --files files --datasets datasets --output output

files       config.json: the images' size and the classes
datasets    train and test: a folder per class, in it PNG images
output      gets weights.npz (one image per class) and metrics.json
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def read_images(folder: Path, size: tuple[int, int]) -> NDArray[np.float64]:
    """Pixels between 0 and 1: image, row, column."""
    images = [Image.open(path).convert("L").resize(size) for path in sorted(folder.glob("*.png"))]
    return np.stack([np.asarray(image, dtype=np.float64) / 255 for image in images])


def accuracy(prototypes: NDArray[np.float64], images: list[NDArray[np.float64]]) -> float:
    """The share of images, given class by class, whose nearest prototype is their own."""
    hits = 0
    for own, of_class in enumerate(images):
        distances = ((of_class[:, None] - prototypes[None]) ** 2).sum(axis=(2, 3))
        hits += int((distances.argmin(axis=1) == own).sum())
    return hits / sum(map(len, images))


def main() -> None:
    """Read the command line, average, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, default=Path("files"))
    parser.add_argument("--datasets", type=Path, default=Path("datasets"))
    parser.add_argument("--output", type=Path, default=Path("output"))
    arguments, _ = parser.parse_known_args()

    config = json.loads((arguments.files / "config.json").read_text())
    size, classes = (config["width"], config["height"]), config["classes"]
    prototypes = np.stack([read_images(arguments.datasets / "train" / name, size).mean(axis=0) for name in classes])
    tested = [read_images(arguments.datasets / "test" / name, size) for name in classes]

    arguments.output.mkdir(parents=True, exist_ok=True)
    np.savez(arguments.output / "weights.npz", prototypes=prototypes)
    metrics = {"test_accuracy": accuracy(prototypes, tested)}
    (arguments.output / "metrics.json").write_text(json.dumps(metrics, indent=2))
    print(f"test accuracy {metrics['test_accuracy']:.4f}")


if __name__ == "__main__":
    main()
