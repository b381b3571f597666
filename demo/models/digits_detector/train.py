"""Train a detector of bright things on a dark ground: blobs are proposed, and a small network says what each is.

    python train.py --files files --parameters parameters.json --datasets datasets --output output

files       config.json (the network's input size and the classes) and, to go on from them, weights.npz
parameters  the hyperparameters, as one JSON object
datasets    a folder per alias with images and their annotations.json (COCO boxes); train and test are needed
output      gets weights.npz, metrics.json, and predictions.json (COCO results for test)
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from sklearn.neural_network import MLPClassifier

Pixels: TypeAlias = NDArray[np.uint8]
Box: TypeAlias = tuple[int, int, int, int]  # left, top, width, height in pixels

NOTHING = "(nothing)"  # the class of a proposal that no true box agrees with
AGREEMENT = 0.5  # the overlap (intersection over union) from which a box counts as found, as in PASCAL VOC


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


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An image with its true boxes and their classes."""

    image_id: int
    pixels: Pixels
    truth: list[tuple[Box, str]]


def read_scenes(folder: Path) -> list[Scene]:
    """The images of a COCO folder."""
    coco = json.loads((folder / "annotations.json").read_text())
    names = {category["id"]: category["name"] for category in coco["categories"]}
    truth: dict[int, list[tuple[Box, str]]] = {image["id"]: [] for image in coco["images"]}
    for annotation in coco["annotations"]:
        left, top, width, height = (round(side) for side in annotation["bbox"])
        truth[annotation["image_id"]].append(((left, top, width, height), names[annotation["category_id"]]))
    return [
        Scene(
            image_id=image["id"],
            pixels=np.asarray(Image.open(folder / image["file_name"]).convert("L")),
            truth=truth[image["id"]],
        )
        for image in coco["images"]
    ]


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


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, between 0 and 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def examples(scenes: list[Scene], parameters: Parameters, side: int) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """The true boxes and, as nothing, the proposals that agree with none of them."""
    found: list[tuple[NDArray[np.float64], str]] = []
    for scene in scenes:
        found += [(crop(scene.pixels, box, side), name) for box, name in scene.truth]
        for box in proposals(scene.pixels, parameters):
            if all(overlap(box, true) < AGREEMENT for true, _ in scene.truth):
                found.append((crop(scene.pixels, box, side), NOTHING))
    return np.stack([pixels for pixels, _ in found]), np.array([name for _, name in found])


def detect(scene: Scene, network: MLPClassifier, parameters: Parameters, side: int) -> list[tuple[Box, str, float]]:
    """Boxes with their class and how sure the network is of it."""
    boxes = list(proposals(scene.pixels, parameters))
    if not boxes:
        return []
    chances = network.predict_proba(np.stack([crop(scene.pixels, box, side) for box in boxes]))
    classes = network.classes_[chances.argmax(axis=1)]
    return [
        (box, str(name), float(chance))
        for box, name, chance in zip(boxes, classes, chances.max(axis=1), strict=True)
        if name != NOTHING
    ]


def evaluate(scenes: list[Scene], detections: list[list[tuple[Box, str, float]]]) -> dict[str, float]:
    """The share of detections that are right, and of true boxes that were found; each true box is found once."""
    hits = 0
    for scene, detected in zip(scenes, detections, strict=True):
        left_over = list(scene.truth)
        for box, name, _ in sorted(detected, key=lambda detection: -detection[2]):
            match = next((true for true in left_over if true[1] == name and overlap(box, true[0]) >= AGREEMENT), None)
            if match:
                left_over.remove(match)
                hits += 1
    made, wanted = sum(map(len, detections)), sum(len(scene.truth) for scene in scenes)
    return {"test_precision": hits / max(made, 1), "test_recall": hits / max(wanted, 1)}


def load_weights(network: MLPClassifier, path: Path) -> None:
    """Go on from kept weights, unless they are of a network of another shape."""
    own = [*network.coefs_, *network.intercepts_]
    with np.load(path, allow_pickle=False) as archive:
        kept = [archive[name] for name in ("hidden", "output", "hidden_bias", "output_bias")]
    if [weights.shape for weights in kept] != [weights.shape for weights in own]:
        print(f"{path.name} is of another shape: starting from nothing")
        return
    for weights, values in zip(own, kept, strict=True):
        weights[...] = values
    print(f"starting from {path.name}")


def train(files: Path, parameters: Parameters, config: Config, scenes: list[Scene]) -> MLPClassifier:
    """Train the network on the scenes for the given epochs."""
    pixels, classes = examples(scenes, parameters, config.side)
    network = MLPClassifier(
        hidden_layer_sizes=(parameters.hidden_units,),
        learning_rate_init=parameters.learning_rate,
        batch_size=min(32, len(pixels)),
        random_state=np.random.RandomState(parameters.seed),
    )
    network.partial_fit(pixels, classes, classes=[*config.classes, NOTHING])  # gives the network its shape
    if (files / "weights.npz").exists():
        load_weights(network, files / "weights.npz")
    for epoch in range(1, parameters.epochs + 1):
        network.partial_fit(pixels, classes)
        print(f"epoch {epoch}/{parameters.epochs} loss {network.loss_:.4f}", flush=True)
    return network


def coco_results(scenes: list[Scene], detections: list[list[tuple[Box, str, float]]]) -> list[dict[str, Any]]:
    """The detections in COCO's results format, with the class by name."""
    return [
        {"image_id": scene.image_id, "category": name, "bbox": list(box), "score": round(chance, 4)}
        for scene, detected in zip(scenes, detections, strict=True)
        for box, name, chance in detected
    ]


def main() -> None:
    """Read the command line, train, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, default=Path("files"))
    parser.add_argument("--parameters", type=Path, default=Path("parameters.json"))
    parser.add_argument("--datasets", type=Path, default=Path("datasets"))
    parser.add_argument("--output", type=Path, default=Path("output"))
    arguments = parser.parse_args()

    parameters = Parameters(**json.loads(arguments.parameters.read_text()))
    config = Config(**json.loads((arguments.files / "config.json").read_text()))
    network = train(arguments.files, parameters, config, read_scenes(arguments.datasets / "train"))
    tested = read_scenes(arguments.datasets / "test")
    detections = [detect(scene, network, parameters, config.side) for scene in tested]
    metrics = evaluate(tested, detections)

    arguments.output.mkdir(parents=True, exist_ok=True)
    hidden, output = network.coefs_
    hidden_bias, output_bias = network.intercepts_
    weights = {"hidden": hidden, "output": output, "hidden_bias": hidden_bias, "output_bias": output_bias}
    np.savez(arguments.output / "weights.npz", **weights)
    (arguments.output / "metrics.json").write_text(json.dumps(metrics, indent=2))
    (arguments.output / "predictions.json").write_text(json.dumps(coco_results(tested, detections)))
    print(f"test precision {metrics['test_precision']:.4f} recall {metrics['test_recall']:.4f}")


if __name__ == "__main__":
    main()
