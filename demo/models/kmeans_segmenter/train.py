"""Segment bright things by clustering pixels: train finds the clusters, and which of them the outlines mean.

    python train.py

What comes out are the clusters as arrays of numbers (.npz), which can be read without running anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from keeping import keep
from numpy.typing import NDArray
from outlines import Mask, Scene, agreement, draw, load_scenes
from run import Run
from scipy import ndimage
from sklearn.cluster import MiniBatchKMeans


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters; those without a default must be given."""

    clusters: int
    epochs: int
    blur: float = 1.0
    seed: int = 0


def features(scene: Scene, blur: float) -> NDArray[np.float64]:
    """A row per pixel: its grey above the image's median, sharp and blurred (standard deviation in pixels)."""
    above = (scene.pixels - np.median(scene.pixels)) / 255
    return np.stack([above.ravel(), ndimage.gaussian_filter(above, blur).ravel()], axis=1)


def bright_clusters(clusters: Sequence[NDArray[np.int32]], scenes: Sequence[Scene], count: int) -> Mask:
    """The clusters of which more than half lies within the outlines."""
    inside, everywhere = np.zeros(count), np.zeros(count)
    for cluster, scene in zip(clusters, scenes, strict=True):
        inside += np.bincount(cluster[scene.truth.ravel()], minlength=count)
        everywhere += np.bincount(cluster, minlength=count)
    return np.asarray(inside > everywhere / 2)


def segment(clusters: Sequence[NDArray[np.int32]], bright: Mask, scenes: Sequence[Scene]) -> list[Mask]:
    """Of each scene what lies in a bright cluster."""
    return [bright[cluster].reshape(scene.truth.shape) for cluster, scene in zip(clusters, scenes, strict=True)]


def train(run: Run) -> None:
    """Cluster the pixels, and learn what the clusters mean."""
    run.chapter("Set up training")
    parameters = run.parameters(Parameters)
    run.needs("train", "test")
    run.chapter("Load the datasets")
    seen, test = load_scenes(run, "train"), load_scenes(run, "test")

    run.chapter("Train")
    rows = [features(scene, parameters.blur) for scene in seen]
    clustering = MiniBatchKMeans(parameters.clusters, random_state=parameters.seed, n_init=1)
    for epoch in range(1, parameters.epochs + 1):
        for pixels in rows:
            clustering.partial_fit(pixels)
        clusters = [clustering.predict(pixels) for pixels in rows]
        bright = bright_clusters(clusters, seen, parameters.clusters)
        run.epoch(epoch, parameters.epochs, {"train/IoU": agreement(seen, segment(clusters, bright, seen))})

    run.chapter("Evaluate")
    found = segment([clustering.predict(features(scene, parameters.blur)) for scene in test], bright, test)
    run.value("test/IoU", agreement(test, found))
    run.picture("test/found", draw(test, found))
    run.chapter("Store the model")
    keep(run, {"centers": clustering.cluster_centers_, "bright": bright})


if __name__ == "__main__":
    train(Run.of_environment())
