"""Search by part of a name, and the index that makes it quick where the database has one."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import migrations
from django.db.models import Q, QuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any])

QUERY_MAX = 100


def matching(queryset: Rows, text: str, fields: Iterable[str]) -> Rows:
    """The rows in which any of the fields contains the text, in whatever case. An empty text matches all."""
    text = text.strip()[:QUERY_MAX].replace("\x00", "")
    if not text:
        return queryset
    condition = Q()
    for field in fields:
        condition |= Q(**{f"{field}__icontains": text})
    return queryset.filter(condition)


def trigram_index(table: str, column: str) -> migrations.RunPython:
    """A migration step: PostgreSQL's trigram index for `icontains` on the column. SQLite has none and scans quickly.

    Args:
        table: the table's name.
        column: a text column of it.
    """
    index = f"{table}_{column}_trigrams"

    def create(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            schema_editor.execute(f'CREATE INDEX {index} ON {table} USING gin (UPPER("{column}"::text) gin_trgm_ops)')

    def drop(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX {index}")

    return migrations.RunPython(create, drop)
