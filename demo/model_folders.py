"""The demo's models as folders ready for import: scripts as they stand, weights as the scripts make them."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parent / "models"

# As they are to stand in the registry, the newest last.
PUBLIC = (
    "kmeans_segmenter",
    "threshold_segmenter",
    "blob_detector",
    "digits_detector",
    "digits_prototypes",
    "digits_linear",
    "digits_mlp/first",
    "digits_mlp/balanced",
)


def specification(name: str) -> dict[str, Any]:
    """What the model.toml of the folder says."""
    return tomllib.loads((MODELS / name / "model.toml").read_text())


def copy_folder(name: str, into: Path) -> Path:
    """Copy model.toml, the script and its configuration. Versions of one model share what lies above them.

    Returns:
        The script.
    """
    into.mkdir(parents=True, exist_ok=True)
    for folder in (MODELS / name).parent, MODELS / name:
        for file in folder.glob("*.*"):
            if file.is_file():
                shutil.copy(file, into)
    return into / "train.py"


def make_folder(name: str, into: Path, datasets: Path) -> None:
    """Copy the folder, and train what its model.toml lists but nobody has written: the weights.

    Args:
        name: of the folder below `MODELS`.
        into: a folder that is made.
        datasets: a folder per alias, in the form that the script reads.

    Raises:
        subprocess.CalledProcessError: when the training fails.
    """
    script = copy_folder(name, into)
    wanted = [into / file["path"] for file in specification(name)["files"]]
    if all(path.exists() for path in wanted):
        return
    output = into / "output"
    parameters = {row["key"]: row["default"] for row in specification(name).get("hyperparameters", [])}
    run(script, parameters=parameters, datasets=datasets, output=output)
    for path in wanted:
        if not path.exists():
            shutil.move(output / path.name, path)


def run(script: Path, *, parameters: dict[str, Any], datasets: Path, output: Path) -> str:
    """Run a training script in a process of its own, with the files beside it.

    Returns:
        What it printed.

    Raises:
        subprocess.CalledProcessError: when it fails.
    """
    written = script.parent / "parameters.json"
    written.write_text(json.dumps(parameters))
    arguments = {"--files": script.parent, "--parameters": written, "--datasets": datasets, "--output": output}
    command = [sys.executable, script, *(part for pair in arguments.items() for part in pair)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own script
    return ended.stdout
