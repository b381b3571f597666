"""What refers to a blob: found from the models themselves, so that a new foreign key can't be forgotten."""

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, ForeignObjectRel, OuterRef, Q

from storage.models import Blob, Upload


def is_referred_to() -> Q:
    """The condition that some row refers to the blob."""
    return _any_refers(_relations())


def is_in_use() -> Q:
    """The condition that some row needs the blob: an upload only brought it, and waits for what will."""
    return _any_refers([relation for relation in _relations() if relation.related_model is not Upload])


def referrers_of(blob: Blob) -> dict[str, int]:
    """How many rows refer to it, by `app.Model.field`, without those that have none."""
    counts = {
        f"{relation.related_model._meta.label}.{relation.field.name}": _rows_of(relation)
        .filter(**{relation.field.name: blob})
        .count()
        for relation in _relations()
    }
    return {label: count for label, count in counts.items() if count}


def _any_refers(relations: list[ForeignObjectRel]) -> Q:
    uses = [Exists(_rows_of(relation).filter(**{relation.field.name: OuterRef("pk")})) for relation in relations]
    return reduce(or_, uses, Q())


def _relations() -> list[ForeignObjectRel]:
    """Every foreign key to Blob, those without a reverse name and those of many-to-many tables included."""
    return [
        field
        for field in Blob._meta.get_fields(include_hidden=True)
        if isinstance(field, ForeignObjectRel) and (field.one_to_many or field.one_to_one)
    ]


def _rows_of(relation: ForeignObjectRel) -> Any:
    return relation.related_model._base_manager.order_by()
