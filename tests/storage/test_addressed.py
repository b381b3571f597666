"""Files that come by signed addresses: here into a folder, or straight into a bucket that checks every signature."""

import io
import time
import tracemalloc
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import botocore.auth
import pytest
import requests
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from organizations.models import Organization, User
from storage import addresses
from storage.addressed import (
    address_for_file,
    address_for_part,
    begin_parts,
    begin_upload,
    claimed,
    join_parts,
)
from storage.bucket_uploads import BucketReceiver
from storage.exceptions import UploadTooLarge
from storage.models import Blob, Upload, UploadPart
from storage.services import collect_garbage, open_verified, verify_storage
from storage.upload_views import receive_file, receive_part
from tests.factories import ArchitectureFileFactory
from tests.storage.conftest import use
from tests.storage.test_concurrency import at_once

MEBIBYTE = 1024 * 1024
# The least that a bucket takes for a part that is not the last.
PART = b"apples, " * (5 * MEBIBYTE // 8)
PEARS = b"pears"
WEEK = timedelta(days=7)

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def folder(orchard: Organization, bob: User) -> Sender:
    return Sender(orchard, bob, None)


@pytest.fixture(params=["folder", "bucket"])
def sender(request: pytest.FixtureRequest, orchard: Organization, bob: User) -> Sender:
    bucket = request.getfixturevalue("bucket") if request.param == "bucket" else None
    return Sender(orchard, bob, bucket)


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


@pytest.mark.parametrize("content", [PEARS, b"", PART], ids=["pears", "nothing", "5 MB"])
@pytest.mark.django_db(transaction=True)
def test_a_whole_file(sender: Sender, files_dir: Path, content: bytes) -> None:
    upload = sender.begin("Äpfel.bin")
    assert sender.send_file(upload, content) in (200, 204)
    blob = sender.claim(upload)
    assert content_of(blob) == content
    assert sender.claim(upload) == blob
    assert left_over(sender, files_dir) == []


@pytest.mark.django_db(transaction=True)
def test_parts_with_an_empty_last_one(sender: Sender, files_dir: Path) -> None:
    upload = sender.begin()
    parts = sender.send_parts(upload, PART, PART[::-1], b"")
    sender.join(upload, parts)
    # The answer was lost, and the client asks again.
    sender.join(upload, parts)
    assert content_of(sender.claim(upload)) == PART + PART[::-1]
    upload.refresh_from_db()
    sender.join(upload, parts)
    assert left_over(sender, files_dir) == []
    assert not UploadPart.objects.exists()


def test_nothing_but_an_empty_part(sender: Sender) -> None:
    upload = sender.begin()
    sender.join(upload, sender.send_parts(upload, b""))
    assert sender.claim(upload).size == 0


@pytest.mark.django_db(transaction=True)
def test_a_part_sent_again_replaces_what_came_before(sender: Sender, files_dir: Path) -> None:
    upload = sender.begin()
    (_, wrong), last = sender.send_parts(upload, PART[::-1], PEARS)
    right = sender.send_part(upload, 1, PART)
    if not sender.bucket:
        assert len(left_over(sender, files_dir)) == 2
    with pytest.raises(ValidationError, match="Part 1 did not come, or another has come since"):
        sender.join(upload, [(1, wrong), last])
    sender.join(upload, [(1, right), last])
    assert content_of(sender.claim(upload)) == PART + PEARS


def test_parts_that_make_no_file(sender: Sender) -> None:
    upload = sender.begin()
    first, second = sender.send_parts(upload, PART, PEARS)
    for parts in ([], [second], [second, first], [first, first], [first, (3, second[1])], [(0, "x"), first]):
        with pytest.raises(ValidationError, match="numbered from 1"):
            sender.join(upload, parts)
    for parts in ([first, (2, "nonsense")], [first, second, (3, second[1])]):
        with pytest.raises(ValidationError, match="did not come"):
            sender.join(upload, parts)
    with pytest.raises(ValidationError, match="not begun"):
        join_parts(upload=upload, multipart_id="another", parts=[first], by=sender.by)
    with pytest.raises(ValidationError, match="upload it first"):
        sender.claim(upload)


def test_what_did_not_come_can_t_be_claimed(sender: Sender, harbor: Organization) -> None:
    upload, sent = sender.begin(), sender.begin()
    sender.send_file(sent, PEARS)
    for organization, name in ((sender.organization, upload.name), (harbor, sent.name), (sender.organization, "\x00")):
        with pytest.raises(ValidationError, match="Nothing was uploaded as"):
            claimed(organization=organization, name=name)


def test_a_finished_upload_is_not_begun_again(sender: Sender) -> None:
    upload = sender.begin()
    sender.send_file(upload, PEARS)
    sender.claim(upload)
    upload.refresh_from_db()
    with pytest.raises(ValidationError, match="whole already"):
        address_for_file(upload=upload, by=sender.by)
    with pytest.raises(ValidationError, match="whole already"):
        begin_parts(upload=upload, by=sender.by)


def test_viewers_send_nothing(sender: Sender, vera: User) -> None:
    upload = sender.begin()
    with pytest.raises(PermissionDenied):
        begin_upload(organization=sender.organization, filename="x", folder="artifact", by=vera)
    with pytest.raises(PermissionDenied):
        address_for_file(upload=upload, by=vera)
    with pytest.raises(PermissionDenied):
        begin_parts(upload=upload, by=vera)
    with pytest.raises(PermissionDenied):
        address_for_part(upload=upload, multipart_id="", number=1, by=vera)
    with pytest.raises(PermissionDenied):
        join_parts(upload=upload, multipart_id="", parts=[], by=vera)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_one(sender: Sender, files_dir: Path) -> None:
    upload, start = sender.begin(), Barrier(3)
    parts = sender.send_parts(upload, PART, PEARS)

    def finish() -> Blob:
        mine = Upload.objects.select_related("organization").get(pk=upload.pk)
        start.wait()
        sender.join(mine, parts)
        return sender.claim(mine)

    assert len(set(at_once(*[finish] * 3))) == 1
    assert content_of(Blob.objects.get()) == PART + PEARS
    assert verify_storage().damages == []
    assert left_over(sender, files_dir) == []


@pytest.mark.django_db(transaction=True)
def test_over_the_limit(sender: Sender, files_dir: Path, settings: LazySettings) -> None:
    settings.UPLOAD_LIMIT_BYTES = len(PART)
    whole, in_parts = sender.begin(), sender.begin()
    assert sender.send_file(whole, PART + b".") == (200 if sender.bucket else 413)
    with pytest.raises(ValidationError):
        sender.claim(whole)
    first = sender.send_part(in_parts, 1, PART)
    if sender.bucket:
        second = sender.send_part(in_parts, 2, PEARS)
        with pytest.raises(UploadTooLarge, match="5 MB"):
            sender.join(in_parts, [(1, first), (2, second)])
    else:
        with pytest.raises(AssertionError):
            sender.send_part(in_parts, 2, PEARS)
    assert not Blob.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_nothing_takes_is_forgotten_after_a_week(sender: Sender, files_dir: Path) -> None:
    never, in_parts, idle, used = (sender.begin() for _ in range(4))
    sender.send_part(in_parts, 1, PEARS)
    sender.send_file(idle, b"idle")
    sender.send_file(used, b"used")
    sender.claim(idle)
    file = ArchitectureFileFactory(blob=sender.claim(used))
    assert collect_garbage(grace=timedelta(), now=timezone.now() + WEEK - timedelta(minutes=1)).forgotten == 0
    assert Blob.objects.count() == 2
    later = timezone.now() + WEEK + timedelta(minutes=1)
    assert collect_garbage(grace=timedelta(), now=later, dry_run=True).forgotten == 3
    assert Upload.objects.count() == 4
    assert collect_garbage(grace=timedelta(), now=later).forgotten == 3
    assert Upload.objects.get() == used
    assert Blob.objects.get() == file.blob
    assert left_over(sender, files_dir) == []
    for upload in (never, in_parts, idle):
        with pytest.raises(ValidationError, match="upload it first"):
            sender.claim(upload)
    # What used it is gone, and so nothing keeps the bytes any more.
    file.delete()
    collect_garbage(grace=timedelta(), now=later)
    assert not Blob.objects.exists()


# A folder: the server's own addresses


def form(content: bytes, field: str = "file") -> dict[str, Any]:
    return {field: SimpleUploadedFile("x.bin", content)}


def test_no_address_but_one_that_was_given(folder: Sender, settings: LazySettings) -> None:
    client, upload = Client(enforce_csrf_checks=True), folder.begin()
    whole, _ = address_for_file(upload=upload, by=folder.by)
    multipart_id = begin_parts(upload=upload, by=folder.by)
    part = address_for_part(upload=upload, multipart_id=multipart_id, number=1, by=folder.by)
    token, part_token = whole.split("/")[3], part.split("/")[3]
    other = addresses._signer().sign_object([str(uuid.uuid4()), 0, 0])
    for bad in ("nothing", token[:-1], token.upper(), f"x{token}", part_token, other, token.replace(":", ":x", 1)):
        answer = client.post(f"/files/uploads/{bad}/", form(PEARS))
        assert (answer.status_code, "message" in answer.json()) == (403, True), bad
    for bad in ("nothing", part_token[1:], token, other):
        assert client.generic("PUT", f"/files/parts/{bad}/", PEARS).status_code == 403, bad
    assert client.put(whole, PEARS).status_code == 405
    assert client.post(part, form(PEARS)).status_code == 405
    assert client.get(whole).status_code == client.get(part).status_code == 405
    assert not Blob.objects.exists()
    assert not UploadPart.objects.exists()
    assert client.post(whole, form(PEARS)).status_code == 204


def test_an_address_expires(folder: Sender, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = folder.begin()
    whole, _ = address_for_file(upload=upload, by=folder.by)
    begin_parts(upload=upload, by=folder.by)
    part = address_for_part(upload=upload, multipart_id=upload.multipart_id, number=1, by=folder.by)
    later = time.time() + settings.LINK_LIFETIME_SECONDS + 1
    monkeypatch.setattr("storage.addresses.time.time", lambda: later)
    assert Client().post(whole, form(PEARS)).status_code == 403
    assert Client().generic("PUT", part, PEARS).status_code == 403
    assert not Blob.objects.exists()


def test_the_same_bytes_may_come_twice_and_no_others(folder: Sender) -> None:
    upload = folder.begin()
    url, _ = address_for_file(upload=upload, by=folder.by)
    multipart_id = begin_parts(upload=upload, by=folder.by)
    part = address_for_part(upload=upload, multipart_id=multipart_id, number=1, by=folder.by)
    assert [Client().post(url, form(PEARS)).status_code for _ in range(2)] == [204, 204]
    assert Client().post(url, form(b"others")).status_code == 409
    assert Client().generic("PUT", part, PEARS).status_code == 409
    assert content_of(folder.claim(upload)) == PEARS


def test_a_form_without_a_file(folder: Sender) -> None:
    url, _ = address_for_file(upload=folder.begin(), by=folder.by)
    answer = Client().post(url, form(PEARS, "other"))
    assert (answer.status_code, "“file”" in answer.json()["message"]) == (400, True)


def test_what_is_cut_off_is_not_kept_and_can_be_sent_again(folder: Sender, files_dir: Path) -> None:
    upload = folder.begin()
    multipart_id = begin_parts(upload=upload, by=folder.by)
    url = address_for_part(upload=upload, multipart_id=multipart_id, number=1, by=folder.by)
    answer = ask("PUT", url, io.BytesIO(PART), len(PART) + 1)
    assert (answer.status_code, b"send it again" in answer.content) == (400, True)
    assert left_over(folder, files_dir) == []
    assert Client().generic("PUT", url, PART, CONTENT_LENGTH="").status_code == 411
    etag = folder.send_part(upload, 1, PART)
    folder.join(upload, [(1, etag)])
    assert content_of(folder.claim(upload)) == PART

    whole, _ = address_for_file(upload=folder.begin(), by=folder.by)
    cut = ask("POST", whole, io.BytesIO(FORM_HEAD + b"pear"), len(FORM_HEAD) + 9, FORM)
    assert (cut.status_code, b"cut off" in cut.content) == (400, True)
    assert Blob.objects.count() == 1


def test_a_full_disk_is_said(folder: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> None:
        raise OSError("No space left on device")

    upload = folder.begin()
    multipart_id = begin_parts(upload=upload, by=folder.by)
    url = address_for_part(upload=upload, multipart_id=multipart_id, number=1, by=folder.by)
    monkeypatch.setattr("storage.incoming.Incoming.write", full)
    answer = Client().generic("PUT", url, PEARS)
    assert (answer.status_code, "Tell the administrator" in answer.json()["message"]) == (507, True)
    assert not UploadPart.objects.exists()


def test_a_part_that_rotted_is_found(folder: Sender, files_dir: Path) -> None:
    upload = folder.begin()
    parts = folder.send_parts(upload, PEARS)
    [stored] = (files_dir / "parts").rglob("1-*")
    for rotten in (b"pearz", b"pear"):
        stored.write_bytes(rotten)
        with pytest.raises(ValidationError, match="Part 1"):
            folder.join(upload, parts)
    assert not Blob.objects.exists()


def test_what_was_forgotten_takes_nothing(folder: Sender, files_dir: Path) -> None:
    upload = folder.begin()
    whole, _ = address_for_file(upload=upload, by=folder.by)
    multipart_id = begin_parts(upload=upload, by=folder.by)
    part = address_for_part(upload=upload, multipart_id=multipart_id, number=1, by=folder.by)
    upload.delete()
    for answer in (Client().post(whole, form(PEARS)), Client().generic("PUT", part, PEARS)):
        assert (answer.status_code, "begin a new one" in answer.json()["message"]) == (400, True)
    assert left_over(folder, files_dir) == []


class Endless(io.RawIOBase):
    """A body that is made while it is read: a head, as many zeros as there should be, and an end."""

    def __init__(self, size: int, head: bytes = b"", end: bytes = b"") -> None:
        self.head, self.zeros, self.end = io.BytesIO(head), size, io.BytesIO(end)
        self.size = len(head) + size + len(end)

    def read(self, size: int = -1) -> bytes:
        if chunk := self.head.read(size):
            return chunk
        zeros = bytes(min(self.zeros, size if size >= 0 else self.zeros))
        self.zeros -= len(zeros)
        return zeros or self.end.read(size)


def ask(method: str, url: str, body: io.RawIOBase | io.BytesIO, size: int, content_type: str = "") -> HttpResponse:
    """The answer to a body that need not be as long as it is announced, as a server hands it on."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": url,
        "CONTENT_LENGTH": str(size),
        "CONTENT_TYPE": content_type,
        "wsgi.input": body,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
    }
    view = receive_part if method == "PUT" else receive_file
    return view(WSGIRequest(environ), url.split("/")[3])


FORM = "multipart/form-data; boundary=b"
FORM_HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'


@pytest.mark.parametrize("is_part", [True, False])
def test_memory_stays_small(folder: Sender, is_part: bool) -> None:
    size, upload = 64 * MEBIBYTE, folder.begin()
    if is_part:
        multipart_id = begin_parts(upload=upload, by=folder.by)
        url = address_for_part(upload=upload, multipart_id=multipart_id, number=1, by=folder.by)
        body, method, content_type = Endless(size), "PUT", ""
    else:
        url, _ = address_for_file(upload=upload, by=folder.by)
        body, method, content_type = Endless(size, FORM_HEAD, b"\r\n--b--\r\n"), "POST", FORM
    tracemalloc.start()
    response = ask(method, url, body, body.size, content_type)
    if is_part:
        folder.join(upload, [(1, response.headers["ETag"])])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert folder.claim(upload).size == size
    assert peak < 8 * MEBIBYTE


# A bucket


@pytest.fixture
def bucket_sender(orchard: Organization, bob: User, bucket: Any) -> Sender:
    return Sender(orchard, bob, bucket)


def test_a_bucket_refuses_an_address_that_was_changed(bucket_sender: Sender) -> None:
    upload, other = bucket_sender.begin(), bucket_sender.begin()
    url, _ = address_for_file(upload=upload, by=bucket_sender.by)
    begin_parts(upload=upload, by=bucket_sender.by)
    part = address_for_part(upload=upload, multipart_id=upload.multipart_id, number=1, by=bucket_sender.by)
    for bad in (
        url.replace(str(upload.pk), str(other.pk)),
        url.replace("/incoming/", "/blobs/"),
        url.replace("Expires=3600", "Expires=36000"),
        part.replace("partNumber=1", "partNumber=2"),
    ):
        assert bad not in (url, part)
        assert requests.put(bad, PEARS, timeout=10).status_code == 403
    assert requests.get(url, timeout=10).status_code == 403


def test_a_bucket_s_address_expires(
    bucket_sender: Sender, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    then = botocore.auth.get_current_datetime() - timedelta(seconds=settings.LINK_LIFETIME_SECONDS + 1)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: then)
    assert bucket_sender.send_file(bucket_sender.begin(), PEARS) == 403


def test_what_is_swapped_while_it_is_read_gets_no_digest(
    bucket_sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a client could put its own bytes under the digest of somebody else's file."""
    upload, read = bucket_sender.begin(), BucketReceiver._read
    bucket_sender.send_file(upload, PEARS)

    def swapped(receiver: BucketReceiver, upload: Upload) -> tuple[str, int, str]:
        known = read(receiver, upload)
        bucket_sender.send_file(upload, b"other")
        return known

    monkeypatch.setattr(BucketReceiver, "_read", swapped)
    with pytest.raises(ValidationError, match="changed while it was read"):
        bucket_sender.claim(upload)
    assert not Blob.objects.exists()
    monkeypatch.undo()
    assert content_of(bucket_sender.claim(upload)) == b"other"


def test_memory_stays_small_when_a_bucket_is_read(bucket_sender: Sender) -> None:
    upload = bucket_sender.begin()
    bucket_sender.join(upload, bucket_sender.send_parts(upload, *[PART] * 6))
    bucket_sender.claim(_warm(bucket_sender))
    tracemalloc.start()
    assert bucket_sender.claim(upload).size == 6 * len(PART)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MEBIBYTE


def _warm(sender: Sender) -> Upload:
    """An upload whose claim loads what boto3 loads once."""
    upload = sender.begin()
    sender.send_file(upload, PEARS)
    return upload


def test_a_bucket_that_is_away(bucket_sender: Sender, settings: LazySettings) -> None:
    upload = bucket_sender.begin()
    bucket_sender.send_file(upload, PEARS)
    use(settings, {**settings.STORAGES["default"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"})
    with pytest.raises(OSError, match="Could not connect"):
        bucket_sender.claim(upload)
    assert not Blob.objects.exists()


@pytest.mark.parametrize("act", ["post", "put"])
def test_an_address_of_the_folder_is_refused_once_there_is_a_bucket(
    act: str, folder: Sender, request: pytest.FixtureRequest
) -> None:
    upload = folder.begin()
    whole, _ = address_for_file(upload=upload, by=folder.by)
    multipart_id = begin_parts(upload=upload, by=folder.by)
    part = address_for_part(upload=upload, multipart_id=multipart_id, number=1, by=folder.by)
    request.getfixturevalue("bucket")
    send: Callable[[], Any] = (
        (lambda: Client().post(whole, form(PEARS))) if act == "post" else (lambda: Client().generic("PUT", part, PEARS))
    )
    assert send().status_code == 403
