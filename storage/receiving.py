"""How the bytes of an upload come: to this server, or straight to the bucket."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from storage.exceptions import UploadTooLarge
from storage.models import Blob, Upload
from storage.stores import current_store

# As many as a bucket takes.
PARTS_MAX = 10_000


@dataclass(frozen=True)
class SentPart:
    """A part as the client tells of it: its number, from 1, and the ETag that it got for it."""

    number: int
    etag: str


class Receiver(Protocol):
    """One way for bytes to come."""

    # Whether a whole file is sent as a form's, by POST; else as the body of a PUT.
    is_form: bool

    def address_of_file(self, upload: Upload) -> str:
        """Where the whole file can be sent."""

    def begin_parts(self, upload: Upload) -> str:
        """What the parts of the file are known under together."""

    def address_of_part(self, upload: Upload, number: int) -> str:
        """Where the part can be sent."""

    def join_parts(self, upload: Upload, parts: Sequence[SentPart]) -> None:
        """Make the parts one file. Doing it again changes nothing.

        Raises:
            ValidationError: when one did not come, or is not what the client says, or they are too much.
        """

    def arrived(self, upload: Upload) -> Blob | None:
        """The content of a file that is not a blob yet, if it has come."""


class Gone(ValidationError):
    """The upload was removed, as nothing took it for days."""

    def __init__(self) -> None:
        super().__init__("The upload is no more, as nothing took it into use: begin a new one.")


@transaction.atomic
def finish(upload: Upload, blob: Blob) -> Blob:
    """Let the upload be this content, unless it was finished already; what it is from now on.

    What the store holds of it besides is removed once that is sure.

    Raises:
        Gone: when there is no such upload any more.
    """
    row = locked(upload)
    if row.blob is None:
        row.blob = blob
        row.save(update_fields=["blob"])
        row.parts.all().delete()
    transaction.on_commit(lambda: current_store().forget(upload.pk), robust=True)
    return row.blob


def locked(upload: Upload) -> Upload:
    """The upload as it is now, and stays until the transaction ends.

    Raises:
        Gone: when there is no such upload any more.
    """
    row = Upload.objects.select_for_update(of=("self",)).select_related("blob").filter(pk=upload.pk).first()
    if row is None:
        raise Gone
    return row


def is_finished(upload: Upload) -> bool:
    """Whether the upload is whole by now."""
    return Upload.objects.filter(pk=upload.pk, blob__isnull=False).exists()


def refuse_too_large(size: int) -> None:
    """The limit of what is taken, for what comes in several pieces or by another way.

    Raises:
        UploadTooLarge: when these are more bytes.
    """
    if size > settings.UPLOAD_LIMIT_BYTES:
        raise UploadTooLarge(settings.UPLOAD_LIMIT_BYTES)


def checked_numbers(parts: Sequence[SentPart]) -> None:
    """The rule of what the client tells of its parts.

    Raises:
        ValidationError: unless they are numbered 1, 2, 3, in this order.
    """
    if not parts or [part.number for part in parts] != list(range(1, len(parts) + 1)):
        raise ValidationError("The parts must be numbered from 1 on, each once, in their order.")


def unlike(number: int) -> ValidationError:
    """The refusal of a part that is not there as the client knows it."""
    return ValidationError(f"Part {number} did not come, or another has come since: send it again.")
