"""Segment bright things by clustering pixels: train finds the clusters, and which of them the outlines mean.

    python train.py --parameters parameters.json --datasets datasets --output output

parameters  the hyperparameters, as one JSON object
datasets    train and test: a folder with images and their annotations.json (COCO polygons; classes play no part)
output      gets clusters.npz and metrics.json
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from sklearn.cluster import MiniBatchKMeans

Mask: TypeAlias = NDArray[np.bool_]
Scene: TypeAlias = tuple[NDArray[np.float64], Mask]


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters; those without a default must be given."""

    clusters: int
    epochs: int
    blur: float = 1.0
    seed: int = 0


def read_scenes(folder: Path, blur: float) -> list[Scene]:
    """The images of a COCO folder as features of their pixels, each with the mask that its polygons fill."""
    coco = json.loads((folder / "annotations.json").read_text())
    polygons: dict[int, list[list[float]]] = {image["id"]: [] for image in coco["images"]}
    for annotation in coco["annotations"]:
        polygons[annotation["image_id"]] += annotation["segmentation"]
    scenes = []
    for image in coco["images"]:
        pixels = np.asarray(Image.open(folder / image["file_name"]).convert("L"), dtype=np.float64) / 255
        mask = Image.new("1", pixels.shape[::-1])
        for polygon in polygons[image["id"]]:
            ImageDraw.Draw(mask).polygon(polygon, fill=1)
        scenes.append((features(pixels, blur), np.asarray(mask)))
    return scenes


def features(pixels: NDArray[np.float64], blur: float) -> NDArray[np.float64]:
    """A row per pixel: its grey above the image's median, sharp and blurred (standard deviation in pixels)."""
    above = pixels - np.median(pixels)
    return np.stack([above.ravel(), ndimage.gaussian_filter(above, blur).ravel()], axis=1)


def bright_clusters(clustering: MiniBatchKMeans, scenes: list[Scene]) -> Mask:
    """The clusters of which more than half lies within the outlines."""
    inside, everywhere = np.zeros(clustering.n_clusters), np.zeros(clustering.n_clusters)
    for pixels, truth in scenes:
        cluster = clustering.predict(pixels)
        inside += np.bincount(cluster[truth.ravel()], minlength=clustering.n_clusters)
        everywhere += np.bincount(cluster, minlength=clustering.n_clusters)
    return np.asarray(inside > everywhere / 2)


def agreement(clustering: MiniBatchKMeans, bright: Mask, scenes: list[Scene]) -> float:
    """The mean over the images of intersection over union, between 0 and 1."""
    shares = []
    for pixels, truth in scenes:
        found = bright[clustering.predict(pixels)].reshape(truth.shape)
        shares.append((found & truth).sum() / max((found | truth).sum(), 1))
    return float(np.mean(shares))


def main() -> None:
    """Read the command line, cluster, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, default=Path("files"))
    parser.add_argument("--parameters", type=Path, default=Path("parameters.json"))
    parser.add_argument("--datasets", type=Path, default=Path("datasets"))
    parser.add_argument("--output", type=Path, default=Path("output"))
    arguments = parser.parse_args()

    parameters = Parameters(**json.loads(arguments.parameters.read_text()))
    scenes = read_scenes(arguments.datasets / "train", parameters.blur)
    clustering = MiniBatchKMeans(parameters.clusters, random_state=parameters.seed, n_init=1)
    for epoch in range(1, parameters.epochs + 1):
        for pixels, _ in scenes:
            clustering.partial_fit(pixels)
        bright = bright_clusters(clustering, scenes)
        print(f"epoch {epoch}/{parameters.epochs} train IoU {agreement(clustering, bright, scenes):.4f}", flush=True)
    tested = read_scenes(arguments.datasets / "test", parameters.blur)
    metrics = {"test_iou": agreement(clustering, bright, tested)}

    arguments.output.mkdir(parents=True, exist_ok=True)
    np.savez(arguments.output / "clusters.npz", centers=clustering.cluster_centers_, bright=bright)
    (arguments.output / "metrics.json").write_text(json.dumps(metrics, indent=2))
    print(f"test IoU {metrics['test_iou']:.4f}")


if __name__ == "__main__":
    main()
