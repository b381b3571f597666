"""How lists are cut: by limit and offset, or by a cursor (wire contract, section 4)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from ninja import Field, Schema

from protocols.picsellia.errors import BadInput

M = TypeVar("M", bound=Model)

PAGE_MAX = 1_000
# Beyond any list, and still a number that databases know.
FIGURE_MAX = 2**31 - 1
# What most things can be ordered by: a client's word → a field.
BY_NAME_OR_TIME = {"name": "name", "created_at": "created_at", "updated_at": "created_at", "id": "id"}


class ListQuery(Schema):
    """The parameters of a plain list. Without a limit it is whole."""

    limit: int | None = Field(None, ge=0, le=FIGURE_MAX)
    offset: int = Field(0, ge=0, le=FIGURE_MAX)
    order_by: list[str] | None = None


class CursorQuery(Schema):
    """The parameters of a list by cursor; with `order_by` it goes by offset instead."""

    limit: int = Field(PAGE_MAX, ge=1, le=FIGURE_MAX)
    offset: int = Field(0, ge=0, le=FIGURE_MAX)
    cursor: uuid.UUID | None = None
    order_by: list[str] | None = None


def ordered(queryset: QuerySet[M], order_by: Sequence[str] | None, orders: Mapping[str, str]) -> QuerySet[M]:
    """The rows in the order that the client names; without one, as they were.

    Args:
        queryset: any.
        order_by: words, each perhaps with a minus before it.
        orders: the only words there are, and the field that each stands for.

    Raises:
        BadInput: for any other word: no query is made of what a client sends.
    """
    if not order_by:
        return queryset
    fields = []
    for word in order_by:
        sign, name = ("-", word[1:]) if word.startswith("-") else ("", word)
        if name not in orders:
            raise BadInput(f"Nothing here is ordered by {name!r}: only by {', '.join(sorted(orders))}.")
        fields.append(sign + orders[name])
    return queryset.order_by(*fields, "pk")


def listed(queryset: QuerySet[M], query: ListQuery, orders: Mapping[str, str] = BY_NAME_OR_TIME) -> list[M]:
    """The rows of a plain list."""
    rows = ordered(queryset, query.order_by, orders)
    end = None if query.limit is None else query.offset + query.limit
    return list(rows[query.offset : end])


def cursor_page(
    queryset: QuerySet[M], query: CursorQuery, orders: Mapping[str, str], *, count: int | None = None
) -> dict[str, Any]:
    """`items`, `count` and `next_cursor`: a page that begins after the row of the cursor, in the order of the ids.

    Ids are in the order of time, so a row that comes meanwhile is on the last page, and none is left out. A `count`
    that is known needs no counting.
    """
    count, limit = queryset.order_by().count() if count is None else count, min(query.limit, PAGE_MAX)
    if query.order_by:
        rows = list(ordered(queryset, query.order_by, orders)[query.offset : query.offset + limit])
        return {"items": rows, "count": count, "next_cursor": None}
    beyond = queryset.order_by("pk") if query.cursor is None else queryset.order_by("pk").filter(pk__gt=query.cursor)
    rows = list(beyond[query.offset : query.offset + limit + 1])
    has_more, rows = len(rows) > limit, rows[:limit]
    return {"items": rows, "count": count, "next_cursor": str(rows[-1].pk) if has_more else None}
