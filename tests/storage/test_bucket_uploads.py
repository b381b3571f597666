"""Files that go straight to a bucket, by addresses that it signs."""

import tracemalloc
from datetime import timedelta
from typing import Any

import botocore.auth
import pytest
import requests
from django.conf import LazySettings
from django.core.exceptions import ValidationError

from organizations.models import Organization, User
from storage.addressed import address_for_file, address_for_part, begin_parts
from storage.bucket_uploads import BucketReceiver
from storage.models import Blob, Upload
from tests.storage.conftest import use
from tests.storage.sending import MEBIBYTE, PART, PEARS, Sender, content_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(orchard: Organization, bob: User, bucket: Any) -> Sender:
    return Sender(orchard, bob, bucket)


def test_a_bucket_refuses_an_address_that_was_changed(sender: Sender) -> None:
    upload, other = sender.begin(), sender.begin()
    url, _ = address_for_file(upload=upload, by=sender.by)
    begin_parts(upload=upload, by=sender.by)
    part = address_for_part(upload=upload, multipart_id=upload.multipart_id, number=1, by=sender.by)
    for bad in (
        url.replace(str(upload.pk), str(other.pk)),
        url.replace("/incoming/", "/blobs/"),
        url.replace("Expires=3600", "Expires=36000"),
        part.replace("partNumber=1", "partNumber=2"),
    ):
        assert bad not in (url, part)
        assert requests.put(bad, PEARS, timeout=10).status_code == 403
    assert requests.get(url, timeout=10).status_code == 403


def test_a_bucket_s_address_expires(sender: Sender, monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    then = botocore.auth.get_current_datetime() - timedelta(seconds=settings.LINK_LIFETIME_SECONDS + 1)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: then)
    assert sender.send_file(sender.begin(), PEARS) == 403


def test_what_is_swapped_while_it_is_read_gets_no_digest(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a client could put its own bytes under the digest of somebody else's file."""
    upload, read = sender.begin(), BucketReceiver._read
    sender.send_file(upload, PEARS)

    def swapped(receiver: BucketReceiver, upload: Upload) -> tuple[str, int, str]:
        known = read(receiver, upload)
        sender.send_file(upload, b"other")
        return known

    monkeypatch.setattr(BucketReceiver, "_read", swapped)
    with pytest.raises(ValidationError, match="changed while it was read"):
        sender.claim(upload)
    assert not Blob.objects.exists()
    monkeypatch.undo()
    assert content_of(sender.claim(upload)) == b"other"


def test_memory_stays_small_when_a_bucket_is_read(sender: Sender) -> None:
    upload = sender.begin()
    sender.join(upload, sender.send_parts(upload, *[PART] * 6))
    sender.claim(_warm(sender))
    tracemalloc.start()
    assert sender.claim(upload).size == 6 * len(PART)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MEBIBYTE


def _warm(sender: Sender) -> Upload:
    """An upload whose claim loads what boto3 loads once."""
    upload = sender.begin()
    sender.send_file(upload, PEARS)
    return upload


def test_a_bucket_that_is_away(sender: Sender, settings: LazySettings) -> None:
    upload = sender.begin()
    sender.send_file(upload, PEARS)
    use(settings, {**settings.STORAGES["default"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"})
    with pytest.raises(OSError, match="Could not connect"):
        sender.claim(upload)
    assert not Blob.objects.exists()
