"""What can be wrong with content, said to people."""

from enum import StrEnum

from django.core.exceptions import ValidationError

from storage.models import Blob

MEBIBYTE = 1024 * 1024


class UploadTooLarge(ValidationError):
    """More bytes came than are taken."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The file is larger than {_figure(limit)}, the most that is taken.", code="too_large")


class Problem(StrEnum):
    """How stored bytes differ from what was acknowledged."""

    MISSING = "missing"
    CUT_SHORT = "cut short"
    WRONG_BYTES = "wrong bytes"


class DamagedBlob(Exception):
    """The store does not hold the blob's bytes any more: they must not be handed out."""

    def __init__(self, blob: Blob, problem: Problem) -> None:
        super().__init__(f"The stored content {blob.sha256} is damaged ({problem}): restore it from a backup.")
        self.blob = blob
        self.problem = problem


def _figure(limit: int) -> str:
    return f"{limit // MEBIBYTE:,} MB" if limit and limit % MEBIBYTE == 0 else f"{limit:,} bytes"
