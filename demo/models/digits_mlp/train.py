"""Train a two-layer perceptron on small grey images, and tell its experiment how it goes.

    python train.py

It learns from the dataset version under the alias train, watches val where there is one, and measures itself on test.
The weights that come out are arrays of numbers (NumPy's .npz), which can be read without running anything.
"""

from dataclasses import dataclass

import numpy as np
from classifier import Classes, Config, Examples, load, report
from keeping import keep, take_over, weights_of
from numpy.typing import NDArray
from run import Run
from sklearn.neural_network import MLPClassifier


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


def balanced(classes: Classes, random: np.random.RandomState) -> NDArray[np.intp]:
    """Indices drawn by chance such that every class is shown equally often, as often as the most frequent one."""
    names, counts = np.unique(classes, return_counts=True)
    return np.concatenate([random.choice(np.flatnonzero(classes == name), counts.max()) for name in names])


def new_network(parameters: Parameters, config: Config, seen: Examples) -> MLPClassifier:
    """A network that has its shape, and has seen one batch."""
    network = MLPClassifier(
        hidden_layer_sizes=(parameters.hidden_units,),
        solver=parameters.optimizer,
        learning_rate_init=parameters.learning_rate,
        momentum=parameters.momentum,
        batch_size=min(parameters.batch_size, len(seen.classes)),
        shuffle=parameters.shuffle,
        random_state=np.random.RandomState(parameters.seed),
    )
    first = slice(network.batch_size)
    return network.partial_fit(seen.pixels[first], seen.classes[first], classes=config.classes)


def train(run: Run) -> None:
    """Train for the given epochs."""
    run.chapter("Set up training")
    parameters, config = run.parameters(Parameters), Config.read()
    seen, watched, test = load(run, config)

    run.chapter("Train")
    random = np.random.RandomState(parameters.seed)
    network = new_network(parameters, config, seen)
    take_over(run, weights_of(network))
    for epoch in range(1, parameters.epochs + 1):
        shown = balanced(seen.classes, random) if parameters.balance else np.arange(len(seen.classes))
        network.partial_fit(seen.pixels[shown], seen.classes[shown])
        metrics = {"train/loss": float(network.loss_), "train/accuracy": seen.accuracy(network)}
        if watched:
            metrics["val/accuracy"] = watched.accuracy(network)
        run.epoch(epoch, parameters.epochs, metrics)

    run.chapter("Evaluate")
    report(run, network, test)
    run.chapter("Store the model")
    keep(run, weights_of(network))


if __name__ == "__main__":
    train(Run.of_environment())
