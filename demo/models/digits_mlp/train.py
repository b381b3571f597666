"""Train a two-layer perceptron on small grey images that lie in one folder per class.

    python train.py --files files --parameters parameters.json --datasets datasets --output output

files       config.json (the images' size and the classes) and, to go on from them, weights.npz
parameters  the hyperparameters, as one JSON object
datasets    a folder per alias, in it a folder per class, in it PNG images; train and test are needed, val is watched
output      gets weights.npz and metrics.json
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.neural_network import MLPClassifier

Pixels: TypeAlias = NDArray[np.float64]
Classes: TypeAlias = NDArray[np.str_]


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters; those without a default must be given."""

    epochs: int
    hidden_units: int
    learning_rate: float
    optimizer: str = "adam"
    momentum: float = 0.9
    batch_size: int = 32
    shuffle: bool = True
    balance: bool = False
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the network looks at, and what it tells apart."""

    width: int
    height: int
    classes: list[str]


def read_images(folder: Path, config: Config) -> tuple[Pixels, Classes]:
    """Pixels between 0 and 1, a row per image, and the class that each image's folder names."""
    paths = sorted(folder.glob("*/*.png"))
    size = (config.width, config.height)
    rows = [np.asarray(Image.open(path).convert("L").resize(size), dtype=np.float64).ravel() / 255 for path in paths]
    return np.stack(rows), np.array([path.parent.name for path in paths])


def balanced(classes: Classes, random: np.random.RandomState) -> NDArray[np.intp]:
    """Indices drawn by chance such that every class is shown equally often, as often as the most frequent one."""
    names, counts = np.unique(classes, return_counts=True)
    return np.concatenate([random.choice(np.flatnonzero(classes == name), counts.max()) for name in names])


def new_network(parameters: Parameters, random: np.random.RandomState) -> MLPClassifier:
    """A network that has seen nothing."""
    return MLPClassifier(
        hidden_layer_sizes=(parameters.hidden_units,),
        solver=parameters.optimizer,
        learning_rate_init=parameters.learning_rate,
        momentum=parameters.momentum,
        batch_size=parameters.batch_size,
        shuffle=parameters.shuffle,
        random_state=random,
    )


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


def save_weights(network: MLPClassifier, path: Path) -> None:
    """Plain arrays, which can be read without running anything."""
    hidden, output = network.coefs_
    hidden_bias, output_bias = network.intercepts_
    np.savez(path, hidden=hidden, output=output, hidden_bias=hidden_bias, output_bias=output_bias)


def train(files: Path, parameters: Parameters, datasets: Path) -> tuple[MLPClassifier, dict[str, float]]:
    """Train for the given epochs; the metrics are accuracies between 0 and 1."""
    config = Config(**json.loads((files / "config.json").read_text()))
    random = np.random.RandomState(parameters.seed)
    pixels, classes = read_images(datasets / "train", config)
    watched = read_images(datasets / "val", config) if (datasets / "val").is_dir() else None

    network = new_network(parameters, random)
    first = slice(parameters.batch_size)
    network.partial_fit(pixels[first], classes[first], classes=config.classes)  # gives the network its shape
    if (files / "weights.npz").exists():
        load_weights(network, files / "weights.npz")
    for epoch in range(1, parameters.epochs + 1):
        shown = balanced(classes, random) if parameters.balance else np.arange(len(classes))
        network.partial_fit(pixels[shown], classes[shown])
        line = f"epoch {epoch}/{parameters.epochs} loss {network.loss_:.4f}"
        print(f"{line} val accuracy {network.score(*watched):.4f}" if watched else line, flush=True)

    metrics = {"test_accuracy": float(network.score(*read_images(datasets / "test", config)))}
    if watched:
        metrics["val_accuracy"] = float(network.score(*watched))
    return network, metrics


def main() -> None:
    """Read the command line, train, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, default=Path("files"))
    parser.add_argument("--parameters", type=Path, default=Path("parameters.json"))
    parser.add_argument("--datasets", type=Path, default=Path("datasets"))
    parser.add_argument("--output", type=Path, default=Path("output"))
    arguments = parser.parse_args()

    parameters = Parameters(**json.loads(arguments.parameters.read_text()))
    network, metrics = train(arguments.files, parameters, arguments.datasets)
    arguments.output.mkdir(parents=True, exist_ok=True)
    save_weights(network, arguments.output / "weights.npz")
    (arguments.output / "metrics.json").write_text(json.dumps(metrics, indent=2))
    print(f"test accuracy {metrics['test_accuracy']:.4f}")


if __name__ == "__main__":
    main()
