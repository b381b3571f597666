"""The store in a bucket, on a real S3 server that checks every signature."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen as fetch

import botocore.auth
import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from organizations.models import User
from storage import services
from storage.exceptions import UploadTooLarge
from storage.links import download_url, image_url
from storage.models import Blob
from storage.services import DamagedBlob, collect_garbage, open_verified, store, verify_storage
from tests.factories import ArchitectureFileFactory
from tests.storage.conftest import use
from tests.storage.test_concurrency import at_once

APPLES = b"apples" * 1_000
DAY = timedelta(days=1)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bucket")]


def keys(bucket: Any) -> list[str]:
    return [found.key for found in bucket.objects.all()]


def test_it_works(bucket: Any, files_dir: Path) -> None:
    blob = store([APPLES])
    assert keys(bucket) == [blob.path]
    with open_verified(blob) as file:
        assert file.read() == APPLES
    assert list((files_dir / "incoming").iterdir()) == []


def test_it_takes_large_content_in_parts(bucket: Any) -> None:
    blob = store(bytes([number]) * 1024 * 1024 for number in range(20))
    assert bucket.Object(blob.path).content_length == blob.size == 20 * 1024 * 1024
    assert verify_storage().damages == []


@pytest.mark.django_db(transaction=True)
def test_equal_content_is_one_blob(bucket: Any) -> None:
    assert len(set(at_once(*[lambda: store([APPLES])] * 3))) == 1
    assert len(keys(bucket)) == Blob.objects.count() == 1


def test_over_the_limit_nothing_is_sent(bucket: Any) -> None:
    with pytest.raises(UploadTooLarge):
        store([APPLES], limit=10)
    assert keys(bucket) == []


def test_storing_good_bytes_again_heals_damaged_ones(bucket: Any) -> None:
    blob = store([APPLES])
    bucket.put_object(Key=blob.path, Body=b"x" * len(APPLES))
    store([APPLES])
    assert verify_storage().damages == []


def test_bytes_collected_before_the_row_was_locked_are_sent_again(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = services._locked

    def collected_first(sha256: str, size: int) -> Blob:
        bucket.Object(Blob(sha256=sha256).path).delete()
        return lock(sha256, size)

    monkeypatch.setattr(services, "_locked", collected_first)
    store([APPLES])
    assert verify_storage().damages == []


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda found: found.delete(), "missing"),
        (lambda found: found.put(Body=APPLES[:-1]), "cut short"),
        (lambda found: found.put(Body=b"x" * len(APPLES)), "wrong bytes"),
    ],
)
def test_damage_is_found(bucket: Any, damage: Callable[[Any], Any], problem: str) -> None:
    store([b"whole"])
    file = ArchitectureFileFactory(blob=store([APPLES]))
    damage(bucket.Object(file.blob.path))
    [found] = verify_storage().damages
    assert (found.blob, found.problem) == (file.blob, problem)
    assert found.referrers == {"registry.ArchitectureFile.blob": 1}
    with pytest.raises(DamagedBlob, match=problem):
        open_verified(file.blob)


def test_garbage_is_collected(bucket: Any) -> None:
    live, due, orphan = ArchitectureFileFactory().blob, store([b"due"]), store([b"orphan"])
    orphan.delete()
    bucket.put_object(Key="blobs/README", Body=b"Not ours.")
    # The bucket's clock shows whole seconds.
    report = collect_garbage(grace=timedelta(), now=timezone.now() - timedelta(seconds=10))
    assert (report.deleted, report.swept) == (1, 0)
    assert set(keys(bucket)) == {live.path, orphan.path, "blobs/README"}
    assert collect_garbage(grace=DAY, now=timezone.now() + DAY * 2).swept == 1
    assert set(keys(bucket)) == {live.path, "blobs/README"}
    assert due.path not in keys(bucket)


def test_a_link_leads_to_the_bucket_and_to_a_download(endpoint: str) -> None:
    url = download_url(store([b"<script>alert(1)</script>"]), "Äpfel.html")
    assert url.startswith(endpoint)
    with fetch(url) as answer:  # noqa: S310 - our own server's
        assert answer.read() == b"<script>alert(1)</script>"
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''%C3%84pfel.html"


def test_an_image_is_shown_from_the_bucket() -> None:
    blob = store([APPLES])
    url = image_url(blob, "image/png")
    assert image_url(blob, "image/png") == url
    with fetch(url) as answer:  # noqa: S310 - our own server's
        assert answer.read() == APPLES
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Disposition"] == "inline"


def refusal_of(url: str) -> int:
    with pytest.raises(HTTPError) as refusal:
        fetch(url)  # noqa: S310 - our own server's
    with refusal.value as answer:
        return answer.code


@pytest.mark.parametrize(
    ("signed", "instead"),
    [
        ("attachment", "inline"),
        ("application%2Foctet-stream", "text%2Fhtml"),
        ("X-Amz-Expires=3600", "X-Amz-Expires=360000"),
        ("/blobs/", "/others/"),
    ],
)
def test_a_link_that_was_changed_is_refused(signed: str, instead: str) -> None:
    url = download_url(store([APPLES]), "apples.bin")
    assert signed in url
    assert refusal_of(url.replace(signed, instead)) == 403


def test_a_link_expires(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    blob = store([APPLES])
    then = botocore.auth.get_current_datetime() - timedelta(seconds=settings.LINK_LIFETIME_SECONDS + 1)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: then)
    assert refusal_of(download_url(blob, "apples.bin")) == 403


def test_a_wrong_secret_keeps_nothing(settings: LazySettings, files_dir: Path) -> None:
    use(settings, {**settings.STORAGES["default"]["OPTIONS"], "secret_key": "wrong"})
    with pytest.raises(OSError, match="SignatureDoesNotMatch"):
        store([APPLES])
    assert not Blob.objects.exists()
    assert list((files_dir / "incoming").iterdir()) == []


def test_a_bucket_that_is_away_keeps_nothing(settings: LazySettings) -> None:
    use(settings, {**settings.STORAGES["default"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"})
    with pytest.raises(OSError, match="Could not connect"):
        store([APPLES])
    assert not Blob.objects.exists()


@pytest.mark.urls("tests.storage.upload_urls")
def test_a_form_reaches_the_bucket(client_of: Callable[[User], Client], bob: User, bucket: Any) -> None:
    response = client_of(bob).post("/keep/", {"file": SimpleUploadedFile("apples.bin", APPLES)})
    assert response.json()["kept"][0]["size"] == len(APPLES)
    assert keys(bucket) == [Blob.objects.get().path]


@pytest.mark.urls("tests.storage.upload_urls")
def test_a_form_says_when_the_bucket_refuses(
    client_of: Callable[[User], Client], bob: User, settings: LazySettings
) -> None:
    use(settings, {**settings.STORAGES["default"]["OPTIONS"], "secret_key": "wrong"})
    response = client_of(bob).post("/keep/", {"file": SimpleUploadedFile("apples.bin", APPLES)})
    assert response.json()["errors"]["file"][0].startswith("The server could not keep the file")
