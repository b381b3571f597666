"""The demo's models as folders ready for import: scripts as they stand, weights as the scripts make them."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parent / "models"
RESULT = "best-model.npz"  # what a script calls the weights that it stores
EPOCHS = 1

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


def copy_folder(name: str, into: Path) -> None:
    """Copy model.toml, the script, and what it needs: what lies above a folder is shared by those below it."""
    into.mkdir(parents=True, exist_ok=True)
    own = MODELS / name
    for folder in MODELS, own.parent, own:
        for file in folder.glob("*.*"):
            if file.is_file():
                shutil.copy(file, into)


def make_folder(name: str, into: Path, datasets: Path) -> None:
    """Copy the folder, and train what its model.toml lists but nobody has written: the weights.

    They come of a single epoch, so that whoever goes on from them sees what training is for.

    Args:
        name: of the folder below `MODELS`.
        into: a folder that is made.
        datasets: a folder per alias, in the form that the rehearsal reads.

    Raises:
        subprocess.CalledProcessError: when the training fails.
    """
    copy_folder(name, into)
    wanted = [into / file["path"] for file in specification(name)["files"]]
    if all(path.exists() for path in wanted):
        return
    rehearse(into, datasets=datasets, epochs=EPOCHS)
    for path in wanted:
        if not path.exists():
            shutil.move(into / "output" / RESULT, path)


def rehearse(folder: Path, *, datasets: Path, **parameters: Any) -> str:
    """Train in a process of its own with what lies in the folder, and the parameters that differ from its model.toml.

    Returns:
        What it printed. The weights are in the folder output.

    Raises:
        subprocess.CalledProcessError: when it fails.
    """
    changes = [f"{key}={json.dumps(value)}" for key, value in parameters.items()]
    command = [sys.executable, "rehearsal.py", str(datasets.absolute()), *changes]
    ended = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603 - our own script
    return ended.stdout
