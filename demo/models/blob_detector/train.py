"""Find bright things on a dark ground by a threshold, the one under which most true boxes of train are found.

    python train.py

The labels of the boxes play no part. What comes out is threshold.json.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from boxes import AGREEMENT, Box, Pixels, Scene, draw, load_scenes, overlap
from run import Run, thresholds
from scipy import ndimage


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters: which thresholds are tried, and the smallest blob, in pixels, that counts."""

    lowest: int
    highest: int
    step: int = 8
    smallest: int = 20


def detect(pixels: Pixels, threshold: int, smallest: int) -> list[Box]:
    """Boxes around connected pixels brighter than the threshold."""
    blobs, count = ndimage.label(pixels > threshold, np.ones((3, 3)))
    sizes = ndimage.sum_labels(np.ones_like(blobs), blobs, range(1, count + 1))
    return [
        (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        for (rows, columns), size in zip(ndimage.find_objects(blobs), sizes, strict=True)
        if size >= smallest
    ]


def f1(scenes: Sequence[Scene], threshold: int, smallest: int) -> float:
    """The harmonic mean of precision and recall, between 0 and 1."""
    hits = made = wanted = 0
    for scene in scenes:
        detected = detect(scene.pixels, threshold, smallest)
        made, wanted = made + len(detected), wanted + len(scene.truth)
        hits += sum(any(overlap(box, true) >= AGREEMENT for box in detected) for true, _ in scene.truth)
    return 2 * hits / max(made + wanted, 1)


def train(run: Run) -> None:
    """Try the thresholds, and measure the best one."""
    run.chapter("Set up training")
    parameters = run.parameters(Parameters)
    tried = thresholds(parameters.lowest, parameters.highest, parameters.step)
    run.needs("train", "test")
    run.chapter("Load the datasets")
    seen, test = load_scenes(run, "train"), load_scenes(run, "test")

    run.chapter("Train")
    scores: dict[int, float] = {}
    for number, threshold in enumerate(tried, start=1):
        scores[threshold] = f1(seen, threshold, parameters.smallest)
        run.epoch(number, len(tried), {"train/F1": scores[threshold], "train/threshold": threshold})
    best = max(scores, key=lambda threshold: scores[threshold])

    run.chapter("Evaluate")
    run.value("threshold", best)
    run.value("test/F1", f1(test, best, parameters.smallest))
    found = [detect(scene.pixels, best, parameters.smallest) for scene in test]
    run.picture("test/found", draw(test, found))
    run.chapter("Store the model")
    Path("threshold.json").write_text(json.dumps({"threshold": best}))
    run.store(Path("threshold.json"))


if __name__ == "__main__":
    train(Run.of_environment())
