"""Find bright things on a dark ground by a threshold, the one under which most true boxes of train are found.

    python train.py --parameters parameters.json --datasets datasets --output output

parameters  the hyperparameters, as one JSON object
datasets    train and test: a folder with images and their annotations.json (COCO boxes; their classes play no part)
output      gets threshold.json and metrics.json
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Box: TypeAlias = tuple[float, float, float, float]  # left, top, width, height in pixels
Scene: TypeAlias = tuple[NDArray[np.uint8], list[Box]]

AGREEMENT = 0.5  # the overlap (intersection over union) from which a box counts as found, as in PASCAL VOC


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters: which thresholds are tried, and the smallest blob, in pixels, that counts."""

    lowest: int
    highest: int
    step: int = 8
    smallest: int = 20


def read_scenes(folder: Path) -> list[Scene]:
    """The images of a COCO folder with their true boxes."""
    coco = json.loads((folder / "annotations.json").read_text())
    boxes: dict[int, list[Box]] = {image["id"]: [] for image in coco["images"]}
    for annotation in coco["annotations"]:
        boxes[annotation["image_id"]].append(tuple(annotation["bbox"]))
    return [
        (np.asarray(Image.open(folder / image["file_name"]).convert("L")), boxes[image["id"]])
        for image in coco["images"]
    ]


def detect(pixels: NDArray[np.uint8], threshold: int, smallest: int) -> list[Box]:
    """Boxes around connected pixels brighter than the threshold."""
    blobs, count = ndimage.label(pixels > threshold, np.ones((3, 3)))
    sizes = ndimage.sum_labels(np.ones_like(blobs), blobs, range(1, count + 1))
    return [
        (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        for (rows, columns), size in zip(ndimage.find_objects(blobs), sizes, strict=True)
        if size >= smallest
    ]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, between 0 and 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def f1(scenes: list[Scene], threshold: int, smallest: int) -> float:
    """The harmonic mean of precision and recall, between 0 and 1."""
    hits = made = wanted = 0
    for pixels, truth in scenes:
        detected = detect(pixels, threshold, smallest)
        made, wanted = made + len(detected), wanted + len(truth)
        hits += sum(any(overlap(box, true) >= AGREEMENT for box in detected) for true in truth)
    return 2 * hits / max(made + wanted, 1)


def main() -> None:
    """Read the command line, try the thresholds, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, default=Path("files"))
    parser.add_argument("--parameters", type=Path, default=Path("parameters.json"))
    parser.add_argument("--datasets", type=Path, default=Path("datasets"))
    parser.add_argument("--output", type=Path, default=Path("output"))
    arguments = parser.parse_args()

    parameters = Parameters(**json.loads(arguments.parameters.read_text()))
    scenes = read_scenes(arguments.datasets / "train")
    scores: dict[int, float] = {}
    for threshold in range(parameters.lowest, parameters.highest + 1, parameters.step):
        scores[threshold] = f1(scenes, threshold, parameters.smallest)
        print(f"threshold {threshold} train F1 {scores[threshold]:.4f}", flush=True)
    best = max(scores, key=lambda threshold: scores[threshold])
    metrics = {"test_f1": f1(read_scenes(arguments.datasets / "test"), best, parameters.smallest)}

    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "threshold.json").write_text(json.dumps({"threshold": best}))
    (arguments.output / "metrics.json").write_text(json.dumps(metrics, indent=2))
    print(f"threshold {best} test F1 {metrics['test_f1']:.4f}")


if __name__ == "__main__":
    main()
