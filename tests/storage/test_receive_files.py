"""The server's own signed addresses, to which whole files and parts are sent."""

import io
import time
import tracemalloc
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client

from organizations.models import Organization, User
from storage import addresses
from storage.addressed import address_for_file, address_for_part, begin_parts
from storage.models import Blob, UploadPart
from storage.upload_views import receive_file, receive_part
from tests.storage.sending import MEBIBYTE, PART, PEARS, Sender, content_of, form, left_over

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(orchard: Organization, bob: User) -> Sender:
    return Sender(orchard, bob, None)


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


@pytest.mark.parametrize("act", ["post", "put"])
def test_an_address_of_the_folder_is_refused_once_there_is_a_bucket(
    act: str, folder: Sender, request: pytest.FixtureRequest
) -> None:
    upload = folder.begin()
    whole, _ = address_for_file(upload=upload, by=folder.by)
    multipart_id = begin_parts(upload=upload, by=folder.by)
    part = address_for_part(upload=upload, multipart_id=multipart_id, number=1, by=folder.by)
    request.getfixturevalue("bucket")
    client = Client()
    answer = client.post(whole, form(PEARS)) if act == "post" else client.generic("PUT", part, PEARS)
    assert answer.status_code == 403
