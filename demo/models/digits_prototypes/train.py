"""Draw the prototype of every class, the mean of its images, and tell how well the nearest one classifies.

It learns from the images under the alias train, and measures itself on test.
"""

import numpy as np
from classifier import Config, Examples
from keeping import keep
from run import Run


def train(run: Run) -> None:
    """Average, and measure."""
    config = Config.read()
    seen, test = Examples.load(run, "train", config), Examples.load(run, "test", config)
    prototypes = np.stack([seen.pixels[seen.classes == name].mean(axis=0) for name in config.classes])
    distances = ((test.pixels[:, None] - prototypes[None]) ** 2).sum(axis=2)
    read = np.array(config.classes)[distances.argmin(axis=1)]
    run.value("test/accuracy", float((read == test.classes).mean()))
    keep(run, {"prototypes": prototypes.reshape(-1, config.height, config.width)})


if __name__ == "__main__":
    train(Run.of_environment())
