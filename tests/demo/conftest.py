from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import content
from demo.digits import splits
from demo.model_folders import PUBLIC, make_folder, specification

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


def datasets_for(name: str, pictures: Path) -> Path:
    is_classifier = specification(name)["version"]["inference_type"] == "CLASSIFICATION"
    return pictures / ("digits" if is_classifier else "digit-scenes")
