"""What the buttons of the hyperparameters part do: add, remove, restore, reset."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from experiments.drafts.access import load_for_change, touch
from experiments.models import DraftHyperparameter, ExperimentDraft
from organizations.models import User
from registry.hyperparameters import Kind, Rule, validate_key
from registry.rows import HyperparameterRow, checked_hyperparameters

# A choice's choices are its author's to say, so one is inherited and never added here.
ADDABLE = [(kind.value, kind.label) for kind in Kind if kind != Kind.CHOICE]
HYPERPARAMETERS_MAX = 2_000
_TOO_MANY = f"An experiment has at most {HYPERPARAMETERS_MAX:,} hyperparameters."


@transaction.atomic
def add_hyperparameter(draft: ExperimentDraft, *, key: str, kind: str, value: str, by: User) -> DraftHyperparameter:
    """Add a key of the user's own, after the others.

    Args:
        draft: the user's draft.
        key: 1 to 100 characters, not yet used; spaces around it are dropped.
        kind: one of `ADDABLE`.
        value: text that the kind can read.
        by: the draft's owner.

    Raises:
        ValidationError: by field, `new-key`, `new-kind` and `new-value`.
    """
    draft = load_for_change(draft, by=by)
    key = key.strip()
    rule = Rule(kind=kind if kind in Kind.values else Kind.TEXT)
    refusals = {
        "new-key": _refusal_of_key(draft, key),
        "new-kind": "" if kind in dict(ADDABLE) else "Choose one of the types.",
        "new-value": rule.error(value),
    }
    if any(refusals.values()):
        raise ValidationError({place: sentence for place, sentence in refusals.items() if sentence})
    last = draft.hyperparameters.aggregate(last=Max("position"))["last"]
    row = DraftHyperparameter.objects.create(
        draft=draft, key=key, kind=kind, value=rule.canonical(value), position=0 if last is None else last + 1
    )
    draft.new_key, draft.new_kind, draft.new_value = "", Kind.INTEGER, ""
    touch(draft)
    return row


@transaction.atomic
def add_hyperparameters(draft: ExperimentDraft, *, rows: Sequence[HyperparameterRow], by: User) -> None:
    """Add keys with the rules that their values obey, after the others: as an experiment file says them.

    Args:
        draft: the user's draft.
        rows: in order. Of any kind: what is an addition now may have come from a base with its choices or its range.
        by: the draft's owner.

    Raises:
        ValidationError: by place, such as `hyperparameters-3-value` (counted from 0).
    """
    draft = load_for_change(draft, by=by)
    checked = checked_hyperparameters(rows, most=HYPERPARAMETERS_MAX)
    there = {row.key: row for row in draft.hyperparameters.all()}
    if len(there) + len(checked) > HYPERPARAMETERS_MAX:
        raise ValidationError(_TOO_MANY)
    taken = {index: there[row.key] for index, row in enumerate(checked) if row.key in there}
    if taken:
        raise ValidationError({f"hyperparameters-{index}-key": _refusal_of_taken(row) for index, row in taken.items()})
    first = max((row.position + 1 for row in there.values()), default=0)
    DraftHyperparameter.objects.bulk_create(
        _added(draft, row, position) for position, row in enumerate(checked, start=first)
    )
    touch(draft)


def _added(draft: ExperimentDraft, row: HyperparameterRow, position: int) -> DraftHyperparameter:
    values = asdict(row) | {"minimum": row.minimum or None, "maximum": row.maximum or None}
    return DraftHyperparameter(draft=draft, position=position, **values)


@transaction.atomic
def remove_hyperparameter(draft: ExperimentDraft, *, row_id: uuid.UUID, by: User) -> None:
    """Mark a hyperparameter as removed; it stays in sight, to be restored.

    Raises:
        ValidationError: when the training script requires it.
        DraftHyperparameter.DoesNotExist: when the draft has no such row.
    """
    draft = load_for_change(draft, by=by)
    row = draft.hyperparameters.get(pk=row_id)
    if row.required:
        raise ValidationError(f"{row.key} is required by the training script, so it can't be removed.")
    _set(draft, row, is_removed=True)


@transaction.atomic
def restore_hyperparameter(draft: ExperimentDraft, *, row_id: uuid.UUID, by: User) -> None:
    """Bring a removed hyperparameter back, with the value it had.

    Raises:
        DraftHyperparameter.DoesNotExist: when the draft has no such row.
    """
    draft = load_for_change(draft, by=by)
    _set(draft, draft.hyperparameters.get(pk=row_id), is_removed=False)


@transaction.atomic
def reset_hyperparameter(draft: ExperimentDraft, *, row_id: uuid.UUID, by: User) -> None:
    """Give an inherited hyperparameter the base's value again.

    Raises:
        DraftHyperparameter.DoesNotExist: when the draft has no such row.
    """
    draft = load_for_change(draft, by=by)
    row = draft.hyperparameters.get(pk=row_id)
    if row.inherited_value is not None:
        _set(draft, row, value=row.inherited_value)


def _set(draft: ExperimentDraft, row: DraftHyperparameter, **values: object) -> None:
    draft.hyperparameters.filter(pk=row.pk).update(**values)
    touch(draft)


def _refusal_of_key(draft: ExperimentDraft, key: str) -> str:
    try:
        validate_key(key)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    same = draft.hyperparameters.filter(key=key).first()
    if same:
        return _refusal_of_taken(same)
    return _TOO_MANY if draft.hyperparameters.count() >= HYPERPARAMETERS_MAX else ""


def _refusal_of_taken(row: DraftHyperparameter) -> str:
    return f"{row.key} was removed: restore it instead." if row.is_removed else f"{row.key} is there already."
