import hashlib
import io
import json
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django.live_server_helper import LiveServer

from organizations.models import User
from storage.models import Blob
from storage.services import verify_storage
from storage.uploads import StoredFile

APPLES = b"apples" * 50_000
DIGEST = hashlib.sha256(APPLES).hexdigest()

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.storage.upload_urls")]


@pytest.fixture
def bobs(client_of: Callable[[User], Client], bob: User) -> Client:
    return client_of(bob)


def a_file(content: bytes = APPLES, name: str = "apples.bin", content_type: str = "text/html") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


def raw(filename: str, content: bytes = b"x", field: str = "file") -> bytes:
    """A body with the file name as it stands: Django's test client would clean it."""
    return (
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{filename}"\r\n'
            f"Content-Type: text/plain\r\n\r\n"
        ).encode()
        + content
        + b"\r\n--"
        + BOUNDARY.encode()
        + b"--\r\n"
    )


def post_raw(client: Client, body: bytes, path: str = "/keep/", **extra: Any) -> Any:
    return client.generic("POST", path, body, MULTIPART_CONTENT, **extra)


def stored_files(files_dir: Path) -> list[Path]:
    return [path for path in files_dir.rglob("*") if path.is_file()]


def test_it_works(bobs: Client, files_dir: Path) -> None:
    response = bobs.post("/keep/", {"title": "Fruit", "file": a_file()})
    assert response.json() == {
        "kept": [{"name": "apples.bin", "sha256": DIGEST, "size": len(APPLES), "type": "text/html"}],
        "title": "Fruit",
    }
    [file] = stored_files(files_dir)
    assert file == files_dir / Blob.objects.get().path
    assert file.read_bytes() == APPLES


def test_it_takes_several_files(bobs: Client) -> None:
    response = bobs.post("/keep/", {"file": [a_file(), a_file(b"pears", "pears.bin")], "other": a_file(name="again")})
    assert [file["name"] for file in response.json()["kept"]] == ["apples.bin", "pears.bin", "again"]
    assert Blob.objects.count() == 2


def test_a_page_is_asked_for_as_ever(bobs: Client) -> None:
    assert bobs.get("/keep/").json()["errors"] == {"file": ["This field is required."]}


def test_an_empty_file_is_refused_by_the_form(bobs: Client) -> None:
    response = bobs.post("/keep/", {"file": a_file(b"")})
    assert response.json()["errors"] == {"file": ["The submitted file is empty."]}


def test_a_file_over_the_limit_is_refused_at_its_field(bobs: Client, files_dir: Path, settings: LazySettings) -> None:
    settings.UPLOAD_LIMIT_BYTES = 2 * 1024 * 1024
    response = bobs.post("/keep/", {"file": a_file(b"x" * (2 * 1024 * 1024 + 1)), "title": "What was typed"})
    assert response.status_code == 422
    assert response.json() == {
        "errors": {"file": ["The file is larger than 2 MB, the most that is taken."]},
        "title": "What was typed",
    }
    assert not Blob.objects.exists()
    assert stored_files(files_dir) == []


def test_a_file_of_the_limit_is_taken(bobs: Client, settings: LazySettings) -> None:
    settings.UPLOAD_LIMIT_BYTES = len(APPLES)
    assert bobs.post("/keep/", {"file": a_file()}).status_code == 200


def test_more_files_than_the_limit_are_refused(bobs: Client, files_dir: Path) -> None:
    response = bobs.post("/keep/", {"file": [a_file(b"x", f"{number}") for number in range(101)]})
    assert response.status_code == 400
    assert "More than 100 files came at once" in response.content.decode()
    assert not Blob.objects.exists()
    assert stored_files(files_dir) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../x", "x"),
        ("..\\\\..\\\\x", "x"),
        ("/etc/cron.d/x", "x"),
        ("C:\\\\x.pt", "x.pt"),
        ("a\x00b", "ab"),
        ("nul", "_nul"),
        ("x" * 300 + ".onnx", "x" * 250 + ".onnx"),
        ("%2e%2e%2fx", "%2e%2e%2fx"),
    ],
)
def test_a_name_is_cleaned(bobs: Client, files_dir: Path, sent: str, kept: str) -> None:
    [file] = post_raw(bobs, raw(sent)).json()["kept"]
    assert file["name"] == kept
    assert stored_files(files_dir) == [files_dir / Blob.objects.get().path]


@pytest.mark.parametrize("sent", ["..", "../", "\x01", " . "])
def test_a_name_with_nothing_left_is_refused(bobs: Client, files_dir: Path, sent: str) -> None:
    response = post_raw(bobs, raw(sent))
    assert response.json()["errors"] == {"file": ["The file has no usable name: rename it and send it again."]}
    assert not Blob.objects.exists()
    assert stored_files(files_dir) == []


def test_an_upload_cut_off_anywhere_keeps_nothing(bobs: Client, files_dir: Path) -> None:
    body = encode_multipart(BOUNDARY, {"title": "Fruit", "file": a_file(b"pears" * 20), "tail": "the end"})
    for length in range(0, len(body), 7):
        response = cut_off(bobs, body, length)
        assert response.status_code in (400, 422)
        assert not Blob.objects.exists()
        assert stored_files(files_dir) == []


def test_an_upload_cut_off_says_so_at_its_field(bobs: Client) -> None:
    body = encode_multipart(BOUNDARY, {"title": "Fruit", "file": a_file()})
    response = cut_off(bobs, body, len(body) // 2)
    assert response.status_code == 422
    assert response.json()["title"] == "Fruit"
    [sentence] = response.json()["errors"]["file"]
    assert sentence.startswith("The upload was cut off before its end")


def cut_off(client: Client, body: bytes, length: int) -> Any:
    return post_stream(client, "/keep/", io.BytesIO(body[:length]), len(body))


def post_stream(client: Client, path: str, body: io.IOBase, length: int, **extra: Any) -> Any:
    """A body that the test client does not make itself, and its announced length."""
    headers: Any = {"wsgi.input": body, "CONTENT_LENGTH": str(length), "CONTENT_TYPE": MULTIPART_CONTENT}
    return client.generic("POST", path, **headers, **extra)


@pytest.mark.django_db(transaction=True)
def test_a_connection_cut_off_half_way_keeps_nothing(bobs: Client, live_server: LiveServer, files_dir: Path) -> None:
    body = encode_multipart(BOUNDARY, {"title": "Fruit", "file": a_file(os.urandom(3_000_000))})
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in bobs.cookies.items())
    address = (live_server.thread.host, live_server.thread.port)
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(
            f"POST /keep/ HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nCookie: {cookies}; csrftoken={'x' * 32}\r\n"
            f"X-CSRFToken: {'x' * 32}\r\nContent-Type: {MULTIPART_CONTENT}\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        connection.sendall(body[: len(body) // 2])
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"422" in answer.splitlines()[0]
    assert b"cut off before its end" in answer
    assert not Blob.objects.exists()
    assert stored_files(files_dir) == []


def test_a_body_that_is_no_form_is_refused(bobs: Client, files_dir: Path) -> None:
    response = bobs.generic("POST", "/keep/", b"rubbish", "multipart/form-data; boundary=\xff")
    assert response.status_code == 400
    assert stored_files(files_dir) == []


def test_without_a_token_nothing_is_kept(bob: User, files_dir: Path) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/keep/", {"file": a_file()}).status_code == 403
    assert not Blob.objects.exists()
    assert stored_files(files_dir) == []


@pytest.mark.parametrize("place", ["field", "header"])
def test_the_token_may_come_as_field_or_header(bob: User, place: str) -> None:
    client, token = Client(enforce_csrf_checks=True), "x" * 32
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["csrftoken"] = token
    fields = {"csrfmiddlewaretoken": token} if place == "field" else {}
    headers = {"X-CSRFToken": token} if place == "header" else {}
    assert client.post("/keep/", {**fields, "file": a_file()}, headers=headers).status_code == 200


class Unread(io.BytesIO):
    """A body that nobody may read."""

    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError("The body was read.")


def test_a_visitor_who_is_not_signed_in_sends_in_vain(client: Client) -> None:
    response = post_stream(client, "/keep/", Unread(), 1_000)
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


def test_another_sites_form_sends_in_vain(bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    assert post_stream(client, "/keep/", Unread(), 1_000, HTTP_ORIGIN="https://evil.example").status_code == 403


def test_a_full_disk_is_said_at_the_field(
    bobs: Client, files_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    response = bobs.post("/keep/", {"file": a_file()})
    assert response.status_code == 422
    assert response.json()["errors"]["file"][0].startswith("The server could not keep the file")
    assert "No space left on device" in caplog.text
    assert not Blob.objects.exists()
    assert stored_files(files_dir) == []


def test_a_disk_that_takes_no_file_is_said_at_the_field(bobs: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    response = bobs.post("/keep/", {"file": a_file(), "title": "What was typed"})
    assert response.json()["errors"]["file"][0].startswith("The server could not keep the file")
    assert response.json()["title"] == "What was typed"


def test_what_was_refused_has_no_blob() -> None:
    """Whoever forgets the form's validation gets the sentence as well."""
    file = StoredFile("apples.bin", "text/plain")
    file.refuse(ValidationError("Not today."))
    for attribute in ("blob", "size"):
        with pytest.raises(ValidationError, match="Not today"):
            getattr(file, attribute)


def test_a_gate_is_asked_before_a_byte_is_read(bobs: Client) -> None:
    assert post_stream(bobs, "/gated/", Unread(), 1_000).status_code == 403
    assert bobs.get("/gated/").json() == {"method": "GET"}


def test_equal_uploads_are_one_blob(bobs: Client) -> None:
    digests = {bobs.post("/keep/", {"file": a_file(name=name)}).json()["kept"][0]["sha256"] for name in "ab"}
    assert digests == {DIGEST}
    assert verify_storage().checked == 1


def test_elsewhere_a_file_is_dropped(bobs: Client, files_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("Something was written.")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    response = bobs.post("/plain/", {"before": "1", "file": a_file(), "after": "2"})
    assert response.json() == {"fields": {"before": "1", "after": "2"}, "files": []}
    assert stored_files(files_dir) == []


def test_elsewhere_memory_is_bounded(bobs: Client) -> None:
    """The body is read in small pieces, and none of them is held."""
    largest = 0

    class Body(io.RawIOBase):
        left = 20 * 1024 * 1024

        def read(self, size: int = -1) -> bytes:
            nonlocal largest
            assert size >= 0
            largest = max(largest, size)
            self.left -= min(size, self.left)
            return b"x" * min(size, self.left)

    start = raw("x").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    body = Body()
    response = post_stream(bobs, "/plain/", Chained(start, body), len(start) + body.left)
    assert json.loads(response.content) == {"fields": {}, "files": []}
    assert largest <= 1024 * 1024


class Chained(io.RawIOBase):
    """Some bytes, then another stream."""

    def __init__(self, start: bytes, rest: Any) -> None:
        self.start = io.BytesIO(start)
        self.rest = rest

    def read(self, size: int = -1) -> bytes:
        return self.start.read(size) or self.rest.read(size)
