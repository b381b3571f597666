"""Datasets in the admin. What a version holds is written once, with its counts: names can be mended, rows can't."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from datasets.models import (
    Annotation,
    Asset,
    Data,
    Dataset,
    DatasetVersion,
    DataSource,
    Label,
    LabelGroup,
    Labelling,
    Tag,
)


class KeptAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Nothing is deleted here: the product's own pages say what would go, and what uses it."""

    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FilledAdmin(KeptAdmin):
    """Rows that an import makes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class ReadOnlyAdmin(FilledAdmin):
    """Rows that an import makes and nothing changes: counts, images and annotations belong together."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Dataset)
class DatasetAdmin(KeptAdmin):
    list_display = ["name", "organization", "version_count", "image_count", "created_by", "created_at"]
    list_filter = [("organization", admin.RelatedOnlyFieldListFilter), "created_at"]
    list_select_related = ["organization", "created_by"]
    search_fields = ["name", "organization__name"]
    autocomplete_fields = ["organization"]
    readonly_fields = ["created_by", "created_at", "versions_link"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dataset]:
        return Dataset.objects.with_totals()

    def get_readonly_fields(self, request: HttpRequest, obj: Dataset | None = None) -> list[str]:
        """The images of its versions are data of its organization: it can't move to another one."""
        return [*self.readonly_fields, "organization"] if obj else [*self.readonly_fields]

    def save_model(self, request: HttpRequest, obj: Dataset, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @admin.display(description="versions")
    def version_count(self, dataset: Any) -> int:
        count: int = dataset.version_count
        return count

    @admin.display(description="images")
    def image_count(self, dataset: Any) -> int:
        count: int = dataset.image_count
        return count

    @admin.display(description="versions")
    def versions_link(self, dataset: Dataset) -> str:
        return _list_link(DatasetVersion, "Show its versions", dataset__id__exact=dataset.pk)


class LabelInline(admin.TabularInline):  # type: ignore[type-arg]
    """Labels can be renamed and put in another order."""

    model = Label
    fields = ["name", "position", "object_count"]
    readonly_fields = ["object_count"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(DatasetVersion)
class DatasetVersionAdmin(FilledAdmin):
    list_display = ["name", "dataset", "inference_type", "asset_count", "object_count", "created_by", "created_at"]
    list_filter = ["inference_type", "created_at", ("organization", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["dataset", "created_by"]
    search_fields = ["name", "dataset__name"]
    readonly_fields = ["dataset", "asset_count", "object_count", "created_by", "created_at", "assets_link"]
    inlines = [LabelInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DatasetVersion]:
        return super().get_queryset(request).select_related("dataset")

    @admin.display(description="assets")
    def assets_link(self, version: DatasetVersion) -> str:
        return _list_link(Asset, "Show its assets", dataset_version__id__exact=version.pk)


@admin.register(Label)
class LabelAdmin(FilledAdmin):
    list_display = ["name", "dataset_version", "position", "object_count"]
    list_filter = ["dataset_version__inference_type"]
    list_select_related = ["dataset_version__dataset"]
    search_fields = ["name", "dataset_version__name", "dataset_version__dataset__name"]
    readonly_fields = ["dataset_version", "group", "skeleton", "object_count"]


@admin.register(LabelGroup)
class LabelGroupAdmin(FilledAdmin):
    """Groups can be renamed. Where they lie belongs to their version."""

    list_display = ["name", "parent", "dataset_version"]
    list_filter = [("parent", admin.EmptyFieldListFilter)]
    list_select_related = ["parent", "dataset_version__dataset"]
    search_fields = ["name", "dataset_version__name", "dataset_version__dataset__name"]
    readonly_fields = ["dataset_version", "parent"]


@admin.register(Data)
class DataAdmin(ReadOnlyAdmin):
    list_display = ["filename", "organization", "content_type", "width", "height", "blob", "created_at"]
    list_filter = ["content_type", "created_at", ("organization", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["organization", "blob"]
    search_fields = ["filename", "blob__sha256"]


@admin.register(DataSource)
class DataSourceAdmin(KeptAdmin):
    list_display = ["name", "organization", "created_at"]
    list_filter = ["created_at", ("organization", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["organization"]
    search_fields = ["name", "organization__name"]
    autocomplete_fields = ["organization"]

    def get_readonly_fields(self, request: HttpRequest, obj: DataSource | None = None) -> list[str]:
        """Its images are data of its organization: it can't move to another one."""
        return ["organization", "created_at"] if obj else ["created_at"]


@admin.register(Tag)
class TagAdmin(FilledAdmin):
    """Tags can be renamed. What they are on is of their organization, or of their version."""

    list_display = ["name", "organization", "dataset_version", "created_at"]
    list_filter = [
        ("dataset_version", admin.EmptyFieldListFilter),
        "created_at",
        ("organization", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["organization", "dataset_version__dataset"]
    search_fields = ["name", "organization__name"]
    readonly_fields = ["organization", "dataset_version", "created_at"]


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    list_display = ["data", "dataset_version", "position"]
    list_filter = ["data__content_type", "dataset_version__inference_type"]
    list_select_related = ["data", "dataset_version__dataset"]
    search_fields = ["data__filename", "dataset_version__name", "dataset_version__dataset__name"]


@admin.register(Labelling)
class LabellingAdmin(ReadOnlyAdmin):
    list_display = ["asset_name", "status", "created_by", "created_at"]
    list_filter = ["status", "created_at"]
    list_select_related = ["asset__data", "created_by"]
    search_fields = ["asset__data__filename", "created_by__username"]

    @admin.display(description="image", ordering="asset__data__filename")
    def asset_name(self, labelling: Labelling) -> str:
        return labelling.asset.data.filename


@admin.register(Annotation)
class AnnotationAdmin(ReadOnlyAdmin):
    list_display = ["label", "shape", "place_in_words", "image", "dataset_version"]
    list_filter = ["shape"]
    list_select_related = ["label", "asset__data", "asset__dataset_version__dataset"]
    search_fields = ["label__name", "asset__data__filename"]

    @admin.display(description="image", ordering="asset__data__filename")
    def image(self, annotation: Annotation) -> str:
        return annotation.asset.data.filename

    @admin.display(description="dataset version")
    def dataset_version(self, annotation: Annotation) -> str:
        return str(annotation.asset.dataset_version)


def _list_link(model: type[DatasetVersion] | type[Asset], text: str, **narrowed: Any) -> str:
    options = model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist", query=narrowed)
    return format_html('<a href="{}">{}</a>', address, text)
