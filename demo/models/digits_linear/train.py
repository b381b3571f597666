"""Train softmax regression, the linear baseline, on small grey images, and tell its experiment how it goes.

    python train.py

It learns from the dataset version under the alias train, watches val where there is one, and measures itself on test.
The weights that come out are arrays of numbers (NumPy's .npz), which can be read without running anything.
"""

from dataclasses import dataclass

import numpy as np
from classifier import Config, Examples, load, report
from keeping import Arrays, keep, take_over
from run import Run
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The hyperparameters; those without a default must be given."""

    epochs: int
    learning_rate: float
    penalty: str = "l2"
    regularization: float = 0.0001
    shuffle: bool = True
    seed: int = 0


def new_classifier(parameters: Parameters, config: Config, seen: Examples) -> SGDClassifier:
    """A classifier that has its shape, and has seen one image."""
    classifier = SGDClassifier(
        loss="log_loss",
        penalty=parameters.penalty,
        alpha=parameters.regularization,
        learning_rate="constant",
        eta0=parameters.learning_rate,
        shuffle=False,  # train() shuffles: partial_fit would repeat one order in every epoch
    )
    return classifier.partial_fit(seen.pixels[:1], seen.classes[:1], classes=config.classes)


def weights_of(classifier: SGDClassifier) -> Arrays:
    """The classifier's own arrays by name."""
    return {"weights": classifier.coef_, "bias": classifier.intercept_}


def measured(classifier: SGDClassifier, seen: Examples, watched: Examples | None) -> dict[str, float]:
    """The metrics after an epoch."""
    chances = classifier.predict_proba(seen.pixels)
    metrics = {"train/loss": float(log_loss(seen.classes, chances, labels=classifier.classes_))}
    metrics["train/accuracy"] = seen.accuracy(classifier)
    return metrics if watched is None else metrics | {"val/accuracy": watched.accuracy(classifier)}


def train(run: Run) -> None:
    """Train for the given epochs."""
    run.chapter("Set up training")
    parameters, config = run.parameters(Parameters), Config.read()
    seen, watched, test = load(run, config)

    run.chapter("Train")
    random = np.random.default_rng(parameters.seed)
    classifier = new_classifier(parameters, config, seen)
    take_over(run, weights_of(classifier))
    for epoch in range(1, parameters.epochs + 1):
        order = random.permutation(len(seen.classes)) if parameters.shuffle else np.arange(len(seen.classes))
        classifier.partial_fit(seen.pixels[order], seen.classes[order])
        run.epoch(epoch, parameters.epochs, measured(classifier, seen, watched))

    run.chapter("Evaluate")
    report(run, classifier, test)
    run.chapter("Store the model")
    keep(run, weights_of(classifier))


if __name__ == "__main__":
    train(Run.of_environment())
