"""Rows that are kept for a while only. Their model says how long by `KEPT_FOR`, counted from `created_at`."""

from datetime import datetime

from django.apps import apps
from django.utils import timezone


def delete_expired(*, now: datetime | None = None, dry_run: bool = False) -> int:
    """Delete the rows whose time is over, and say how many there were.

    Args:
        now: the time the ages are measured from.
        dry_run: count, but change nothing.
    """
    now, count = now or timezone.now(), 0
    for model in apps.get_models():
        if kept_for := getattr(model, "KEPT_FOR", None):
            expired = model._default_manager.filter(created_at__lt=now - kept_for)
            count += expired.count() if dry_run else expired.delete()[0]
    return count
