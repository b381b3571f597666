"""The creation form as its template draws it: what is stored, what was typed, and what is said about it."""

import uuid
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Sum

from config.inference_types import CONFIGURED
from datasets.thumbnails import Thumbnail, first_thumbnails
from experiments.drafts.hyperparameters import ADDABLE
from experiments.drafts.review import DraftReview, Part, Slot
from experiments.models import BaseKind, DraftDatasetVersion, DraftHyperparameter, ExperimentDraft
from experiments.views.draft_actions import Outcome


@dataclass(frozen=True)
class Field:
    """A field of the form: what stands in it, what the tab was shown before, and what is wrong."""

    name: str
    id: str
    value: str
    was: str
    error: str = ""
    # Another tab changed it as well: the user says which text is meant.
    in_conflict: bool = False


@dataclass(frozen=True)
class HyperparameterRow:
    """A hyperparameter with its field."""

    row: DraftHyperparameter
    field: Field

    @property
    def is_on(self) -> bool:
        """For a switch: whether it says yes."""
        return self.field.value == "true"


@dataclass(frozen=True)
class EntryRow:
    """A chosen dataset version with its pictures and what is wrong with it."""

    entry: DraftDatasetVersion
    pictures: list[Thumbnail]
    problem: str


@dataclass(frozen=True)
class SlotRow:
    """A placeholder with the pictures of what is in it."""

    slot: Slot
    pictures: list[Thumbnail]
    problem: str


class DraftPage:
    """Everything that the template asks for.

    Args:
        draft: as `access.drafts_of` gives it.
        outcome: of the request that is answered.
    """

    inference_types = CONFIGURED
    addable_kinds = ADDABLE

    def __init__(self, draft: ExperimentDraft, outcome: Outcome) -> None:
        self.draft = draft
        self.outcome = outcome
        self.review = DraftReview(draft)

    @property
    def title(self) -> str:
        """New experiment, or which one is edited."""
        return f"Edit {self.draft.edits}" if self.draft.edits else "New experiment"

    @property
    def parts(self) -> list[Part]:
        """The rail."""
        return self.review.parts

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The fields of the general information, by name."""
        names = ("name", "description", "inference_type")
        return {name: self._field(name, f"id_{name}", getattr(self.draft, name)) for name in names}

    def _field(self, name: str, place: str, stored: str) -> Field:
        saved = self.outcome.saved
        error = saved.refusals.get(name) or self.outcome.errors.get(place, "")
        # What was not filled in or added yet is no mistake before Create; a value that was emptied is one at once.
        is_begun = name.startswith("hp-") or (stored and not name.startswith("new-"))
        if is_begun or self.outcome.attempted:
            error = error or self.review.problem_at(place)
        typed, was = saved.typed.get(name, stored), saved.conflicts.get(name, stored)
        return Field(name, place, typed, was, error, in_conflict=name in saved.conflicts)

    @cached_property
    def pending_type(self) -> str:
        """The type that waits for a confirmation, in words."""
        return dict(CONFIGURED).get(self.outcome.saved.pending_type, "")

    # Base architecture

    @cached_property
    def has_base(self) -> bool:
        """Whether something is, or was, attached."""
        return self.draft.base_kind != BaseKind.NONE

    @cached_property
    def contents(self) -> dict[str, int]:
        """How many files the base brings, and their bytes."""
        architecture = self.review.architecture
        if architecture is None:
            return {"files": 0, "bytes": 0}
        sums = architecture.files.aggregate(files=Count("pk"), bytes=Sum("blob__size"))
        return {"files": sums["files"], "bytes": sums["bytes"] or 0}

    @property
    def inherited_count(self) -> int:
        """How many hyperparameters come from the base."""
        return sum(not row.is_added for row in self.review.rows)

    # Hyperparameters

    @cached_property
    def hyperparameters(self) -> list[HyperparameterRow]:
        """Every row with its field."""
        return [
            HyperparameterRow(row, self._field(f"hp-{row.pk}", f"hp-{row.pk}", row.value)) for row in self.review.rows
        ]

    @property
    def to_mend(self) -> int:
        """How many values are refused."""
        return sum(bool(row.field.error) for row in self.hyperparameters)

    @cached_property
    def new(self) -> dict[str, Field]:
        """The fields of a hyperparameter that is being written."""
        names = ("key", "kind", "value")
        return {name: self._field(f"new-{name}", f"new-{name}", getattr(self.draft, f"new_{name}")) for name in names}

    @property
    def warns_of_public_base(self) -> bool:
        """Whether the recommendation not to add or remove is shown."""
        return self.draft.base_kind == BaseKind.PUBLIC_MODEL

    # Dataset versions

    @cached_property
    def _pictures(self) -> dict[uuid.UUID, list[Thumbnail]]:
        versions = {entry.dataset_version for entry in self.review.entries if entry.dataset_version}
        return first_thumbnails(versions, 6)

    def _pictures_of(self, entry: DraftDatasetVersion | None) -> list[Thumbnail]:
        version = entry.dataset_version_id if entry else None
        return self._pictures[version] if version else []

    @cached_property
    def entries(self) -> list[EntryRow]:
        """What is chosen, or with a constraint only what does not belong to it."""
        entries = self.review.surplus if self.review.constraint else self.review.entries
        return [
            EntryRow(
                entry,
                self._pictures_of(entry),
                self.review.problem_at(f"slot-{entry.alias}"),
            )
            for entry in entries
        ]

    @cached_property
    def slots(self) -> list[SlotRow]:
        """The placeholders of the chosen constraint."""
        return [
            SlotRow(
                slot,
                self._pictures_of(slot.entry),
                slot.problem if slot.entry or self.outcome.attempted else "",
            )
            for slot in self.review.slots
        ]
