import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from organizations.models import User
from storage.links import download_url, image_url
from storage.models import Blob
from storage.services import DamagedBlob, store
from storage.streaming import UnsatisfiableRange, wanted_range
from tests.factories import BlobFactory

APPLES = b"0123456789"
LARGE = 3 * 1024 * 1024 + 17

pytestmark = pytest.mark.django_db


@pytest.fixture
def blob() -> Blob:
    return BlobFactory(content=APPLES)


@pytest.fixture
def large() -> Blob:
    return store(bytes([number]) * (1024 * 1024) for number in range(3))


def body_of(response: Any) -> bytes:
    return bytes(response.getvalue())


def test_it_works(client: Client, blob: Blob) -> None:
    response = client.get(download_url(blob, "apples.bin"))
    assert response.status_code == 200
    assert body_of(response) == APPLES
    assert response["Content-Length"] == "10"
    assert response["ETag"] == f'"{hashlib.sha256(APPLES).hexdigest()}"'
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="apples.bin"'
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-cache"
    assert_harmless(response)


def assert_harmless(response: Any) -> None:
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_page_of_scripts_is_a_download(client: Client) -> None:
    blob = BlobFactory(content=b"<html><script>alert(1)</script>")
    response = client.get(download_url(blob, "page.html"), headers={"Accept": "text/html"})
    assert body_of(response).startswith(b"<html>")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert_harmless(response)


def test_an_image_is_shown_and_kept(client: Client, blob: Blob, settings: LazySettings) -> None:
    response = client.get(image_url(blob, "image/webp"))
    assert body_of(response) == APPLES
    assert response["Content-Type"] == "image/webp"
    assert response["Content-Disposition"] == "inline"
    assert_harmless(response)
    private, max_age, immutable = response["Cache-Control"].split(", ")
    assert (private, immutable) == ("private", "immutable")
    lifetime = settings.LINK_LIFETIME_SECONDS
    assert lifetime - 5 <= int(max_age.removeprefix("max-age=")) <= 2 * lifetime


def test_a_large_file_comes_in_parts(client: Client, large: Blob) -> None:
    response = client.get(download_url(large, "large.bin"))
    assert response.streaming
    chunks = list(response)
    assert len(chunks) == 3
    assert hashlib.sha256(b"".join(chunks)).hexdigest() == large.sha256


def test_an_empty_file_is_a_file(client: Client) -> None:
    response = client.get(download_url(store([]), "empty.bin"))
    assert (response.status_code, response["Content-Length"], body_of(response)) == (200, "0", b"")


def test_it_is_not_compressed(client: Client) -> None:
    content = b"x" * 100_000
    response = client.get(download_url(store([content]), "x"), headers={"Accept-Encoding": "gzip, br"})
    assert body_of(response) == content
    assert "Content-Encoding" not in response
    assert response["Content-Length"] == "100000"


def test_head_has_the_headers_alone(client: Client, blob: Blob) -> None:
    response = client.head(download_url(blob, "apples.bin"))
    assert (response.status_code, response["Content-Length"], response.content) == (200, "10", b"")
    assert response["ETag"] == f'"{blob.sha256}"'
    assert_harmless(response)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_rejects_everything_else(client: Client, blob: Blob, method: str) -> None:
    assert getattr(client, method)(download_url(blob, "apples.bin")).status_code == 405


def test_it_needs_no_sign_in_and_opens_no_session(client: Client, blob: Blob) -> None:
    response = client.get(download_url(blob, "apples.bin"))
    assert body_of(response) == APPLES
    assert not response.cookies


def test_whoever_has_the_link_may_use_it(client_of: Callable[[User], Client], charlie: User, blob: Blob) -> None:
    """As with a presigned URL: the page that gave the link checked who may see the file."""
    assert body_of(client_of(charlie).get(download_url(blob, "apples.bin"))) == APPLES


def test_a_bad_signature_is_not_found(client: Client, blob: Blob) -> None:
    url = download_url(blob, "apples.bin")
    assert client.get(f"{url[:-2]}{'A' if url[-2] != 'A' else 'B'}/").status_code == 404
    assert client.get(f"/files/{blob.sha256}/").status_code == 404
    assert client.get(f"/files/{blob.pk}/").status_code == 404


def test_an_expired_link_says_what_to_do(client: Client, blob: Blob, monkeypatch: pytest.MonkeyPatch) -> None:
    url, now = download_url(blob, "apples.bin"), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100_000)
    response = client.get(url)
    assert response.status_code == 403
    assert "This link has expired" in response.content.decode()


def test_a_collected_blob_is_not_found(client: Client, blob: Blob) -> None:
    url = download_url(blob, "apples.bin")
    blob.delete()
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("asked", "content", "span"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-99", APPLES, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=0-0", b"0", "bytes 0-0/10"),
    ],
)
def test_a_range_is_a_part(client: Client, blob: Blob, asked: str, content: bytes, span: str) -> None:
    response = client.get(download_url(blob, "apples.bin"), headers={"Range": asked})
    assert response.status_code == 206
    assert body_of(response) == content
    assert response["Content-Range"] == span
    assert response["Content-Length"] == str(len(content))
    assert_harmless(response)


@pytest.mark.parametrize(
    "asked", ["bytes=", "bytes=-", "bytes=3-1", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b", f"bytes=0-{'9' * 5_000}"]
)
def test_a_range_that_is_none_is_ignored(client: Client, blob: Blob, asked: str) -> None:
    response = client.get(download_url(blob, "apples.bin"), headers={"Range": asked})
    assert (response.status_code, body_of(response)) == (200, APPLES)


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused(client: Client, blob: Blob, asked: str) -> None:
    response = client.get(download_url(blob, "apples.bin"), headers={"Range": asked})
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */10"
    assert_harmless(response)


@examples(deadline=None)
@given(st.binary(max_size=50), st.integers(0, 60), st.integers(0, 60))
def test_any_range_is_the_slice_it_names(content: bytes, first: int, last: int) -> None:
    try:
        part = wanted_range(f"bytes={first}-{last}", len(content))
    except UnsatisfiableRange:
        assert first >= len(content)
        return
    expected = content[first : last + 1] if first <= last else content
    assert (content if part is None else content[part.start : part.stop]) == expected


def test_a_large_file_can_be_resumed(client: Client, large: Blob) -> None:
    url = download_url(large, "large.bin")
    whole = body_of(client.get(url))
    response = client.get(url, headers={"Range": "bytes=1500000-", "If-Range": f'"{large.sha256}"'})
    assert response.status_code == 206
    assert body_of(response) == whole[1_500_000:]


@pytest.mark.parametrize("validator", ['"another"', "Wed, 21 Oct 2026 07:28:00 GMT", 'W/"weak"'])
def test_a_part_of_something_else_is_not_resumed(client: Client, blob: Blob, validator: str) -> None:
    response = client.get(download_url(blob, "x"), headers={"Range": "bytes=5-", "If-Range": validator})
    assert (response.status_code, body_of(response)) == (200, APPLES)


def test_head_ignores_a_range(client: Client, blob: Blob) -> None:
    response = client.head(download_url(blob, "x"), headers={"Range": "bytes=5-"})
    assert (response.status_code, response["Content-Length"]) == (200, "10")


def test_what_the_browser_has_is_not_sent_again(client: Client, blob: Blob) -> None:
    response = client.get(image_url(blob, "image/png"), headers={"If-None-Match": f'"x", "{blob.sha256}"'})
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == f'"{blob.sha256}"'
    assert "immutable" in response["Cache-Control"]


def test_a_condition_that_fails_is_said(client: Client, blob: Blob) -> None:
    assert client.get(download_url(blob, "x"), headers={"If-Match": '"another"'}).status_code == 412


@pytest.mark.parametrize("damage", [None, b"", b"012345678", b"0123456789!", b"0123456780"])
@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-3"}])
def test_damaged_bytes_are_not_sent(
    client: Client, blob: Blob, files_dir: Path, damage: bytes | None, headers: dict[str, str]
) -> None:
    spoil(files_dir / blob.path, damage)
    response = client.get(download_url(blob, "x"), headers=headers)
    assert response.status_code == 503
    assert "The stored file is damaged" in response.content.decode()
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("damage", [None, b"short", b"x" * (3 * 1024 * 1024 + 1)])
def test_a_large_file_of_the_wrong_size_is_not_sent(
    client: Client, large: Blob, files_dir: Path, damage: bytes | None
) -> None:
    spoil(files_dir / large.path, damage)
    assert client.get(download_url(large, "x")).status_code == 503
    assert client.get(download_url(large, "x"), headers={"Range": "bytes=0-1"}).status_code == 503


def test_a_large_file_with_a_flipped_bit_never_arrives_whole(client: Client, large: Blob, files_dir: Path) -> None:
    content = bytearray((files_dir / large.path).read_bytes())
    content[5] ^= 1
    (files_dir / large.path).write_bytes(content)
    response = client.get(download_url(large, "x"))
    received: list[bytes] = []
    with pytest.raises(DamagedBlob):
        received.extend(iter(response))
    assert len(b"".join(received)) < int(response["Content-Length"])
    response.close()


def spoil(file: Path, damage: bytes | None) -> None:
    file.unlink()
    if damage is not None:
        file.write_bytes(damage)


def test_a_page_full_of_images_costs_one_query_each(
    client_of: Callable[[User], Client], bob: User, blob: Blob, django_assert_num_queries: Any
) -> None:
    client, url = client_of(bob), image_url(blob, "image/png")
    with django_assert_num_queries(1):
        response = client.get(url)
    assert body_of(response) == APPLES
    assert "Cookie" not in response.get("Vary", "")
