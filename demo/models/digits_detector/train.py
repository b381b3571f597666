"""Train a detector of bright things on a dark ground: blobs are proposed, and a small network says what each is.

    python train.py

It learns from the scenes under the alias train, and measures itself on test. After every epoch it looks at val, or,
where there is none, at every sixth scene of train, from which it then doesn't learn.
The weights that come out are arrays of numbers (NumPy's .npz), which can be read without running anything.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from boxes import AGREEMENT, Box, Pixels, Scene, draw, load_scenes, mean_average_precision, overlap
from keeping import keep, take_over, weights_of
from numpy.typing import NDArray
from picsellia.types.enums import InferenceType
from PIL import Image
from run import Found, Run
from scipy import ndimage
from sklearn.neural_network import MLPClassifier

NOTHING = "(nothing)"  # the class of a proposal that no true box agrees with
HELD_OUT = 6


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters; those without a default must be given."""

    epochs: int
    hidden_units: int
    learning_rate: float
    contrast: int = 24
    joining: int = 5
    smallest: int = 8
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Config:
    """The side of the square that the network sees, and what it tells apart."""

    side: int
    classes: list[str]


def proposals(pixels: Pixels, parameters: Parameters) -> Iterator[Box]:
    """Boxes around what stands out from the ground (the median grey), pieces closer than `joining` taken as one."""
    bright = pixels > np.median(pixels) + parameters.contrast
    joined = ndimage.binary_closing(np.pad(bright, parameters.joining), np.ones((parameters.joining,) * 2))
    blobs, _ = ndimage.label(joined, np.ones((3, 3)))
    for rows, columns in ndimage.find_objects(blobs):
        left, top = columns.start - parameters.joining, rows.start - parameters.joining
        width, height = columns.stop - columns.start, rows.stop - rows.start
        if max(width, height) >= parameters.smallest:
            yield left, top, width, height


def crop(pixels: Pixels, box: Box, side: int) -> NDArray[np.float64]:
    """What is in the box, brought to the network's size, between 0 and 1."""
    left, top, width, height = box
    part = Image.fromarray(pixels[top : top + height, left : left + width]).resize((side, side))
    return np.asarray(part, dtype=np.float64).ravel() / 255


def examples(
    scenes: Sequence[Scene], parameters: Parameters, config: Config
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """The true boxes of known labels and, as nothing, the proposals that agree with none of them."""
    found: list[tuple[NDArray[np.float64], str]] = []
    for scene in scenes:
        found += [(crop(scene.pixels, box, config.side), name) for box, name in scene.truth if name in config.classes]
        for box in proposals(scene.pixels, parameters):
            if all(overlap(box, true) < AGREEMENT for true, _ in scene.truth):
                found.append((crop(scene.pixels, box, config.side), NOTHING))
    return np.stack([pixels for pixels, _ in found]), np.array([name for _, name in found])


class Detector:
    """The network, and the proposals that it is asked about, which stay the same for a scene."""

    def __init__(self, network: MLPClassifier, parameters: Parameters, side: int) -> None:
        self.network, self.parameters, self.side = network, parameters, side
        self.proposed: dict[str, tuple[list[Box], NDArray[np.float64]]] = {}

    def detect(self, scene: Scene) -> list[Found]:
        """The boxes that hold something, each with what it is and how sure the network is of it."""
        boxes, crops = self._proposed(scene)
        if not boxes:
            return []
        chances = self.network.predict_proba(crops)
        names = self.network.classes_[chances.argmax(axis=1)]
        rows = zip(boxes, names, chances.max(axis=1), strict=True)
        return [Found(label=str(name), score=float(chance), box=box) for box, name, chance in rows if name != NOTHING]

    def _proposed(self, scene: Scene) -> tuple[list[Box], NDArray[np.float64]]:
        if scene.picture.id not in self.proposed:
            boxes = list(proposals(scene.pixels, self.parameters))
            crops = np.array([crop(scene.pixels, box, self.side) for box in boxes])
            self.proposed[scene.picture.id] = boxes, crops
        return self.proposed[scene.picture.id]


def load(run: Run) -> tuple[list[Scene], list[Scene], list[Scene]]:
    """The scenes to learn from, to watch, and to be measured on."""
    run.needs("train", "test")
    seen, test = load_scenes(run, "train"), load_scenes(run, "test")
    if "val" in run.datasets:
        return seen, load_scenes(run, "val"), test
    print("without a val, every sixth scene of train is watched instead of learned from")
    return [scene for number, scene in enumerate(seen) if number % HELD_OUT], seen[::HELD_OUT], test


def new_network(
    parameters: Parameters, config: Config, pixels: NDArray[np.float64], classes: NDArray[np.str_]
) -> MLPClassifier:
    """A network that has its shape, and has seen one batch."""
    network = MLPClassifier(
        hidden_layer_sizes=(parameters.hidden_units,),
        learning_rate_init=parameters.learning_rate,
        batch_size=min(32, len(pixels)),
        random_state=np.random.RandomState(parameters.seed),
    )
    first = slice(network.batch_size)
    return network.partial_fit(pixels[first], classes[first], classes=[*config.classes, NOTHING])


def train(run: Run) -> None:
    """Train the network on the boxes for the given epochs."""
    run.chapter("Set up training")
    parameters, config = run.parameters(Parameters), Config(**json.loads(Path("config.json").read_text()))
    run.chapter("Load the datasets")
    seen, watched, test = load(run)

    run.chapter("Train")
    pixels, classes = examples(seen, parameters, config)
    detector = Detector(new_network(parameters, config, pixels, classes), parameters, config.side)
    take_over(run, weights_of(detector.network))
    for epoch in range(1, parameters.epochs + 1):
        detector.network.partial_fit(pixels, classes)
        score = mean_average_precision(watched, [detector.detect(scene) for scene in watched], config.classes)
        run.epoch(epoch, parameters.epochs, {"train/loss": float(detector.network.loss_), "val/mAP50": score})

    run.chapter("Evaluate")
    found = [detector.detect(scene) for scene in test]
    run.value("test/mAP50", mean_average_precision(test, found, config.classes))
    run.picture("test/found", draw(test, [[one.box for one in several if one.box] for several in found]))
    pairs = zip(test, found, strict=True)
    run.evaluate({scene.picture.id: several for scene, several in pairs}, InferenceType.OBJECT_DETECTION)
    run.chapter("Store the model")
    keep(run, weights_of(detector.network))


if __name__ == "__main__":
    train(Run.of_environment())
