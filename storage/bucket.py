"""The bytes of blobs in an S3 bucket. Content on its way in lies in a folder here until its digest is known."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from botocore.exceptions import ClientError
from django.conf import settings
from django.core.files import File

from storage.stores import CHUNK, DIGEST, StoredBytes, path_of

NOT_FOUND = 404


class BucketStore:
    """A bucket, through django-storages' S3Storage."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage

    @property
    def incoming(self) -> Path:
        return Path(settings.FILES_DIR) / "incoming"

    def send_ahead(self, source: Path, path: str) -> None:
        """Upload, even over equal bytes: an upload that is skipped would tell that someone else has them."""
        with source.open("rb") as file:
            self.storage.save(path, File(file))

    def place(self, source: Path, path: str, size: int) -> None:
        """Look that what was sent ahead is still there, and send it again when the collector was faster."""
        if self._size(path) != size:
            self.send_ahead(source, path)

    def open(self, path: str) -> BinaryIO:
        try:
            body = self.storage.bucket.Object(path).get()["Body"]
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == NOT_FOUND:
                raise FileNotFoundError(path) from error
            raise
        self.incoming.mkdir(parents=True, exist_ok=True)
        copy = tempfile.TemporaryFile(dir=self.incoming)  # noqa: SIM115 - the caller closes it
        shutil.copyfileobj(body, copy, CHUNK)
        copy.seek(0)
        return cast(BinaryIO, copy)

    def remove(self, path: str) -> None:
        self.storage.delete(path)

    def walk(self) -> Iterator[StoredBytes]:
        for found in self.storage.bucket.objects.filter(Prefix="blobs/"):
            digest = found.key.rpartition("/")[2]
            if DIGEST.fullmatch(digest) and found.key == path_of(digest):
                yield StoredBytes(digest, found.size, found.last_modified)

    def direct_url(self, path: str, *, disposition: str, content_type: str, lifetime: int) -> str:
        answer = {"ResponseContentDisposition": disposition, "ResponseContentType": content_type}
        return str(self.storage.url(path, parameters=answer, expire=lifetime))

    def _size(self, path: str) -> int | None:
        try:
            return int(self.storage.size(path))
        except FileNotFoundError:
            return None
