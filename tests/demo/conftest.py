import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo import content
from demo.digits import splits
from demo.model_folders import MODELS, PUBLIC, make_folder, specification

FEW = 100


@pytest.fixture(scope="session")
def few_digits() -> Iterator[None]:
    """The demo's pictures made of the first digits of every split alone: the same world in a fraction of the time."""
    few = {alias: digits[:FEW] for alias, digits in splits().items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "_digits", lambda: few)
        patch.setattr(content, "SCENES", {"train": 12, "val": 4, "test": 4})
        patch.setattr(content, "RAW_SCENES", 2)
        yield


@pytest.fixture(scope="session")
def pictures(few_digits: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pictures of the demo."""
    folder = tmp_path_factory.mktemp("pictures")
    content.write_pictures(folder)
    return folder


@pytest.fixture(scope="session")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every public model as the demo makes its folder, by running its script once."""
    folders = {}
    for name in PUBLIC:
        folders[name] = tmp_path_factory.mktemp("model")
        make_folder(name, folders[name], datasets_for(name, pictures))
    return folders


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies beside the scripts can be imported, as in the folder in which they run."""
    monkeypatch.syspath_prepend(str(MODELS))


def script_of(name: str) -> Any:
    return importlib.import_module(f"{name.split('/', maxsplit=1)[0]}.train")


def rehearsal_in(datasets: Path, parameters: dict[str, Any]) -> Any:
    return importlib.import_module("rehearsal").Rehearsal(datasets, parameters)


def datasets_for(name: str, pictures: Path) -> Path:
    return pictures / (
        "digits" if specification(name)["version"]["inference_type"] == "CLASSIFICATION" else "digit-scenes"
    )
