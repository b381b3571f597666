"""The act the product is for: a draft becomes an experiment, once and whole."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from datasets.models import DatasetVersion
from experiments.bases import Base, record_base
from experiments.drafts.access import drafts_of, load_for_change
from experiments.drafts.review import DraftReview, Problem
from experiments.models import (
    AttachedDatasetVersion,
    DraftHyperparameter,
    Experiment,
    ExperimentDatasetVersion,
    ExperimentDraft,
    Status,
)
from organizations.models import User
from registry.copying import copy_architecture, copy_hyperparameters, specification_of
from registry.models import Architecture


class DraftIncomplete(ValidationError):
    """The draft can't become an experiment yet.

    Attributes:
        problems: every reason, with the place where it is mended.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__([problem.sentence for problem in problems])


def create_experiment(draft: ExperimentDraft, *, by: User) -> Experiment:
    """Turn the draft into an experiment, in one transaction, exactly once.

    The experiment takes the draft's id, so that a repeated or concurrent call finds the experiment that exists.

    Args:
        draft: the user's draft.
        by: its owner; a member at least.

    Raises:
        DraftIncomplete: with everything that is missing or wrong.
        PermissionDenied: when the user may not create experiments there.
        ExperimentDraft.DoesNotExist: when it is neither a draft of the user's nor an experiment.
    """
    try:
        with transaction.atomic():
            return _create(draft, by)
    except IntegrityError:
        # Someone took the name, or detached or deleted something, between the look and the write: look again.
        created = Experiment.objects.visible_to(by).filter(pk=draft.pk).first()
        if created:
            return created
        raise _looked_at_again(draft, by) from None


def _looked_at_again(draft: ExperimentDraft, by: User) -> DraftIncomplete:
    return DraftIncomplete(DraftReview(drafts_of(by).get(pk=draft.pk)).problems or [_RACE])


_RACE = Problem(
    "create", "try again", "Something changed while the experiment was written. Nothing was saved: try again."
)


def _create(draft: ExperimentDraft, by: User) -> Experiment:
    created = Experiment.objects.visible_to(by).filter(pk=draft.pk).first()
    if created:
        return created
    architecture = _lock_architecture(draft)
    try:
        draft = load_for_change(draft, by=by)
    except ExperimentDraft.DoesNotExist:
        # A concurrent call held the draft's lock, and made the experiment of it.
        if created := Experiment.objects.visible_to(by).filter(pk=draft.pk).first():
            return created
        raise
    if draft.base:
        draft.base.architecture = _still(architecture, draft.base)
    review = _reviewed(draft)
    base, kept = draft.base, [row for row in review.rows if not row.is_removed]
    experiment = Experiment(
        pk=draft.pk,
        project=draft.project,
        created_by=by,
        architecture=copy_architecture(review.architecture, hyperparameters=_canonical(kept)),
        **_general(draft),
    )
    record_base(experiment, base)
    if isinstance(base, Experiment):
        experiment.base_model_version = base.base_model_version
    _describe(experiment, review)
    experiment.save(force_insert=True)
    _copy_dataset_versions(experiment, review)
    draft.delete()
    return experiment


def save_changes(draft: ExperimentDraft, *, by: User) -> Experiment:
    """Write a draft of changes into the experiment that it edits, and end the draft.

    Raises:
        DraftIncomplete: with everything that is wrong, as for a new experiment.
        PermissionDenied: when the user may not.
        ExperimentDraft.DoesNotExist: when the draft, or the experiment with it, is no more.
    """
    try:
        with transaction.atomic():
            return _save_changes(draft, by)
    except IntegrityError:
        raise _looked_at_again(draft, by) from None


def _save_changes(draft: ExperimentDraft, by: User) -> Experiment:
    architecture = _lock_architecture(draft)
    draft = load_for_change(draft, by=by)
    if draft.edits_id is None:
        raise ValueError("The draft is one of a new experiment.")
    experiment = draft.edits = Experiment.objects.select_for_update().get(pk=draft.edits_id)
    experiment.architecture = _still(architecture, experiment)
    if not experiment.is_editable:
        raise DraftIncomplete([Problem("create", "started", "The experiment has started: it can't be changed.")])
    review = _reviewed(draft)
    experiment.name, experiment.description = draft.name.strip(), draft.description
    experiment.architecture.hyperparameters.all().delete()
    kept = [row for row in review.rows if not row.is_removed]
    copy_hyperparameters(_canonical(kept), into=experiment.architecture, inherited=True)
    experiment.architecture.revision += 1
    experiment.architecture.save()
    experiment.dataset_versions.all().delete()
    _describe(experiment, review)
    experiment.save()
    _copy_dataset_versions(experiment, review)
    draft.delete()
    return experiment


def _lock_architecture(draft: ExperimentDraft) -> Architecture | None:
    """Lock what is copied or edited, so that it stays as it is until the experiment is written.

    It comes before the draft's own lock: who edits or deletes it locks it first too, and then changes the drafts that
    refer to it. In another order two of them would wait for each other.
    """
    owners = ("edits__architecture", "base_experiment__architecture", "base_model_version__architecture")
    known = ExperimentDraft.objects.filter(pk=draft.pk).values_list(*owners).first() or ()
    pk = next((pk for pk in known if pk), None)
    return Architecture.objects.select_for_update().filter(pk=pk).first() if pk else None


def _still(architecture: Architecture | None, owner: Base) -> Architecture:
    """The locked architecture, if it is still the one: another tab may have attached another base."""
    if architecture is None or architecture.pk != owner.architecture_id:
        raise DraftIncomplete([_RACE])
    return architecture


def _reviewed(draft: ExperimentDraft) -> DraftReview:
    """The draft's review when nothing is missing and its base may still be used."""
    _lock_dataset_versions(draft)
    review = DraftReview(draft)
    if review.problems:
        raise DraftIncomplete(review.problems)
    return review


def _lock_dataset_versions(draft: ExperimentDraft) -> None:
    """What the experiment will refer to can't be deleted or detached until it is written."""
    chosen = draft.dataset_versions.values("dataset_version")
    versions = DatasetVersion.objects.select_for_update(no_key=True).filter(pk__in=chosen).order_by("pk")
    list(versions.values_list("pk", flat=True))
    attached = AttachedDatasetVersion.objects.filter(project=draft.project_id, dataset_version__in=chosen)
    list(attached.select_for_update().values_list("pk", flat=True))


def _general(draft: ExperimentDraft) -> dict[str, str]:
    return {
        "name": draft.name.strip(),
        "description": draft.description,
        "inference_type": draft.inference_type,
    }


def _canonical(rows: list[DraftHyperparameter]) -> list[DraftHyperparameter]:
    for row in rows:
        row.value = row.rule.canonical(row.value)
    return rows


def _describe(experiment: Experiment, review: DraftReview) -> None:
    """The constraint that was filled, now the experiment's own copy, and what was removed from the base."""
    if review.constraint:
        experiment.dataset_constraint = experiment.architecture.constraints.get(name=review.constraint.name)
    experiment.removed_hyperparameters = [
        {**specification_of(row), "value": row.inherited_value}
        for row in review.rows
        if row.is_removed and not row.is_added
    ]


def _copy_dataset_versions(experiment: Experiment, review: DraftReview) -> None:
    ExperimentDatasetVersion.objects.bulk_create(
        ExperimentDatasetVersion(
            experiment=experiment, dataset_version=entry.dataset_version, alias=entry.alias, position=position
        )
        for position, entry in enumerate(review.entries)
    )


def delete_experiment(experiment: Experiment, *, by: User) -> None:
    """Delete an experiment with its architecture. What started from it keeps its copy, and its name.

    Raises:
        PermissionDenied: when `by` is neither its creator, still a member, nor an admin.
        ValidationError: while it runs.
        Experiment.DoesNotExist: when it was deleted meanwhile.
    """
    by.must_be(experiment.role_to_delete(by), experiment.project.organization)
    with transaction.atomic():
        # First, as in `_lock_architecture`: nobody copies it now.
        list(Architecture.objects.select_for_update().filter(pk=experiment.architecture_id).values_list("pk"))
        locked = Experiment.objects.select_for_update().select_related(None).get(pk=experiment.pk)
        if locked.status == Status.RUNNING:
            raise ValidationError("The experiment runs. Stop it before you delete it.", code="in_use")
        locked.delete()
        Architecture.objects.get(pk=locked.architecture_id).delete()
