"""The hyperparameters and the labelmap of an experiment, as a training script reads and writes them.

In every status, unlike the form: a script logs what it trains with while it runs.
"""

import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from experiments.models import Experiment
from organizations.models import Role, User
from registry.copying import specification_of
from registry.hyperparameters import Kind, Rule, Value, kind_of, validate_key, write
from registry.labelmaps import Labelmap, checked_labelmap
from registry.models import Architecture, Hyperparameter
from registry.rows import ROWS_MAX

REFUSALS_SHOWN = 20
INDEX = re.compile(r"[0-9]{1,19}", re.ASCII)
# A value's own kind → the kinds of rules that it may obey: 1 is a number as well, "1" is none.
FITTING = {
    Kind.INTEGER: (Kind.INTEGER, Kind.NUMBER),
    Kind.NUMBER: (Kind.NUMBER,),
    Kind.BOOLEAN: (Kind.BOOLEAN,),
    Kind.TEXT: (Kind.TEXT, Kind.CHOICE),
}
COLUMNS = ["kind", "value", "minimum", "maximum", "choices"]


def parameters_of(experiment: Experiment) -> dict[str, Value]:
    """Each hyperparameter's key with its typed value, in order."""
    return typed_parameters(experiment.architecture)


def typed_parameters(architecture: Architecture) -> dict[str, Value]:
    """The same of any architecture."""
    return {row.key: row.typed_value for row in architecture.hyperparameters.all()}


@transaction.atomic
def set_parameters(experiment: Experiment, *, values: Mapping[str, Any], by: User) -> None:
    """Give the experiment these hyperparameters instead of those it has.

    A key that exists keeps its rule where the value fits it, and else takes the kind of the value. A key that is left
    out is removed and can be restored, as in the form; a required one stays as it is.

    Args:
        experiment: which one, in any status.
        values: of each key an int, float, bool or str. 22 and "22" are different values.
        by: at least a member.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: by key, when a key or a value can't be a hyperparameter's.
        Experiment.DoesNotExist: when it was deleted meanwhile.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    check_parameters(values)
    lock(experiment)
    write_parameters(experiment, values)
    experiment.architecture.bump()


def check_parameters(values: Mapping[str, Any]) -> None:
    """Refuse what hyperparameters can't be.

    Raises:
        ValidationError: by key.
    """
    if len(values) > ROWS_MAX:
        raise ValidationError(f"An experiment has at most {ROWS_MAX:,} hyperparameters; these are {len(values):,}.")
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


def write_parameters(experiment: Experiment, values: Mapping[str, Any]) -> None:
    """What `set_parameters` does once it is allowed, to an experiment that is new or locked. Counts no revision."""
    architecture = experiment.architecture
    rows = {row.key: row for row in architecture.hyperparameters.all()}
    removed = {row["key"]: row for row in experiment.removed_hyperparameters}
    gone = [row for key, row in rows.items() if key not in values and not row.required]
    removed |= {row.key: {**specification_of(row), "value": row.inherited_value} for row in gone if not row.is_added}
    positions = count(max((row.position for row in rows.values()), default=-1) + 1)
    new = [_new_row(key, next(positions), removed.pop(key, None)) for key in values if key not in rows]
    known = [row for key, row in rows.items() if key in values]
    for row in known + new:
        row.architecture = architecture
        _take(row, values[row.key])
    architecture.hyperparameters.filter(pk__in=[row.pk for row in gone]).delete()
    Hyperparameter.objects.bulk_update(known, COLUMNS)
    Hyperparameter.objects.bulk_create(new)
    experiment.removed_hyperparameters = list(removed.values())
    experiment.save(update_fields=["removed_hyperparameters", "updated_at"])


def labelmap_of(experiment: Experiment) -> dict[str, str]:
    """The labelmap as scripts know it: `{"0": "cat"}`, in order."""
    return labels_of(experiment.architecture)


def labels_of(architecture: Architecture) -> dict[str, str]:
    """The same of any architecture."""
    return {str(index): name for index, name in architecture.labelmap}


@transaction.atomic
def set_labelmap(experiment: Experiment, *, labels: Mapping[str, Any], by: User) -> None:
    """Give the experiment this labelmap instead of the one it has.

    Args:
        experiment: which one, in any status.
        labels: of each index, written in digits, the name: `{"0": "cat"}`.
        by: at least a member.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: with a sentence for each label that is wrong.
        Experiment.DoesNotExist: when it was deleted meanwhile.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    labelmap = read_labels(labels)
    lock(experiment)
    experiment.architecture.labelmap = [[index, name] for index, name in labelmap]
    experiment.architecture.save(update_fields=["labelmap"])
    experiment.architecture.bump()


def read_labels(labels: Mapping[str, Any]) -> Labelmap:
    """The labelmap that scripts write as `{"0": "cat"}`.

    Raises:
        ValidationError: with a sentence for each label that is wrong.
    """
    pairs = [(int(index) if INDEX.fullmatch(index) else index, name) for index, name in labels.items()]
    return checked_labelmap(pairs, [f"Label {index[:50]}" for index in labels])


def lock(experiment: Experiment) -> None:
    """Hold the experiment and its architecture until the act ends, as they are now.

    The architecture first, as everywhere: in another order two of them would wait for each other.

    Raises:
        Experiment.DoesNotExist: when it was deleted meanwhile.
    """
    architecture = Architecture.objects.select_for_update().filter(pk=experiment.architecture_id).first()
    if architecture is None:
        raise Experiment.DoesNotExist
    experiment.refresh_from_db(from_queryset=Experiment.objects.select_for_update())
    experiment.architecture = architecture


def _check_value(value: Any) -> None:
    if not isinstance(value, int | float | str):
        raise ValidationError("A hyperparameter is one number, one text, or true or false: nothing nested, not null.")
    Rule(kind=kind_of(value)).read(write(value))


def _new_row(key: str, position: int, removed: dict[str, Any] | None) -> Hyperparameter:
    """A key that the experiment has not; one that was removed comes back with its rule and the base's value."""
    row = Hyperparameter(**removed) if removed else Hyperparameter(key=key, kind="")
    row.inherited_value, row.position = (row.value, position) if removed else (None, position)
    return row


def _take(row: Hyperparameter, value: Value) -> None:
    """Write the value, under the row's rule if it fits, or else under the rule of its own kind alone."""
    if not _obeys(row, value):
        row.kind, row.minimum, row.maximum, row.choices = kind_of(value), None, None, []
    row.value = row.rule.canonical(write(value))


def _obeys(row: Hyperparameter, value: Value) -> bool:
    if row.kind not in FITTING[kind_of(value)] or row.rule.error(write(value)):
        return False
    # An integer that a float can't hold is none.
    return row.kind != Kind.NUMBER or float(value) == value
