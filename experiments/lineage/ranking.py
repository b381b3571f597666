"""The first few of every group in one query."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber


def first_of_each(rows: QuerySet[Any], group: str, *, order_by: Sequence[str], most: int) -> QuerySet[Any]:
    """The first `most` rows of each group, each with its `rank`, counted from 1, and how many the group has: `total`.

    Args:
        rows: whose order is replaced: the first of all groups come first.
        group: the field in which rows of a group agree.
        order_by: what comes first in a group.
        most: at least 1.
    """
    rank = Window(RowNumber(), partition_by=F(group), order_by=list(order_by))
    ranked = rows.annotate(rank=rank, total=Window(Count("pk"), partition_by=F(group)))
    first: QuerySet[Any] = ranked.filter(rank__lte=most)
    return first.order_by("rank", *order_by)
