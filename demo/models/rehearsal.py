"""A training without a server, from a folder per alias: so are the weights made that the public models begin with.

    python rehearsal.py DATASETS KEY=VALUE …

In the working folder lie train.py, what it imports, and model.toml, whose hyperparameters are taken unless given.
An alias's folder holds a folder per class, or the images of its annotations.json (COCO). Nothing is logged.
"""

import importlib
import json
import shutil
import sys
import tomllib
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image
from run import Found, Picture, Run, Truth, read_coco

OUTPUT = Path("output")


class Rehearsal(Run):
    """A training for no experiment."""

    def __init__(self, folder: Path, parameters: Mapping[str, Any]) -> None:
        self.folder, self.changed = folder, parameters

    def given_parameters(self) -> dict[str, Any]:
        """Those of model.toml, but for the changed ones."""
        rows = tomllib.loads(Path("model.toml").read_text()).get("hyperparameters", [])
        return {row["key"]: row["default"] for row in rows} | dict(self.changed)

    @cached_property
    def datasets(self) -> Mapping[str, Path]:
        """The folders by alias."""
        return {path.name: path for path in self.folder.iterdir()}

    def pictures(self, alias: str) -> list[Picture]:
        """What lies in the alias's folder."""
        self.needs(alias)
        folder = self.datasets[alias]
        if (folder / "annotations.json").exists():
            return read_coco(folder / "annotations.json", folder)
        paths = sorted(folder.glob("*/*.png"))
        return [Picture(id=path.stem, path=path, truth=[Truth(label=path.parent.name)]) for path in paths]

    def file(self, name: str) -> Path | None:
        """None: it begins with nothing."""
        return None

    def line(self, name: str, value: float) -> None:
        """Left aside."""

    def value(self, name: str, value: float) -> None:
        """Print a figure."""
        print(f"{name} {value:.4f}")

    def picture(self, name: str, image: Image.Image) -> None:
        """Left aside."""

    def evaluate(self, found: Mapping[str, Collection[Found]], kind: object) -> None:
        """Left aside."""

    def store(self, path: Path) -> None:
        """Put it where the weights are looked for."""
        OUTPUT.mkdir(exist_ok=True)
        shutil.copy(path, OUTPUT)


def main() -> None:
    """Read the command line, and train."""
    folder, *changes = sys.argv[1:]
    pairs = (change.split("=", maxsplit=1) for change in changes)
    importlib.import_module("train").train(Rehearsal(Path(folder), {key: json.loads(value) for key, value in pairs}))


if __name__ == "__main__":
    main()
