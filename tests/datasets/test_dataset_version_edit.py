"""Setting what a version is for."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects, assertTemplateUsed

from config.inference_types import InferenceType
from datasets.models import DatasetVersion
from organizations.models import Organization, User
from tests.factories import DatasetVersionFactory

ClientOf = Callable[[User], Client]


def url_of(version: DatasetVersion) -> str:
    return reverse("datasets:dataset_version_edit", args=[version.pk])


def test_it_works(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard)
    client = client_of(bob)
    assertTemplateUsed(client.get(url_of(version)), "datasets/dataset_version_edit.html")
    response = client.post(url_of(version), {"inference_type": "MULTI", "description": " For both. "}, follow=True)
    assertRedirects(response, reverse("datasets:dataset_version_detail", args=[version.pk]))
    assertContains(response, f"{version} is saved.")
    version.refresh_from_db()
    assert (version.inference_type, version.description) == (InferenceType.MULTI, "For both.")


def test_it_refuses_and_keeps_what_was_typed(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard)
    text = "typed by hand " * 80
    response = client_of(bob).post(url_of(version), {"inference_type": "GUESSING", "description": text})
    assertContains(response, "GUESSING is not one of the available choices", status_code=422)
    assertContains(response, "at most 1000 characters", status_code=422)
    assertContains(response, text.strip(), status_code=422)
    version.refresh_from_db()
    assert version.description == ""


def test_control_characters_are_refused(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard)
    response = client_of(bob).post(url_of(version), {"inference_type": "MULTI", "description": "a\x1bb"})
    assertContains(response, "Character 2 is a control character", status_code=422)


def test_the_name_cannot_be_changed(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard, name="train")
    client_of(bob).post(url_of(version), {"inference_type": "MULTI", "name": "other", "asset_count": 9})
    version.refresh_from_db()
    assert (version.name, version.asset_count) == ("train", 0)


def test_viewers_cannot(orchard: Organization, vera: User, client_of: ClientOf) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard)
    client = client_of(vera)
    assert client.get(url_of(version)).status_code == 403
    assert client.post(url_of(version), {"inference_type": "MULTI"}).status_code == 403
    version.refresh_from_db()
    assert version.inference_type == InferenceType.CLASSIFICATION


def test_it_checks_ownership(orchard: Organization, charlie: User, client_of: ClientOf) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard)
    assert client_of(charlie).get(url_of(version)).status_code == 404
    assert client_of(charlie).post(url_of(version), {"inference_type": "MULTI"}).status_code == 404
