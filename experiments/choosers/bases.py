"""The base of a draft: a model version of the registry, or an experiment of the project."""

import uuid
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from choosers.chooser import Chooser, Narrowing, register
from config.paging import COUNT_MAX, count_up_to
from experiments.bases import experiments_for, model_versions_for
from experiments.drafts.access import drafts_of
from experiments.models import Experiment, ExperimentDraft
from organizations.models import User
from registry.choosers import ModelVersionChooser, RegistryNarrowing
from registry.models import ModelVersion


class DraftNarrowing(Narrowing):
    """For the draft that `?draft=` names, one of the user's own."""

    draft = forms.ModelChoiceField(ExperimentDraft.objects.none())

    def limit_to(self, user: User) -> None:
        super().limit_to(user)
        self.fields["draft"].queryset = drafts_of(user)  # type: ignore[attr-defined]

    @property
    def of_draft(self) -> ExperimentDraft:
        """The draft that is written."""
        draft: ExperimentDraft = self.cleaned_data["draft"]
        return draft

    @property
    def action(self) -> str:
        return reverse("experiments:draft_detail", args=[self.of_draft.pk])

    @property
    def inference_type(self) -> str:
        """The type that a base must fit; empty while the draft has none."""
        return self.of_draft.inference_type

    @property
    def inference_type_label(self) -> str:
        """The type in words."""
        return self.of_draft.get_inference_type_display()


class BaseModelNarrowing(DraftNarrowing, RegistryNarrowing):
    """The registry as the draft's project sees it: public models, and those of its own organization."""

    @property
    def organizations(self) -> list[uuid.UUID]:
        return [self.of_draft.project.organization_id]


@register
class BaseModelChooser(ModelVersionChooser):
    """The base of a draft, from the registry."""

    name = "base-model"
    title = "Attach a Model"
    choice_name, choice_prefix = "action", "attach:model:"
    target, swap, sync = "#draft", "morph", "#autosave:queue all"
    narrowing_class = BaseModelNarrowing

    def queryset(self, narrowing: Any) -> QuerySet[ModelVersion]:
        draft = narrowing.of_draft
        return model_versions_for(draft.project, user=narrowing.user, inference_type=draft.inference_type)


@register
class BaseExperimentChooser(Chooser[Experiment]):
    """The base of a draft, from the experiments of its project."""

    name = "base-experiment"
    title = "Attach an Experiment"
    choice_name, choice_prefix = "action", "attach:experiment:"
    target, swap, sync = "#draft", "morph", "#autosave:queue all"
    results_template = "experiments/_base_experiments.html"
    newest_by = "created_at"
    narrowing_class = DraftNarrowing

    def queryset(self, narrowing: Any) -> QuerySet[Experiment]:
        draft = narrowing.of_draft
        return experiments_for(draft.project, user=narrowing.user, inference_type=draft.inference_type).select_related(
            "created_by"
        )

    def context(self, narrowing: Any) -> dict[str, Any]:
        draft, shown = narrowing.of_draft, count_up_to(self.queryset(narrowing))
        every = count_up_to(experiments_for(draft.project, user=narrowing.user))
        left_out = max(every - shown, 0)
        return {**super().context(narrowing), "shown": shown, "left_out": left_out, "count_max": COUNT_MAX}
