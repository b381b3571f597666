"""The annotations of a version, downloaded from its page."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from datasets.models import DatasetVersion
from organizations.models import Organization, User
from tests.datasets.pictures import filled
from tests.factories import AssetFactory

ClientOf = Callable[[User], Client]


def url_of(version: DatasetVersion, kind: str = "COCO") -> str:
    return reverse("datasets:dataset_version_annotations", args=[version.pk]) + f"?as={kind}"


def downloaded(client: Client, url: str) -> tuple[str, bytes]:
    """The file's name and content."""
    response: Any = client.get(url)
    assert response.status_code == 200
    return response["Content-Disposition"], b"".join(response)


def test_it_works(orchard: Organization, bob: User, vera: User, client_of: ClientOf) -> None:
    version, client = filled(orchard, bob), client_of(vera)
    page = client.get(reverse("datasets:dataset_version_detail", args=[version.pk]))
    for kind in ("COCO", "YOLO", "PASCAL_VOC"):
        assertContains(page, url_of(version, kind))
    name, content = downloaded(client, url_of(version))
    assert name == 'attachment; filename="fruit-train-coco.json"'
    assert len(json.loads(content)["annotations"]) == 4
    name, content = downloaded(client, url_of(version, "YOLO"))
    assert name == 'attachment; filename="fruit-train-yolo.zip"'
    assert set(zipfile.ZipFile(io.BytesIO(content)).namelist()) == {"data.yaml", *(f"{n}.txt" for n in range(4))}
    _, content = downloaded(client, url_of(version, "PASCAL_VOC"))
    assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 4


def test_images_of_one_name_are_called_by_their_ids(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = filled(orchard, bob)
    twin = AssetFactory(dataset_version=version, position=9, data__filename="0.jpg")
    _, content = downloaded(client_of(bob), url_of(version, "YOLO"))
    assert f"{twin.pk}.txt" in zipfile.ZipFile(io.BytesIO(content)).namelist()


@pytest.mark.parametrize("kind", ["", "coco", "CSV", "\0"])
def test_a_kind_there_is_not(orchard: Organization, bob: User, client_of: ClientOf, kind: str) -> None:
    assert client_of(bob).get(url_of(filled(orchard, bob), kind)).status_code == 404


def test_it_checks_ownership(orchard: Organization, bob: User, charlie: User, client_of: ClientOf) -> None:
    assert client_of(charlie).get(url_of(filled(orchard, bob))).status_code == 404
