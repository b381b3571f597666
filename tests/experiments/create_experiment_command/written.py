"""The file of an experiment: written, read by the command, refused by it, and written again."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from experiments.exchange import content_of
from experiments.experiment_file import write_experiment_file
from experiments.models import Experiment
from tests.experiments.making import everything

FILE = """\
organization = "Orchard"
project = "Fruit"
name = "from a file"
description = "Written\\nby hand."
inference_type = "CLASSIFICATION"

[base]
model = "Public classifier"
version = "v1"
public = true

[hyperparameters]
removed = [
    "optimizer",
]
added = [
    { key = "schedule", type = "text", value = "22" },
    { key = "warm up", type = "number", value = 3.0, minimum = 0.0 },
]

[hyperparameters.changed]
epochs = 22
augment = false
note = "22"

[datasets]
constraint = "two"

[datasets.versions]
train = "apples/train"
test = "apples/test"
"""


def create(path: Path, text: str = FILE, **options: str) -> Experiment:
    path.write_text(text, encoding="utf-8", newline="\n")
    known = set(Experiment.objects.values_list("pk"))
    call_command("create_experiment", str(path), **options)
    return Experiment.objects.exclude(pk__in=[pk for (pk,) in known]).get()


def refusal(path: Path, text: str, **options: str) -> str:
    before = everything()
    with pytest.raises(CommandError) as refused:
        create(path, text, **options)
    assert everything() == before
    return str(refused.value)


def dump(experiment: Experiment) -> str:
    return write_experiment_file(content_of(Experiment.objects.get(pk=experiment.pk)))


def values_of(experiment: Experiment) -> list[tuple[str, str, Any, str | None, list[str]]]:
    rows = experiment.architecture.hyperparameters.all()
    return [(row.key, row.kind, row.typed_value, row.minimum, row.choices) for row in rows]


def replaced(old: str, new: str, text: str = FILE) -> str:
    assert old in text
    return text.replace(old, new, 1)
