"""Processes of the tests that meet the test's own database, to be killed in the middle of something."""

import os
from urllib.parse import quote

from django.db import connection


def environment(*, database_port: int | None = None) -> dict[str, str]:
    """The environment in which a process uses the tests' settings and the database of this very test.

    Args:
        database_port: where PostgreSQL is reached, if by another way than the test reaches it.
    """
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": _database_url(database_port)}


def _database_url(port: int | None) -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user, password, host = (quote(values[name] or "", safe="") for name in ("USER", "PASSWORD", "HOST"))
    return f"postgres://{user}:{password}@{host}:{port or values['PORT']}/{values['NAME']}"
