"""The list of datasets."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from organizations.models import Organization, User
from tests.datasets.pictures import filled, version_content
from tests.factories import DatasetFactory, MembershipFactory

URL = reverse("datasets:dataset_list")
ClientOf = Callable[[User], Client]


def test_it_works(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    filled(orchard, bob, version_content("train"))
    filled(orchard, bob, version_content("val"))
    DatasetFactory(organization=orchard, name="empty one")
    response = client_of(bob).get(URL)
    assertTemplateUsed(response, "datasets/dataset_list.html")
    assertContains(response, "fruit")
    assertContains(response, "2 versions · 8 images")
    assertContains(response, "0 versions · 0 images")
    assertContains(response, '<span class="thumbs"', count=1)


def test_an_empty_list_says_how_to_begin(bob: User, client_of: ClientOf) -> None:
    response = client_of(bob).get(URL)
    assertContains(response, "Datasets hold the images")
    assertContains(response, "manage.py import_dataset folders")
    assertContains(response, '--organization "Orchard"')


def test_it_searches(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    DatasetFactory(organization=orchard, name="Apples")
    DatasetFactory(organization=orchard, name="Pears")
    response = client_of(bob).get(URL, {"q": "apple"})
    assertContains(response, "Apples")
    assertNotContains(response, "Pears")
    assertContains(response, "Show all datasets")
    assertContains(client_of(bob).get(URL, {"q": "plum"}), "No dataset has “plum” in its name")


def test_it_pages(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    for number in range(26):
        DatasetFactory(organization=orchard, name=f"dataset {number:02}")
    client = client_of(bob)
    first = client.get(URL)
    assertNotContains(first, "dataset 00")
    assertContains(client.get(URL + first.context["page"].older), "dataset 00")


def test_it_answers_the_fragment(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    DatasetFactory(organization=orchard, name="fruit")
    response = client_of(bob).get(URL, headers={"HX-Request": "true", "HX-Target": "results"})
    assertContains(response, "fruit")
    assertNotContains(response, "<html")


def test_it_shows_nothing_of_others(orchard: Organization, bob: User, charlie: User, client_of: ClientOf) -> None:
    DatasetFactory(organization=orchard, name="fruit")
    for query in ({}, {"q": "fruit"}):
        response = client_of(charlie).get(URL, query)
        assert response.context["page"].rows == []


def test_it_shows_the_current_organization_alone(
    orchard: Organization, harbor: Organization, bob: User, client_of: ClientOf
) -> None:
    MembershipFactory(organization=harbor, user=bob)
    DatasetFactory(organization=orchard, name="fruit")
    DatasetFactory(organization=harbor, name="ships")
    shown = client_of(bob).get(URL).context["page"].rows
    assert len(shown) == 1


def test_it_needs_a_sign_in(client: Client) -> None:
    assert client.get(URL)["Location"].startswith("/sign-in/")


def test_it_rejects_post(bob: User, client_of: ClientOf) -> None:
    assert client_of(bob).post(URL).status_code == 405


@pytest.mark.parametrize("count", [1, 12])
def test_its_queries_do_not_grow(
    orchard: Organization,
    bob: User,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for number in range(count):
        filled(orchard, bob, version_content(f"v{number}"))
        DatasetFactory(organization=orchard)
    client = client_of(bob)
    with django_assert_num_queries(6):
        client.get(URL)
