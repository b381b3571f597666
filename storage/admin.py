from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from storage.models import Blob
from storage.references import referrers_of


@admin.register(Blob)
class BlobAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """To look at only: services store blobs, and the collector deletes them."""

    list_display = ["sha256", "human_size", "created_at", "unreferenced_since"]
    list_filter = ["created_at", ("unreferenced_since", admin.EmptyFieldListFilter)]
    search_fields = ["^sha256"]
    search_help_text = "The first digits of the SHA-256."
    show_full_result_count = False
    readonly_fields = ["sha256", "size", "path", "created_at", "unreferenced_since", "used_by"]

    @admin.display(description="size", ordering="size")
    def human_size(self, blob: Blob) -> str:
        return filesizeformat(blob.size)

    @admin.display(description="used by")
    def used_by(self, blob: Blob) -> str:
        counts = referrers_of(blob).items()
        return ", ".join(f"{label} ({count:,})" for label, count in counts) or "nothing"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
