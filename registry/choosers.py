"""The registry in a modal: models by tab and search, then the versions of the one that was opened."""

import uuid
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from choosers.chooser import Chooser, Narrowing, register
from config.inference_types import CONFIGURED, InferenceType, fitting
from config.paging import COUNT_MAX, Page, count_up_to, page_of
from config.search import matching
from organizations.models import Organization, User
from registry.cards import cards, with_contents
from registry.models import ModelVersion, RegisteredModel

PUBLIC, PRIVATE = "public", "private"
TABS = [(PUBLIC, "Public"), (PRIVATE, "Private")]


class RegistryNarrowing(Narrowing):
    """Which registry, which model is open, and the inference type that a version must fit."""

    tab = forms.ChoiceField(choices=TABS, required=False)
    model = forms.ModelChoiceField(RegisteredModel.objects.none(), required=False)
    type = forms.ChoiceField(choices=[("", "Any"), *CONFIGURED], required=False)

    def limit_to(self, user: User) -> None:
        self.fields["model"].queryset = RegisteredModel.objects.visible_to(user)  # type: ignore[attr-defined]

    @property
    def tab_in_view(self) -> str:
        """The open model's tab, else the one asked for, else the public one."""
        model = self.cleaned_data["model"]
        if model:
            return PUBLIC if model.is_public else PRIVATE
        return self.cleaned_data["tab"] or PUBLIC

    @property
    def tabs(self) -> list[tuple[str, str, str]]:
        """Each tab with its title and address; a change of tab closes the open model."""
        return [(tab, title, self.address(tab=tab, model="")) for tab, title in TABS]

    @property
    def all_models_address(self) -> str:
        """Back from a model's versions."""
        return self.address(tab=self.tab_in_view, model="")

    @property
    def organizations(self) -> list[uuid.UUID]:
        """Whose private models are shown. Named one by one, they let the database walk its index of the newest."""
        return list(Organization.objects.visible_to(self.user).values_list("pk", flat=True))

    @property
    def inference_type(self) -> str:
        """The type that a version must fit; empty for any."""
        return str(self.cleaned_data.get("type", ""))

    @property
    def inference_type_label(self) -> str:
        """The type in words."""
        return str(InferenceType(self.inference_type).label) if self.inference_type else ""


@register
class ModelVersionChooser(Chooser[ModelVersion]):
    """A version of a public model, or of a model of the user's organizations."""

    name = "model-version"
    title = "Choose a model version"
    search_fields = ("name", "description")
    placeholder = "Search by name or description"
    dialog_template = "registry/_registry_dialog.html"
    results_template = "registry/_registry_results.html"
    narrowing_class = RegistryNarrowing

    def queryset(self, narrowing: Any) -> QuerySet[ModelVersion]:
        reachable = Q(model__organization=None) | Q(model__organization__in=narrowing.organizations)
        versions = ModelVersion.objects.visible_to(narrowing.user).filter(reachable)
        return versions.filter(inference_type__in=self._types(narrowing)) if narrowing.inference_type else versions

    def models(self, narrowing: Any) -> QuerySet[RegisteredModel]:
        """The models of the tab that have a version which fits."""
        fitting_versions = ModelVersion.objects.filter(model=OuterRef("pk"))
        if narrowing.inference_type:
            fitting_versions = fitting_versions.filter(inference_type__in=self._types(narrowing))
        return self._of_tab(narrowing).filter(Exists(fitting_versions))

    def page(self, narrowing: Any) -> Page[Any]:
        if narrowing.cleaned_data["model"]:
            return self._versions_page(narrowing)
        found = matching(self.models(narrowing), narrowing.cleaned_data["q"], self.search_fields)
        return page_of(found, narrowing.query, size=self.page_size)

    def context(self, narrowing: Any) -> dict[str, Any]:
        context = super().context(narrowing)
        model = narrowing.cleaned_data["model"]
        if not model:
            rows = [(card, narrowing.address(model=str(card.model.pk))) for card in cards(context["page"].rows)]
            context |= {"cards": rows, **self._counts(narrowing)}
        return context | {"model": model}

    def _of_tab(self, narrowing: Any) -> QuerySet[RegisteredModel]:
        models = RegisteredModel.objects.visible_to(narrowing.user)
        if narrowing.tab_in_view == PUBLIC:
            return models.public()
        return models.filter(organization__in=narrowing.organizations)

    def _versions_page(self, narrowing: Any) -> Page[ModelVersion]:
        versions = self.queryset(narrowing).filter(model=narrowing.cleaned_data["model"])
        versions = matching(versions, narrowing.cleaned_data["q"], ("name", "description"))
        return page_of(with_contents(versions), narrowing.query, size=self.page_size)

    def _counts(self, narrowing: Any) -> dict[str, Any]:
        """How many models fit and how many are left out; no exact count of a long list."""
        shown = count_up_to(self.models(narrowing))
        every = count_up_to(self._of_tab(narrowing)) if narrowing.inference_type else shown
        return {"shown": shown, "left_out": max(every - shown, 0), "count_max": COUNT_MAX}

    @staticmethod
    def _types(narrowing: Any) -> list[str]:
        return fitting(narrowing.inference_type)
