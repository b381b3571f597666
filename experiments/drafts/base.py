"""Attach, change and detach the base of a draft, and change the type that it has to fit."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction

from config.inference_types import InferenceType, fits
from experiments.bases import Base, architecture_of, misfit, record_base
from experiments.drafts.access import load_for_change, touch
from experiments.drafts.merge import Merge, merge
from experiments.models import DraftDatasetVersion, DraftHyperparameter, ExperimentDraft
from organizations.models import User
from registry.models import Architecture, DatasetConstraint, HyperparameterFields


def plan_base(draft: ExperimentDraft, base: Base | None) -> Merge:
    """What attaching the base would make of the draft's hyperparameters, without doing it."""
    architecture = architecture_of(base)
    theirs: Iterable[HyperparameterFields] = architecture.hyperparameters.all() if architecture else ()
    return merge(draft.hyperparameters.all(), theirs)


@transaction.atomic
def attach_base(draft: ExperimentDraft, *, base: Base, by: User) -> Merge:
    """Take a base: the user's edits are carried over, a constraint is picked, an empty type becomes the base's.

    Args:
        draft: the user's draft.
        base: from `bases.model_versions_for` or `bases.experiments_for`.
        by: the draft's owner.

    Raises:
        ValidationError: when the base is of another inference type.
    """
    draft = load_for_change(draft, by=by)
    refuse_change_of_base(draft)
    if sentence := misfit(base, draft.inference_type):
        raise ValidationError(f"{sentence} This experiment is for {draft.get_inference_type_display().lower()}.")
    if not draft.inference_type and base.inference_type != InferenceType.NOT_CONFIGURED:
        draft.inference_type = base.inference_type
    return _take_base(draft, base)


@transaction.atomic
def detach_base(draft: ExperimentDraft, *, by: User) -> Merge:
    """Start from nothing: inherited hyperparameters go, edits stay as additions."""
    draft = load_for_change(draft, by=by)
    refuse_change_of_base(draft)
    return _take_base(draft, None)


@transaction.atomic
def change_type(draft: ExperimentDraft, *, inference_type: str, by: User) -> None:
    """Set the inference type and drop what no longer fits: the base, and dataset versions. The user confirmed it."""
    draft = load_for_change(draft, by=by)
    if inference_type not in InferenceType.values or inference_type == InferenceType.NOT_CONFIGURED or draft.edits_id:
        raise ValidationError("Choose one of the inference types.")
    if draft.base and misfit(draft.base, inference_type):
        _take_base(draft, None)
    for entry in _misfitting_entries(draft, inference_type):
        entry.delete()
    draft.inference_type = inference_type
    touch(draft)


def dropped_by_type(draft: ExperimentDraft, inference_type: str) -> list[str]:
    """The names of what would not fit the type: the base, and dataset versions."""
    if not inference_type:
        return []
    dropped = [draft.base_name] if draft.base and misfit(draft.base, inference_type) else []
    entries = _misfitting_entries(draft, inference_type)
    return dropped + [f"{entry.dataset_version_name} ({entry.alias})" for entry in entries]


def _misfitting_entries(draft: ExperimentDraft, inference_type: str) -> list[DraftDatasetVersion]:
    entries = draft.dataset_versions.select_related("dataset_version")
    return [
        entry
        for entry in entries
        if entry.dataset_version and not fits(entry.dataset_version.inference_type, inference_type)
    ]


def refuse_change_of_base(draft: ExperimentDraft) -> None:
    """An experiment that exists keeps the base it was made from.

    Raises:
        ValidationError: when the draft holds changes to an experiment.
    """
    if draft.edits_id:
        raise ValidationError("The base of an experiment can't be changed. Use the experiment as base of a new one.")


def _take_base(draft: ExperimentDraft, base: Base | None) -> Merge:
    plan = plan_base(draft, base)
    _replace_hyperparameters(draft, plan.rows)
    previous = draft.dataset_constraint.name if draft.dataset_constraint else None
    record_base(draft, base)
    architecture = architecture_of(base)
    draft.base_revision = architecture.revision if architecture else 0
    draft.dataset_constraint = _pick_constraint(draft, architecture, previous)
    touch(draft)
    return plan


def _replace_hyperparameters(draft: ExperimentDraft, rows: list[DraftHyperparameter]) -> None:
    draft.hyperparameters.all().delete()
    for row in rows:
        row.draft = draft
    DraftHyperparameter.objects.bulk_create(rows)


def _pick_constraint(
    draft: ExperimentDraft, architecture: Architecture | None, previous: str | None
) -> DatasetConstraint | None:
    """The constraint of the previous one's name, else the one that the chosen aliases fill best, else the first."""
    constraints = list(architecture.constraints.prefetch_related("slots")) if architecture else []
    aliases = set(draft.dataset_versions.values_list("alias", flat=True))

    def fitness(constraint: DatasetConstraint) -> tuple[bool, int]:
        slots = {slot.alias for slot in constraint.slots.all()}
        return constraint.name == previous, -len(slots ^ aliases) if aliases else 0

    return max(constraints, key=fitness, default=None)
