"""The counts that a version keeps, so that lists of ten thousand versions can show them."""

from typing import Any

from django.db.models import Aggregate, Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from datasets.models import Annotation, Asset, DatasetVersion, Label


def recount(version: DatasetVersion) -> None:
    """Count the version's assets, its objects, and those of each label anew: three statements, however many there are.

    Called in the transaction of whatever changed them, with the version locked (`writing.lock`), so that the last
    to count has seen what everybody before it did.
    """
    version.labels.update(object_count=_total(Annotation.objects.filter(label=OuterRef("pk")), "label", Count("pk")))
    labels = Label.objects.filter(dataset_version=OuterRef("pk"))
    _write(version, object_count=_total(labels, "dataset_version", Sum("object_count")), asset_count=ASSETS)


def recount_assets(version: DatasetVersion) -> None:
    """Count the version's assets anew, when nothing that is drawn on them came or went."""
    _write(version, asset_count=ASSETS)


def _total(rows: QuerySet[Any], by: str, total: Aggregate) -> Coalesce:
    """Of the rows that belong to the outer one; 0 when none does."""
    return Coalesce(Subquery(rows.order_by().values(by).annotate(total=total).values("total")), 0)


def _write(version: DatasetVersion, **counts: Coalesce) -> None:
    DatasetVersion.objects.filter(pk=version.pk).update(**counts)
    version.refresh_from_db(fields=list(counts))


ASSETS = _total(Asset.objects.filter(dataset_version=OuterRef("pk")), "dataset_version", Count("pk"))
