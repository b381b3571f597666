"""A model version as a folder: `model.toml` and the files it names. Reading and writing; the database is not asked.

name = "digits-mlp"
description = "A two-layer perceptron for small grey images."

[version]
name = "balanced"                       # left out: v1, v2…
description = "Trained on as many of each digit."
inference_type = "CLASSIFICATION"
framework = "ONNX"                      # left out: NOT_CONFIGURED

[training]                              # all of it may be left out: weights only
image = "espalier/digits-mlp"
tag = "1.2"
flags = ["--shm-size=1g"]
command = "python train.py"

[training.environment]
OMP_NUM_THREADS = "2"

[labelmap]                              # in this order; or labelmap = [[0, "zero"], [1, "one"]] above all tables
0 = "zero"
1 = "one"

[[hyperparameters]]
key = "epochs"
type = "integer"                        # integer, number, boolean, text or choice
default = 20                            # 22 is a number and "22" a text
minimum = 1                             # integers and numbers only, like maximum
maximum = 500
required = true                         # left out: false
help = "Times that the script sees every image."

[[hyperparameters]]
key = "optimizer"
type = "choice"
choices = ["adam", "sgd"]
default = "adam"

[[constraints]]
name = "train + test"
[[constraints.slots]]
alias = "train"
help = "What the script learns from."
[[constraints.slots]]
alias = "test"

[[files]]
name = "weights"
path = "files/weights.onnx"             # inside the folder
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import tomli_w
from django.core.exceptions import ValidationError

from config.inference_types import InferenceType
from registry.hyperparameters import Kind, Rule
from registry.labelmaps import checked_labelmap
from registry.models import Framework
from registry.rows import ConstraintRow, HyperparameterRow, SlotRow
from registry.toml import Table, read_toml, without_empty
from registry.training import TrainingRow

MODEL_TOML = "model.toml"


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """A file of the version, and where it lies in the folder."""

    name: str
    path: str

    @property
    def filename(self) -> str:
        """Its own name, without the folders."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True, kw_only=True)
class ModelFolder:
    """Everything that a folder says. `version_name` is empty where the version has no name of its own."""

    name: str
    description: str = ""
    version_name: str = ""
    version_description: str = ""
    inference_type: str = InferenceType.NOT_CONFIGURED
    framework: str = Framework.NOT_CONFIGURED
    training: TrainingRow = field(default_factory=TrainingRow)
    labelmap: list[tuple[int, str]] = field(default_factory=list)
    hyperparameters: list[HyperparameterRow] = field(default_factory=list)
    constraints: list[ConstraintRow] = field(default_factory=list)
    files: list[FileRow] = field(default_factory=list)


def read_model_folder(folder: Path) -> ModelFolder:
    """What the folder's `model.toml` says. Its files are looked for, not read.

    Raises:
        ValidationError: with the file, the place in it, and what is wrong there.
    """
    table = Table(read_toml(folder / MODEL_TOML), MODEL_TOML)
    version, training = table.table("version"), table.table("training")
    content = ModelFolder(
        name=table.text("name"),
        description=table.text("description", ""),
        version_name=version.text("name", ""),
        version_description=version.text("description", ""),
        inference_type=version.one_of("inference_type", InferenceType.values, InferenceType.NOT_CONFIGURED),
        framework=version.one_of("framework", Framework.values, Framework.NOT_CONFIGURED),
        training=_read_training(training),
        labelmap=_read_labelmap(table),
        hyperparameters=[read_hyperparameter(row) for row in table.tables("hyperparameters")],
        constraints=[_read_constraint(row) for row in table.tables("constraints")],
        files=[_read_file(row, folder) for row in table.tables("files")],
    )
    version.end()
    table.end()
    return content


def write_model_toml(content: ModelFolder) -> str:
    """The text of `model.toml`: the same text for the same content, and what is empty is left out."""
    training = content.training
    document = without_empty(
        {
            "name": content.name,
            "description": content.description,
            "version": without_empty(
                {
                    "name": content.version_name,
                    "description": content.version_description,
                    "inference_type": str(content.inference_type),
                    "framework": str(content.framework),
                }
            ),
            "training": without_empty(
                {
                    "image": training.image,
                    "tag": training.tag,
                    "flags": training.flags,
                    "command": training.command,
                    "environment": dict(sorted(training.environment.items())),
                }
            ),
            "labelmap": {str(index): name for index, name in content.labelmap},
            "hyperparameters": [written_hyperparameter(row) for row in content.hyperparameters],
            "constraints": [_written_constraint(row) for row in content.constraints],
            "files": [{"name": row.name, "path": row.path} for row in content.files],
        }
    )
    return tomli_w.dumps(document)


def read_hyperparameter(table: Table, *, value: str = "default") -> HyperparameterRow:
    """A hyperparameter with its rule; its value stands under the key `value`.

    Raises:
        ValidationError: with the place, and what is wrong there.
    """
    kinds = [kind.lower() for kind in Kind.values]
    kind = table.one_of("type", kinds).upper()
    row = HyperparameterRow(
        key=table.text("key"),
        kind=kind,
        value=table.value(value, kind),
        minimum=table.value("minimum", kind, ""),
        maximum=table.value("maximum", kind, ""),
        choices=table.texts("choices"),
        required=table.flag("required"),
        help=table.text("help", ""),
    )
    table.end()
    return row


def written_hyperparameter(row: HyperparameterRow, *, value: str = "default") -> dict[str, Any]:
    """The table that `read_hyperparameter` reads."""
    rule = Rule(kind=row.kind, choices=row.choices)
    written: dict[str, Any] = {"key": row.key, "type": row.kind.lower(), value: rule.read(row.value)}
    written |= {name: rule.read(bound) for name in ("minimum", "maximum") if (bound := getattr(row, name))}
    return written | without_empty({"choices": row.choices, "required": row.required, "help": row.help})


def paths_of(files: Iterable[tuple[str, str]]) -> list[FileRow]:
    """Where files of these names and filenames lie in a folder: each at a place of its own, always the same.

    Two files whose filenames differ in case alone would be one on some file systems.
    """
    rows, taken = [], set[str]()
    for number, (name, filename) in enumerate(sorted(files), start=1):
        path = f"files/{filename}"
        if filename.lower() in taken:
            path = f"files-{number}/{filename}"
        taken.add(filename.lower())
        rows.append(FileRow(name=name, path=path))
    return rows


def path_in(folder: Path, path: str, place: str) -> Path:
    """The file of that path inside the folder.

    Raises:
        ValidationError: when the path leaves the folder, goes through a link, or leads to no file.
    """
    parts = PurePosixPath(path).parts
    if not parts or "\\" in path or "\x00" in path or path.startswith("/") or ".." in parts or ":" in parts[0]:
        raise ValidationError(
            f"{place}: “{path}” leaves the folder. Write a path inside it, such as files/weights.onnx."
        )
    inside = folder
    for part in parts:
        inside = inside / part
        if inside.is_symlink():
            raise ValidationError(f"{place}: “{path}” goes through a link. Put the file itself into the folder.")
    if not inside.is_file():
        raise ValidationError(f"{place}: there is no file “{path}” in the folder.")
    return inside


def _read_training(table: Table) -> TrainingRow:
    training = TrainingRow(
        image=table.text("image", ""),
        tag=table.text("tag", ""),
        flags=table.texts("flags"),
        environment=table.texts_by_name("environment"),
        command=table.text("command", ""),
    )
    table.end()
    return training


def _read_labelmap(table: Table) -> list[tuple[int, str]]:
    """A table in its order, or an array of pairs."""
    written = table.take("labelmap", [])
    if isinstance(written, dict):
        pairs = [(int(key) if key.isdecimal() and len(key) < 20 else key, name) for key, name in written.items()]
    elif isinstance(written, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in written):
        pairs = [(index, name) for index, name in written]
    else:
        raise table.refusal("labelmap", 'write a table of lines such as 0 = "cat", or [[0, "cat"], [1, "dog"]].')
    try:
        return checked_labelmap(pairs)
    except ValidationError as refusal:
        raise table.refusal("labelmap", refusal.messages[0]) from refusal


def _read_constraint(table: Table) -> ConstraintRow:
    row = ConstraintRow(name=table.text("name"), slots=[_read_slot(slot) for slot in table.tables("slots")])
    table.end()
    return row


def _read_slot(table: Table) -> SlotRow:
    row = SlotRow(alias=table.text("alias"), help=table.text("help", ""))
    table.end()
    return row


def _written_constraint(row: ConstraintRow) -> dict[str, Any]:
    return {"name": row.name, "slots": [without_empty({"alias": slot.alias, "help": slot.help}) for slot in row.slots]}


def _read_file(table: Table, folder: Path) -> FileRow:
    row = FileRow(name=table.text("name"), path=table.text("path"))
    table.end()
    path_in(folder, row.path, f"{table.place}, path")
    return row
