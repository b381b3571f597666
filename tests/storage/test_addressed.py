"""Files that come by signed addresses: here into a folder, or straight into a bucket that checks every signature."""

from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.conf import LazySettings
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from organizations.models import Organization, User
from storage.addressed import address_for_file, address_for_part, begin_parts, begin_upload, claimed, join_parts
from storage.exceptions import UploadTooLarge
from storage.models import Blob, Upload, UploadPart
from storage.services import collect_garbage, verify_storage
from tests.factories import ArchitectureFileFactory
from tests.storage.sending import PART, PEARS, Sender, content_of, left_over
from tests.storage.test_concurrency import at_once

WEEK = timedelta(days=7)

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["folder", "bucket"])
def sender(request: pytest.FixtureRequest, orchard: Organization, bob: User) -> Sender:
    bucket = request.getfixturevalue("bucket") if request.param == "bucket" else None
    return Sender(orchard, bob, bucket)


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
