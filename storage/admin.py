from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from storage.models import Blob, Upload, UploadPart
from storage.references import referrers_of


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """To look at only: services make these rows, and the collector deletes them."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Blob)
class BlobAdmin(ReadOnlyAdmin):
    """What is stored, and what uses it."""

    list_display = ["sha256", "human_size", "created_at", "unreferenced_since"]
    list_filter = ["created_at", ("unreferenced_since", admin.EmptyFieldListFilter)]
    search_fields = ["^sha256"]
    search_help_text = "The first digits of the SHA-256."
    readonly_fields = ["sha256", "size", "path", "created_at", "unreferenced_since", "used_by"]

    @admin.display(description="size", ordering="size")
    def human_size(self, blob: Blob) -> str:
        return filesizeformat(blob.size)

    @admin.display(description="used by")
    def used_by(self, blob: Blob) -> str:
        counts = referrers_of(blob).items()
        return ", ".join(f"{label} ({count:,})" for label, count in counts) or "nothing"


class PartInline(admin.TabularInline):  # type: ignore[type-arg]
    """Parts that wait for the others."""

    model = UploadPart
    fields = ("number", "size", "etag")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """What scripts send, or began to send."""

    list_display = ["name", "organization", "created_by", "created_at", "is_whole"]
    list_filter = ["created_at", ("blob", admin.EmptyFieldListFilter)]
    list_select_related = ["organization", "created_by"]
    search_fields = ["name"]
    search_help_text = "A part of the name, such as the file's."
    fields = ("name", "filename", "organization", "created_by", "created_at", "blob", "multipart_id")
    readonly_fields = fields
    inlines = [PartInline]

    @admin.display(description="whole", boolean=True)
    def is_whole(self, upload: Upload) -> bool:
        return upload.blob_id is not None
