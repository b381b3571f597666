"""The one row that a client means."""

import uuid
from collections.abc import Collection
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

from protocols.picsellia.errors import BadInput

M = TypeVar("M", bound=Model)


def found(queryset: QuerySet[M], **criteria: str | uuid.UUID | int | None) -> M:
    """The row that fits every criterion which was given.

    Args:
        queryset: where to look: what the caller may see.
        **criteria: field lookups of our own, each with the client's value; None where the client said nothing.

    Raises:
        Http404: when there is none. The SDK goes on from there, so nothing else may be answered for a strange name.
        BadInput: without any criterion, and when several rows fit.
    """
    given = {lookup: value for lookup, value in criteria.items() if value is not None}
    if not given:
        raise BadInput("Say what to find.")
    # A name with a NUL is nobody's, and PostgreSQL can't even be asked for it.
    if any(isinstance(value, str) and "\x00" in value for value in given.values()):
        raise Http404
    # In no order: two rows that fit should not make the database walk through all in theirs.
    rows = list(queryset.filter(**given).order_by()[:2])
    if not rows:
        raise Http404
    if len(rows) > 1:
        raise BadInput("Several fit: say more, or give the id.")
    return rows[0]


def all_of(queryset: QuerySet[M], ids: Collection[uuid.UUID]) -> QuerySet[M]:
    """The rows with these ids.

    Raises:
        Http404: when the caller can't see every one of them.
    """
    wanted = set(ids)
    rows = queryset.filter(pk__in=wanted)
    if rows.order_by().count() != len(wanted):
        raise Http404
    return rows
