"""Storing content, reading it back checked, collecting what is unused, and verifying what is there.

No committed row is ever without its bytes. Three rules see to that: a writer places the bytes, synced, while it holds
the row's lock, and only then commits the row; the collector commits the row's deletion first and removes the bytes
afterwards; and to remove bytes it holds the lock on the digest that a writer needs to insert the row.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import BinaryIO, cast

from django.db import transaction

from storage.exceptions import DamagedBlob, Problem, UploadTooLarge
from storage.garbage import GarbageReport, collect_garbage
from storage.incoming import Incoming
from storage.models import Blob
from storage.stores import CHUNK, current_store, path_of
from storage.verification import Damage, VerificationReport, problem_at_a_look, problem_of, verify_storage

__all__ = [
    "Damage",
    "DamagedBlob",
    "GarbageReport",
    "Problem",
    "UploadTooLarge",
    "VerificationReport",
    "collect_garbage",
    "open_verified",
    "problem_at_a_look",
    "receive",
    "settle",
    "settle_from",
    "store",
    "verify_storage",
]


def store(content: Iterable[bytes] | BinaryIO, *, limit: int | None = None) -> Blob:
    """Keep the content: when this returns outside a transaction, it survives a power cut.

    Equal content is one blob. Call it before the transaction that refers to the blob, not inside: the row's lock lasts
    as long as the transaction around it.

    Args:
        content: chunks of bytes, or a file open for reading.
        limit: the most bytes that are taken, or None.

    Raises:
        UploadTooLarge: when there are more; nothing is kept.
        OSError: when the store can't take it; nothing is kept.
    """
    with receive(limit=limit) as incoming:
        for chunk in _chunks(content):
            incoming.write(chunk)
        return settle(incoming)


def receive(*, limit: int | None = None) -> Incoming:
    """Begin to take content whose chunks come one by one; `settle` ends it. At most `limit` bytes."""
    return Incoming(current_store().incoming, limit=limit)


def settle(incoming: Incoming) -> Blob:
    """Make content that came whole durable under its digest, and give its blob.

    Raises:
        OSError: when the store can't take it; no row says that it could.
    """
    incoming.finish()
    bytes_store = current_store()
    return settle_from(
        sha256=incoming.sha256,
        size=incoming.size,
        send_ahead=partial(bytes_store.send_ahead, incoming.path),
        place=lambda path: bytes_store.place(incoming.path, path, incoming.size),
    )


def settle_from(*, sha256: str, size: int, send_ahead: Callable[[str], None], place: Callable[[str], None]) -> Blob:
    """Make content durable, wherever it lies, under the digest that it is known to have.

    Args:
        sha256: of the content, in lower-case hexadecimal.
        size: in bytes.
        send_ahead: does what is slow about bringing it to its path, before anything is locked.
        place: makes it durable there, while the row is locked.
    """
    path = path_of(sha256)
    send_ahead(path)
    with transaction.atomic():
        blob = _locked(sha256, size)
        place(path)
    return blob


def open_verified(blob: Blob) -> BinaryIO:
    """The blob's bytes as a file, after all of them were compared with the digest.

    Raises:
        DamagedBlob: when they are missing or others.
    """
    try:
        file = current_store().open(blob.path)
    except FileNotFoundError as error:
        raise DamagedBlob(blob, Problem.MISSING) from error
    if problem := problem_of(blob, file):
        file.close()
        raise DamagedBlob(blob, problem)
    file.seek(0)
    return file


def _locked(sha256: str, size: int) -> Blob:
    """The one row of this digest, made if need be, locked, and no garbage."""
    while True:
        Blob.objects.bulk_create([Blob(sha256=sha256, size=size)], ignore_conflicts=True)
        # None only if the collector deleted the row between these two lines.
        blob = Blob.objects.select_for_update(no_key=True).filter(sha256=sha256).first()
        if blob is not None:
            break
    if blob.unreferenced_since is not None:
        blob.unreferenced_since = None
        blob.save(update_fields=["unreferenced_since"])
    return blob


def _chunks(content: Iterable[bytes] | BinaryIO) -> Iterator[bytes]:
    if hasattr(content, "read"):
        return iter(partial(cast(BinaryIO, content).read, CHUNK), b"")
    return iter(content)
