"""Which artifact takes the place of the weights that a training started from.

A script loads what it starts from by name, such as `pretrained-weights`, and stores what it made under another, such as
`best-model`. Published as they are called, the new version would start the next training from the old weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from experiments.models import Experiment
from registry.models import ArchitectureFile

# How scripts call what they start from, and what they made; the most telling word first.
STARTED_FROM = ("pretrained", "weights", "checkpoint", "model")
MADE = ("best", "final", "latest", "last", "model", "weights", "checkpoint")


@dataclass(frozen=True)
class Succession:
    """That an artifact is published under the name of a file that the base has.

    Attributes:
        artifact: what the training made.
        name: what the base calls its own.
        replaced: the experiment's copy of the base's file, which is left out for it; None where it has none.
    """

    artifact: ArchitectureFile
    name: str
    replaced: ArchitectureFile | None


def unchanged(artifacts: Sequence[ArchitectureFile], base: Sequence[ArchitectureFile]) -> set[str]:
    """The names of the artifacts that are the base's files still."""
    theirs = {file.name: file.blob_id for file in base}
    return {file.name for file in artifacts if theirs.get(file.name) == file.blob_id}


def succession(
    experiment: Experiment, artifacts: Sequence[ArchitectureFile], base: Sequence[ArchitectureFile]
) -> Succession | None:
    """The one that a person would think of; None where that is not clear.

    The name is one of weights, which the training left as they were, or which the experiment lacks. What it made is of
    the same kind by its extension.

    Args:
        experiment: whose artifacts these are.
        artifacts: all of them.
        base: the files of what it started from.
    """
    own = {file.name: file for file in artifacts}
    same = unchanged(artifacts, base)
    # A model's file that was replaced under its name is in its place. An earlier run's result is none to start from.
    known = same if experiment.base_experiment_id else {file.name for file in base}
    made = [file for file in artifacts if file.name not in known]
    started = [file for file in base if file.name in same or file.name not in own]
    weights = _most_telling(_telling(started, STARTED_FROM), STARTED_FROM)
    if weights is None:
        return None
    artifact = _most_telling([file for file in made if _kind(file) == _kind(weights)], MADE)
    return Succession(artifact, weights.name, own.get(weights.name)) if artifact else None


def _most_telling(files: list[ArchitectureFile], words: Sequence[str]) -> ArchitectureFile | None:
    """The only one there is, or the only one that the words leave."""
    for word in words:
        files = _telling(files, [word]) or files
    return files[0] if len(files) == 1 else None


def _telling(files: Sequence[ArchitectureFile], words: Sequence[str]) -> list[ArchitectureFile]:
    return [file for file in files if any(word in file.name.lower() for word in words)]


def _kind(file: ArchitectureFile) -> str:
    return PurePath(file.filename).suffix.lower()
