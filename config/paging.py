"""Lists that page by key: however long the list, a page costs the same, and nothing is skipped while rows come in."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

M = TypeVar("M", bound=Model)

PAGE_SIZE = 25
COUNT_MAX = 1_000


@dataclass(frozen=True)
class Page(Generic[M]):
    """A page of a list, newest first, with the query strings of its neighbours (None where there is none)."""

    rows: list[M]
    newer: str | None
    older: str | None

    @property
    def is_whole(self) -> bool:
        """Whether the list fits on this page."""
        return self.newer is None and self.older is None


def page_of(queryset: QuerySet[M], query: QueryDict, *, size: int = PAGE_SIZE, newest_by: str = "pk") -> Page[M]:
    """The page that `?older=<id>` or `?newer=<id>` asks for: the rows beyond that row, newest first.

    A key that is no id is ignored: the address was edited by hand, and the first page is a fair answer.

    Args:
        queryset: what is listed; its order is replaced.
        query: the request's query, whose other parameters the neighbours keep.
        size: the number of rows.
        newest_by: the primary key, which is in the order of time, or a moment where the key is older than the row.
    """
    older_than, newer_than = _key(query, "older"), _key(query, "newer")
    if newer_than is not None:
        beyond = _beyond(queryset, newer_than, newest_by, "gt").order_by(*dict.fromkeys((newest_by, "pk")))
        rows = list(beyond[: size + 1])
        has_newer, rows = len(rows) > size, rows[size - 1 :: -1] if len(rows) > size else rows[::-1]
        has_older = True
    else:
        beyond = queryset if older_than is None else _beyond(queryset, older_than, newest_by, "lt")
        rows = list(beyond.order_by(*dict.fromkeys((f"-{newest_by}", "-pk")))[: size + 1])
        has_newer, has_older = older_than is not None, len(rows) > size
        rows = rows[:size]
    return Page(
        rows=rows,
        newer=_link(query, "newer", rows[0]) if has_newer and rows else None,
        older=_link(query, "older", rows[-1]) if has_older and rows else None,
    )


def _beyond(queryset: QuerySet[M], key: uuid.UUID, newest_by: str, side: str) -> QuerySet[M]:
    """The rows on one side, `lt` or `gt`, of the row with that key."""
    if newest_by == "pk":
        return queryset.filter(**{f"pk__{side}": key})
    edge = queryset.model._default_manager.filter(pk=key).values_list(newest_by, flat=True).first()
    if edge is None:
        return queryset
    strictly, level = Q(**{f"{newest_by}__{side}": edge}), Q(**{newest_by: edge, f"pk__{side}": key})
    # Said twice over, so that the database begins at the edge of its index and not at the first row.
    return queryset.filter(strictly | level, **{f"{newest_by}__{side}e": edge})


def count_up_to(queryset: QuerySet[M], most: int = COUNT_MAX) -> int:
    """How many rows there are, counting no further than `most` + 1: an exact count of a long list takes too long."""
    return queryset.order_by()[: most + 1].count()


def in_words(count: int, most: int = COUNT_MAX) -> str:
    """`17`, or `more than 1,000` for a count that was cut short."""
    return f"more than {most:,}" if count > most else f"{count:,}"


def _key(query: Mapping[str, object], name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(query.get(name, "")))
    except ValueError:
        return None


def _link(query: QueryDict, name: str, row: Model) -> str:
    link = query.copy()
    link.pop("older", None)
    link.pop("newer", None)
    link[name] = str(row.pk)
    return f"?{link.urlencode()}"
