import time

import pytest
from django.conf import LazySettings
from django.test import Client

from storage.links import IMAGE_TYPES, BadLink, ExpiredLink, download_url, image_url, read_link
from storage.models import Blob
from tests.factories import BlobFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def blob() -> Blob:
    return BlobFactory()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as a list of one number to be changed."""
    now = [1_700_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def token_of(url: str) -> str:
    return url.removeprefix("/files/").removesuffix("/")


def test_a_download_link_says_what_it_is_good_for(blob: Blob, clock: list[float], settings: LazySettings) -> None:
    link = read_link(token_of(download_url(blob, "weights.onnx")))
    assert (link.sha256, link.filename) == (blob.sha256, "weights.onnx")
    assert link.expires == clock[0] + settings.LINK_LIFETIME_SECONDS
    assert not link.is_image


def test_it_names_nothing_that_the_bytes_do_not_tell(blob: Blob) -> None:
    """A blob's id holds the time of its first upload: it would tell that someone else had the bytes before."""
    link = read_link(token_of(download_url(blob, "weights.onnx")))
    assert blob.pk.hex not in str(vars(link))
    assert str(blob.pk) not in str(vars(link))


def test_it_expires(blob: Blob, clock: list[float], settings: LazySettings) -> None:
    token = token_of(download_url(blob, "weights.onnx"))
    clock[0] += settings.LINK_LIFETIME_SECONDS - 1
    assert read_link(token)
    clock[0] += 1
    with pytest.raises(ExpiredLink):
        read_link(token)


def test_an_image_link_is_stable_within_a_window(blob: Blob, clock: list[float], settings: LazySettings) -> None:
    lifetime = settings.LINK_LIFETIME_SECONDS
    clock[0] = 1_000 * lifetime
    first = image_url(blob, "image/png")
    clock[0] += lifetime - 1
    assert image_url(blob, "image/png") == first
    assert read_link(token_of(first)).expires >= clock[0] + lifetime
    clock[0] += 1
    assert image_url(blob, "image/png") != first
    assert read_link(token_of(first))


@pytest.mark.parametrize("content_type", ["image/svg+xml", "text/html", "application/octet-stream", "image/png; x", ""])
def test_only_images_are_shown(blob: Blob, content_type: str) -> None:
    with pytest.raises(ValueError, match="is not shown as an image"):
        image_url(blob, content_type)


@pytest.mark.parametrize("content_type", IMAGE_TYPES)
def test_the_four_types_of_images_are_shown(blob: Blob, content_type: str) -> None:
    assert read_link(token_of(image_url(blob, content_type))).is_image


@pytest.mark.parametrize("place", [0, 10, -1])
def test_a_token_that_was_changed_is_bad(blob: Blob, place: int) -> None:
    token = list(token_of(download_url(blob, "weights.onnx")))
    token[place] = "A" if token[place] != "A" else "B"
    with pytest.raises(BadLink):
        read_link("".join(token))


@pytest.mark.parametrize("token", ["", ":", "x", "e30:", ".e30:x", "../../etc/passwd", "\x00", "é:é"])
def test_rubbish_is_bad(token: str) -> None:
    with pytest.raises(BadLink):
        read_link(token)


def test_a_signature_for_something_else_is_bad(settings: LazySettings, blob: Blob) -> None:
    token = token_of(download_url(blob, "weights.onnx"))
    settings.SECRET_KEY = "another secret that is long enough to be taken"
    with pytest.raises(BadLink):
        read_link(token)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.onnx", 'attachment; filename="a b.onnx"'),
        ("Äpfel.onnx", "attachment; filename*=utf-8''%C3%84pfel.onnx"),
        ('a"; filename=x.exe', 'attachment; filename="a_; filename=x.exe"'),
        ("../../x", 'attachment; filename="x"'),
        ("a\r\nX-Evil: 1", 'attachment; filename="aX-Evil_ 1"'),
        ("..", 'attachment; filename="file"'),
    ],
)
def test_the_file_name_is_clean(client: Client, blob: Blob, name: str, header: str) -> None:
    assert client.head(download_url(blob, name))["Content-Disposition"] == header
