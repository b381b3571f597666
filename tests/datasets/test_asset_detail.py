"""One image at its full size."""

from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from pycocotools import mask as rle
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from config.inference_types import InferenceType
from datasets import drawing
from datasets.assets import delete_assets
from datasets.content import AnnotationContent, ImageContent, VersionContent
from datasets.masks import measured
from datasets.models import Asset, DatasetVersion, Shape
from organizations.models import Organization, User
from tests.datasets.pictures import filled, image, picture, reader, version_content
from tests.factories import AnnotationFactory, AssetFactory, LabellingFactory

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
    delete_assets(version=version, assets=[second.pk], by=bob)
    assertContains(client_of(bob).get(url_of(first)), url_of(third))
    assertContains(client_of(bob).get(url_of(third)), url_of(first))


def test_it_says_who_labelled_it_and_what_they_wrote(
    orchard: Organization, bob: User, vera: User, client_of: ClientOf
) -> None:
    asset = with_one_image(orchard, bob, image("1.png")).assets.get()
    label = asset.dataset_version.labels.get()
    earlier = LabellingFactory(asset=asset, status="ACCEPTED", created_by=bob, duration=12.5)
    AnnotationFactory(labelling=earlier, asset=asset, label=label, text="ripe", attributes={"worm": 2})
    LabellingFactory(asset=asset, status="REFUSED", attributes={"cloudy": True})
    response = client_of(vera).get(url_of(asset))
    assert [labelling for labelling, _ in response.context["labellings"]] == list(asset.labellings.order_by("-pk"))
    for words in (
        "Accepted",
        "by bob",
        "in 12.5 seconds",
        "<q",
        "ripe",
        "worm",
        "Refused",
        "cloudy",
        "Nothing is drawn.",
    ):
        assertContains(response, words)


def test_keypoints_and_masks_are_drawn(
    orchard: Organization, bob: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = with_one_image(orchard, bob, image("1.png")).assets.get()
    label = asset.dataset_version.labels.get()
    label.skeleton = {"vertices": ["a", "b", "c"], "edges": [[0, 2], [0, 1], [2, 7]]}
    label.save()
    points, nowhere = [[1, 2, 2], [0, 0, 0], [5, 6, 1]], [[0, 0, 0]] * 3
    mask = measured(rle.encode(np.asfortranarray(np.eye(10, 20, dtype=np.uint8)))["counts"].decode(), 20, 10)
    for shape, coordinates in (("KEYPOINT", points), ("KEYPOINT", nowhere), ("MASK", mask)):
        AnnotationFactory(asset=asset, label=label, shape=shape, coordinates=coordinates)
    response = client_of(bob).get(url_of(asset))
    assert [mark.edges for mark in response.context["drawing"].marks] == [[("1", "2", "5", "6")], []]
    assertContains(response, "<circle", count=2)
    assertContains(response, "M0 0h1v1h-1zM1 1h1v1h-1z")
    assertContains(response, "mask of 10 pixels")
    page = client_of(bob).get(reverse("datasets:dataset_version_detail", args=[asset.dataset_version_id]))
    assertContains(page, '<rect x="0" y="0" width="10" height="10" />')
    monkeypatch.setattr(drawing, "RUNS_DRAWN_ALONE", 9)
    assertContains(client_of(bob).get(url_of(asset)), '<rect x="0" y="0" width="10" height="10" />')


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
    with django_assert_num_queries(8):
        client.get(url_of(asset))
