"""What each button of the creation form does, by the button's value: `action`, or `action:argument`."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404

from choosers.chooser import get_chooser
from config.http import HttpRequest
from experiments.bases import Base, experiments_for, model_versions_for
from experiments.choosers.datasets import choices_from
from experiments.creation import DraftIncomplete, create_experiment, save_changes
from experiments.drafts.base import attach_base, change_type, detach_base, plan_base
from experiments.drafts.datasets import remove_dataset_version, set_dataset_versions
from experiments.drafts.hyperparameters import (
    add_hyperparameter,
    remove_hyperparameter,
    reset_hyperparameter,
    restore_hyperparameter,
)
from experiments.drafts.merge import Merge
from experiments.drafts.saving import Saved
from experiments.models import Experiment, ExperimentDraft


@dataclass
class Plan:
    """A change of base that waits for the user's word: what it would do, and the action that was asked for."""

    base: Base | None
    merge: Merge
    act: str


@dataclass
class Outcome:
    """What became of a request, beyond what is stored.

    Attributes:
        saved: what became of the fields.
        errors: place → sentence, for what was clicked.
        part: the part that the click belongs to.
        attempted: whether Create was clicked, so that what is missing is said at its place.
        plan: a change of base to be confirmed.
        created: the experiment to go to.
        redirect_to: where a click leads without JavaScript.
        notice: what is said apart from the form, since the next answer must not take it away.
        focus: the id of the element that gets the cursor.
    """

    saved: Saved = field(default_factory=Saved)
    errors: dict[str, str] = field(default_factory=dict)
    part: str = "general"
    attempted: bool = False
    plan: Plan | None = None
    created: Experiment | None = None
    redirect_to: str = ""
    notice: str = ""
    focus: str = ""
    closes_dialog: bool = False

    @property
    def has_something_to_say(self) -> bool:
        """Whether the page has to be drawn from this answer: a redirect would lose it."""
        typed = self.saved.refusals or self.saved.pending_type
        return bool(typed or self.errors or self.attempted or self.plan)

    def refuse(self, refusal: DraftIncomplete) -> None:
        """Creation was refused: say everything, and go to the first."""
        self.attempted = True
        self.errors |= {problem.place: problem.sentence for problem in reversed(refusal.problems)}
        self.focus = refusal.problems[0].place if refusal.problems else ""

    def note(self, refusal: ValidationError) -> None:
        """A click was refused: say why, at its place."""
        if hasattr(refusal, "error_dict"):
            self.errors |= {place: " ".join(sentences) for place, sentences in refusal.message_dict.items()}
            self.focus = next(iter(refusal.message_dict))
        else:
            self.errors[self.part] = " ".join(refusal.messages)


def _save(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    """The fields are saved by now. A change of base that waits for the user's word goes on waiting."""
    waiting = request.POST.get("waiting", "")
    if waiting:
        with suppress(Http404):
            base = None if waiting == "detach" else _find_base(request, draft, waiting.removeprefix("attach:"))
            _asks_first(draft, base, waiting, outcome)


def _keep_base(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    outcome.part, outcome.focus = "base", "attach-model"


def _settle(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    """`keep:<field>` or `take:<field>`: the user's word about a field that another tab changed, heard while saving."""
    outcome.focus = _place_of(argument)


def _place_of(name: str) -> str:
    """The id of the field of that name."""
    return name if name.startswith(("hp-", "new-")) else f"id_{name}"


def _create(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    if outcome.saved.refusals or outcome.saved.pending_type:
        outcome.attempted = True
        outcome.focus = _place_of(next(iter(outcome.saved.typed)))
        return
    create = save_changes if draft.edits_id else create_experiment
    outcome.created = create(draft, by=request.user)


def _change_type(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    change_type(draft, inference_type=argument, by=request.user)
    _keep_type(request, draft, argument, outcome)


def _keep_type(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    """The question about the type is answered: the field shows what is stored."""
    outcome.saved.pending_type, outcome.focus = "", "id_inference_type"
    outcome.saved.typed.pop("inference_type", None)


def _attach(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    """`attach:model:<id>` or `attach:experiment:<id>`; with `:confirmed` when the merge was accepted."""
    outcome.part, outcome.focus, outcome.closes_dialog = "base", "attach-model", True
    name = argument.removesuffix(":confirmed")
    base = _find_base(request, draft, name)
    if name != argument or not _asks_first(draft, base, f"attach:{name}", outcome):
        attach_base(draft, base=base, by=request.user)


def _detach(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    outcome.part, outcome.focus = "base", "attach-model"
    if argument or not _asks_first(draft, None, "detach", outcome):
        detach_base(draft, by=request.user)


def _asks_first(draft: ExperimentDraft, base: Base | None, act: str, outcome: Outcome) -> bool:
    """Whether the change of base touches something of the user's: then they see it before it happens."""
    plan = plan_base(draft, base)
    if not plan.needs_review or draft.edits_id:
        return False
    outcome.plan = Plan(base, plan, act)
    outcome.focus = "base-plan" if outcome.part == "base" else ""
    return True


def _find_base(request: HttpRequest, draft: ExperimentDraft, name: str) -> Base:
    """`model:<id>` or `experiment:<id>` as the user may see it; of whatever type, so that a misfit is refused with its
    reason.
    """
    kind, _, pk = name.partition(":")
    key = _uuid(pk)
    if kind == "experiment":
        experiments = experiments_for(draft.project, user=request.user).select_related("architecture")
        return get_object_or_404(experiments, pk=key)
    versions = model_versions_for(draft.project, user=request.user).select_related("model", "architecture")
    return get_object_or_404(versions, pk=key)


def _add(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    outcome.part = "hyperparameters"
    key, kind, value = (request.POST.get(f"new-{name}", "") for name in ("key", "kind", "value"))
    row = add_hyperparameter(draft, key=key, kind=kind, value=value, by=request.user)
    outcome.focus = f"hp-{row.pk}"


def _remove(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    outcome.part, outcome.focus = "hyperparameters", f"restore-{argument}"
    remove_hyperparameter(draft, row_id=_uuid(argument), by=request.user)


def _restore(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    outcome.part, outcome.focus = "hyperparameters", f"hp-{argument}"
    restore_hyperparameter(draft, row_id=_uuid(argument), by=request.user)


def _reset(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    outcome.part, outcome.focus = "hyperparameters", f"hp-{argument}"
    reset_hyperparameter(draft, row_id=_uuid(argument), by=request.user)
    outcome.saved.typed.pop(f"hp-{argument}", None)
    outcome.saved.refusals.pop(f"hp-{argument}", None)


def _set_datasets(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    outcome.part = "dialog"
    # A refusal goes back to the dialog, which still holds what was chosen: the page of it without JavaScript.
    _choose(request, draft, "draft-dataset-versions", outcome)
    constraint, choices = choices_from(request.POST, draft=draft, user=request.user)
    set_dataset_versions(draft, constraint=constraint, choices=choices, by=request.user)
    outcome.part, outcome.closes_dialog, outcome.focus = "datasets", True, "add-dataset-versions"
    outcome.redirect_to = ""


def _remove_dataset(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    outcome.part, outcome.focus = "datasets", "add-dataset-versions"
    remove_dataset_version(draft, alias=argument, by=request.user)


def _choose(request: HttpRequest, draft: ExperimentDraft, argument: str, outcome: Outcome) -> None:
    """Without JavaScript a chooser is a page of its own, which gets everything chosen so far."""
    query = _chosen_so_far(request.POST)
    query["draft"] = str(draft.pk)
    name, _, slot = argument.partition(":")
    if slot:
        query["slot"] = slot
    outcome.redirect_to = f"{get_chooser(name).url}?{query.urlencode()}"


def _chosen_so_far(data: QueryDict) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in data.lists():
        if name in ("q", "chosen", "version", "constraint") or name.startswith(("alias-", "in-")):
            query.setlist(name, values)
    return query


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None


ACTIONS: dict[str, Callable[[HttpRequest, ExperimentDraft, str, Outcome], None]] = {
    "save": _save,
    "keep": _settle,
    "take": _settle,
    "create": _create,
    "change-type": _change_type,
    "keep-type": _keep_type,
    "attach": _attach,
    "detach": _detach,
    "keep-base": _keep_base,
    "add": _add,
    "remove": _remove,
    "restore": _restore,
    "reset": _reset,
    "set-datasets": _set_datasets,
    "remove-dataset": _remove_dataset,
    "choose": _choose,
}
