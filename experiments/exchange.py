"""Experiment files into a project and out of it, by the same services and rules as the creation form."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.ids import new_id
from experiments.bases import Base
from experiments.creation import DraftIncomplete, create_experiment
from experiments.drafts.access import drafts_of
from experiments.drafts.base import attach_base
from experiments.drafts.datasets import Choice, alias_refusals, constraints_for, set_dataset_versions
from experiments.drafts.hyperparameters import add_hyperparameters, remove_hyperparameter
from experiments.drafts.lifecycle import start_draft
from experiments.drafts.review import Problem
from experiments.drafts.saving import save_form
from experiments.experiment_file import BaseRow, DeletedBase, ExperimentBase, ExperimentFile, ModelBase
from experiments.models import BaseKind, DraftHyperparameter, Experiment, ExperimentDraft, Project
from experiments.named import dataset_version_named, experiment_named, model_version_named, project_named
from organizations.models import User
from registry.exchange import hyperparameter_row
from registry.hyperparameters import Kind, Value, kind_of, write
from registry.models import DatasetConstraint, HyperparameterFields
from registry.rows import sentences
from registry.toml import Table

# Where in a file that is mended which the form mends at the element of this id.
_PLACES = {
    "id_name": "name",
    "id_description": "description",
    "id_inference_type": "inference_type",
    "add-dataset-versions": "datasets: constraint",
}


@transaction.atomic
def create_from_file(content: ExperimentFile, *, place: str, by: User) -> Experiment:
    """Create the experiment that the file says, as the form would: through a draft, which is gone at the end.

    Args:
        content: of the file.
        place: the file's name, with which every refusal begins.
        by: who creates it; a member at least.

    Raises:
        PermissionDenied: when `by` may not create experiments there.
        ValidationError: with the file, the place in it, and what is wrong there. Then nothing is left behind.
    """
    with _placed(place):
        project = project_named(content.project, organization=content.organization, user=by)
    draft = start_draft(project=project, draft_id=new_id(), by=by)
    return _FilledForm(content, place, project, draft, by).create()


def content_of(experiment: Experiment) -> ExperimentFile:
    """The file that creates the experiment again.

    It says how the hyperparameters differ from those that the base has today, so that what is created has the
    experiment's values whatever became of the base's meanwhile. Of a deleted base every hyperparameter is an addition.
    """
    base = experiment.base
    theirs = {row.key: row for row in base.architecture.hyperparameters.all()} if base else {}
    mine = {row.key: row for row in experiment.architecture.hyperparameters.all()}
    entries = experiment.dataset_versions.select_related("dataset_version__dataset")
    return ExperimentFile(
        organization=experiment.project.organization.name,
        project=experiment.project.name,
        name=experiment.name,
        description=experiment.description,
        inference_type=experiment.inference_type,
        base=_base_row(experiment),
        changed={
            key: value
            for key, row in theirs.items()
            if key in mine and _differs(row, value := _as_typed_by(row, mine[key]))
        },
        added=[hyperparameter_row(row) for row in mine.values() if row.key not in theirs],
        removed=[key for key in theirs if key not in mine],
        constraint=experiment.dataset_constraint.name if experiment.dataset_constraint else "",
        versions={entry.alias: str(entry.dataset_version) for entry in entries},
    )


def _base_row(experiment: Experiment) -> BaseRow | None:
    base = experiment.base
    if base is None:
        name = experiment.base_name or experiment.get_base_kind_display()
        return DeletedBase(deleted=name) if experiment.base_kind != BaseKind.NONE else None
    if isinstance(base, Experiment):
        return ExperimentBase(experiment=base.name)
    return ModelBase(model=base.model.name, version=base.name, public=base.model.is_public)


def _as_typed_by(theirs: HyperparameterFields, mine: HyperparameterFields) -> Value:
    """The experiment's value, written as the base's kind is written: a whole number is a number too."""
    value = mine.typed_value
    return float(value) if theirs.kind == Kind.NUMBER and kind_of(value) == Kind.INTEGER else value


def _differs(theirs: HyperparameterFields, value: Value) -> bool:
    return write(value) != theirs.value or kind_of(value) != kind_of(theirs.typed_value)


class _FilledForm:
    """The creation form as the file fills it in. Refusals are collected as far as one does not follow from another."""

    def __init__(self, content: ExperimentFile, place: str, project: Project, draft: ExperimentDraft, by: User) -> None:
        self.content, self.place, self.project, self.draft, self.by = content, place, project, draft, by
        self.refusals: list[str] = []

    def create(self) -> Experiment:
        """Fill in the four parts in order, and create."""
        self._save({name: getattr(self.content, name) for name in ("name", "description", "inference_type")})
        with self._noting("base"):
            self._attach_base()
        self._end_if_refused()
        self._change_hyperparameters()
        self._remove_hyperparameters()
        self._add_hyperparameters()
        self._choose_dataset_versions()
        self._end_if_refused()
        try:
            return create_experiment(self.draft, by=self.by)
        except DraftIncomplete as refusal:
            self.refusals += [self._in_file(problem) for problem in refusal.problems]
            raise ValidationError(self.refusals) from refusal

    def _save(self, data: dict[str, str], places: dict[str, str] | None = None) -> None:
        """Type into the form's fields; each has its place in the file, or is called like it."""
        saved = save_form(self.draft, data=data, by=self.by)
        for name, sentence in saved.refusals.items():
            self.refusals.append(f"{self.place}: {(places or {}).get(name, name)}: {sentence}")

    def _attach_base(self) -> None:
        if self.content.base:
            attach_base(self.draft, base=self._found(self.content.base), by=self.by)

    def _found(self, base: BaseRow) -> Base:
        if isinstance(base, DeletedBase):
            raise ValidationError(
                f"{base.deleted} was deleted. Name another base, or take [base] out to start from nothing."
            )
        if isinstance(base, ExperimentBase):
            return experiment_named(base.experiment, project=self.project, user=self.by)
        return model_version_named(base.model, base.version, is_public=base.public, project=self.project, user=self.by)

    # Hyperparameters

    def _change_hyperparameters(self) -> None:
        table = Table(self.content.changed, f"{self.place}: hyperparameters: changed")
        rows = {row.key: row for row in self.draft.hyperparameters.all()}
        data, places = {}, {}
        for key in table.values:
            with self._noting():
                row = self._inherited(table, key, rows)
                data[f"hp-{row.pk}"] = table.value(key, row.kind)
                places[f"hp-{row.pk}"] = f"hyperparameters: changed: {key}"
        self._save(data, places)

    def _inherited(self, table: Table, key: str, rows: dict[str, DraftHyperparameter]) -> DraftHyperparameter:
        if key not in rows:
            raise table.refusal(key, "the base has no such hyperparameter. A further one is written under added.")
        if key in self.content.removed:
            raise table.refusal(key, "it is under removed too. Take it out here or there.")
        return rows[key]

    def _remove_hyperparameters(self) -> None:
        rows = {row.key: row for row in self.draft.hyperparameters.all()}
        for key in self.content.removed:
            with self._noting(f"hyperparameters: removed: {key}"):
                if key not in rows:
                    raise ValidationError("the base has no such hyperparameter.")
                remove_hyperparameter(self.draft, row_id=rows[key].pk, by=self.by)

    def _add_hyperparameters(self) -> None:
        if not self.content.added:
            return
        try:
            add_hyperparameters(self.draft, rows=self.content.added, by=self.by)
        except ValidationError as refusal:
            self.refusals += [f"{self.place}: {_added(place)}: {told}" for place, told in sentences(refusal)]

    # Dataset versions

    def _choose_dataset_versions(self) -> None:
        if not (self.content.constraint or self.content.versions):
            return
        before = len(self.refusals)
        choices = self._choices()
        with self._noting("datasets: constraint"):
            constraint = self._constraint()
        if len(self.refusals) == before:
            with self._noting("datasets"):
                set_dataset_versions(self.draft, constraint=constraint, choices=choices, by=self.by)

    def _choices(self) -> list[Choice]:
        choices = []
        for alias, path in self.content.versions.items():
            with self._noting(f"datasets: versions: {alias}"):
                version = dataset_version_named(path, organization=self.project.organization, user=self.by)
                choices.append(Choice(alias, version))
        for alias, sentence in alias_refusals(choices).items():
            self.refusals.append(f"{self.place}: datasets: versions: {alias}: {sentence}")
        return choices

    def _constraint(self) -> DatasetConstraint | None:
        name = self.content.constraint
        if not name:
            return None
        offered = {
            constraint.name: constraint for constraint in constraints_for(drafts_of(self.by).get(pk=self.draft.pk))
        }
        if name not in offered:
            raise ValidationError(
                f"The base has no dataset constraint “{name}”. It has: {', '.join(offered) or 'none'}."
            )
        return offered[name]

    # Refusals

    @contextmanager
    def _noting(self, at: str = "") -> Iterator[None]:
        """Note a refusal with its place in the file, and go on."""
        try:
            with _placed(f"{self.place}: {at}" if at else ""):
                yield
        except ValidationError as refusal:
            self.refusals += refusal.messages

    def _end_if_refused(self) -> None:
        if self.refusals:
            raise ValidationError(self.refusals)

    def _in_file(self, problem: Problem) -> str:
        kind, _, _ = problem.place.partition("-")
        named = {"hp": f"hyperparameters: changed: {problem.short}", "slot": f"datasets: versions: {problem.short}"}
        at = _PLACES.get(problem.place) or named.get(kind) or problem.place
        return f"{self.place}: {at}: {problem.sentence}"


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """Let a refusal begin with its place; without one it says the place itself."""
    try:
        yield
    except ValidationError as refusal:
        told: list[Any] = [f"{place}: {sentence}" if place else sentence for sentence in refusal.messages]
        raise ValidationError(told) from refusal


def _added(place: str) -> str:
    """`hyperparameters-3-kind`, as the service counts the rows, in the words of the file."""
    _, _, counted = place.partition("-")
    index, _, name = counted.partition("-")
    if not index:
        return "hyperparameters: added"
    return f"hyperparameters: added {int(index) + 1}: {'type' if name == 'kind' else name}"
