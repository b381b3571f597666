"""An experiment as a file: everything that the creation form can say. Reading and writing; the database is not asked.

organization = "Orchard Vision"
project = "Handwriting"
name = "digits, for longer"
description = "Does it still learn?"    # may be left out
inference_type = "CLASSIFICATION"       # left out: the base's

[base]                                  # left out: it starts from nothing
model = "digits-mlp"
version = "v2"                          # by its number or its name
public = true                           # left out: a private model of the organization
# or, instead of these three, an experiment of the same project:
# experiment = "digits, first"

[hyperparameters]
removed = ["momentum"]                  # keys of the base

[hyperparameters.changed]               # other values than the base's; its other keys keep theirs
epochs = 22                             # 22 is a number and "22" a text
shuffle = false

[[hyperparameters.added]]               # keys that the base has not
key = "schedule"
type = "text"                           # integer, number, boolean, text or choice
value = "22"                            # minimum, maximum, choices, required and help may follow, as in a model.toml

[datasets]
constraint = "train + test"             # one of the base's; left out when it has none

[datasets.versions]                     # alias = "DATASET/VERSION", in this order
train = "digits/train"
test = "digits/test"
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from config.inference_types import InferenceType
from registry.model_folder import read_hyperparameter, written_hyperparameter
from registry.rows import HyperparameterRow
from registry.toml import Table, read_toml, without_empty


@dataclass(frozen=True, kw_only=True)
class ModelBase:
    """A model version to start from, by the model's name and the version's name or number."""

    model: str
    version: str
    public: bool = False


@dataclass(frozen=True, kw_only=True)
class ExperimentBase:
    """An experiment of the same project to start from."""

    experiment: str


@dataclass(frozen=True, kw_only=True)
class DeletedBase:
    """What an experiment started from and is no more, as it was called."""

    deleted: str


BaseRow = ModelBase | ExperimentBase | DeletedBase


@dataclass(frozen=True, kw_only=True)
class ExperimentFile:
    """Everything that a file says.

    Attributes:
        changed: key → the value as TOML types it. Only the base says which type the key needs.
        versions: alias → `DATASET/VERSION`, in order.
    """

    organization: str
    project: str
    name: str
    description: str = ""
    inference_type: str = ""
    base: BaseRow | None = None
    changed: dict[str, Any] = field(default_factory=dict)
    added: list[HyperparameterRow] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    constraint: str = ""
    versions: dict[str, str] = field(default_factory=dict)


def read_experiment_file(path: Path) -> ExperimentFile:
    """What the file says.

    Raises:
        ValidationError: with the file, the place in it, and what is wrong there.
    """
    table = Table(read_toml(path), path.name)
    hyperparameters, datasets = table.table("hyperparameters"), table.table("datasets")
    content = ExperimentFile(
        organization=table.text("organization"),
        project=table.text("project"),
        name=table.text("name"),
        description=table.text("description", ""),
        inference_type=_read_inference_type(table),
        base=_read_base(table),
        changed=hyperparameters.table("changed").values,
        added=[read_hyperparameter(row, value="value") for row in hyperparameters.tables("added")],
        removed=hyperparameters.texts("removed"),
        constraint=datasets.text("constraint", ""),
        versions=datasets.texts_by_name("versions"),
    )
    for read in (hyperparameters, datasets, table):
        read.end()
    return content


def write_experiment_file(content: ExperimentFile) -> str:
    """The text of the file: the same text for the same content, and what is empty is left out."""
    document = without_empty(
        {
            "organization": content.organization,
            "project": content.project,
            "name": content.name,
            "description": content.description,
            "inference_type": str(content.inference_type),
            "base": without_empty(vars(content.base)) if content.base else {},
            "hyperparameters": without_empty(
                {
                    "removed": content.removed,
                    "changed": content.changed,
                    "added": [written_hyperparameter(row, value="value") for row in content.added],
                }
            ),
            "datasets": without_empty({"constraint": content.constraint, "versions": content.versions}),
        }
    )
    return tomli_w.dumps(document)


def _read_inference_type(table: Table) -> str:
    if not table.text("inference_type", ""):
        return ""
    return table.one_of("inference_type", InferenceType.values)


def _read_base(table: Table) -> BaseRow | None:
    base = table.table("base")
    if not base.values:
        return None
    if len(base.values.keys() & {"model", "experiment", "deleted"}) > 1:
        raise table.refusal("base", "name a model or an experiment: an experiment starts from one base at a time.")
    row: BaseRow
    if "experiment" in base.values:
        row = ExperimentBase(experiment=base.text("experiment"))
    elif "deleted" in base.values:
        row = DeletedBase(deleted=base.text("deleted"))
    else:
        row = ModelBase(model=base.text("model"), version=base.text("version"), public=base.flag("public"))
    base.end()
    return row
