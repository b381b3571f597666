"""A dataset's page."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from config.inference_types import InferenceType
from organizations.models import Organization, User
from tests.datasets.pictures import filled, version_content
from tests.factories import DatasetFactory, DatasetVersionFactory

ClientOf = Callable[[User], Client]


def url_of(dataset: object) -> str:
    return reverse("datasets:dataset_detail", args=[getattr(dataset, "pk")])  # noqa: B009


def test_it_works(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = filled(orchard, bob)
    DatasetVersionFactory(dataset=version.dataset, name="raw", inference_type=InferenceType.NOT_CONFIGURED)
    response = client_of(bob).get(url_of(version.dataset))
    assertTemplateUsed(response, "datasets/dataset_detail.html")
    assertContains(response, "train")
    assertContains(response, "Classification")
    assertContains(response, "4 images · 4 objects")
    assertContains(response, "2 labels")
    assertContains(response, "No type yet", count=1)
    assertContains(response, "<img", count=4)
    assertNotContains(response, "Delete dataset")


def test_admins_can_delete(orchard: Organization, alice: User, client_of: ClientOf) -> None:
    assertContains(client_of(alice).get(url_of(DatasetFactory(organization=orchard))), "Delete dataset")


def test_without_versions_it_says_how_to_begin(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    dataset = DatasetFactory(organization=orchard, name="fruit", description="All of it.")
    response = client_of(bob).get(url_of(dataset))
    assertContains(response, "fruit has no versions yet")
    assertContains(response, '--dataset "fruit"')
    assertContains(response, "All of it.")


def test_it_searches_and_pages(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    dataset = DatasetFactory(organization=orchard)
    for number in range(30):
        DatasetVersionFactory(dataset=dataset, name=f"version {number:02}")
    client, url = client_of(bob), url_of(dataset)
    assert [version.name for version in client.get(url, {"q": "N 07"}).context["page"].rows] == ["version 07"]
    assertContains(client.get(url, {"q": "plum"}), "No version has “plum” in its name")
    first = client.get(url)
    assertNotContains(first, "version 00")
    assertContains(client.get(url + first.context["page"].older), "version 00")


def test_it_answers_the_fragment(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    dataset = filled(orchard, bob).dataset
    response = client_of(bob).get(url_of(dataset), headers={"HX-Request": "true", "HX-Target": "results"})
    assertContains(response, "train")
    assertNotContains(response, "<html")


def test_it_checks_ownership(orchard: Organization, charlie: User, client_of: ClientOf) -> None:
    assert client_of(charlie).get(url_of(DatasetFactory(organization=orchard))).status_code == 404


@pytest.mark.parametrize("count", [1, 8])
def test_its_queries_do_not_grow(
    orchard: Organization,
    bob: User,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    versions = [filled(orchard, bob, version_content(f"v{number}", count=8)) for number in range(count)]
    client = client_of(bob)
    with django_assert_num_queries(7):
        client.get(url_of(versions[0].dataset))
