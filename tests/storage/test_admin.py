from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from organizations.models import User
from storage.models import UploadPart
from tests.factories import ArchitectureFileFactory, BlobFactory, UploadFactory


@pytest.fixture
def admin(client_of: Callable[[User], Client], staff: User) -> Client:
    return client_of(staff)


def test_a_blob_is_found_by_its_digest(admin: Client) -> None:
    wanted, other = BlobFactory(), BlobFactory()
    page = admin.get(reverse("admin:storage_blob_changelist"), {"q": wanted.sha256[:10]}).content.decode()
    assert wanted.sha256 in page
    assert other.sha256 not in page


def test_the_list_costs_the_same_for_any_number(admin: Client, django_assert_max_num_queries: object) -> None:
    BlobFactory.create_batch(5)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        admin.get(reverse("admin:storage_blob_changelist"))


def test_a_blob_says_what_uses_it(admin: Client) -> None:
    used, unused = ArchitectureFileFactory().blob, BlobFactory()
    assert "registry.ArchitectureFile.blob (1)" in page_of(admin, used)
    assert used.path in page_of(admin, used)
    assert "nothing" in page_of(admin, unused)


def page_of(admin: Client, blob: object) -> str:
    return admin.get(reverse("admin:storage_blob_change", args=[blob.pk])).content.decode()  # type: ignore[attr-defined]


def test_nothing_can_be_changed(admin: Client) -> None:
    blob = BlobFactory()
    assert admin.get(reverse("admin:storage_blob_add")).status_code == 403
    assert admin.post(reverse("admin:storage_blob_change", args=[blob.pk]), {"size": 1}).status_code == 403
    assert admin.post(reverse("admin:storage_blob_delete", args=[blob.pk]), {"post": "yes"}).status_code == 403
    blob.refresh_from_db()
    assert blob.size == len("content 1") or blob.size > 1


def test_an_upload_is_found_by_its_file_and_only_looked_at(admin: Client) -> None:
    upload, other = UploadFactory(filename="weights.pt", blob=None), UploadFactory(filename="labels.json")
    UploadPart.objects.create(upload=upload, number=1, size=5, etag="a" * 64)
    page = admin.get(reverse("admin:storage_upload_changelist"), {"q": "weights"}).content.decode()
    assert upload.name in page
    assert other.name not in page
    address = reverse("admin:storage_upload_change", args=[upload.pk])
    assert "a" * 64 in admin.get(address).content.decode()
    assert admin.post(address, {"name": "another"}).status_code == 403
    assert admin.post(reverse("admin:storage_upload_delete", args=[upload.pk]), {"post": "yes"}).status_code == 403
    assert admin.get(reverse("admin:storage_upload_add")).status_code == 403
