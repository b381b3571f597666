"""A script that sends files to signed addresses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from organizations.models import Organization, User
from storage.addressed import address_for_file, address_for_part, begin_parts, begin_upload, claimed, join_parts
from storage.models import Blob, Upload
from storage.services import open_verified

MEBIBYTE = 1024 * 1024
# The least that a bucket takes for a part that is not the last.
PART = b"apples, " * (5 * MEBIBYTE // 8)
PEARS = b"pears"


@dataclass
class Sender:
    """Bob's script, without any session: it sends to the addresses that it is given."""

    organization: Organization
    by: User
    bucket: Any

    def begin(self, filename: str = "weights.bin") -> Upload:
        return begin_upload(organization=self.organization, filename=filename, folder="artifact", by=self.by)

    def send_file(self, upload: Upload, content: bytes) -> int:
        url, is_form = address_for_file(upload=upload, by=self.by)
        assert is_form is not bool(self.bucket)
        if is_form:
            status: int = Client().post(url, {"key": "x", "file": SimpleUploadedFile("../x.bin", content)}).status_code
            return status
        return requests.put(url, content, headers={"x-ms-blob-type": "BlockBlob"}, timeout=10).status_code

    def send_part(self, upload: Upload, number: int, content: bytes) -> str:
        multipart_id = begin_parts(upload=upload, by=self.by)
        url = address_for_part(upload=upload, multipart_id=multipart_id, number=number, by=self.by)
        answer: Any = (
            requests.put(url, content, timeout=10)
            if self.bucket
            else Client().generic("PUT", url, content, CONTENT_LENGTH=str(len(content)))
        )
        assert answer.status_code == 200
        return str(answer.headers["ETag"])

    def send_parts(self, upload: Upload, *contents: bytes) -> list[tuple[int, str]]:
        return [(number, self.send_part(upload, number, content)) for number, content in enumerate(contents, 1)]

    def join(self, upload: Upload, parts: list[tuple[int, str]]) -> None:
        join_parts(upload=upload, multipart_id=upload.multipart_id, parts=parts, by=self.by)

    def claim(self, upload: Upload) -> Blob:
        return claimed(organization=self.organization, name=upload.name)


def content_of(blob: Blob) -> bytes:
    with open_verified(blob) as file:
        return file.read()


def left_over(sender: Sender, files_dir: Path) -> list[str]:
    """What lies in the store that is no blob's."""
    if sender.bucket:
        begun = [upload.key for upload in sender.bucket.multipart_uploads.all()]
        return [found.key for found in sender.bucket.objects.all() if not found.key.startswith("blobs/")] + begun
    found = (path.relative_to(files_dir) for path in files_dir.rglob("*") if path.is_file())
    return [str(path) for path in found if path.parts[0] != "blobs"]


def form(content: bytes, field: str = "file") -> dict[str, Any]:
    return {field: SimpleUploadedFile("x.bin", content)}
