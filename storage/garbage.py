"""Collecting what nothing refers to: rows first, bytes after, each under the lock that a writer needs."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from storage.models import Blob, Upload
from storage.references import is_in_use, is_referred_to
from storage.stores import Store, current_store, status_of

BATCH = 500
# Content that is still being sent is written to all the time; its temporary file is not for the sweep.
INCOMING_MIN_AGE = timedelta(hours=1)
# What was uploaded waits so long to be taken into use, and its name is good so long.
UPLOAD_GRACE = timedelta(days=7)

T = TypeVar("T")


@dataclass
class GarbageReport:
    """What a collection did, or would do."""

    marked: int = 0
    unmarked: int = 0
    deleted: int = 0
    freed_bytes: int = 0
    swept: int = 0
    swept_incoming: int = 0
    forgotten: int = 0


def collect_garbage(*, grace: timedelta, now: datetime | None = None, dry_run: bool = False) -> GarbageReport:
    """Delete blobs that nothing has referred to for longer than `grace`, and files that no blob or upload owns.

    An upload refers to its content until something takes it into use, for UPLOAD_GRACE at least; then it goes first.

    A blob that is found unused is marked first; the grace counts from there, and storing its content again clears the
    mark. So content that was just uploaded is safe until the rows that refer to it are written.

    Args:
        grace: how long something must have been unused. With zero, only while nobody uploads.
        now: the time the ages are measured from.
        dry_run: count, but change nothing.
    """
    now = now or timezone.now()
    report = GarbageReport()
    _forget_uploads(now - max(grace, UPLOAD_GRACE), report, dry_run=dry_run)
    _mark(report, now, dry_run=dry_run)
    for pk in _due(now - grace):
        _delete(pk, now - grace, report, dry_run=dry_run)
    _sweep_store(now - grace, report, dry_run=dry_run)
    _sweep_incoming(min(now - grace, now - INCOMING_MIN_AGE), report, dry_run=dry_run)
    return report


def _forget_uploads(before: datetime, report: GarbageReport, *, dry_run: bool) -> None:
    """Delete uploads whose content nothing uses, or whose content never came, and what the store holds of any."""
    unused = Exists(Blob.objects.filter(~is_in_use(), pk=OuterRef("blob")))
    stale = Upload.objects.filter(Q(blob=None) | Q(unused), created_at__lte=before)
    if dry_run:
        report.forgotten = stale.count()
        return
    pks = list(stale.values_list("pk", flat=True))
    for batch in _batches(pks):
        Upload.objects.filter(pk__in=batch).delete()
    report.forgotten = len(pks)
    store = current_store()
    for remains in _batches(found.upload_id for found in store.remains() if found.modified <= before):
        awaited = set(Upload.objects.filter(pk__in=remains, blob=None).values_list("pk", flat=True))
        for upload_id in set(remains) - awaited:
            store.forget(upload_id)


def _mark(report: GarbageReport, now: datetime, *, dry_run: bool) -> None:
    unused = Blob.objects.filter(~is_referred_to(), unreferenced_since=None)
    used_again = Blob.objects.filter(is_referred_to(), unreferenced_since__isnull=False)
    if dry_run:
        report.marked, report.unmarked = unused.count(), used_again.count()
    else:
        report.marked = unused.update(unreferenced_since=now)
        report.unmarked = used_again.update(unreferenced_since=None)


def _due(before: datetime) -> list[UUID]:
    return list(Blob.objects.filter(~is_referred_to(), unreferenced_since__lte=before).values_list("pk", flat=True))


def _delete(pk: UUID, before: datetime, report: GarbageReport, *, dry_run: bool) -> None:
    """Delete the row, then the bytes, unless the blob came into use meanwhile or somebody is just storing it."""
    with transaction.atomic():
        rows = Blob.objects.select_for_update(skip_locked=True)
        blob = rows.filter(pk=pk, unreferenced_since__lte=before).first()
        # Asked once the row is locked, in a statement of its own: what was committed before the lock is seen,
        # and a reference that is not committed yet waits for the lock, and fails instead of dangling.
        if blob is None or Blob.objects.filter(is_referred_to(), pk=pk).exists():
            return
        if not dry_run:
            blob.delete()
    report.deleted += 1
    report.freed_bytes += blob.size
    if not dry_run:
        _remove_unowned(current_store(), blob.sha256)


def _remove_unowned(store: Store, sha256: str) -> bool:
    """Remove the bytes of a digest that has no row; False when it has one.

    The row that is inserted and rolled back is a lock: whoever stores the same content waits to insert its own, and
    then places the bytes again.
    """
    with transaction.atomic():
        _, is_unowned = Blob.objects.get_or_create(sha256=sha256, defaults={"size": 0})
        if is_unowned:
            store.remove(Blob(sha256=sha256).path)
            transaction.set_rollback(True)
    return is_unowned


def _sweep_store(before: datetime, report: GarbageReport, *, dry_run: bool) -> None:
    """Remove bytes without a row: what a killed writer or collector left behind."""
    store = current_store()
    old = (found for found in store.walk() if found.modified <= before)
    for batch in _batches(old):
        owned = set(Blob.objects.filter(sha256__in=[found.sha256 for found in batch]).values_list("sha256", flat=True))
        for found in batch:
            if found.sha256 not in owned and (dry_run or _remove_unowned(store, found.sha256)):
                report.swept += 1
                report.freed_bytes += found.size


def _sweep_incoming(before: datetime, report: GarbageReport, *, dry_run: bool) -> None:
    folder = current_store().incoming
    for file in folder.iterdir() if folder.exists() else ():
        status = status_of(file)
        if status and datetime.fromtimestamp(status.st_mtime, UTC) <= before:
            report.swept_incoming += 1
            report.freed_bytes += status.st_size
            if not dry_run:
                file.unlink(missing_ok=True)


def _batches(found: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(found)
    while batch := list(itertools.islice(rest, BATCH)):
        yield batch
