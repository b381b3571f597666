"""Every script of the demo's models really trains: from a folder of files, parameters, and datasets by alias."""

import importlib
import inspect
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from demo.model_folders import PUBLIC, copy_folder, run, specification
from tests.demo.conftest import datasets_for

CLASSIFIERS = ["digits_linear", "digits_mlp/first", "digits_mlp/balanced"]
WITH_WEIGHTS = [*CLASSIFIERS, "digits_detector"]
BY_EPOCH = [*WITH_WEIGHTS, "kmeans_segmenter"]


def defaults(name: str) -> dict[str, Any]:
    return {row["key"]: row["default"] for row in specification(name).get("hyperparameters", [])}


@pytest.fixture
def train(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a script in this process, with its usual parameters but those given, and returns what it printed."""

    def run_here(name: str, *, datasets: Path | None = None, files: Path | None = None, **parameters: Any) -> str:
        if files is None:
            files = tmp_path / "files"
            copy_folder(name, files)
        (tmp_path / "parameters.json").write_text(json.dumps(defaults(name) | parameters))
        arguments = ["--files", files, "--parameters", tmp_path / "parameters.json", "--output", tmp_path / "output"]
        arguments += ["--datasets", datasets or datasets_for(name, pictures)]
        monkeypatch.setattr(sys, "argv", ["train.py", *map(str, arguments)])
        script_of(name).main()
        return capsys.readouterr().out

    return run_here


def script_of(name: str) -> Any:
    return importlib.import_module(f"demo.models.{name.split('/', maxsplit=1)[0]}.train")


def weights_in(folder: Path) -> dict[str, NDArray[np.float64]]:
    with np.load(folder / "weights.npz", allow_pickle=False) as archive:
        return {name: archive[name] for name in archive}


def metrics_in(folder: Path) -> dict[str, float]:
    metrics: dict[str, float] = json.loads((folder / "metrics.json").read_text())
    return metrics


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_it_trains_for_two_epochs_from_a_folder(name: str, pictures: Path, tmp_path: Path) -> None:
    script = copy_folder(name, tmp_path / "files")
    output = tmp_path / "output"
    parameters = defaults(name) | {"epochs": 2}
    printed = run(script, parameters=parameters, datasets=datasets_for(name, pictures), output=output)
    epochs = [line for line in printed.splitlines() if line.startswith("epoch ")]
    assert [line.split()[1] for line in epochs] == ["1/2", "2/2"]
    assert all("val accuracy" in line for line in epochs) == (name in CLASSIFIERS)
    assert all(0 <= share <= 1 for share in metrics_in(output).values())
    assert all(np.isfinite(array).all() for array in weights_in(output).values())


@pytest.mark.parametrize("name", BY_EPOCH)
def test_it_says_what_it_does_epoch_by_epoch(name: str, train: Any) -> None:
    printed = train(name, epochs=2)
    assert "epoch 2/2" in printed
    assert "test " in printed.splitlines()[-1]


@pytest.mark.parametrize("name", ["blob_detector", "threshold_segmenter"])
def test_it_takes_the_best_threshold(name: str, train: Any, tmp_path: Path) -> None:
    tried = [line.split() for line in train(name, lowest=8, highest=104, step=16).splitlines()[:-1]]
    best = max(tried, key=lambda words: float(words[-1]))
    assert json.loads((tmp_path / "output" / "threshold.json").read_text()) == {"threshold": int(best[1])}
    assert all(share > 0.5 for share in metrics_in(tmp_path / "output").values())


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_the_demo_weights_have_learned(name: str, trained: dict[str, Path]) -> None:
    metrics = metrics_in(trained[name] / "output")
    assert all(share > 0.5 for share in metrics.values())  # one in ten would be chance
    assert ("val_accuracy" in metrics) == (name in CLASSIFIERS)


def test_the_nearest_prototype_classifies(train: Any, tmp_path: Path) -> None:
    train("digits_prototypes")
    assert weights_in(tmp_path / "output")["prototypes"].shape == (10, 8, 8)
    assert metrics_in(tmp_path / "output")["test_accuracy"] > 0.5


@pytest.mark.parametrize("name", PUBLIC)
def test_what_the_registry_gets_is_whole(name: str, trained: dict[str, Path]) -> None:
    assert all((trained[name] / file["path"]).is_file() for file in specification(name)["files"])


@pytest.mark.parametrize("name", ["digits_linear", "digits_mlp/balanced"])
def test_val_is_not_needed(name: str, train: Any, pictures: Path, tmp_path: Path) -> None:
    for alias in ("train", "test"):
        shutil.copytree(pictures / "digits" / alias, tmp_path / "two" / alias)
    assert "val accuracy" not in train(name, datasets=tmp_path / "two", epochs=1)


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_it_goes_on_from_its_weights(name: str, train: Any, trained: dict[str, Path], tmp_path: Path) -> None:
    printed = train(name, files=trained[name], epochs=1, learning_rate=0.00001)
    assert "starting from weights.npz" in printed
    started, ended = weights_in(trained[name]), weights_in(tmp_path / "output")
    assert all(np.allclose(started[array], ended[array], atol=0.1) for array in started)


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_weights_of_another_shape_are_left_aside(name: str, train: Any, tmp_path: Path) -> None:
    copy_folder(name, tmp_path / "files")
    arrays = ("weights", "bias") if name == "digits_linear" else ("hidden", "output", "hidden_bias", "output_bias")
    other: dict[str, Any] = {array: np.zeros((2, 2)) for array in arrays}
    np.savez(tmp_path / "files" / "weights.npz", **other)
    printed = train(name, files=tmp_path / "files", epochs=1)
    assert "weights.npz is of another shape: starting from nothing" in printed


def test_weights_are_never_unpickled(train: Any, tmp_path: Path) -> None:
    copy_folder("digits_linear", tmp_path / "files")
    np.savez(tmp_path / "files" / "weights.npz", weights=np.array([{}], dtype=object), bias=np.zeros(2))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        train("digits_linear", files=tmp_path / "files", epochs=1)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("digits_mlp/balanced", {"hidden_units": 32}),
        ("digits_mlp/balanced", {"optimizer": "sgd"}),
        ("digits_mlp/balanced", {"shuffle": False}),
        ("digits_mlp/balanced", {"batch_size": 8}),
        ("digits_mlp/balanced", {"balance": False}),
        ("digits_mlp/balanced", {"seed": 3}),
        ("digits_linear", {"penalty": "l1"}),
        ("digits_linear", {"regularization": 0.1}),
        ("digits_linear", {"shuffle": False}),
        ("digits_detector", {"contrast": 200, "joining": 1, "smallest": 1}),
    ],
)
def test_hyperparameters_change_the_training(name: str, changed: dict[str, Any], train: Any, tmp_path: Path) -> None:
    ended = []
    for parameters in ({}, {}, changed):
        train(name, epochs=1, **parameters)
        ended.append(np.concatenate([array.ravel() for array in weights_in(tmp_path / "output").values()]))
    assert np.array_equal(ended[0], ended[1])
    assert not np.array_equal(ended[0], ended[2])


def test_momentum_counts_with_sgd(train: Any, tmp_path: Path) -> None:
    ended = []
    for momentum in (0.9, 0.0):
        train("digits_mlp/first", epochs=1, optimizer="sgd", momentum=momentum)
        ended.append(weights_in(tmp_path / "output")["hidden"])
    assert not np.array_equal(ended[0], ended[1])


def test_an_unexpected_parameter_ends_the_training(train: Any) -> None:
    with pytest.raises(TypeError, match="warmup"):
        train("digits_mlp/first", warmup=2)


@pytest.mark.parametrize("name", [name for name in PUBLIC if "hyperparameters" in specification(name)])
def test_the_script_takes_what_the_folder_declares(name: str) -> None:
    taken = inspect.signature(script_of(name).Parameters).parameters
    declared = {row["key"]: row for row in specification(name)["hyperparameters"]}
    needed = {key for key, parameter in taken.items() if parameter.default is inspect.Parameter.empty}
    assert declared.keys() <= taken.keys()
    assert {key for key, row in declared.items() if row.get("required")} == needed
