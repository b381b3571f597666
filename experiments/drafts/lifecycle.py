"""How a draft begins and ends."""

import uuid
from contextlib import suppress
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from config.inference_types import InferenceType
from experiments.drafts.access import load_for_change
from experiments.drafts.base import attach_base
from experiments.models import (
    DraftDatasetVersion,
    DraftHyperparameter,
    Experiment,
    ExperimentDraft,
    Project,
)
from organizations.models import Role, User
from registry.copying import specification_of

_UNTOUCHED_FOR = timedelta(days=1)


@transaction.atomic
def start_draft(*, project: Project, draft_id: uuid.UUID, by: User) -> ExperimentDraft:
    """A draft of a new experiment. The same id, still untouched, gives the same draft: a double click makes one.

    Args:
        project: where the experiment will be.
        draft_id: made when the button was drawn.
        by: the draft's owner; a member at least.
    """
    by.must_be(Role.MEMBER, project.organization)
    _sweep_untouched(by)
    if not Experiment.objects.filter(pk=draft_id).exists():
        with suppress(IntegrityError), transaction.atomic():
            return ExperimentDraft.objects.create(pk=draft_id, project=project, owner=by)
    same = ExperimentDraft.objects.visible_to(by).filter(pk=draft_id, project=project, revision=0).first()
    return same or ExperimentDraft.objects.create(project=project, owner=by)


@transaction.atomic
def start_from(experiment: Experiment, *, by: User) -> ExperimentDraft:
    """*Use as base*: a draft that starts from the experiment, with its type and its dataset versions."""
    by.must_be(Role.MEMBER, experiment.project.organization)
    draft = ExperimentDraft.objects.create(
        project=experiment.project, owner=by, inference_type=_type_of(experiment), revision=1
    )
    # Before the base: their aliases say which of its constraints was filled.
    _copy_dataset_versions(experiment, draft)
    attach_base(draft, base=experiment, by=by)
    draft.refresh_from_db()
    return draft


@transaction.atomic
def draft_of_changes(experiment: Experiment, *, by: User) -> ExperimentDraft:
    """The draft in which the user changes an experiment that still waits; the one begun earlier when there is one.

    Raises:
        PermissionDenied: when the experiment no longer waits.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    if not experiment.is_editable:
        raise PermissionDenied("This experiment has started, so it can't be changed. Use it as the base of a new one.")
    draft, is_new = ExperimentDraft.objects.get_or_create(
        edits=experiment,
        owner=by,
        defaults={
            "project": experiment.project,
            "name": experiment.name,
            "description": experiment.description,
            "inference_type": _type_of(experiment),
            "base_kind": experiment.base_kind,
            "base_name": experiment.base_name,
            # One of them, for the page to link: an experiment made from an experiment records both.
            "base_experiment": experiment.base_experiment,
            "base_model_version": None if experiment.base_experiment else experiment.base_model_version,
            "base_revision": experiment.architecture.revision,
            "dataset_constraint": experiment.dataset_constraint,
        },
    )
    if is_new:
        _copy_hyperparameters(experiment, draft)
        _copy_dataset_versions(experiment, draft)
    return draft


@transaction.atomic
def discard_draft(draft: ExperimentDraft, *, by: User) -> None:
    """Throw the draft away."""
    load_for_change(draft, by=by).delete()


def _type_of(experiment: Experiment) -> str:
    return "" if experiment.inference_type == InferenceType.NOT_CONFIGURED else experiment.inference_type


def _sweep_untouched(owner: User) -> None:
    """A draft that was opened and left alone is no draft to continue."""
    before = timezone.now() - _UNTOUCHED_FOR
    ExperimentDraft.objects.filter(owner=owner, revision=0, edits=None, updated_at__lt=before).delete()


def _copy_hyperparameters(experiment: Experiment, draft: ExperimentDraft) -> None:
    rows = [
        DraftHyperparameter(value=row.value, inherited_value=row.inherited_value, **specification_of(row))
        for row in experiment.architecture.hyperparameters.all()
    ]
    for removed in experiment.removed_hyperparameters:
        row = DraftHyperparameter(**removed)
        row.inherited_value, row.is_removed = row.value, True
        rows.append(row)
    for row in rows:
        row.draft = draft
    DraftHyperparameter.objects.bulk_create(rows)


def _copy_dataset_versions(experiment: Experiment, draft: ExperimentDraft) -> None:
    DraftDatasetVersion.objects.bulk_create(
        DraftDatasetVersion(
            draft=draft,
            dataset_version=entry.dataset_version,
            dataset_version_name=str(entry.dataset_version),
            alias=entry.alias,
            position=entry.position,
        )
        for entry in experiment.dataset_versions.select_related("dataset_version__dataset")
    )
