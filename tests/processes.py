"""Processes of the tests that meet the test's own database, to be killed in the middle of something."""

import os
from urllib.parse import quote

from django.db import connection


def environment() -> dict[str, str]:
    """The environment in which a process uses the tests' settings and the database of this very test."""
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": _database_url()}


def _database_url() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user, password, host = (quote(values[name] or "", safe="") for name in ("USER", "PASSWORD", "HOST"))
    return f"postgres://{user}:{password}@{host}:{values['PORT']}/{values['NAME']}"
