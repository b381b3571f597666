"""What the form's fields hold, saved as it was typed, right or wrong.

Each field `f` travels with `was-f`, the value this tab was shown. A field that the user did not touch changes nothing,
so two tabs on one draft disturb each other only where both changed the same field; then nothing is overwritten unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from config.inference_types import CONFIGURED
from experiments.drafts.access import load_for_change, touch
from experiments.drafts.base import dropped_by_type
from experiments.drafts.hyperparameters import ADDABLE
from experiments.models import DraftHyperparameter, ExperimentDraft
from organizations.models import User

RAW_MAX = 20_000
_GENERAL = ("name", "description", "inference_type")
# Of a hyperparameter that is being written.
_NEW = {"new-key": "new_key", "new-kind": "new_kind", "new-value": "new_value"}


@dataclass
class Saved:
    """What became of the fields that the form sent.

    Attributes:
        changed: names of the fields that were saved.
        refusals: field name → why it was not saved.
        typed: field name → what the user typed there, for the fields that were not saved.
        conflicts: field name → what this tab was shown, for the fields that another tab changed meanwhile.
        homeless: what was typed for hyperparameters that the draft no longer has.
        pending_type: an inference type that waits for a confirmation, since something no longer fits it.
        dropped: what would go with that type, by name.
    """

    changed: set[str] = field(default_factory=set)
    refusals: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)
    homeless: list[str] = field(default_factory=list)
    pending_type: str = ""
    dropped: list[str] = field(default_factory=list)

    def refuse(self, name: str, typed: str, sentence: str) -> None:
        """Note that a field was not saved, and keep what was typed."""
        self.refusals[name], self.typed[name] = sentence, typed


@transaction.atomic
def save_form(draft: ExperimentDraft, *, data: Mapping[str, str], by: User) -> Saved:
    """Save every field that the user changed.

    Args:
        draft: the user's draft.
        data: field name → text, and `was-` + field name → the text that the tab was shown.
        by: the draft's owner.

    Raises:
        ExperimentDraft.DoesNotExist: when it is no more.
    """
    draft = load_for_change(draft, by=by)
    saved = Saved()
    for name in _GENERAL:
        _save_general(draft, name, data, saved)
    _save_new(draft, data, saved)
    _save_hyperparameters(draft, data, saved)
    if saved.changed:
        touch(draft)
    return saved


def _save_general(draft: ExperimentDraft, name: str, data: Mapping[str, str], saved: Saved) -> None:
    mine = _changed(name, getattr(draft, name), data, saved)
    if mine is None:
        return
    if name == "inference_type" and not _may_become(draft, mine, saved):
        return
    setattr(draft, name, mine)
    saved.changed.add(name)


def _save_new(draft: ExperimentDraft, data: Mapping[str, str], saved: Saved) -> None:
    for name, attribute in _NEW.items():
        mine = _changed(name, getattr(draft, attribute), data, saved)
        if mine is not None and (name != "new-kind" or mine in dict(ADDABLE)):
            setattr(draft, attribute, mine)
            saved.changed.add(name)


def _may_become(draft: ExperimentDraft, inference_type: str, saved: Saved) -> bool:
    """Whether the type can be taken without dropping anything; otherwise it waits for a confirmation."""
    if draft.edits_id or inference_type not in ["", *(value for value, _ in CONFIGURED)]:
        saved.refuse("inference_type", draft.inference_type, "Choose one of the inference types.")
        return False
    saved.dropped = dropped_by_type(draft, inference_type)
    if saved.dropped:
        saved.pending_type = inference_type
        saved.typed["inference_type"] = inference_type
    return not saved.dropped


def _save_hyperparameters(draft: ExperimentDraft, data: Mapping[str, str], saved: Saved) -> None:
    changed, gone = [], {name for name in data if name.startswith("hp-")}
    for row in draft.hyperparameters.filter(is_removed=False):
        name = f"hp-{row.pk}"
        gone.discard(name)
        mine = _changed(name, row.value, data, saved, row)
        if mine is not None:
            row.value = mine
            changed.append(row)
            saved.changed.add(name)
    DraftHyperparameter.objects.bulk_update(changed, ["value"])
    saved.homeless = [data[name] for name in sorted(gone) if data[name] != data.get(f"was-{name}", "")]


def _changed(
    name: str, stored: str, data: Mapping[str, str], saved: Saved, row: DraftHyperparameter | None = None
) -> str | None:
    """The new value of a field, or None when it stays as it is stored."""
    if name not in data:
        return None
    typed = _lines(data[name])
    was = _lines(data.get(f"was-{name}", stored))
    mine = _tidy(typed, row)
    if typed == was or mine in (was, stored):
        return None
    if sentence := _unstorable(typed):
        saved.refuse(name, typed.replace("\x00", ""), sentence)
        return None
    if stored != was:
        saved.refuse(name, typed, f"In another tab this became “{stored[:60]}”.")
        saved.conflicts[name] = was
        return None
    return mine


def _tidy(text: str, row: DraftHyperparameter | None) -> str:
    """A value's canonical text when it is one, so that 0.0010 is not a change of 0.001; else just what was typed."""
    try:
        return row.rule.canonical(text) if row else text
    except ValidationError:
        return text


def _unstorable(text: str) -> str:
    if "\x00" in text:
        return "Remove the NUL character: it can't be saved."
    return f"Too long to be saved: at most {RAW_MAX:,} characters." if len(text) > RAW_MAX else ""


def _lines(text: str) -> str:
    """Browsers send line breaks as two characters."""
    return text.replace("\r\n", "\n")
