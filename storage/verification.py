"""Reading everything back: does the store still hold what was acknowledged?"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from storage.exceptions import Problem
from storage.models import Blob
from storage.references import referrers_of
from storage.stores import CHUNK, Store, current_store


@dataclass(frozen=True)
class Damage:
    """A blob whose bytes are not what they were, and how many rows of which field refer to it."""

    blob: Blob
    problem: Problem
    referrers: dict[str, int]


@dataclass
class VerificationReport:
    """What reading the whole store back found."""

    checked: int = 0
    checked_bytes: int = 0
    damages: list[Damage] = field(default_factory=list)


def verify_storage(*, progress: Callable[[int, int], None] | None = None) -> VerificationReport:
    """Hash every blob's bytes again and compare.

    Args:
        progress: called after each blob with how many are done, and how many there were at the start.
    """
    store, report, total = current_store(), VerificationReport(), Blob.objects.count()
    for blob in Blob.objects.order_by("pk").iterator(chunk_size=500):
        problem = _examine(store, blob)
        # A blob that was collected meanwhile is not missing.
        if problem and Blob.objects.filter(pk=blob.pk).exists():
            report.damages.append(Damage(blob, problem, referrers_of(blob)))
        report.checked += 1
        report.checked_bytes += blob.size
        if progress:
            progress(report.checked, total)
    return report


def problem_of(blob: Blob, file: BinaryIO) -> Problem | None:
    """How the file, read from its beginning, differs from the blob; None when it does not."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    if size < blob.size:
        return Problem.CUT_SHORT
    return None if digest.hexdigest() == blob.sha256 else Problem.WRONG_BYTES


def problem_at_a_look(blob: Blob, *, hashed_up_to: int) -> Problem | None:
    """What can be told without reading a large file: whether it is there and has its size. Smaller ones are read whole.

    Args:
        blob: whose bytes.
        hashed_up_to: the most bytes that are hashed again; for what is larger, `verify_storage` has the last word.

    Raises:
        OSError: when the store can't be asked.
    """
    store = current_store()
    size = store.size(blob.path)
    if size is None:
        return Problem.MISSING
    if size != blob.size:
        return Problem.CUT_SHORT if size < blob.size else Problem.WRONG_BYTES
    return _examine(store, blob) if size <= hashed_up_to else None


def _examine(store: Store, blob: Blob) -> Problem | None:
    try:
        with store.open(blob.path) as file:
            return problem_of(blob, file)
    except FileNotFoundError:
        return Problem.MISSING
