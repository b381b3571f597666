"""Every script of the demo's models really trains, here without a server: from a folder per alias."""

import inspect
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from demo.model_folders import PUBLIC, RESULT, copy_folder, rehearse, specification
from tests.demo.conftest import datasets_for, rehearsal_in, script_of

CLASSIFIERS = ["digits_linear", "digits_mlp/first", "digits_mlp/balanced"]
WITH_WEIGHTS = [*CLASSIFIERS, "digits_detector"]

pytestmark = pytest.mark.usefixtures("scripts")


@pytest.fixture
def train(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a script in this process, with its usual parameters but those given, and returns what it printed."""

    def run_here(name: str, *, datasets: Path | None = None, weights: Path | None = None, **parameters: Any) -> str:
        copy_folder(name, tmp_path / "files")
        monkeypatch.chdir(tmp_path / "files")
        rehearsal = rehearsal_in(datasets or datasets_for(name, pictures), parameters)
        monkeypatch.setattr(rehearsal, "file", lambda name: weights)
        script_of(name).train(rehearsal)
        return capsys.readouterr().out.replace("\r", "\n")

    return run_here


def weights_in(folder: Path) -> dict[str, NDArray[Any]]:
    with np.load(folder / "files" / "output" / RESULT, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive}


def figure(printed: str, name: str) -> float:
    """The last number that was printed after the name."""
    return float(printed.rpartition(f"{name} ")[2].split()[0])


def test_it_trains_in_a_process_of_its_own(pictures: Path, tmp_path: Path) -> None:
    copy_folder("digits_linear", tmp_path)
    printed = rehearse(tmp_path, datasets=pictures / "digits", epochs=2)
    assert " 2/2  train/loss" in printed
    assert (tmp_path / "output" / RESULT).exists()


@pytest.mark.parametrize(
    ("name", "metric"), [*((name, "train/accuracy") for name in CLASSIFIERS), ("digits_detector", "val/mAP50")]
)
def test_it_gets_better_by_epoch(name: str, metric: str, train: Any, tmp_path: Path) -> None:
    lines = [line for line in train(name, epochs=12).splitlines() if "/12  " in line]
    assert [line.split()[1] for line in lines] == [f"{epoch}/12" for epoch in range(1, 13)]
    assert figure(lines[-1], metric) > figure(lines[0], metric)
    assert figure(lines[-1], "train/loss") < figure(lines[0], "train/loss")
    assert all(np.isfinite(array).all() for array in weights_in(tmp_path).values())


@pytest.mark.parametrize(
    ("name", "metric"), [("blob_detector", "F1"), ("threshold_segmenter", "IoU"), ("kmeans_segmenter", "IoU")]
)
def test_what_is_not_learned_by_epochs_finds_most(name: str, metric: str, train: Any) -> None:
    assert figure(train(name), f"test/{metric}") > 0.5


@pytest.mark.parametrize(("name", "metric"), [("blob_detector", "F1"), ("threshold_segmenter", "IoU")])
def test_it_takes_the_best_threshold(name: str, metric: str, train: Any) -> None:
    printed = train(name, lowest=8, highest=104, step=16)
    tried = [line for line in printed.splitlines() if "train/threshold" in line]
    best = max(tried, key=lambda line: figure(line, f"train/{metric}"))
    assert figure(printed, "\nthreshold") == figure(best, "train/threshold")


def test_thresholds_are_in_order(train: Any) -> None:
    with pytest.raises(SystemExit, match="let lowest be at most highest"):
        train("blob_detector", lowest=9, highest=8)


def test_the_nearest_prototype_classifies(train: Any, tmp_path: Path) -> None:
    printed = train("digits_prototypes")
    assert weights_in(tmp_path)["prototypes"].shape == (10, 8, 8)
    assert figure(printed, "test/accuracy") > 0.5


@pytest.mark.parametrize("name", PUBLIC)
def test_what_the_registry_gets_is_whole(name: str, trained: dict[str, Path]) -> None:
    assert all((trained[name] / file["path"]).is_file() for file in specification(name)["files"])


@pytest.mark.parametrize("name", ["digits_linear", "digits_mlp/balanced"])
def test_val_is_not_needed(name: str, train: Any, pictures: Path, tmp_path: Path) -> None:
    for alias in ("train", "test"):
        shutil.copytree(pictures / "digits" / alias, tmp_path / "two" / alias)
    assert "val/accuracy" not in train(name, datasets=tmp_path / "two", epochs=1)


def test_without_val_some_of_train_is_watched(train: Any, pictures: Path, tmp_path: Path) -> None:
    for alias in ("train", "test"):
        shutil.copytree(pictures / "digit-scenes" / alias, tmp_path / "two" / alias)
    printed = train("digits_detector", datasets=tmp_path / "two", epochs=1)
    assert "every sixth scene of train is watched" in printed
    assert "val/mAP50" in printed


def test_labels_that_nobody_knows_are_refused(train: Any, pictures: Path, tmp_path: Path) -> None:
    shutil.copytree(pictures / "digits", tmp_path / "digits")
    (tmp_path / "digits" / "train" / "7").rename(tmp_path / "digits" / "train" / "seven")
    with pytest.raises(SystemExit, match="the label “seven”, which"):
        train("digits_linear", datasets=tmp_path / "digits")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("digits_linear", "No image under the alias “train” is labelled"),
        ("blob_detector", "No image under the alias “train” has a box"),
        ("threshold_segmenter", "No image under the alias “train” has an outline"),
    ],
)
def test_images_that_nobody_annotated_are_refused(name: str, sentence: str, train: Any, tmp_path: Path) -> None:
    nothing: dict[str, list[Any]] = {"categories": [], "images": [], "annotations": []}
    for alias in ("train", "test"):
        (tmp_path / "bare" / alias).mkdir(parents=True)
        (tmp_path / "bare" / alias / "annotations.json").write_text(json.dumps(nothing))
    with pytest.raises(SystemExit, match=sentence):
        train(name, datasets=tmp_path / "bare")


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_it_goes_on_from_its_weights(name: str, train: Any, trained: dict[str, Path], tmp_path: Path) -> None:
    printed = train(name, weights=trained[name] / "weights.npz", epochs=1, learning_rate=0.00001)
    assert "starting from the pretrained weights" in printed
    with np.load(trained[name] / "weights.npz", allow_pickle=False) as started:
        assert all(np.allclose(started[array], ended, atol=0.1) for array, ended in weights_in(tmp_path).items())


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_weights_of_another_shape_are_left_aside(name: str, train: Any, tmp_path: Path) -> None:
    arrays = ("weights", "bias") if name == "digits_linear" else ("hidden", "output", "hidden_bias", "output_bias")
    other: dict[str, Any] = {array: np.zeros((2, 2)) for array in arrays}
    np.savez(tmp_path / "other.npz", **other)
    printed = train(name, weights=tmp_path / "other.npz", epochs=1)
    assert "the pretrained weights are of another shape: starting from nothing" in printed


def test_weights_are_never_unpickled(train: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", weights=np.array([{}], dtype=object), bias=np.zeros(2))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        train("digits_linear", weights=tmp_path / "other.npz", epochs=1)


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
        ended.append(np.concatenate([array.ravel() for array in weights_in(tmp_path).values()]))
    assert np.array_equal(ended[0], ended[1])
    assert not np.array_equal(ended[0], ended[2])


def test_momentum_counts_with_sgd(train: Any, tmp_path: Path) -> None:
    ended = []
    for momentum in (0.9, 0.0):
        train("digits_mlp/first", epochs=1, optimizer="sgd", momentum=momentum)
        ended.append(weights_in(tmp_path)["hidden"])
    assert not np.array_equal(ended[0], ended[1])


def test_a_hyperparameter_of_nobody_is_told_of(train: Any) -> None:
    assert "The hyperparameter warmup plays no part here." in train("digits_linear", epochs=1, warmup=2)


@pytest.mark.parametrize("name", [name for name in PUBLIC if "hyperparameters" in specification(name)])
def test_the_script_takes_what_the_folder_declares(name: str) -> None:
    taken = inspect.signature(script_of(name).Parameters).parameters
    declared = {row["key"]: row for row in specification(name)["hyperparameters"]}
    needed = {key for key, parameter in taken.items() if parameter.default is inspect.Parameter.empty}
    assert declared.keys() <= taken.keys()
    assert {key for key, row in declared.items() if row.get("required")} == needed
