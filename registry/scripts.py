"""An architecture as scripts write and read it: typed values by key, and a labelmap `{"0": "cat"}`."""

import re
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from organizations.models import User
from registry.copying import copy_hyperparameters
from registry.editing import begin, set_labelmap, set_training_image
from registry.hyperparameters import Kind, Rule, Value, kind_of, validate_key, write
from registry.labelmaps import Labelmap, checked_labelmap
from registry.models import Architecture, Hyperparameter, HyperparameterFields, ModelVersion
from registry.rows import ROWS_MAX
from registry.training import TrainingRow

REFUSALS_SHOWN = 20
INDEX = re.compile(r"[0-9]{1,19}", re.ASCII)
# A value's own kind → the kinds of rules that it may obey: 1 is a number as well, "1" is none.
FITTING = {
    Kind.INTEGER: (Kind.INTEGER, Kind.NUMBER),
    Kind.NUMBER: (Kind.NUMBER,),
    Kind.BOOLEAN: (Kind.BOOLEAN,),
    Kind.TEXT: (Kind.TEXT, Kind.CHOICE),
}


def parameters_of(architecture: Architecture) -> dict[str, Value]:
    """Each hyperparameter's key with its typed value, in order."""
    return {row.key: row.typed_value for row in architecture.hyperparameters.all()}


def check_parameters(values: Mapping[str, Any]) -> None:
    """Refuse what hyperparameters can't be.

    Args:
        values: of each key an int, float, bool or str.

    Raises:
        ValidationError: by key.
    """
    if len(values) > ROWS_MAX:
        raise ValidationError(f"An architecture has at most {ROWS_MAX:,} hyperparameters; these are {len(values):,}.")
    refusals: dict[str, list[str]] = {}
    for key, value in values.items():
        try:
            validate_key(key)
            _check_value(value)
        except ValidationError as refusal:
            refusals[key[:100]] = refusal.messages
        if len(refusals) == REFUSALS_SHOWN:
            break
    if refusals:
        raise ValidationError(refusals)


def take(row: HyperparameterFields, value: Value) -> None:
    """Write a checked value into the row: under its rule if the value fits it, else under its own kind alone."""
    if not _obeys(row, value):
        row.kind, row.minimum, row.maximum, row.choices = kind_of(value), None, None, []
    row.value = row.rule.canonical(write(value))


def labels_of(architecture: Architecture) -> dict[str, str]:
    """The labelmap as scripts know it, in order."""
    return {str(index): name for index, name in architecture.labelmap}


def read_labels(labels: Mapping[str, Any]) -> Labelmap:
    """The labelmap that a script writes: of each index, in digits, the name.

    Raises:
        ValidationError: with a sentence for each label that is wrong.
    """
    pairs = [(int(index) if INDEX.fullmatch(index) else index, name) for index, name in labels.items()]
    return checked_labelmap(pairs, [f"Label {index[:50]}" for index in labels])


@transaction.atomic
def write_version(
    version: ModelVersion,
    *,
    labels: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    training: TrainingRow | None = None,
    by: User,
) -> None:
    """Give a model version what a script says of it, and leave what it doesn't say.

    Args:
        version: which one.
        labels: instead of its labelmap.
        parameters: instead of its hyperparameters. A key that exists keeps its rule where the value fits it; one that
            is left out goes, unless it is required.
        training: instead of its image, flags, environment and command.
        by: who does it.

    Raises:
        PermissionDenied: when `by` may not edit the version.
        ValidationError: by field or key.
    """
    if labels is not None:
        set_labelmap(version=version, labelmap=read_labels(labels), by=by)
    if training is not None:
        set_training_image(version=version, training=training, by=by)
    if parameters is not None:
        check_parameters(parameters)
        architecture = begin(version, by=by)
        rows = _written(architecture.hyperparameters.all(), parameters)
        architecture.hyperparameters.all().delete()
        copy_hyperparameters(rows, into=architecture, inherited=False)
        architecture.bump()


def _written(rows: Iterable[Hyperparameter], values: Mapping[str, Any]) -> list[Hyperparameter]:
    known = {row.key: row for row in rows if row.key in values or row.required}
    positions = count(max((row.position for row in known.values()), default=-1) + 1)
    for key, value in values.items():
        row = known.setdefault(key, Hyperparameter(key=key, kind=""))
        row.position = row.position if row.kind else next(positions)
        take(row, value)
    return list(known.values())


def _check_value(value: Any) -> None:
    if not isinstance(value, int | float | str):
        raise ValidationError("A hyperparameter is one number, one text, or true or false: nothing nested, not null.")
    Rule(kind=kind_of(value)).read(write(value))


def _obeys(row: HyperparameterFields, value: Value) -> bool:
    if row.kind not in FITTING[kind_of(value)] or row.rule.error(write(value)):
        return False
    # An integer that a float can't hold is no number.
    return row.kind != Kind.NUMBER or float(value) == value
