"""Runs and what they print, in the admin: to look at. What a run reports is not for hands to change."""

from django.contrib import admin

from experiments.admin import MadeElsewhere, ReadInline
from training.models import Console, FinishedTask, Job, Lease, LoggingFile


class ReadAdmin(MadeElsewhere):
    """Rows that runs make."""

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False


class LoggingFileInline(ReadInline):
    model = LoggingFile
    fields = ["object_name", "blob", "updated_at"]
    readonly_fields = ["object_name", "blob", "updated_at"]


@admin.register(Job)
class JobAdmin(ReadAdmin):
    list_display = ["id", "experiment", "status", "launcher", "reason", "created_by", "created_at", "ended_at"]
    list_filter = ["status", "launcher", "created_at"]
    exclude = ["output_cursor", "token"]
    list_select_related = ["experiment", "created_by"]
    search_fields = ["experiment__name", "created_by__username"]


@admin.register(Console)
class ConsoleAdmin(ReadAdmin):
    """The lines are on the experiment's own page: there may be a million."""

    list_display = ["id", "experiment", "job", "line_count", "dropped_count", "exit_code", "updated_at"]
    list_filter = ["updated_at"]
    list_select_related = ["experiment", "job"]
    search_fields = ["experiment__name"]
    inlines = [LoggingFileInline]


@admin.register(Lease)
class LeaseAdmin(ReadAdmin):
    """Which worker looks after the jobs now."""

    list_display = ["holder", "expires_at", "fence"]


@admin.register(FinishedTask)
class FinishedTaskAdmin(ReadAdmin):
    list_display = ["id", "organization", "created_by", "created_at"]
    list_filter = [("organization", admin.RelatedOnlyFieldListFilter), "created_at"]
    list_select_related = ["organization", "created_by"]
