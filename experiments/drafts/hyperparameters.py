"""What the buttons of the hyperparameters part do: add, remove, restore, reset."""

import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from experiments.drafts.access import load_for_change, touch
from experiments.models import DraftHyperparameter, ExperimentDraft
from organizations.models import User
from registry.hyperparameters import Kind, Rule, validate_key

# A choice's choices are its author's to say, so one is inherited and never added here.
ADDABLE = [(kind.value, kind.label) for kind in Kind if kind != Kind.CHOICE]
HYPERPARAMETERS_MAX = 2_000


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
    touch(draft)
    return row


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
        return f"{key} was removed: restore it instead." if same.is_removed else f"There is a {key} already."
    if draft.hyperparameters.count() >= HYPERPARAMETERS_MAX:
        return f"An experiment has at most {HYPERPARAMETERS_MAX:,} hyperparameters."
    return ""
