from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from protocols.picsellia.models import AnsweredRequest


@admin.register(AnsweredRequest)
class AnsweredRequestAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What could be answered again at the moment. Only to be looked at, and without what was said."""

    list_display = ["key", "connection", "began_at", "answered_at", "status"]
    list_filter = ["status", "began_at"]
    search_fields = ["=key", "connection"]
    exclude = ["content"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
