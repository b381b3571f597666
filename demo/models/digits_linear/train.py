"""Train softmax regression, the linear baseline, on small grey images that lie in one folder per class.

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
from sklearn.linear_model import SGDClassifier

Pixels: TypeAlias = NDArray[np.float64]
Classes: TypeAlias = NDArray[np.str_]


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters; those without a default must be given."""

    epochs: int
    learning_rate: float
    penalty: str = "l2"
    regularization: float = 0.0001
    shuffle: bool = True
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the classifier looks at, and what it tells apart."""

    width: int
    height: int
    classes: list[str]


def read_images(folder: Path, config: Config) -> tuple[Pixels, Classes]:
    """Pixels between 0 and 1, a row per image, and the class that each image's folder names."""
    paths = sorted(folder.glob("*/*.png"))
    size = (config.width, config.height)
    rows = [np.asarray(Image.open(path).convert("L").resize(size), dtype=np.float64).ravel() / 255 for path in paths]
    return np.stack(rows), np.array([path.parent.name for path in paths])


def new_classifier(parameters: Parameters) -> SGDClassifier:
    """A classifier that has seen nothing."""
    return SGDClassifier(
        loss="log_loss",
        penalty=parameters.penalty,
        alpha=parameters.regularization,
        learning_rate="constant",
        eta0=parameters.learning_rate,
        shuffle=False,  # train() shuffles: partial_fit would repeat one order in every epoch
    )


def load_weights(classifier: SGDClassifier, path: Path) -> None:
    """Go on from kept weights, unless they are of other images or classes."""
    with np.load(path, allow_pickle=False) as archive:
        weights, bias = archive["weights"], archive["bias"]
    if weights.shape != classifier.coef_.shape:
        print(f"{path.name} is of another shape: starting from nothing")
        return
    classifier.coef_[...], classifier.intercept_[...] = weights, bias
    print(f"starting from {path.name}")


def train(files: Path, parameters: Parameters, datasets: Path) -> tuple[SGDClassifier, dict[str, float]]:
    """Train for the given epochs; the metrics are accuracies between 0 and 1."""
    config = Config(**json.loads((files / "config.json").read_text()))
    random = np.random.default_rng(parameters.seed)
    pixels, classes = read_images(datasets / "train", config)
    watched = read_images(datasets / "val", config) if (datasets / "val").is_dir() else None

    classifier = new_classifier(parameters)
    classifier.partial_fit(pixels[:1], classes[:1], classes=config.classes)  # gives the classifier its shape
    if (files / "weights.npz").exists():
        load_weights(classifier, files / "weights.npz")
    for epoch in range(1, parameters.epochs + 1):
        order = random.permutation(len(classes)) if parameters.shuffle else np.arange(len(classes))
        classifier.partial_fit(pixels[order], classes[order])
        line = f"epoch {epoch}/{parameters.epochs} train accuracy {classifier.score(pixels, classes):.4f}"
        print(f"{line} val accuracy {classifier.score(*watched):.4f}" if watched else line, flush=True)

    metrics = {"test_accuracy": float(classifier.score(*read_images(datasets / "test", config)))}
    if watched:
        metrics["val_accuracy"] = float(classifier.score(*watched))
    return classifier, metrics


def main() -> None:
    """Read the command line, train, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, default=Path("files"))
    parser.add_argument("--parameters", type=Path, default=Path("parameters.json"))
    parser.add_argument("--datasets", type=Path, default=Path("datasets"))
    parser.add_argument("--output", type=Path, default=Path("output"))
    arguments = parser.parse_args()

    parameters = Parameters(**json.loads(arguments.parameters.read_text()))
    classifier, metrics = train(arguments.files, parameters, arguments.datasets)
    arguments.output.mkdir(parents=True, exist_ok=True)
    np.savez(arguments.output / "weights.npz", weights=classifier.coef_, bias=classifier.intercept_)
    (arguments.output / "metrics.json").write_text(json.dumps(metrics, indent=2))
    print(f"test accuracy {metrics['test_accuracy']:.4f}")


if __name__ == "__main__":
    main()
