"""Models as cards and versions as rows: what a list shows of them, in a constant number of queries."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from config.inference_types import InferenceType
from registry.models import ArchitectureFile, DatasetConstraint, Framework, ModelVersion, RegisteredModel


@dataclass(frozen=True)
class ModelCard:
    """A model as a card shows it: what its newest version is, and how many there are."""

    model: RegisteredModel
    version_count: int
    constraint_count: int
    framework: str
    inference_type: str


def cards(models: Iterable[RegisteredModel]) -> list[ModelCard]:
    """A card for each model of a page, in the same order."""
    models = list(models)
    counts = _version_counts(models)
    newest = _newest_versions(models)
    return [_card(model, counts.get(model.pk, 0), newest.get(model.pk)) for model in models]


def with_contents(versions: QuerySet[ModelVersion]) -> QuerySet[ModelVersion]:
    """Versions with what a row of them shows: `file_count`, `file_bytes`, hyperparameters, constraints with slots."""
    files = ArchitectureFile.objects.filter(architecture=OuterRef("architecture")).order_by().values("architecture")
    constraints = Prefetch("architecture__constraints", DatasetConstraint.objects.prefetch_related("slots"))
    return (
        versions.select_related("model", "architecture")
        .prefetch_related(constraints, "architecture__hyperparameters")
        .annotate(
            file_count=Coalesce(Subquery(files.annotate(n=Count("pk")).values("n")), 0),
            file_bytes=Coalesce(Subquery(files.annotate(n=Sum("blob__size")).values("n")), 0),
        )
    )


def _version_counts(models: list[RegisteredModel]) -> dict[uuid.UUID, int]:
    versions = ModelVersion.objects.filter(model__in=models).order_by()
    return dict(versions.values_list("model").annotate(Count("pk")))


def _newest_versions(models: list[RegisteredModel]) -> dict[uuid.UUID, ModelVersion]:
    same_model = ModelVersion.objects.filter(model=OuterRef("pk")).order_by("-number")
    newest = RegisteredModel.objects.filter(pk__in=[model.pk for model in models]).order_by()
    ids = newest.values_list(Subquery(same_model.values("pk")[:1]), flat=True)
    versions = ModelVersion.objects.filter(pk__in=list(ids)).annotate(
        constraint_count=Count("architecture__constraints")
    )
    return {version.model_id: version for version in versions}


def _card(model: RegisteredModel, count: int, newest: ModelVersion | None) -> ModelCard:
    return ModelCard(
        model=model,
        version_count=count,
        constraint_count=newest.constraint_count if newest else 0,  # type: ignore[attr-defined]
        framework=_framework(newest),
        inference_type=InferenceType(newest.inference_type).label if newest else "",
    )


def _framework(version: ModelVersion | None) -> str:
    """The framework in words; nothing where none was named."""
    if version is None or version.framework == Framework.NOT_CONFIGURED:
        return ""
    return str(Framework(version.framework).label)
