"""A draft's dataset versions: one for each placeholder of a constraint, or any under aliases of one's own.

What is chosen and not attached yet travels in the dialog's fields: `in-<alias>` for a placeholder; `version` and
`alias-<version>` without a constraint. The server keeps nothing until Attach.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict

from choosers.chooser import Chooser, register
from config.paging import Page, page_of
from datasets.models import DatasetVersion, DatasetVersionQuerySet
from datasets.thumbnails import Thumbnail, first_thumbnails
from experiments.choosers.bases import DraftNarrowing
from experiments.choosers.rows import found_versions, with_pictures
from experiments.drafts.datasets import Choice, alias_refusals, constraints_for, left_out, versions_for
from experiments.models import ExperimentDraft
from organizations.models import User
from registry.aliases import validate_alias
from registry.models import ConstraintSlot, DatasetConstraint


class DatasetsNarrowing(DraftNarrowing):
    """The constraint and the placeholder in hand."""

    constraint = forms.UUIDField(required=False)
    slot = forms.CharField(required=False, max_length=50)
    pick = forms.UUIDField(required=False)
    # Says that the fields hold what is chosen; without it the draft does.
    chosen = forms.BooleanField(required=False)


@dataclass
class Placeholder:
    """A slot of the constraint in the dialog, and the version chosen for it."""

    slot: ConstraintSlot
    version: DatasetVersion | None
    is_in_hand: bool = False
    pictures: list[Thumbnail] = field(default_factory=list)


@dataclass
class FreeRow:
    """A version that can be taken under an alias, or under several."""

    version: DatasetVersion
    aliases: list[str]
    is_taken: bool
    pictures: list[Thumbnail]
    # Whether the page that asks has its field already.
    is_drawn: bool
    problems: list[str] = field(default_factory=list)


@register
class DraftDatasetVersionChooser(Chooser[DatasetVersion]):
    """Add dataset versions: the dialog differs by whether the base has constraints."""

    name = "draft-dataset-versions"
    title = "Add dataset versions"
    placeholder = "Search the attached versions"
    dialog_template = "experiments/_datasets_dialog.html"
    results_template = "experiments/_datasets_results.html"
    narrowing_class = DatasetsNarrowing
    page_size = 20

    @property
    def fragments(self) -> dict[str, str]:
        return {**super().fragments, "attach": "experiments/_datasets_footer.html"}

    def queryset(self, narrowing: Any) -> DatasetVersionQuerySet:
        return versions_for(narrowing.of_draft, user=narrowing.user)

    def page(self, narrowing: Any) -> Page[Any]:
        found = found_versions(self.queryset(narrowing), narrowing.cleaned_data["q"])
        # The boxes and aliases on the page go along with its links as they are then, not as they were.
        query = narrowing.query.copy()
        for name in [name for name in query if name == "version" or name.startswith("alias-")]:
            del query[name]
        return page_of(found, query, size=self.page_size)

    def context(self, narrowing: Any) -> dict[str, Any]:
        draft = narrowing.of_draft
        constraints = list(constraints_for(draft))
        others, without_type = left_out(draft, user=narrowing.user)
        context = {"constraints": constraints, "draft": draft, "others": others, "without_type": without_type}
        if constraints:
            return {**context, **self._placeholders(narrowing, constraints)}
        return {**context, **self._free_rows(narrowing)}

    # With a constraint

    def _placeholders(self, narrowing: Any, constraints: list[DatasetConstraint]) -> dict[str, Any]:
        constraint = _constraint_in_hand(narrowing, constraints)
        slots = list(constraint.slots.all())
        chosen = _chosen_by_alias(narrowing, slots, versions_for(narrowing.of_draft, user=narrowing.user))
        in_hand = _slot_in_hand(narrowing, slots, chosen)
        if in_hand and (picked := self._picked(narrowing)):
            chosen[in_hand] = picked
            in_hand = next((slot.alias for slot in slots if slot.alias not in chosen), None)
        pictures = first_thumbnails(set(chosen.values()), 6)
        page = self.page(narrowing)
        return {
            "page": page,
            "constraint": constraint,
            "placeholders": [_placeholder(slot, chosen, in_hand, pictures) for slot in slots],
            "in_hand": in_hand,
            "rows": [(v, p, _aliases_of(v, chosen)) for v, p in with_pictures(page.rows)],
            "empty_count": len(slots) - len(chosen),
            "repeated": _repeated(list(chosen.values())),
        }

    def _picked(self, narrowing: Any) -> DatasetVersion | None:
        pick = narrowing.cleaned_data["pick"]
        return self.queryset(narrowing).select_related("dataset").filter(pk=pick).first() if pick else None

    # Without one

    def _free_rows(self, narrowing: Any) -> dict[str, Any]:
        taken = _taken(narrowing)
        page = self.page(narrowing)
        chosen = self.queryset(narrowing).select_related("dataset").filter(pk__in=list(taken))
        versions = [*chosen, *(version for version in page.rows if version.pk not in taken)]
        typed = _typed_aliases(narrowing.query)
        rows = [
            FreeRow(v, taken.get(v.pk) or typed.get(v.pk) or [suggested_alias(v)], v.pk in taken, p, v.pk in typed)
            for v, p in with_pictures(versions)
        ]
        choices = [Choice(alias, row.version) for row in rows if row.is_taken for alias in row.aliases]
        refusals = alias_refusals(choices)
        for row in rows:
            row.problems = [refusals[alias] for alias in row.aliases if row.is_taken and alias in refusals]
        return {
            "page": page,
            "free_rows": rows,
            "taken_count": len(choices),
            "refusals": list(refusals.values()),
            "had_entries": narrowing.of_draft.dataset_versions.exists(),
        }


def suggested_alias(version: DatasetVersion) -> str:
    """The version's own name where it can be an alias: `train` is most often meant to be train."""
    try:
        validate_alias(version.name)
    except forms.ValidationError:
        return ""
    return version.name


def choices_from(
    data: QueryDict, *, draft: ExperimentDraft, user: User
) -> tuple[DatasetConstraint | None, list[Choice]]:
    """What the dialog's fields say was chosen, in the order of the placeholders or of the list.

    Args:
        data: the fields of the dialog, as they were posted.
        draft: for which they were chosen.
        user: who may only choose what they see; other ids are as good as none.

    Raises:
        ValidationError: when the constraint is no longer the base's.
    """
    versions = versions_for(draft, user=user).select_related("dataset")
    constraints = list(constraints_for(draft))
    if constraints:
        constraint = next((row for row in constraints if str(row.pk) == data.get("constraint")), None)
        if constraint is None:
            raise forms.ValidationError("The base's constraints changed meanwhile: choose again.")
        wanted = {slot.alias: _uuid(data.get(f"in-{slot.alias}", "")) for slot in constraint.slots.all()}
        found = versions.in_bulk([pk for pk in wanted.values() if pk])
        return constraint, [Choice(alias, found[pk]) for alias, pk in wanted.items() if pk in found]
    ids = [pk for pk in map(_uuid, data.getlist("version")) if pk]
    found, typed = versions.in_bulk(ids), _typed_aliases(data)
    return None, [Choice(alias, found[pk]) for pk in ids if pk in found for alias in typed.get(pk, [""])]


def _constraint_in_hand(narrowing: Any, constraints: list[DatasetConstraint]) -> DatasetConstraint:
    wanted = narrowing.cleaned_data["constraint"] or narrowing.of_draft.dataset_constraint_id
    return next((row for row in constraints if row.pk == wanted), constraints[0])


def _chosen_by_alias(
    narrowing: Any, slots: list[ConstraintSlot], versions: DatasetVersionQuerySet
) -> dict[str, DatasetVersion]:
    """What is in the placeholders; switching the constraint keeps what has the same alias."""
    if narrowing.cleaned_data["chosen"]:
        wanted = {slot.alias: _uuid(narrowing.query.get(f"in-{slot.alias}", "")) for slot in slots}
    else:
        wanted = dict(narrowing.of_draft.dataset_versions.values_list("alias", "dataset_version"))
    found = versions.select_related("dataset").in_bulk([pk for pk in wanted.values() if pk])
    return {slot.alias: found[pk] for slot in slots if (pk := wanted.get(slot.alias)) in found}


def _slot_in_hand(narrowing: Any, slots: list[ConstraintSlot], chosen: dict[str, DatasetVersion]) -> str | None:
    aliases = [slot.alias for slot in slots]
    if narrowing.cleaned_data["slot"] in aliases:
        return str(narrowing.cleaned_data["slot"])
    return next((alias for alias in aliases if alias not in chosen), None)


def _placeholder(
    slot: ConstraintSlot,
    chosen: dict[str, DatasetVersion],
    in_hand: str | None,
    pictures: dict[uuid.UUID, list[Thumbnail]],
) -> Placeholder:
    version = chosen.get(slot.alias)
    return Placeholder(slot, version, slot.alias == in_hand, pictures[version.pk] if version else [])


def _aliases_of(version: DatasetVersion, chosen: dict[str, DatasetVersion]) -> list[str]:
    return [alias for alias, taken in chosen.items() if taken == version]


def _repeated(versions: list[DatasetVersion]) -> list[str]:
    return sorted({str(version) for version in versions if versions.count(version) > 1})


def _taken(narrowing: Any) -> dict[uuid.UUID, list[str]]:
    """Version → its aliases, for those that are taken."""
    if narrowing.cleaned_data["chosen"]:
        typed = _typed_aliases(narrowing.query)
        ids = [pk for pk in map(_uuid, narrowing.query.getlist("version")) if pk]
        return {pk: typed.get(pk, []) for pk in ids}
    taken: dict[uuid.UUID, list[str]] = {}
    for alias, version in narrowing.of_draft.dataset_versions.values_list("alias", "dataset_version"):
        if version:
            taken.setdefault(version, []).append(alias)
    return taken


def _typed_aliases(data: QueryDict) -> dict[uuid.UUID, list[str]]:
    """Version → the aliases typed for it; a second alias left empty is none."""
    typed = {}
    for name in data:
        version = _uuid(name.removeprefix("alias-")) if name.startswith("alias-") else None
        if version:
            aliases = [alias.strip() for alias in data.getlist(name)]
            typed[version] = aliases[:1] + [alias for alias in aliases[1:] if alias]
    return typed


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
