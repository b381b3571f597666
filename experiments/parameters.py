"""The hyperparameters and the labelmap of an experiment, as a training script reads and writes them.

In every status, unlike the form: a script logs what it trains with while it runs.
"""

from collections.abc import Mapping
from itertools import count
from typing import Any

from django.db import transaction

from experiments.bases import Base
from experiments.models import Experiment
from organizations.models import Role, User
from registry import scripts
from registry.copying import specification_of
from registry.hyperparameters import Value
from registry.models import Architecture, Hyperparameter
from registry.scripts import check_parameters, labels_of, read_labels, take

COLUMNS = ["kind", "value", "minimum", "maximum", "choices"]


def parameters_of(experiment: Experiment) -> dict[str, Value]:
    """Each hyperparameter's key with its typed value, in order."""
    return scripts.parameters_of(experiment.architecture)


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
    experiment.save(update_fields=["removed_hyperparameters", "updated_at"])
    experiment.architecture.bump()


def write_parameters(experiment: Experiment, values: Mapping[str, Any]) -> None:
    """What `set_parameters` writes once it is allowed, for an experiment that is new or locked.

    Counts no revision, and does not save the experiment, which notes what was removed.
    """
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
        take(row, values[row.key])
    if gone:
        architecture.hyperparameters.filter(pk__in=[row.pk for row in gone]).delete()
    Hyperparameter.objects.bulk_update(known, COLUMNS)
    Hyperparameter.objects.bulk_create(new)
    experiment.removed_hyperparameters = list(removed.values())


def labelmap_of(experiment: Experiment) -> dict[str, str]:
    """The labelmap as scripts know it: `{"0": "cat"}`, in order."""
    return labels_of(experiment.architecture)


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


def lock(experiment: Experiment, *, base: Base | None = None) -> None:
    """Hold the experiment and its architecture until the act ends, as they are now, and the base's architecture.

    The architectures first, as everywhere: in another order two of them would wait for each other.

    Raises:
        Experiment.DoesNotExist: when it was deleted meanwhile.
        ObjectDoesNotExist: when the base was.
    """
    lock_architectures(*([experiment, base] if base else [experiment]))
    architecture = experiment.architecture
    rows = Experiment.objects.select_related("project__organization").select_for_update(of=("self",))
    experiment.refresh_from_db(from_queryset=rows)
    experiment.architecture = architecture


def lock_architectures(*owners: Base) -> None:
    """Hold the architectures of all of them until the act ends, as they are now. Everybody locks in the same order.

    Raises:
        ObjectDoesNotExist: of the owner that was deleted meanwhile.
    """
    locked = Architecture.objects.select_for_update().order_by("pk")
    found = locked.in_bulk([owner.architecture_id for owner in owners])
    for owner in owners:
        if owner.architecture_id not in found:
            raise owner.DoesNotExist
        owner.architecture = found[owner.architecture_id]


def _new_row(key: str, position: int, removed: dict[str, Any] | None) -> Hyperparameter:
    """A key that the experiment has not; one that was removed comes back with its rule and the base's value."""
    row = Hyperparameter(**removed) if removed else Hyperparameter(key=key, kind="")
    row.inherited_value, row.position = (row.value, position) if removed else (None, position)
    return row
