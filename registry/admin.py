"""The registry in the admin, where staff keep the Public Registry. The rules are those of the pages."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin, TabularInline
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html

from organizations.models import Organization, User
from registry.forms.admin import ArchitectureForm, HyperparameterForm, RuledForm, SlotFormSet, TakeBackForm
from registry.models import (
    Architecture,
    ArchitectureFile,
    ConstraintSlot,
    DatasetConstraint,
    Hyperparameter,
    ModelVersion,
    RegisteredModel,
)
from registry.services import (
    create_model_version,
    delete_model,
    delete_model_version,
    publish_to_public_registry,
    take_back,
)


def is_staffs_own(request: HttpRequest, model: RegisteredModel) -> bool:
    """Staff keep the Public Registry; what belongs to an organization only a superuser touches."""
    return model.is_public or bool(request.user.is_superuser)


def _staff(request: HttpRequest) -> User:
    """Who is signed in to the admin."""
    assert isinstance(request.user, User)
    return request.user


class RegistryFilter(admin.SimpleListFilter):
    """Public or private."""

    title = "registry"
    parameter_name = "registry"
    path = "organization__isnull"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("public", "Public"), ("private", "Private")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{self.path: value == "public"}) if value in ("public", "private") else queryset


class VersionRegistryFilter(RegistryFilter):
    """Public or private, of a version."""

    path = "model__organization__isnull"


@admin.register(RegisteredModel)
class RegisteredModelAdmin(ModelAdmin):  # type: ignore[type-arg]
    form = RuledForm
    list_display = ["name", "registry", "version_count", "created_by", "created_at"]
    list_filter = [RegistryFilter, ("organization", admin.RelatedOnlyFieldListFilter), "created_at"]
    list_select_related = ["organization", "created_by"]
    search_fields = ["name", "description", "organization__name"]
    autocomplete_fields = ["organization"]
    readonly_fields = ["created_by", "created_at", "versions_link"]
    show_full_result_count = False
    actions = ["publish", "take_back"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegisteredModel]:
        return RegisteredModel.objects.annotate(version_count=Count("versions"))

    def get_readonly_fields(self, request: HttpRequest, obj: RegisteredModel | None = None) -> list[str]:
        """A model changes hands through the actions of the list, which say what stands in the way."""
        return [*self.readonly_fields, "organization"] if obj else [*self.readonly_fields]

    def has_change_permission(self, request: HttpRequest, obj: RegisteredModel | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or is_staffs_own(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: RegisteredModel | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or is_staffs_own(request, obj))

    def save_model(self, request: HttpRequest, obj: RegisteredModel, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = _staff(request)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: RegisteredModel) -> None:
        delete_model(model=obj, by=_staff(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[RegisteredModel]) -> None:
        for model in queryset:
            self.delete_model(request, model)

    @admin.display(description="registry", ordering="organization__name")
    def registry(self, model: RegisteredModel) -> str:
        return model.organization.name if model.organization else "Public Registry"

    @admin.display(description="versions", ordering="version_count")
    def version_count(self, model: Any) -> int:
        count: int = model.version_count
        return count

    @admin.display(description="versions")
    def versions_link(self, model: RegisteredModel) -> str:
        address = reverse("admin:registry_modelversion_changelist", query={"model__id__exact": model.pk})
        return format_html('<a href="{}">Show its versions</a>', address)

    @admin.action(description="Publish to the Public Registry", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[RegisteredModel]) -> None:
        self._each(request, queryset, partial(publish_to_public_registry, by=_staff(request)), "public")

    @admin.action(description="Take back from the Public Registry", permissions=["change"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[RegisteredModel]) -> HttpResponse | None:
        """Ask whose the models become, then hand them over."""
        form = TakeBackForm(request.POST if "organization" in request.POST else None)
        if form.is_valid():
            organization: Organization = form.cleaned_data["organization"]
            act = partial(take_back, organization=organization, by=_staff(request))
            self._each(request, queryset, act, f"{organization}'s")
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Take back from the Public Registry",
            "form": form,
            "models": queryset,
            "opts": self.model._meta,
        }
        return render(request, "registry/take_back.html", context)

    def _each(
        self,
        request: HttpRequest,
        models: QuerySet[RegisteredModel],
        act: Callable[..., RegisteredModel],
        now: str,
    ) -> None:
        for model in models.select_related("organization"):
            try:
                act(model=model)
            except ValidationError as refusal:
                self.message_user(request, f"{model}: {' '.join(refusal.messages)}", messages.ERROR)
            else:
                self.message_user(request, f"{model} is {now} now.", messages.SUCCESS)


@admin.register(ModelVersion)
class ModelVersionAdmin(ModelAdmin):  # type: ignore[type-arg]
    form = RuledForm
    list_display = ["name", "number", "model", "inference_type", "framework", "created_by", "created_at"]
    list_filter = [VersionRegistryFilter, "inference_type", "framework", "created_at"]
    list_select_related = ["model", "created_by"]
    search_fields = ["name", "model__name"]
    autocomplete_fields = ["model"]
    fields = [
        "model", "name", "description", "inference_type", "framework", "number", "architecture_link", "created_by",
        "created_at",
    ]  # fmt: skip
    readonly_fields = ["number", "architecture_link", "created_by", "created_at"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        return ModelVersion.objects.select_related("model__organization", "architecture")

    def get_readonly_fields(self, request: HttpRequest, obj: ModelVersion | None = None) -> list[str]:
        """Numbers are counted in a model: a version can't move to another one."""
        return [*self.readonly_fields, "model"] if obj else [*self.readonly_fields]

    def has_change_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or is_staffs_own(request, obj.model))

    def has_delete_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or is_staffs_own(request, obj.model))

    def save_model(self, request: HttpRequest, obj: ModelVersion, form: Any, change: bool) -> None:
        if change:
            obj.architecture.bump()
            super().save_model(request, obj, form, change)
            return
        created = create_model_version(by=_staff(request), **form.cleaned_data)
        obj.__dict__.update(created.__dict__)

    def delete_model(self, request: HttpRequest, obj: ModelVersion) -> None:
        delete_model_version(version=obj, by=_staff(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        for version in queryset:
            self.delete_model(request, version)

    @admin.display(description="architecture")
    def architecture_link(self, version: ModelVersion) -> str:
        address = reverse("admin:registry_architecture_change", args=[version.architecture_id])
        return format_html('<a href="{}">Its hyperparameters, files, constraints, labelmap and image</a>', address)


class HyperparameterInline(TabularInline):  # type: ignore[type-arg]
    model = Hyperparameter
    form = HyperparameterForm
    fields = ["position", "key", "kind", "value", "minimum", "maximum", "choices", "required", "help"]
    extra = 0


class FileInline(TabularInline):  # type: ignore[type-arg]
    """Files are uploaded on the pages, or imported; here they can be renamed and removed."""

    model = ArchitectureFile
    form = RuledForm
    fields = ["name", "filename", "blob", "size"]
    readonly_fields = ["filename", "blob", "size"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArchitectureFile]:
        return super().get_queryset(request).select_related("blob")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="bytes")
    def size(self, file: ArchitectureFile) -> str:
        return f"{file.blob.size:,}"


class ConstraintInline(TabularInline):  # type: ignore[type-arg]
    """The aliases of each are on its own page."""

    model = DatasetConstraint
    form = RuledForm
    fields = ["position", "name", "aliases"]
    readonly_fields = ["aliases"]
    show_change_link = True
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[DatasetConstraint]:
        return super().get_queryset(request).prefetch_related("slots")

    @admin.display(description="aliases")
    def aliases(self, constraint: DatasetConstraint) -> str:
        return ", ".join(slot.alias for slot in constraint.slots.all()) or "none yet"


class PartAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Parts of an architecture. An experiment's own is what it was created with: it is read, not changed."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or self._may(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        architecture = obj if isinstance(obj, Architecture) else obj.architecture
        version = getattr(architecture, "model_version", None)
        return version is not None and is_staffs_own(request, version.model)


@admin.register(Architecture)
class ArchitectureAdmin(PartAdmin):
    form = ArchitectureForm
    list_display = ["owner", "docker_image", "docker_tag", "command", "revision"]
    list_filter = [("model_version__framework"), ("model_version__inference_type")]
    list_select_related = ["model_version__model", "experiment"]
    search_fields = ["model_version__model__name", "model_version__name", "experiment__name", "docker_image"]
    readonly_fields = ["owner", "revision"]
    inlines = [HyperparameterInline, ConstraintInline, FileInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Architecture]:
        return Architecture.objects.select_related("model_version__model__organization", "experiment")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.bump()

    @admin.display(description="of")
    def owner(self, architecture: Any) -> str:
        owner = getattr(architecture, "model_version", None) or getattr(architecture, "experiment", None)
        return str(owner or "nothing any more")


class SlotInline(TabularInline):  # type: ignore[type-arg]
    model = ConstraintSlot
    formset = SlotFormSet
    form = RuledForm
    fields = ["position", "alias", "help"]
    extra = 0


@admin.register(DatasetConstraint)
class DatasetConstraintAdmin(PartAdmin):
    form = RuledForm
    list_display = ["name", "architecture_owner", "position"]
    list_filter = ["architecture__model_version__inference_type"]
    search_fields = ["name", "architecture__model_version__model__name"]
    fields = ["name", "position"]
    inlines = [SlotInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DatasetConstraint]:
        related = ("architecture__model_version__model__organization", "architecture__experiment")
        return DatasetConstraint.objects.select_related(*related)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.architecture.bump()

    @admin.display(description="of")
    def architecture_owner(self, constraint: Any) -> str:
        architecture = constraint.architecture
        return str(getattr(architecture, "model_version", None) or getattr(architecture, "experiment", None) or "")


class ReadPartAdmin(PartAdmin):
    """Changed on the page of the architecture or constraint that they are rows of."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Hyperparameter)
class HyperparameterAdmin(ReadPartAdmin):
    list_display = ["key", "kind", "value", "minimum", "maximum", "required"]
    list_filter = ["kind", "required"]
    search_fields = ["key", "architecture__model_version__model__name"]


@admin.register(ArchitectureFile)
class ArchitectureFileAdmin(ReadPartAdmin):
    list_display = ["name", "filename", "blob"]
    list_filter = ["architecture__model_version__framework"]
    list_select_related = ["blob"]
    search_fields = ["name", "filename", "blob__sha256"]


@admin.register(ConstraintSlot)
class ConstraintSlotAdmin(ReadPartAdmin):
    list_display = ["alias", "constraint", "help"]
    list_filter = ["constraint__architecture__model_version__inference_type"]
    list_select_related = ["constraint"]
    search_fields = ["alias", "constraint__name"]
