"""Segment bright things on a dark ground by one threshold, the one that agrees best with the outlines of train.

    python train.py --parameters parameters.json --datasets datasets --output output

parameters  the hyperparameters, as one JSON object
datasets    train and test: a folder with images and their annotations.json (COCO polygons; classes play no part)
output      gets threshold.json and metrics.json
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Mask: TypeAlias = NDArray[np.bool_]
Scene: TypeAlias = tuple[NDArray[np.uint8], Mask]


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters: which thresholds are tried, and whether each is counted from the image's median grey."""

    lowest: int
    highest: int
    step: int = 8
    above_median: bool = False


def read_scenes(folder: Path) -> list[Scene]:
    """The images of a COCO folder, each with the mask that its polygons fill."""
    coco = json.loads((folder / "annotations.json").read_text())
    polygons: dict[int, list[list[float]]] = {image["id"]: [] for image in coco["images"]}
    for annotation in coco["annotations"]:
        polygons[annotation["image_id"]] += annotation["segmentation"]
    scenes = []
    for image in coco["images"]:
        pixels = np.asarray(Image.open(folder / image["file_name"]).convert("L"))
        mask = Image.new("1", pixels.shape[::-1])
        for polygon in polygons[image["id"]]:
            ImageDraw.Draw(mask).polygon(polygon, fill=1)
        scenes.append((pixels, np.asarray(mask)))
    return scenes


def segment(pixels: NDArray[np.uint8], threshold: int, parameters: Parameters) -> Mask:
    """What is brighter than the threshold."""
    ground = float(np.median(pixels)) if parameters.above_median else 0.0
    bright: Mask = pixels > ground + threshold
    return bright


def agreement(scenes: list[Scene], threshold: int, parameters: Parameters) -> float:
    """The mean over the images of intersection over union, between 0 and 1."""
    shares = []
    for pixels, truth in scenes:
        found = segment(pixels, threshold, parameters)
        shares.append((found & truth).sum() / max((found | truth).sum(), 1))
    return float(np.mean(shares))


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
        scores[threshold] = agreement(scenes, threshold, parameters)
        print(f"threshold {threshold} train IoU {scores[threshold]:.4f}", flush=True)
    best = max(scores, key=lambda threshold: scores[threshold])
    metrics = {"test_iou": agreement(read_scenes(arguments.datasets / "test"), best, parameters)}

    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "threshold.json").write_text(json.dumps({"threshold": best}))
    (arguments.output / "metrics.json").write_text(json.dumps(metrics, indent=2))
    print(f"threshold {best} test IoU {metrics['test_iou']:.4f}")


if __name__ == "__main__":
    main()
