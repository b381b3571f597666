"""The organization's images."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from organizations.models import Organization, User
from tests.datasets.pictures import filled
from tests.factories import DataFactory, DatasetVersionFactory, DataSourceFactory, MembershipFactory, TagFactory

URL = reverse("datasets:data_list")
ClientOf = Callable[[User], Client]


def test_it_works(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    filled(orchard, bob)
    DataFactory(organization=orchard, filename="without a thumbnail.png")
    response = client_of(bob).get(URL)
    assertTemplateUsed(response, "datasets/data_list.html")
    assert response.context["page"].rows[0].filename == "without a thumbnail.png"
    assertContains(response, "3.png")
    assertContains(response, "<img", count=4)
    assertContains(response, 'aria-current="page">Images</a>')
    assertNotContains(response, "Showing")
    assertContains(client_of(bob).get(reverse("datasets:dataset_list")), f'href="{URL}"')


def test_an_empty_list_says_how_to_begin(bob: User, client_of: ClientOf) -> None:
    assertContains(client_of(bob).get(URL), "client.get_datalake().upload_data(…)")


def test_it_searches_and_filters(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    """By a part of the name, by tag and by source; the filter is said in words."""
    night, camera = (
        TagFactory(organization=orchard, name="night"),
        DataSourceFactory(organization=orchard, name="cam-2"),
    )
    both = DataFactory(organization=orchard, filename="owl.png", source=camera)
    both.tags.add(night)
    DataFactory(organization=orchard, filename="bat.png").tags.add(night)
    DataFactory(organization=orchard, filename="hen.png", source=camera)
    client = client_of(bob)
    for query, names in [
        ({"q": "OW"}, {"owl.png"}),
        ({"tag": night.pk}, {"owl.png", "bat.png"}),
        ({"source": camera.pk}, {"owl.png", "hen.png"}),
        ({"source": camera.pk, "tag": night.pk}, {"owl.png"}),
        ({"tag": "not an id"}, {"owl.png", "bat.png", "hen.png"}),
    ]:
        assert {data.filename for data in client.get(URL, query).context["page"].rows} == names
    response = client.get(URL, {"source": camera.pk, "tag": night.pk, "q": "owl"})
    words = " ".join(response.content.decode().split())
    assert (
        "Showing 1 image with the tag <strong>night</strong> from <strong>cam-2</strong> with “owl” in the file name."
        in words
    )
    assertContains(client.get(URL, {"q": "plum"}), "No image is like that")


def test_it_pages(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    DataFactory(organization=orchard, filename="oldest.png")
    DataFactory.create_batch(48, organization=orchard)
    client = client_of(bob)
    first = client.get(URL)
    assertNotContains(first, "oldest.png")
    assertContains(client.get(URL + first.context["page"].older), "oldest.png")


def test_it_answers_the_fragment(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    DataFactory(organization=orchard, filename="owl.png")
    response = client_of(bob).get(URL, headers={"HX-Request": "true", "HX-Target": "results"})
    assertContains(response, "owl.png")
    assertNotContains(response, "<html")


def test_it_shows_the_current_organization_alone(
    orchard: Organization, harbor: Organization, bob: User, charlie: User, client_of: ClientOf
) -> None:
    """Not even the tags and sources of others, nor the tags of assets, can be chosen."""
    MembershipFactory(organization=harbor, user=bob)
    DataFactory(organization=harbor, filename="ship.png")
    DataFactory(organization=orchard, filename="owl.png")
    TagFactory(organization=orchard, name="ripe")
    DataSourceFactory(organization=orchard, name="crane")
    version = DatasetVersionFactory(dataset__organization=harbor)
    TagFactory(organization=harbor, dataset_version=version, name="blurry")
    for user in (bob, charlie):
        response = client_of(user).get(URL)
        assert response.context["request"].organization == harbor
        assert [data.filename for data in response.context["page"].rows] == ["ship.png"]
        for foreign in ("ripe", "crane", "blurry", "owl"):
            assertNotContains(response, foreign)


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
    DataFactory.create_batch(count, organization=orchard, source=DataSourceFactory(organization=orchard))
    TagFactory.create_batch(count, organization=orchard)
    client = client_of(bob)
    with django_assert_num_queries(6):
        client.get(URL)
