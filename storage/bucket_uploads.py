"""Uploads that go straight to the bucket, by addresses that it signs; this server reads them once, to know them."""

import hashlib
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from django.conf import settings
from django.core.exceptions import ValidationError

from storage.bucket import BucketStore, bucket_errors, incoming_key, status_of
from storage.models import Blob, Upload
from storage.receiving import (
    PARTS_MAX,
    SentPart,
    checked_numbers,
    finish,
    is_finished,
    refuse_too_large,
    unlike,
)
from storage.services import settle_from
from storage.stores import CHUNK

GIBIBYTE = 1024**3
# One copy is one act of the bucket, as long as it takes it as one.
COPYING = TransferConfig(multipart_threshold=5 * GIBIBYTE, multipart_chunksize=GIBIBYTE)


class BucketReceiver:
    """Gives addresses of the bucket. What comes there lies beside the blobs until it is known what it is."""

    is_form = False

    def __init__(self, bucket: BucketStore) -> None:
        self.bucket = bucket

    def address_of_file(self, upload: Upload) -> str:
        return self._signed("put_object", self._where(upload))

    @bucket_errors()
    def begin_parts(self, upload: Upload) -> str:
        return str(self.bucket.client.create_multipart_upload(**self._where(upload))["UploadId"])

    def address_of_part(self, upload: Upload, number: int) -> str:
        part = {"UploadId": upload.multipart_id, "PartNumber": number}
        return self._signed("upload_part", {**self._where(upload), **part})

    @bucket_errors()
    def join_parts(self, upload: Upload, parts: Sequence[SentPart]) -> None:
        checked_numbers(parts)
        try:
            self._join(upload, parts)
        except ClientError as error:
            status = status_of(error)
            # The bucket has joined them before, and what came of it may even have been claimed.
            if status == HTTPStatus.NOT_FOUND and (self._exists(upload) or is_finished(upload)):
                return
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            raise ValidationError("The bucket does not take these parts: send the file again.") from error

    def arrived(self, upload: Upload) -> Blob | None:
        """Read it once to hash it, and let the bucket copy exactly what was read to where its digest says.

        The client may still send other bytes there. So the bucket is asked to copy only what has the ETag of what was
        read: else content could be put under a digest that it does not have.
        """
        try:
            sha256, size, etag = self._read(upload)
            copy = partial(self._copy, upload, etag)
            blob = settle_from(sha256=sha256, size=size, send_ahead=copy, place=partial(self._place, size, copy))
        except FileNotFoundError:
            # Nothing came, or another request was faster and has removed it.
            return Blob.objects.filter(uploads=upload).first()
        return finish(upload, blob)

    def _join(self, upload: Upload, parts: Sequence[SentPart]) -> None:
        where = {**self._where(upload), "UploadId": upload.multipart_id}
        stored = self._stored_parts(where)
        for part in parts:
            if part.number not in stored or stored[part.number]["ETag"].strip('"') != part.etag:
                raise unlike(part.number)
        refuse_too_large(sum(stored[part.number]["Size"] for part in parts))
        # Not every bucket joins a part of nothing, which the SDK sends after a file of a whole number of parts.
        joined = [part for part in parts if stored[part.number]["Size"]] or list(parts)
        listed = [{"PartNumber": part.number, "ETag": stored[part.number]["ETag"]} for part in joined]
        self.bucket.client.complete_multipart_upload(**where, MultipartUpload={"Parts": listed})

    def _stored_parts(self, where: dict[str, Any]) -> dict[int, dict[str, Any]]:
        pages = self.bucket.client.get_paginator("list_parts").paginate(**where)
        found = [part for page in pages for part in page.get("Parts", ())]
        return {part["PartNumber"]: part for part in found[:PARTS_MAX]}

    @bucket_errors()
    def _read(self, upload: Upload) -> tuple[str, int, str]:
        """Digest, size and ETag of what came.

        Raises:
            UploadTooLarge: when it is more than is taken.
        """
        answer = self.bucket.client.get_object(**self._where(upload))
        digest, size = hashlib.sha256(), 0
        with answer["Body"] as body:
            refuse_too_large(answer["ContentLength"])
            for chunk in iter(partial(body.read, CHUNK), b""):
                digest.update(chunk)
                size += len(chunk)
        if size != answer["ContentLength"]:
            raise OSError("The bucket broke off before the announced length.")
        return digest.hexdigest(), size, answer["ETag"]

    @bucket_errors()
    def _copy(self, upload: Upload, etag: str, path: str) -> None:
        where = self._where(upload)
        unchanged = {"CopySourceIfMatch": etag}
        try:
            self.bucket.client.copy(where, where["Bucket"], path, ExtraArgs=unchanged, Config=COPYING)
        except ClientError as error:
            if status_of(error) == HTTPStatus.PRECONDITION_FAILED:
                raise ValidationError("The file was changed while it was read: send it again.") from error
            raise

    def _place(self, size: int, copy: Any, path: str) -> None:
        if self.bucket.size(path) != size:
            copy(path)

    def _exists(self, upload: Upload) -> bool:
        return self.bucket.size(incoming_key(upload.pk)) is not None

    def _where(self, upload: Upload) -> dict[str, Any]:
        return {"Bucket": self.bucket.storage.bucket_name, "Key": incoming_key(upload.pk)}

    def _signed(self, act: str, parameters: dict[str, Any]) -> str:
        lifetime = settings.LINK_LIFETIME_SECONDS
        return str(self.bucket.client.generate_presigned_url(act, Params=parameters, ExpiresIn=lifetime))
