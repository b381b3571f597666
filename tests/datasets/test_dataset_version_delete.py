"""Deleting a version."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects, assertTemplateUsed

from datasets.models import DatasetVersion
from organizations.models import Organization, User
from tests.datasets.pictures import filled
from tests.factories import DatasetVersionFactory, ExperimentFactory

ClientOf = Callable[[User], Client]


def url_of(version: DatasetVersion) -> str:
    return reverse("datasets:dataset_version_delete", args=[version.pk])


def test_it_says_what_goes_and_deletes(orchard: Organization, alice: User, client_of: ClientOf) -> None:
    version = filled(orchard, alice)
    client = client_of(alice)
    response = client.get(url_of(version))
    assertTemplateUsed(response, "datasets/dataset_version_delete.html")
    assertContains(response, "4 images")
    assertContains(response, "Delete fruit/train</button>")
    response = client.post(url_of(version), follow=True)
    assertRedirects(response, reverse("datasets:dataset_detail", args=[version.dataset_id]))
    assertContains(response, "fruit/train is deleted.")
    assert not DatasetVersion.objects.exists()


def test_in_use_it_stays_and_says_by_what(orchard: Organization, alice: User, client_of: ClientOf) -> None:
    version = filled(orchard, alice)
    ExperimentFactory(project__organization=orchard, name="first try").dataset_versions.create(
        dataset_version=version, alias="train"
    )
    response = client_of(alice).post(url_of(version))
    assertContains(response, "it is used by experiment “first try”", status_code=409)
    assert version.assets.count() == 4


def test_members_cannot(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard)
    for response in (client_of(bob).get(url_of(version)), client_of(bob).post(url_of(version))):
        assertContains(response, "role admin", status_code=403)
    assert DatasetVersion.objects.exists()


def test_it_checks_ownership(orchard: Organization, charlie: User, client_of: ClientOf) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard)
    assert client_of(charlie).get(url_of(version)).status_code == 404
    assert client_of(charlie).post(url_of(version)).status_code == 404
    assert DatasetVersion.objects.exists()
