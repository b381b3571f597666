"""Segment bright things on a dark ground by one threshold, the one that agrees best with the outlines of train.

    python train.py

What comes out is threshold.json.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from outlines import Mask, Scene, agreement, draw, load_scenes
from run import Run, thresholds


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters: which thresholds are tried, and whether each is counted from the image's median grey."""

    lowest: int
    highest: int
    step: int = 8
    above_median: bool = False


def segment(scenes: Sequence[Scene], threshold: int, parameters: Parameters) -> list[Mask]:
    """Of each scene what is brighter than the threshold."""
    grounds = [float(np.median(scene.pixels)) if parameters.above_median else 0.0 for scene in scenes]
    return [scene.pixels > ground + threshold for scene, ground in zip(scenes, grounds, strict=True)]


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
        scores[threshold] = agreement(seen, segment(seen, threshold, parameters))
        run.epoch(number, len(tried), {"train/IoU": scores[threshold], "train/threshold": threshold})
    best = max(scores, key=lambda threshold: scores[threshold])

    run.chapter("Evaluate")
    found = segment(test, best, parameters)
    run.value("threshold", best)
    run.value("test/IoU", agreement(test, found))
    run.picture("test/found", draw(test, found))
    run.chapter("Store the model")
    Path("threshold.json").write_text(json.dumps({"threshold": best}))
    run.store(Path("threshold.json"))


if __name__ == "__main__":
    train(Run.of_environment())
