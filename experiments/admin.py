"""Projects, experiments and drafts in the admin. What an experiment was created with is read, not changed."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import TabularInline
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from datasets.admin import KeptAdmin
from experiments.models import (
    AttachedDatasetVersion,
    DraftDatasetVersion,
    DraftHyperparameter,
    Experiment,
    ExperimentDatasetVersion,
    ExperimentDraft,
    Project,
    Publication,
)
from experiments.services import refuse_detaching
from registry.forms.admin import RuledForm

# A page of more would be slow to draw, and too many fields to send: the list of attachments has them all.
INLINE_MAX = 500
# What of an experiment can be mended while it waits.
EDITABLE = ["name", "description"]


class MadeElsewhere(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that the creation form makes, and that belong together."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadInline(TabularInline):  # type: ignore[type-arg]
    """Rows to look at."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AttachmentFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """The rules of attaching and detaching, as on the project's page."""

    def clean(self) -> None:
        super().clean()
        for form in self.deleted_forms:
            refuse_detaching(project=self.instance, dataset_version=form.instance.dataset_version)
        for form in self.extra_forms:
            version = form.cleaned_data.get("dataset_version")
            if version and version.dataset.organization_id != self.instance.organization_id:
                raise ValidationError(f"{version} belongs to another organization.")


class AttachmentInline(TabularInline):  # type: ignore[type-arg]
    """Dataset versions are attached and detached; an attachment itself does not change."""

    model = AttachedDatasetVersion
    form = RuledForm
    formset = AttachmentFormSet
    fields = ["dataset_version", "attached_by", "attached_at"]
    readonly_fields = ["attached_by", "attached_at"]
    autocomplete_fields = ["dataset_version"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttachedDatasetVersion]:
        return super().get_queryset(request).select_related("dataset_version__dataset", "attached_by")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Project)
class ProjectAdmin(KeptAdmin):
    form = RuledForm
    list_display = ["name", "organization", "version_count", "created_by", "created_at"]
    list_filter = [("organization", admin.RelatedOnlyFieldListFilter), "created_at"]
    list_select_related = ["organization", "created_by"]
    search_fields = ["name", "organization__name"]
    autocomplete_fields = ["organization"]
    fields = ["name", "organization", "description", "created_by", "created_at", "lists"]
    readonly_fields = ["created_by", "created_at", "lists"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        return Project.objects.annotate(version_count=Count("attachments"))

    def get_readonly_fields(self, request: HttpRequest, obj: Project | None = None) -> list[str]:
        """Its experiments use dataset versions of its organization: it can't move to another one."""
        return [*self.readonly_fields, "organization"] if obj else [*self.readonly_fields]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [AttachmentInline] if obj and obj.version_count <= INLINE_MAX else []

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for attachment in formset.save(commit=False):
            attachment.attached_by = request.user
            attachment.save()
        for attachment in formset.deleted_objects:
            attachment.delete()

    @admin.display(description="dataset versions", ordering="version_count")
    def version_count(self, project: Any) -> int:
        count: int = project.version_count
        return count

    @admin.display(description="lists")
    def lists(self, project: Project) -> str:
        models = (Experiment, AttachedDatasetVersion, ExperimentDraft)
        addresses = [
            reverse(f"admin:experiments_{model._meta.model_name}_changelist", query={"project__id__exact": project.pk})
            for model in models
        ]
        links = '<a href="{}">Its experiments</a>, <a href="{}">dataset versions</a>, <a href="{}">drafts</a>'
        return format_html(links, *addresses)


@admin.register(AttachedDatasetVersion)
class AttachedDatasetVersionAdmin(MadeElsewhere):
    """Changed on the page of the project."""

    list_display = ["dataset_version", "project", "attached_by", "attached_at"]
    list_filter = ["dataset_version__inference_type", "attached_at"]
    list_select_related = ["dataset_version__dataset", "project", "attached_by"]
    search_fields = ["dataset_version__name", "dataset_version__dataset__name", "project__name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttachedDatasetVersion]:
        return AttachedDatasetVersion.objects.select_related(*self.list_select_related)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DatasetVersionInline(ReadInline):
    """What the training gets, in order."""

    model = ExperimentDatasetVersion
    fields = ["position", "alias", "dataset_version"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("dataset_version__dataset")


@admin.register(Experiment)
class ExperimentAdmin(KeptAdmin):
    """Name and description can be mended while it waits; the rest belongs together, or is the training's to write."""

    form = RuledForm
    list_display = ["name", "project", "status", "inference_type", "base_name", "created_by", "created_at"]
    list_filter = [
        "status",
        "inference_type",
        "base_kind",
        "created_at",
        ("project__organization", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["project", "created_by"]
    search_fields = ["name", "project__name"]
    readonly_fields = [
        "project", "status", "inference_type", "base_kind", "base_name", "base_model_version", "base_experiment",
        "architecture_link", "removed", "dataset_constraint", "created_by", "created_at", "updated_at",
    ]  # fmt: skip
    fields = [*EDITABLE, *readonly_fields]
    inlines = [DatasetVersionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        related = ("project__organization", "base_model_version__model", "base_experiment", "dataset_constraint")
        return Experiment.objects.select_related(*related, "created_by")

    def get_readonly_fields(self, request: HttpRequest, obj: Experiment | None = None) -> list[str]:
        return [*self.readonly_fields] if obj and obj.is_editable else [*EDITABLE, *self.readonly_fields]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Experiment, form: Any, change: bool) -> None:
        """Only these: its training may have started since the page was drawn."""
        obj.save(update_fields=[*EDITABLE, "updated_at"])

    @admin.display(description="architecture")
    def architecture_link(self, experiment: Experiment) -> str:
        address = reverse("admin:registry_architecture_change", args=[experiment.architecture_id])
        return format_html('<a href="{}">Its hyperparameters, files, constraints, labelmap and image</a>', address)

    @admin.display(description="removed hyperparameters")
    def removed(self, experiment: Experiment) -> str:
        return ", ".join(row["key"] for row in experiment.removed_hyperparameters) or "none"


@admin.register(ExperimentDatasetVersion)
class ExperimentDatasetVersionAdmin(MadeElsewhere):
    list_display = ["alias", "experiment", "dataset_version", "position"]
    list_filter = ["experiment__status", "dataset_version__inference_type"]
    list_select_related = ["experiment", "dataset_version__dataset"]
    search_fields = ["alias", "experiment__name", "dataset_version__name", "dataset_version__dataset__name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExperimentDatasetVersion]:
        return ExperimentDatasetVersion.objects.select_related(*self.list_select_related)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Publication)
class PublicationAdmin(MadeElsewhere):
    """To look at: it goes with the model version."""

    list_display = ["experiment_name", "model_version", "organization", "published_by", "published_at"]
    list_filter = ["published_at", ("organization", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["model_version__model", "organization", "published_by"]
    search_fields = ["experiment_name", "model_version__name", "model_version__model__name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        return Publication.objects.select_related(*self.list_select_related, "experiment")


class DraftHyperparameterInline(ReadInline):
    model = DraftHyperparameter
    fields = ["position", "key", "kind", "value", "inherited_value", "minimum", "maximum", "is_removed"]


class DraftDatasetVersionInline(ReadInline):
    model = DraftDatasetVersion
    fields = ["position", "alias", "dataset_version_name"]


@admin.register(ExperimentDraft)
class ExperimentDraftAdmin(MadeElsewhere):
    """To look at, and to delete with the user whose it is. Only they write it."""

    list_display = ["__str__", "project", "owner", "inference_type", "base_name", "edits", "revision", "updated_at"]
    list_filter = ["inference_type", "base_kind", "updated_at", ("edits", admin.EmptyFieldListFilter)]
    list_select_related = ["project", "owner", "edits"]
    search_fields = ["name", "project__name", "owner__username"]
    inlines = [DraftHyperparameterInline, DraftDatasetVersionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExperimentDraft]:
        related = ("base_model_version__model", "base_experiment", "dataset_constraint")
        return ExperimentDraft.objects.select_related(*self.list_select_related, *related)


@admin.register(DraftHyperparameter)
class DraftHyperparameterAdmin(MadeElsewhere):
    list_display = ["key", "draft", "kind", "value", "is_removed"]
    list_filter = ["kind", "is_removed"]
    list_select_related = ["draft"]
    search_fields = ["key", "draft__name"]


@admin.register(DraftDatasetVersion)
class DraftDatasetVersionAdmin(MadeElsewhere):
    list_display = ["alias", "draft", "dataset_version_name"]
    list_filter = ["dataset_version__inference_type"]
    list_select_related = ["draft"]
    search_fields = ["alias", "draft__name", "dataset_version_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DraftDatasetVersion]:
        return DraftDatasetVersion.objects.select_related("draft", "dataset_version__dataset")
