"""Publish as model: the dialog, which is a page as well, and what each of its buttons does."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from config.http import HttpRequest, page_or_fragment, wants_fragment
from config.inference_types import InferenceType
from config.paging import page_of
from config.search import matching
from experiments.models import Experiment, Publication
from experiments.publishing import framework_of, inference_type_of, publish_as_model, publish_in_model, published_with
from experiments.publishing_forms import NEW, TABS, PublishForm
from organizations.models import Role
from registry.cards import cards
from registry.models import Framework, ModelVersion

MODELS_SHOWN = 6
EARLIER_SHOWN = 3
FIRST_PAGE = QueryDict()
FRAGMENTS = {"dialog": "experiments/_publish_dialog.html", "results": "experiments/_publish_models.html"}


@require_http_methods(["GET", "POST"])
def experiment_publish(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask as what the experiment is published, and with which files; then publish it, once."""
    experiment = _experiment(request, pk)
    request.user.must_be(Role.MEMBER, experiment.project.organization)
    act, _, argument = request.POST.get("act", "publish").partition(":")
    if request.method == "POST" and act == "publish":
        return _published(request, experiment)
    given = _changed(request.POST, act, argument) if request.method == "POST" else None
    form = PublishForm(experiment, user=request.user, given=given)
    if act == "succession":
        form.accept_succession()
    return _page(request, form, query=QueryDict(argument.removeprefix("?") if act == "page" else ""))


def _changed(posted: QueryDict, act: str, argument: str) -> QueryDict:
    """What the fields hold after a button that shows another tab or takes a model."""
    given = posted.copy()
    if act in ("tab", "model"):
        given[act] = argument
    return given


def _published(request: HttpRequest, experiment: Experiment) -> HttpResponse:
    form = PublishForm(experiment, user=request.user, given=request.POST, is_sent=True)
    is_valid, there = form.is_valid(), None
    key = form.cleaned_data.get("key")
    try:
        if sent_already := published_with(key, experiment):
            return _to(request, sent_already, f"{experiment} is published already as {sent_already}.")
        if is_valid:
            version = _publish(request, form)
            if version.publication.key == key:
                return _to(request, version, f"{experiment} is published as {version}.")
            there = version
    except ValidationError as refusal:
        form.refuse(refusal)
    except Experiment.DoesNotExist:
        raise Http404 from None
    return _page(request, form, there=there, status=422)


def _publish(request: HttpRequest, form: PublishForm) -> ModelVersion:
    data = form.cleaned_data
    if data["tab"] == NEW:
        named = {"name": data["name"], "description": data["description"]}
        return publish_as_model(form.experiment, **named, wanted=form.wanted, by=request.user)
    return publish_in_model(form.experiment, model=data["model"], wanted=form.wanted, by=request.user)


def _to(request: HttpRequest, version: ModelVersion, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    response = redirect("registry:model_version_detail", pk=version.pk)
    return HttpResponseClientRedirect(response.url) if wants_fragment(request) else response


def _page(
    request: HttpRequest,
    form: PublishForm,
    *,
    query: QueryDict = FIRST_PAGE,
    there: ModelVersion | None = None,
    status: int = 200,
) -> HttpResponse:
    experiment = form.experiment
    context = {
        "form": form,
        "experiment": experiment,
        "project": experiment.project,
        "page_organization": experiment.project.organization,
        "tabs": TABS,
        "there": there,
        "earlier": _earlier(request, experiment)[:EARLIER_SHOWN],
        "constraint_count": experiment.architecture.constraints.count(),
        "hyperparameter_count": experiment.architecture.hyperparameters.count(),
        "inference_type": InferenceType(inference_type_of(experiment)).label,
        "framework": Framework(framework_of(experiment)).label,
        "focus": _focus(form, there),
        **_models(form, query),
    }
    return page_or_fragment(request, "experiments/experiment_publish.html", context, fragments=FRAGMENTS, status=status)


def _models(form: PublishForm, query: QueryDict) -> dict[str, Any]:
    """A page of the models to choose from, while one has to be chosen."""
    if not form.is_choosing:
        return {}
    text = form["q"].value() or ""
    found = matching(form.models, text, ("name", "description"))
    page = page_of(found, query, size=MODELS_SHOWN)
    return {"page": page, "cards": cards(page.rows), "text": text}


def _focus(form: PublishForm, there: ModelVersion | None) -> str:
    """Where the cursor is: at the first mistake, at what a button changed, or where the typing begins."""
    focus = (form.is_bound and form.first_mistake) or form.focus or _first_field(form)
    if focus in form.fields and not there:
        form.fields[focus].widget.attrs["autofocus"] = True
    return focus


def _first_field(form: PublishForm) -> str:
    return "name" if form.tab_in_view == NEW else "version_name"


def _earlier(request: HttpRequest, experiment: Experiment) -> QuerySet[Publication]:
    """What was published of the experiment as it is now."""
    same = Publication.objects.visible_to(request.user).filter(
        experiment=experiment, revision=experiment.architecture.revision
    )
    visible = same.filter(model_version__in=ModelVersion.objects.visible_to(request.user))
    return visible.select_related("model_version__model", "published_by")


def _experiment(request: HttpRequest, pk: uuid.UUID) -> Experiment:
    experiments = Experiment.objects.visible_to(request.user).select_related(
        "project__organization",
        "architecture",
        "base_model_version__model",
        "base_model_version__architecture",
        "base_experiment__architecture",
    )
    return get_object_or_404(experiments, pk=pk)
