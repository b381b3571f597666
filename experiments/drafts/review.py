"""What a draft is worth right now: the state of its four parts, and every reason why it can't be created yet.

Derived each time and never stored. The form draws it, and `create_experiment` refuses with it: one set of rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django.core.exceptions import ValidationError

from config.inference_types import fits
from datasets.labels import label_names
from datasets.models import DatasetVersion
from experiments.bases import misfit
from experiments.models import (
    AttachedDatasetVersion,
    BaseKind,
    DraftDatasetVersion,
    DraftHyperparameter,
    Experiment,
    ExperimentDraft,
)
from registry.hyperparameters import Kind
from registry.models import Architecture, ConstraintSlot, DatasetConstraint


@dataclass(frozen=True)
class Problem:
    """A reason why the draft can't be created.

    Attributes:
        place: the id of the element where it is mended.
        short: a word for it, such as the key or the alias.
        sentence: what is wrong and what to do.
    """

    place: str
    short: str
    sentence: str


@dataclass(frozen=True)
class Part:
    """One of the form's four parts, as the rail shows it."""

    id: str
    title: str
    summary: str
    is_empty: bool
    problems: list[Problem] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`attention`, `empty` or `ready`."""
        if self.problems and not self.is_empty:
            return "attention"
        return "empty" if self.is_empty else "ready"


@dataclass(frozen=True)
class Slot:
    """A placeholder of the chosen constraint, and what is in it."""

    slot: ConstraintSlot
    entry: DraftDatasetVersion | None
    problem: str = ""


class DraftReview:
    """A draft read once, with everything that the form shows of it.

    Args:
        draft: as `access.drafts_of` gives it, with its base and project.
    """

    def __init__(self, draft: ExperimentDraft) -> None:
        self.draft = draft

    @cached_property
    def parts(self) -> list[Part]:
        """The four parts, in order."""
        return [self.general, self.base, self.hyperparameters, self.datasets]

    @cached_property
    def problems(self) -> list[Problem]:
        """Everything that is missing or wrong, in the order of the form."""
        return [problem for part in self.parts for problem in part.problems]

    def problem_at(self, place: str) -> str:
        """The sentence that belongs at that element, or an empty text."""
        return next((problem.sentence for problem in self.problems if problem.place == place), "")

    # General information

    @cached_property
    def general(self) -> Part:
        problems = list(self._general_problems())
        summary = problems[0].sentence if problems else self.draft.name.strip()
        is_empty = not (self.draft.name or self.draft.inference_type)
        return Part("general", "General information", summary, is_empty, problems)

    def _general_problems(self) -> Iterator[Problem]:
        if sentence := self._name_problem():
            yield Problem("id_name", "name", sentence)
        if not self.draft.inference_type and not self.draft.edits_id:
            yield Problem("id_inference_type", "inference type", "Choose an inference type.")
        if sentence := _refusal_of("description", self.draft.description):
            yield Problem("id_description", "description", sentence)

    def _name_problem(self) -> str:
        name = self.draft.name.strip()
        if not name:
            return "Give the experiment a name." if not self.draft.name else "A name can't be only spaces."
        if sentence := _refusal_of("name", name):
            return sentence
        holders = Experiment.objects.filter(project=self.draft.project_id, name=name).values_list("pk", flat=True)
        taken = set(holders) - {self.draft.edits_id}
        return "The project has an experiment of this name already: choose another." if taken else ""

    # Base architecture

    @cached_property
    def base(self) -> Part:
        problems = [Problem("base", "base", sentence) for sentence in self._base_problems()]
        summary = problems[0].sentence if problems else self._base_summary
        return Part("base", "Base architecture", summary, self.draft.base_kind == BaseKind.NONE, problems)

    @property
    def _base_summary(self) -> str:
        if self.draft.base_kind == BaseKind.NONE:
            return "optional"
        kind = {BaseKind.PUBLIC_MODEL: "public", BaseKind.PRIVATE_MODEL: "private"}.get(
            BaseKind(self.draft.base_kind), "an experiment"
        )
        return f"{self.draft.base_name}, {kind}"

    def _base_problems(self) -> Iterator[str]:
        draft, base = self.draft, self.draft.base
        if draft.edits and self.base_has_changed:
            yield "Someone else changed the experiment since you began. Discard these changes and begin again."
        elif draft.edits:
            return
        elif draft.base_is_deleted:
            yield f"{draft.base_name} was deleted meanwhile. Attach another base, or detach it."
        elif draft.base_kind != BaseKind.NONE and base is None:
            yield f"{draft.base_name} can no longer be used here. Attach another base, or detach it."
        elif base and (sentence := misfit(base, draft.inference_type)):
            yield f"{sentence} Attach another base, or change the inference type."
        elif base and self.base_has_changed:
            yield f"{draft.base_name} was changed since you attached it. Take its changes over."

    @property
    def base_has_changed(self) -> bool:
        """Whether someone edited what the draft was made from, the base or the experiment itself, since then."""
        return self.architecture is not None and self.architecture.revision != self.draft.base_revision

    @property
    def architecture(self) -> Architecture | None:
        """What the experiment gets, or already has when the draft edits one."""
        if self.draft.edits:
            return self.draft.edits.architecture
        return self.draft.base.architecture if self.draft.base else None

    # Hyperparameters

    @cached_property
    def rows(self) -> list[DraftHyperparameter]:
        """Every hyperparameter, the removed ones too."""
        return list(self.draft.hyperparameters.all())

    @cached_property
    def hyperparameters(self) -> Part:
        problems = [Problem(f"hp-{row.pk}", row.key, row.error) for row in self.rows if row.error]
        if self._has_begun_another:
            sentence = "Not added yet: add it, or empty its fields."
            problems.append(Problem("new-key", self.draft.new_key.strip() or "new hyperparameter", sentence))
        summary = f"{problems[0].short}: {problems[0].sentence}" if problems else self._hyperparameters_summary
        return Part("hyperparameters", "Hyperparameters", summary, not self.rows and not problems, problems)

    @property
    def _has_begun_another(self) -> bool:
        """Whether a key of the user's own was begun and not added. A yes / no always has a value: it says nothing."""
        draft = self.draft
        return bool(draft.new_key.strip() or (draft.new_value.strip() and draft.new_kind != Kind.BOOLEAN))

    @property
    def _hyperparameters_summary(self) -> str:
        values = sum(not row.is_removed for row in self.rows)
        changed = sum(row.is_changed and not row.is_removed for row in self.rows)
        if not self.rows:
            return "none yet"
        return f"{values} value{'s' * (values != 1)}" + (f", {changed} changed" if changed else "")

    @property
    def added_keys(self) -> list[str]:
        """Keys that the base has not."""
        return [row.key for row in self.rows if row.is_added and not row.is_removed]

    @property
    def removed_keys(self) -> list[str]:
        """Keys of the base that were removed."""
        return [row.key for row in self.rows if row.is_removed and not row.is_added]

    # Dataset versions

    @cached_property
    def entries(self) -> list[DraftDatasetVersion]:
        """The dataset versions chosen, each with its dataset."""
        return list(self.draft.dataset_versions.select_related("dataset_version__dataset"))

    @cached_property
    def constraints(self) -> list[DatasetConstraint]:
        """The sets of aliases that the training script accepts; none means that any will do."""
        architecture = self.architecture
        return list(architecture.constraints.prefetch_related("slots")) if architecture else []

    @cached_property
    def constraint(self) -> DatasetConstraint | None:
        """The one that was picked."""
        picked = self.draft.dataset_constraint_id
        return next((constraint for constraint in self.constraints if constraint.pk == picked), None)

    @cached_property
    def slots(self) -> list[Slot]:
        """The constraint's placeholders with what is in them."""
        if not self.constraint:
            return []
        entries = {entry.alias: entry for entry in self.entries}
        return [
            Slot(slot, entries.get(slot.alias), self.problem_at(f"slot-{slot.alias}"))
            for slot in self.constraint.slots.all()
        ]

    @cached_property
    def surplus(self) -> list[DraftDatasetVersion]:
        """Entries whose alias the constraint has not."""
        aliases = {slot.alias for slot in self.constraint.slots.all()} if self.constraint else set()
        return [entry for entry in self.entries if self.constraint and entry.alias not in aliases]

    @cached_property
    def datasets(self) -> Part:
        problems = list(self._dataset_problems())
        is_empty = not self.entries and not self.constraints
        summary = problems[0].sentence if problems else ", ".join(entry.alias for entry in self.entries) or "none yet"
        return Part("datasets", "Dataset versions", summary, is_empty, problems)

    def _dataset_problems(self) -> Iterator[Problem]:
        attached = self._attached
        for entry in self.entries:
            if sentence := self._entry_problem(entry, attached):
                yield Problem(f"slot-{entry.alias}", entry.alias, sentence)
        if self.constraints and not self.constraint:
            yield Problem("add-dataset-versions", "dataset constraint", "Choose one of the base's dataset constraints.")
        if self.constraint:
            filled = {entry.alias for entry in self.entries}
            for slot in self.constraint.slots.all():
                if slot.alias not in filled:
                    yield Problem(f"slot-{slot.alias}", slot.alias, f"{slot.alias} is still empty.")
            for entry in self.surplus:
                sentence = f"{entry.alias} is not in the constraint {self.constraint.name}: remove it."
                yield Problem(f"slot-{entry.alias}", entry.alias, sentence)

    @cached_property
    def _attached(self) -> set[object]:
        versions = [entry.dataset_version_id for entry in self.entries]
        attached = AttachedDatasetVersion.objects.filter(project=self.draft.project_id, dataset_version__in=versions)
        return set(attached.values_list("dataset_version_id", flat=True)) if versions else set()

    def _entry_problem(self, entry: DraftDatasetVersion, attached: set[object]) -> str:
        version, name = entry.dataset_version, entry.dataset_version_name
        if version is None:
            return f"{name} was deleted meanwhile. Choose another version for {entry.alias}."
        if version.pk not in attached:
            return f"{name} is no longer attached to the project. Choose another version for {entry.alias}."
        if self.draft.inference_type and not fits(version.inference_type, self.draft.inference_type):
            return f"{name} is for {version.get_inference_type_display().lower()}. Choose another for {entry.alias}."
        return ""

    # Notices, which never block

    @cached_property
    def repeated_versions(self) -> list[str]:
        """Names of the dataset versions that are chosen under more than one alias."""
        names = [entry.dataset_version_name for entry in self.entries]
        return sorted({name for name in names if names.count(name) > 1})

    @cached_property
    def label_differences(self) -> list[str]:
        """How the labels of each chosen version differ from the base's labelmap, a sentence each."""
        versions = {entry.dataset_version for entry in self.entries if entry.dataset_version}
        return [sentence for _, sentence in label_differences(self.architecture, versions)]


def label_differences(
    architecture: Architecture | None, versions: set[DatasetVersion]
) -> list[tuple[DatasetVersion, str]]:
    """How the labels of versions differ from the labelmap, a sentence each time; nothing where there is no labelmap."""
    if not architecture or not architecture.labelmap:
        return []
    expected = [str(name) for _, name in architecture.labelmap]
    names = label_names(versions)
    ordered = sorted(versions, key=str)
    return [(version, words) for version in ordered for words in _compare(str(version), names[version.pk], expected)]


def _compare(version: str, labels: list[str], expected: list[str]) -> Iterator[str]:
    missing = [name for name in expected if name not in labels]
    unknown = [name for name in labels if name not in expected]
    if missing:
        yield f"{version} has no {_listed(missing)}."
    if unknown:
        yield f"{version} has {_listed(unknown)}, which the labelmap has not."


def _listed(names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _refusal_of(field_name: str, text: str) -> str:
    """Why the experiment's field would refuse the text, or an empty text."""
    try:
        Experiment._meta.get_field(field_name).clean(text, None)  # type: ignore[union-attr]
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    return ""
