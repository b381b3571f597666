"""An image's own page: what is known of it, its tags, and its end."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects, assertTemplateUsed

from datasets.models import Data, Tag
from organizations.models import Organization, User
from tests.datasets.pictures import filled
from tests.factories import DataFactory, DataSourceFactory, TagFactory

ClientOf = Callable[[User], Client]
IN_PLACE = {"HX-Request": "true", "HX-Target": "tags"}


def url_of(data: Data, view: str = "data_detail") -> str:
    return reverse(f"datasets:{view}", args=[data.pk])


@pytest.fixture
def owl(orchard: Organization, bob: User) -> Data:
    """An image that Bob added."""
    source = DataSourceFactory(organization=orchard, name="cam-2")
    metadata, custom = {"software": "raw 2"}, {"line": 3, "place": {"x": [1, None]}}
    return DataFactory(
        organization=orchard,
        filename="owl.png",
        source=source,
        metadata=metadata,
        custom_metadata=custom,
        created_by=bob,
    )


def test_it_works(orchard: Organization, bob: User, owl: Data, client_of: ClientOf) -> None:
    owl.tags.add(TagFactory(organization=orchard, name="night"))
    response = client_of(bob).get(url_of(owl))
    assertTemplateUsed(response, "datasets/data_detail.html")
    for words in ("8 × 6 pixels", owl.blob.sha256, "cam-2", "raw 2", "line", "night", "by bob", "no dataset version"):
        assertContains(response, words)
    assertContains(response, "{&quot;x&quot;: [1, null]}")
    download = client_of(bob).get(response.context["download"])
    assert download["Content-Disposition"].startswith("attachment")
    assert len(b"".join(download)) == owl.blob.size


def test_it_names_the_versions_it_is_in(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = filled(orchard, bob)
    asset = version.assets.select_related("data").first()
    assert asset is not None
    response = client_of(bob).get(url_of(asset.data))
    assertContains(response, "fruit/train")
    assertContains(response, reverse("datasets:asset_detail", args=[asset.pk]))
    assertContains(client_of(bob).get(reverse("datasets:asset_detail", args=[asset.pk])), url_of(asset.data))


def test_tags_come_and_go(orchard: Organization, bob: User, owl: Data, client_of: ClientOf) -> None:
    """A known word is the tag that there is, a new one makes a tag; in place and without scripts alike."""
    night, client = TagFactory(organization=orchard, name="night"), client_of(bob)
    assertContains(client.get(url_of(owl)), '<option value="night">')
    assertRedirects(client.post(url_of(owl, "data_tag"), {"name": " night "}), url_of(owl))
    answer = client.post(url_of(owl, "data_tag"), {"name": "rain"}, headers=IN_PLACE)
    assertContains(answer, "Take the tag rain off")
    assertNotContains(answer, "<html")
    assert set(owl.tags.all()) == {night, Tag.objects.get(name="rain")}
    assertContains(client.post(url_of(owl, "data_untag"), {"tag": night.pk}, headers=IN_PLACE), "rain")
    rain = owl.tags.get()
    for _ in range(2):
        assertRedirects(client.post(url_of(owl, "data_untag"), {"tag": rain.pk}), url_of(owl))
    assert not owl.tags.exists()
    assert Tag.objects.count() == 2


@pytest.mark.parametrize(("name", "sentence"), [("", "This field is required."), ("a\x07b", "control character")])
def test_a_word_that_is_no_tag(owl: Data, bob: User, client_of: ClientOf, name: str, sentence: str) -> None:
    for headers in ({}, IN_PLACE):
        answer = client_of(bob).post(url_of(owl, "data_tag"), {"name": name}, headers=headers)
        assertContains(answer, sentence, status_code=422)
    assert not Tag.objects.exists()


def test_who_may_what(
    owl: Data, harbor: Organization, vera: User, charlie: User, alice: User, client_of: ClientOf
) -> None:
    """Viewers read; a stranger finds nothing; a stranger's tag is not taken off or put on."""
    assertNotContains(client_of(vera).get(url_of(owl)), "Add tag")
    assertNotContains(client_of(vera).get(url_of(owl)), "Delete image")
    for view in ("data_tag", "data_untag", "data_delete"):
        assert client_of(vera).post(url_of(owl, view), {"name": "x"}).status_code == 403
        assert client_of(charlie).post(url_of(owl, view), {"name": "x"}).status_code == 404
    assert client_of(charlie).get(url_of(owl)).status_code == 404
    assert client_of(alice).get(url_of(owl, "data_tag")).status_code == 405
    assert not owl.tags.exists()


def test_deletion(orchard: Organization, owl: Data, bob: User, alice: User, client_of: ClientOf) -> None:
    """Who added an image may delete it, and admins; while a version holds it, nobody."""
    other = DataFactory(organization=orchard, created_by=alice)
    assertNotContains(client_of(bob).get(url_of(other)), "Delete image")
    assert client_of(bob).post(url_of(other, "data_delete")).status_code == 403
    assertContains(client_of(bob).get(url_of(owl, "data_delete")), "goes for good")
    assertRedirects(client_of(bob).post(url_of(owl, "data_delete")), reverse("datasets:data_list"))
    assertRedirects(client_of(alice).post(url_of(other, "data_delete")), reverse("datasets:data_list"))
    asset = filled(orchard, bob).assets.select_related("data").first()
    assert asset is not None
    refused = client_of(bob).post(url_of(asset.data, "data_delete"))
    assertContains(refused, "Dataset versions use these images: fruit/train", status_code=409)
    assert Data.objects.count() == 4
