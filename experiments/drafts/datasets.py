"""Which dataset versions a draft uses, under which aliases, and which constraint they fill."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from config.inference_types import InferenceType, fitting
from config.paging import count_up_to
from datasets.models import DatasetVersion, DatasetVersionQuerySet
from experiments.drafts.access import load_for_change, touch
from experiments.models import DraftDatasetVersion, ExperimentDraft
from experiments.services import attached_to
from organizations.models import User
from registry.aliases import repeated_aliases, validate_alias
from registry.models import DatasetConstraint

# The dialog carries all of them in its address, and servers limit the length of one.
ENTRIES_MAX = 50


@dataclass(frozen=True)
class Choice:
    """A dataset version under an alias."""

    alias: str
    version: DatasetVersion


def versions_for(draft: ExperimentDraft, *, user: User) -> DatasetVersionQuerySet:
    """The versions that the draft may use: attached to its project, and of a type that fits."""
    return attached_to(draft.project_id, user=user).filter(inference_type__in=fitting(draft.inference_type))


def left_out(draft: ExperimentDraft, *, user: User) -> tuple[int, list[DatasetVersion]]:
    """What is attached to the project and not offered: how many of other types, and those without a type yet."""
    attached = attached_to(draft.project_id, user=user)
    others = attached.exclude(inference_type__in=[*fitting(draft.inference_type), InferenceType.NOT_CONFIGURED])
    without = attached.filter(inference_type=InferenceType.NOT_CONFIGURED).select_related("dataset")
    return count_up_to(others), list(without[:10])


def constraints_for(draft: ExperimentDraft) -> QuerySet[DatasetConstraint]:
    """The sets of aliases that the training script accepts, in order; none when any alias will do."""
    source = draft.edits or draft.base
    architecture = source.architecture_id if source else None
    return DatasetConstraint.objects.filter(architecture=architecture).prefetch_related("slots")


def alias_refusals(choices: Iterable[Choice]) -> dict[str, str]:
    """Alias → why it can't be used, for those that can't."""
    choices = list(choices)
    refusals = {}
    repeated = repeated_aliases(choice.alias for choice in choices)
    for choice in choices:
        try:
            validate_alias(choice.alias)
        except ValidationError as refusal:
            refusals[choice.alias] = " ".join(refusal.messages)
        if choice.alias.lower() in repeated:
            refusals[choice.alias] = f"“{choice.alias}” is used twice; case is ignored. Aliases are unique."
    return refusals


@transaction.atomic
def set_dataset_versions(
    draft: ExperimentDraft, *, constraint: DatasetConstraint | None, choices: list[Choice], by: User
) -> None:
    """Use exactly these dataset versions.

    Args:
        draft: the user's draft.
        constraint: the one they fill; None when the base has none.
        choices: in order; with a constraint one for each of its slots.
        by: the draft's owner.

    Raises:
        ValidationError: when an alias breaks the rule or repeats, the constraint is not filled exactly, or a version
            is not attached to the project or of another type.
    """
    draft = load_for_change(draft, by=by)
    _check_constraint(draft, constraint, choices)
    if len(choices) > ENTRIES_MAX:
        raise ValidationError(f"An experiment has at most {ENTRIES_MAX} dataset versions.")
    if refusals := alias_refusals(choices):
        raise ValidationError(list(refusals.values()))
    _check_versions(draft, choices, by)
    draft.dataset_versions.all().delete()
    DraftDatasetVersion.objects.bulk_create(
        DraftDatasetVersion(
            draft=draft,
            dataset_version=choice.version,
            dataset_version_name=str(choice.version),
            alias=choice.alias,
            position=position,
        )
        for position, choice in enumerate(choices)
    )
    draft.dataset_constraint = constraint
    touch(draft)


@transaction.atomic
def remove_dataset_version(draft: ExperimentDraft, *, alias: str, by: User) -> None:
    """Take the dataset version of that alias out."""
    draft = load_for_change(draft, by=by)
    # Compared here: what a request names need not be text that the database can be asked for.
    for entry in draft.dataset_versions.all():
        if entry.alias == alias:
            entry.delete()
            touch(draft)


def _check_constraint(draft: ExperimentDraft, constraint: DatasetConstraint | None, choices: list[Choice]) -> None:
    offered = list(constraints_for(draft))
    if constraint is None:
        if offered:
            raise ValidationError("Choose one of the base's dataset constraints.")
        return
    if constraint not in offered:
        raise ValidationError("The base no longer has this constraint: choose again.")
    slots = [slot.alias for slot in constraint.slots.all()]
    empty = [alias for alias in slots if alias not in {choice.alias for choice in choices}]
    if empty:
        raise ValidationError(f"Still empty: {', '.join(empty)}.")
    if len(choices) != len(slots):
        raise ValidationError(f"{constraint.name} takes just {', '.join(slots)}.")


def _check_versions(draft: ExperimentDraft, choices: list[Choice], by: User) -> None:
    offered = set(
        versions_for(draft, user=by).filter(pk__in=[c.version.pk for c in choices]).values_list("pk", flat=True)
    )
    for choice in choices:
        if choice.version.pk not in offered:
            raise ValidationError(f"{choice.version} is not attached to the project, or of another inference type.")
