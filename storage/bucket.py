"""The bytes of blobs in an S3 bucket. Content on its way in lies in a folder here until its digest is known."""

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, cast

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File

from storage.stores import CHUNK, DIGEST, Remains, StoredBytes, path_of

INCOMING = "incoming/"


def status_of(error: ClientError) -> int:
    """What the bucket answered."""
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


@contextmanager
def bucket_errors() -> Iterator[None]:
    """Say what went wrong with the bucket as a folder would: FileNotFoundError, or another OSError."""
    try:
        yield
    except ClientError as error:
        is_missing = status_of(error) == HTTPStatus.NOT_FOUND
        raise FileNotFoundError(str(error)) if is_missing else OSError(str(error)) from error
    except (BotoCoreError, Boto3Error) as error:
        raise OSError(str(error)) from error


def incoming_key(upload_id: uuid.UUID) -> str:
    """Where a client sends an upload's bytes: nothing in the bucket refers to them yet."""
    return f"{INCOMING}{upload_id}"


def _remains(key: str, modified: datetime) -> Iterator[Remains]:
    with contextlib.suppress(ValueError):
        yield Remains(uuid.UUID(key.removeprefix(INCOMING)), modified)


class BucketStore:
    """A bucket, through django-storages' S3Storage."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage

    @property
    def incoming(self) -> Path:
        return Path(settings.FILES_DIR) / "incoming"

    @bucket_errors()
    def send_ahead(self, source: Path, path: str) -> None:
        """Upload, even over equal bytes: an upload that is skipped would tell that someone else has them."""
        with source.open("rb") as file:
            self.storage.save(path, File(file))

    def place(self, source: Path, path: str, size: int) -> None:
        """Look that what was sent ahead is still there, and send it again when the collector was faster."""
        if self.size(path) != size:
            self.send_ahead(source, path)

    @bucket_errors()
    def open(self, path: str) -> BinaryIO:
        body = self.client.get_object(Bucket=self.storage.bucket_name, Key=path)["Body"]
        self.incoming.mkdir(parents=True, exist_ok=True)
        copy = tempfile.TemporaryFile(dir=self.incoming)  # noqa: SIM115 - the caller closes it
        shutil.copyfileobj(body, copy, CHUNK)
        copy.seek(0)
        return cast(BinaryIO, copy)

    @bucket_errors()
    def remove(self, path: str) -> None:
        self.storage.delete(path)

    def walk(self) -> Iterator[StoredBytes]:
        pages = self.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.storage.bucket_name, Prefix="blobs/"):
            for found in page.get("Contents", ()):
                digest = found["Key"].rpartition("/")[2]
                if DIGEST.fullmatch(digest) and found["Key"] == path_of(digest):
                    yield StoredBytes(digest, found["Size"], found["LastModified"])

    def direct_url(self, path: str, *, disposition: str, content_type: str, lifetime: int) -> str:
        answer = {"ResponseContentDisposition": disposition, "ResponseContentType": content_type}
        return str(self.storage.url(path, parameters=answer, expire=lifetime))

    @property
    def client(self) -> Any:
        """boto3's, of the bucket's account."""
        return self.storage.connection.meta.client

    def remains(self) -> Iterator[Remains]:
        bucket = {"Bucket": self.storage.bucket_name, "Prefix": INCOMING}
        for page in self.client.get_paginator("list_objects_v2").paginate(**bucket):
            for found in page.get("Contents", ()):
                yield from _remains(found["Key"], found["LastModified"])
        for page in self.client.get_paginator("list_multipart_uploads").paginate(**bucket):
            for begun in page.get("Uploads", ()):
                yield from _remains(begun["Key"], begun["Initiated"])

    @bucket_errors()
    def forget(self, upload_id: uuid.UUID) -> None:
        where = {"Bucket": self.storage.bucket_name, "Key": incoming_key(upload_id)}
        self.client.delete_object(**where)
        begun = self.client.list_multipart_uploads(Bucket=where["Bucket"], Prefix=where["Key"])
        for upload in begun.get("Uploads", ()):
            self.client.abort_multipart_upload(**where, UploadId=upload["UploadId"])

    @bucket_errors()
    def size(self, path: str) -> int | None:
        """In bytes; None when nothing is there."""
        try:
            return int(self.storage.size(path))
        except FileNotFoundError:
            return None
