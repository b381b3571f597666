"""Uploads that come to this server: a whole file as a form's, or parts that lie in a folder until all are there."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum

from storage.addresses import address_of
from storage.exceptions import UploadTooLarge
from storage.incoming import Incoming
from storage.models import Blob, Upload, UploadPart
from storage.receiving import SentPart, checked_numbers, finish, is_finished, locked, unlike
from storage.services import receive, settle
from storage.stores import FolderStore, part_path

CUT_OFF = "The part was cut off before its end, so nothing of it was kept: send it again."


class AlreadyFinished(ValidationError):
    """Other bytes came for an upload that is whole."""

    def __init__(self) -> None:
        super().__init__("This upload is whole already: begin a new one for another file.", code="taken")


class FolderReceiver:
    """Gives addresses of this server, and takes what its views receive there."""

    is_form = True

    def __init__(self, folder: FolderStore) -> None:
        self.folder = folder

    def address_of_file(self, upload: Upload) -> str:
        return address_of(upload.pk)

    def begin_parts(self, upload: Upload) -> str:
        """The upload's own id: begun twice, it is one."""
        return str(upload.pk)

    def address_of_part(self, upload: Upload, number: int) -> str:
        return address_of(upload.pk, number)

    def take_file(self, upload_id: uuid.UUID, blob: Blob) -> None:
        """Let the upload be what came. The same bytes may come twice, as they do when the answer was lost.

        Raises:
            Gone: when there is no such upload any more.
            AlreadyFinished: when it is something else.
        """
        if finish(Upload(pk=upload_id), blob) != blob:
            raise AlreadyFinished

    def take_part(self, upload_id: uuid.UUID, number: int, content: Iterable[bytes], size: int) -> str:
        """Keep a part until it is joined, and give its ETag. One that comes again replaces what came before.

        Args:
            upload_id: of which upload.
            number: from 1.
            content: the part's bytes.
            size: how many there should be.

        Raises:
            ValidationError: when they are cut off, or too many with those of the other parts.
            Gone, AlreadyFinished: as `take_file`.
        """
        others = UploadPart.objects.filter(upload=upload_id).exclude(number=number)
        room = settings.UPLOAD_LIMIT_BYTES - (others.aggregate(total=Sum("size"))["total"] or 0)
        if size > room:
            raise UploadTooLarge(settings.UPLOAD_LIMIT_BYTES)
        with receive(limit=size) as incoming:
            for chunk in content:
                incoming.write(chunk)
            if incoming.size != size:
                raise ValidationError(CUT_OFF, code="cut_off")
            incoming.finish()
            self._keep(upload_id, number, incoming)
        return incoming.sha256

    @transaction.atomic
    def _keep(self, upload_id: uuid.UUID, number: int, part: Incoming) -> None:
        """Bring the file to its place, then say so in the row; what it replaces goes when that is sure."""
        upload = locked(Upload(pk=upload_id))
        if upload.blob is not None:
            raise AlreadyFinished
        before = upload.parts.filter(number=number).first()
        self.folder.place(part.path, part_path(upload_id, number, part.sha256), part.size)
        values = {"size": part.size, "etag": part.sha256}
        UploadPart.objects.update_or_create(upload=upload, number=number, defaults=values)
        if before and before.etag != part.sha256:
            old = part_path(upload_id, number, before.etag)
            transaction.on_commit(lambda: self.folder.remove(old), robust=True)

    def join_parts(self, upload: Upload, parts: Sequence[SentPart]) -> None:
        checked_numbers(parts)
        try:
            finish(upload, self._joined(_stored(upload, parts)))
        except (FileNotFoundError, ValidationError):
            # Unless another request joined them while this one looked.
            if not is_finished(upload):
                raise

    def arrived(self, upload: Upload) -> None:
        """None: what comes here is a blob as soon as it is whole."""

    def _joined(self, parts: Sequence[UploadPart]) -> Blob:
        """One file of the parts, which are looked at again: each still has to be what came."""
        with receive(limit=settings.UPLOAD_LIMIT_BYTES) as whole:
            digests = whole.join(self._opened(parts))
            for part, digest in zip(parts, digests, strict=True):
                if digest != part.etag:
                    raise unlike(part.number)
            return settle(whole)

    def _opened(self, parts: Sequence[UploadPart]) -> Iterator[BinaryIO]:
        for part in parts:
            with self.folder.open(part_path(part.upload_id, part.number, part.etag)) as file:
                yield file


def _stored(upload: Upload, parts: Sequence[SentPart]) -> list[UploadPart]:
    """The parts that the client means, as they came."""
    stored = {part.number: part for part in upload.parts.all()}
    for part in parts:
        if part.number not in stored or stored[part.number].etag != part.etag:
            raise unlike(part.number)
    return [stored[part.number] for part in parts]
