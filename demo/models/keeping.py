"""Weights as arrays of numbers under their names: NumPy's .npz, which can be read without running anything."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from run import RESULT, Run
from sklearn.neural_network import MLPClassifier

Arrays = Mapping[str, NDArray[Any]]


def weights_of(network: MLPClassifier) -> Arrays:
    """The arrays of a two-layer perceptron, its own."""
    (hidden, output), (hidden_bias, output_bias) = network.coefs_, network.intercepts_
    return {"hidden": hidden, "output": output, "hidden_bias": hidden_bias, "output_bias": output_bias}


def take_over(run: Run, own: Arrays) -> None:
    """Fill a network's arrays, by name, with the weights that the experiment has, unless they are of another shape."""
    kept = run.weights()
    if kept is None:
        print("starting from nothing")
    elif {name: array.shape for name, array in kept.items()} != {name: array.shape for name, array in own.items()}:
        print("the pretrained weights are of another shape: starting from nothing")
    else:
        for name, array in own.items():
            array[...] = kept[name]
        print("starting from the pretrained weights")


def keep(run: Run, own: Arrays) -> None:
    """Store a network's arrays as they are, which can be read without running anything."""
    path = Path(f"{RESULT}.npz")
    np.savez(path, allow_pickle=False, **own)
    run.store(path)
