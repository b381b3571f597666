"""The counts that a version keeps, so that lists of ten thousand versions can show them."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from datasets.models import Annotation, Asset, DatasetVersion, Label


def recount(version: DatasetVersion) -> None:
    """Count the version's assets, its objects, and those of each label anew: two statements, however many there are.

    Called in the transaction of whatever changed them, with the version locked (`writing.lock`), so that the last
    to count has seen what everybody before it did.
    """
    objects = _counted(Annotation.objects.filter(label=OuterRef("pk")), "label")
    version.labels.update(object_count=Coalesce(Subquery(objects), 0))
    assets = _counted(Asset.objects.filter(dataset_version=OuterRef("pk")), "dataset_version")
    labels = Label.objects.filter(dataset_version=OuterRef("pk")).order_by().values("dataset_version")
    total = labels.annotate(total=Sum("object_count")).values("total")
    DatasetVersion.objects.filter(pk=version.pk).update(
        asset_count=Coalesce(Subquery(assets), 0), object_count=Coalesce(Subquery(total), 0)
    )
    version.refresh_from_db(fields=["asset_count", "object_count"])


def _counted(rows: QuerySet[Any, Any], by: str) -> QuerySet[Any, Any]:
    """How many of the rows belong to the outer one, as a subquery."""
    return rows.order_by().values(by).annotate(total=Count("pk")).values("total")
