"""How rows of datasets are written: locked where two writers would clash, and refused with a sentence."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, Model

from datasets.models import DatasetVersion

M = TypeVar("M", bound=Model)
T = TypeVar("T")

# Rows in the memory of one insert; the database splits it further if it must.
BATCH_ROWS = 2_000


def inserted(row: M, *, if_taken: str) -> M:
    """Check the row's fields and insert it. A name that is taken, or was in the same moment, is refused.

    Raises:
        ValidationError: by field; with code "taken" for such a name.
    """
    with _refused_if_taken(row, if_taken):
        row.save(force_insert=True)
    return row


def saved(row: M, *fields: str, if_taken: str) -> M:
    """Check the row's fields and write those that are named.

    Raises:
        ValidationError: by field; with code "taken" for a name that is.
    """
    with _refused_if_taken(row, if_taken):
        row.save(update_fields=fields)
    return row


def lock(*versions: DatasetVersion) -> None:
    """Let nobody else change what these versions hold until this transaction ends: positions and counts stay right."""
    rows = DatasetVersion.objects.select_for_update().filter(pk__in=[version.pk for version in versions])
    # In one order, so that two who lock the same two versions never wait for each other.
    list(rows.order_by("pk").values_list("pk", flat=True))


def in_batches(rows: Iterable[T], size: int = BATCH_ROWS) -> Iterator[list[T]]:
    """The rows, at most `size` at a time."""
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch


@contextmanager
def _refused_if_taken(row: Model, sentence: str) -> Iterator[None]:
    # What a row belongs to was looked up before it; the name is the only thing that is unique.
    row.clean_fields(exclude=[field.name for field in row._meta.fields if isinstance(field, ForeignKey)])
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ValidationError({"name": ValidationError(sentence, code="taken")}) from error
