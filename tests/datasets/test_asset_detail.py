"""One image at its full size."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from config.inference_types import InferenceType
from datasets import drawing
from datasets.content import AnnotationContent, ImageContent, VersionContent
from datasets.models import Asset, DatasetVersion, Shape
from organizations.models import Organization, User
from tests.datasets.pictures import filled, image, picture, reader, version_content
from tests.factories import AssetFactory

ClientOf = Callable[[User], Client]


def url_of(asset: Asset) -> str:
    return reverse("datasets:asset_detail", args=[asset.pk])


def with_one_image(organization: Organization, by: User, content: ImageContent) -> DatasetVersion:
    return filled(organization, by, VersionContent("one", ["apple"], [content], InferenceType.MULTI))


def fetched(client: Client, url: str) -> tuple[dict[str, str], bytes]:
    """The headers and the bytes of a file."""
    response = client.get(url)
    return dict(response.items()), b"".join(response)


def test_it_works(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    annotations = [
        AnnotationContent("apple", Shape.RECTANGLE, [1, 2.5, 5, 6]),
        AnnotationContent("apple", Shape.POLYGON, [[0, 0], [20, 0], [10, 9.5]]),
        AnnotationContent("apple", Shape.POINT, [[3, 4]]),
        AnnotationContent("apple"),
    ]
    asset = with_one_image(orchard, bob, image("1.png", *annotations)).assets.get()
    response = client_of(bob).get(url_of(asset))
    assertTemplateUsed(response, "datasets/asset_detail.html")
    assertContains(response, "20 × 10 pixels")
    assertContains(response, asset.data.blob.sha256)
    for words in ("box at 1, 2.5 of 5 × 6", "polygon of 3 points", "point at 3, 4", "the whole image"):
        assertContains(response, words)
    assertNotContains(response, "Next image")
    assertNotContains(response, "Previous image")


def test_the_image_itself_is_shown_and_offered(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    asset = with_one_image(orchard, bob, image("1.png")).assets.get()
    response = client_of(bob).get(url_of(asset))
    headers, content = fetched(client_of(bob), response.context["drawing"].picture.url)
    assert (headers["Content-Type"], content) == ("image/png", picture())
    headers, content = fetched(client_of(bob), response.context["download"])
    assert (headers["Content-Disposition"], content) == ('attachment; filename="1.png"', picture())
    assertContains(response, "Nothing is annotated on this image.")


def test_a_format_that_browsers_lack_is_shown_as_its_thumbnail(
    orchard: Organization, bob: User, client_of: ClientOf
) -> None:
    content = ImageContent("1.tif", reader(picture(size=(600, 300), form="TIFF")))
    asset = with_one_image(orchard, bob, content).assets.get()
    shown = client_of(bob).get(url_of(asset)).context["drawing"].picture
    assert (shown.width, shown.height) == (256, 128)
    headers, _ = fetched(client_of(bob), shown.url)
    assert headers["Content-Type"] == "image/webp"


def test_an_image_without_thumbnail_has_its_words(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    asset = AssetFactory(dataset_version__dataset__organization=orchard, data__content_type="image/tiff")
    asset.data.thumbnail = None
    asset.data.save()
    assertContains(client_of(bob).get(url_of(asset)), "no annotation</span>")


def test_it_leads_to_its_neighbours(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = filled(orchard, bob, version_content(count=3))
    first, second, third = version.assets.all()
    response = client_of(bob).get(url_of(second))
    assertContains(response, url_of(first))
    assertContains(response, url_of(third))


def test_a_crowded_image_says_what_is_left_out(
    orchard: Organization, bob: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "DRAWN_ALONE", 5)
    asset = with_one_image(orchard, bob, image("1.png", *[AnnotationContent("apple")] * 6)).assets.get()
    response = client_of(bob).get(url_of(asset))
    assertContains(response, "Showing the first 5; the image has more.")
    assertContains(response, "the whole image", count=5)


def test_it_checks_ownership(orchard: Organization, bob: User, charlie: User, client_of: ClientOf) -> None:
    asset = with_one_image(orchard, bob, image("1.png")).assets.get()
    assert client_of(charlie).get(url_of(asset)).status_code == 404


@pytest.mark.parametrize("count", [0, 30])
def test_its_queries_do_not_grow(
    orchard: Organization,
    bob: User,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    asset = with_one_image(orchard, bob, image("1.png", *[AnnotationContent("apple")] * count)).assets.get()
    client = client_of(bob)
    with django_assert_num_queries(6):
        client.get(url_of(asset))
