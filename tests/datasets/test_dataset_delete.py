"""Deleting a dataset."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects, assertTemplateUsed

from datasets.models import Dataset
from organizations.models import Organization, User
from tests.datasets.pictures import filled
from tests.factories import DatasetFactory, DatasetVersionFactory, ExperimentFactory

ClientOf = Callable[[User], Client]


def url_of(dataset: Dataset) -> str:
    return reverse("datasets:dataset_delete", args=[dataset.pk])


def test_it_names_the_versions_and_deletes(orchard: Organization, alice: User, client_of: ClientOf) -> None:
    dataset = filled(orchard, alice).dataset
    client = client_of(alice)
    response = client.get(url_of(dataset))
    assertTemplateUsed(response, "datasets/dataset_delete.html")
    assertContains(response, "1 version with their labels")
    assertContains(response, "<strong>train</strong>, 4 images")
    response = client.post(url_of(dataset), follow=True)
    assertRedirects(response, reverse("datasets:dataset_list"))
    assertContains(response, "fruit is deleted.")
    assert not Dataset.objects.exists()


def test_of_many_versions_the_newest_are_named(orchard: Organization, alice: User, client_of: ClientOf) -> None:
    dataset = DatasetFactory(organization=orchard)
    for _ in range(22):
        DatasetVersionFactory(dataset=dataset)
    response = client_of(alice).get(url_of(dataset))
    assertContains(response, "22 versions")
    assertContains(response, "… and the older ones")


def test_an_empty_one_is_deleted_too(orchard: Organization, alice: User, client_of: ClientOf) -> None:
    dataset = DatasetFactory(organization=orchard)
    assertContains(client_of(alice).get(url_of(dataset)), "it has no versions")
    client_of(alice).post(url_of(dataset))
    assert not Dataset.objects.exists()


def test_in_use_it_stays_whole(orchard: Organization, alice: User, client_of: ClientOf) -> None:
    version = filled(orchard, alice)
    DatasetVersionFactory(dataset=version.dataset)
    ExperimentFactory(project__organization=orchard, name="first try").dataset_versions.create(
        dataset_version=version, alias="train"
    )
    response = client_of(alice).post(url_of(version.dataset))
    assertContains(response, "it is used by experiment “first try”", status_code=409)
    assert version.dataset.versions.count() == 2
    assert version.assets.count() == 4


def test_members_cannot(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    dataset = DatasetFactory(organization=orchard)
    assert client_of(bob).get(url_of(dataset)).status_code == 403
    assert client_of(bob).post(url_of(dataset)).status_code == 403
    assert Dataset.objects.exists()


def test_it_checks_ownership(orchard: Organization, charlie: User, client_of: ClientOf) -> None:
    dataset = DatasetFactory(organization=orchard)
    assert client_of(charlie).post(url_of(dataset)).status_code == 404
    assert Dataset.objects.exists()
