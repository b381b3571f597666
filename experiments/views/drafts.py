"""The creation form. It is one form: every request brings its fields, saves what changed, and does what was clicked.

htmx swaps the form for the answer; without it the same answers are whole pages.
"""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from config.http import HttpRequest, page_or_fragment, wants_fragment
from config.ids import new_id
from experiments.creation import DraftIncomplete
from experiments.drafts.access import drafts_of
from experiments.drafts.lifecycle import discard_draft, draft_of_changes, start_draft, start_from
from experiments.drafts.saving import save_form
from experiments.models import DraftHyperparameter, Experiment, ExperimentDraft, Project
from experiments.views.draft_actions import ACTIONS, Outcome
from experiments.views.draft_page import DraftPage


@require_POST
def draft_create(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The + beside a project's experiment list."""
    project = get_object_or_404(Project.objects.visible_to(request.user), pk=pk)
    try:
        draft_id = uuid.UUID(request.POST.get("draft", ""))
    except ValueError:
        draft_id = new_id()
    draft = start_draft(project=project, draft_id=draft_id, by=request.user)
    return redirect("experiments:draft_detail", draft.pk)


@require_POST
def draft_from_experiment(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """*Use as base*."""
    experiment = get_object_or_404(Experiment.objects.visible_to(request.user), pk=pk)
    return redirect("experiments:draft_detail", start_from(experiment, by=request.user).pk)


@require_POST
def experiment_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Open the form on an experiment that still waits."""
    experiment = get_object_or_404(Experiment.objects.visible_to(request.user), pk=pk)
    return redirect("experiments:draft_detail", draft_of_changes(experiment, by=request.user).pk)


@require_http_methods(["GET", "POST"])
def draft_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The form; once the experiment is created its address leads there."""
    draft = drafts_of(request.user).filter(pk=pk).first()
    if draft is None:
        return _to(request, get_object_or_404(Experiment.objects.visible_to(request.user), pk=pk))
    if request.method == "GET":
        return _draw(request, draft, Outcome())
    try:
        return _act(request, draft)
    except ExperimentDraft.DoesNotExist:
        # Created or discarded in another tab, between the look and the lock.
        return _to(request, get_object_or_404(Experiment.objects.visible_to(request.user), pk=pk))


@require_http_methods(["GET", "POST"])
def draft_discard(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask, naming what goes; then throw the draft away."""
    draft = get_object_or_404(drafts_of(request.user), pk=pk)
    if request.method == "GET":
        context = {"draft": draft, "page_organization": draft.project.organization}
        return render(request, "experiments/draft_discard.html", context)
    discard_draft(draft, by=request.user)
    messages.success(request, f"{draft} was discarded." if not draft.edits else "The changes were discarded.")
    return redirect(draft.edits or draft.project)


def _act(request: HttpRequest, draft: ExperimentDraft) -> HttpResponse:
    action, _, argument = request.POST.get("action", "save").partition(":")
    if action not in ACTIONS:
        raise Http404
    saved = save_form(draft, data=_fields(request, action, argument), by=request.user)
    outcome = Outcome(saved=saved)
    if saved.homeless:
        outcome.notice = outcome.errors["hyperparameters"] = _of_homeless(saved.homeless)
    try:
        ACTIONS[action](request, draft, argument, outcome)
    except DraftIncomplete as refusal:
        outcome.refuse(refusal)
    except ValidationError as refusal:
        outcome.note(refusal)
    except IntegrityError:
        # What the draft was to refer to was deleted between the look and the commit.
        outcome.errors[outcome.part] = "What you chose was changed or deleted in this moment. Choose again."
    except DraftHyperparameter.DoesNotExist:
        outcome.errors["hyperparameters"] = "That hyperparameter is gone: the base was changed in another tab."
    return _answer(request, draft, outcome)


def _fields(request: HttpRequest, action: str, argument: str) -> dict[str, str]:
    """What the form sent. Where another tab changed the same field, `keep` stands for this one's text."""
    # A switch sends `false` and, when it is on, `true` after it: `dict` takes the last value of each field.
    data = request.POST.dict()
    if action in ("keep", "take"):
        data.pop(argument if action == "take" else f"was-{argument}", None)
    return data


def _of_homeless(texts: list[str]) -> str:
    quoted = ", ".join(f"“{text[:60]}”" for text in texts)
    if len(texts) == 1:
        return f"{quoted} was not saved: its hyperparameter was removed in another tab."
    return f"{quoted} were not saved: their hyperparameters were removed in another tab."


def _answer(request: HttpRequest, draft: ExperimentDraft, outcome: Outcome) -> HttpResponse:
    if outcome.created:
        return _to(request, outcome.created)
    if outcome.redirect_to and not wants_fragment(request) and not outcome.saved.typed:
        return redirect(outcome.redirect_to)
    draft = drafts_of(request.user).get(pk=draft.pk)
    if wants_fragment(request) or outcome.has_something_to_say:
        return _draw(request, draft, outcome)
    return redirect(f"{reverse('experiments:draft_detail', args=[draft.pk])}#{outcome.part}")


def _draw(request: HttpRequest, draft: ExperimentDraft, outcome: Outcome) -> HttpResponse:
    page = DraftPage(draft, outcome)
    context = {"page": page, "draft": draft, "project": draft.project, "page_organization": draft.project.organization}
    response = page_or_fragment(request, "experiments/draft_detail.html", context, fragments=("draft",))
    if outcome.closes_dialog:
        # After the swap: by then the button may be gone, and an event of its own would reach nobody.
        trigger_client_event(response, "close-dialog", after="swap")
    if outcome.notice:
        trigger_client_event(response, "notice", {"text": outcome.notice, "kind": "warn", "stays": "homeless"})
    if outcome.focus:
        trigger_client_event(response, "focus-on", {"id": outcome.focus}, after="settle")
    return response


def _to(request: HttpRequest, experiment: Experiment) -> HttpResponse:
    address = reverse("experiments:experiment_detail", args=[experiment.pk])
    return HttpResponseClientRedirect(address) if wants_fragment(request) else redirect(address)
