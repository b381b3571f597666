"""Logs and evaluations in the admin: scripts write them; here they are looked at and deleted."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from experiments.admin import MadeElsewhere
from tracking.models import Evaluation, EvaluationMetrics, LinePoints, Log, Prediction


@admin.register(Log)
class LogAdmin(MadeElsewhere):
    list_display = ["name", "experiment", "type", "created_at"]
    list_filter = ["type", "created_at", ("experiment__project__organization", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["experiment"]
    search_fields = ["name", "experiment__name"]


@admin.register(LinePoints)
class LinePointsAdmin(MadeElsewhere):
    """Deleted with their log only: an append in the middle of a line can't be told from its neighbours."""

    list_display = ["__str__", "log"]
    list_select_related = ["log"]
    search_fields = ["log__name", "log__experiment__name"]
    exclude = ["values", "steps"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Evaluation)
class EvaluationAdmin(MadeElsewhere):
    list_display = ["__str__", "experiment", "agreement", "created_at"]
    list_filter = ["created_at", ("experiment__project__organization", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["experiment"]
    search_fields = ["experiment__name", "asset__data__filename"]
    raw_id_fields = ["asset"]


@admin.register(Prediction)
class PredictionAdmin(MadeElsewhere):
    list_display = ["__str__", "label", "score", "evaluation"]
    list_filter = ["shape"]
    list_select_related = ["label", "evaluation"]
    search_fields = ["label__name", "evaluation__experiment__name"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(EvaluationMetrics)
class EvaluationMetricsAdmin(MadeElsewhere):
    list_display = ["experiment", "inference_type", "computed_at"]
    list_filter = ["inference_type", "computed_at"]
    list_select_related = ["experiment"]
    search_fields = ["experiment__name"]
