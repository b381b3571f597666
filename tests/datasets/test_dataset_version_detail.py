"""A dataset version's page: its images with what is on them, and its labels."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertTemplateUsed

from config.inference_types import InferenceType
from datasets import label_bars
from datasets.assets import add_data
from datasets.classes import labels_named, put_under
from datasets.content import AnnotationContent, VersionContent
from datasets.drawing import DRAWN_IN_LISTS
from datasets.label_groups import create_label_group
from datasets.models import DatasetVersion, Shape
from datasets.services import create_dataset, create_dataset_version
from organizations.models import Organization, User
from tests.datasets.pictures import filled, image, version_content
from tests.factories import AssetFactory, DataFactory, DatasetVersionFactory, LabelFactory

ClientOf = Callable[[User], Client]
CANARY = "<script>alert('x')</script>\"&'"


def url_of(version: DatasetVersion) -> str:
    return reverse("datasets:dataset_version_detail", args=[version.pk])


def detection(*annotations: AnnotationContent, **values: Any) -> VersionContent:
    return VersionContent("boxes", ["apple", "pear"], [image("1.png", *annotations)], InferenceType.MULTI, **values)


def test_it_works(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = filled(orchard, bob)
    response = client_of(bob).get(url_of(version))
    assertTemplateUsed(response, "datasets/dataset_version_detail.html")
    assertContains(response, "fruit / train")
    assertContains(response, 'alt="0.png: apple"')
    assertContains(response, 'alt="1.png: pear"')
    assertContains(response, "picture pixelated", count=4)
    assertContains(response, "by bob")
    assertContains(response, "Edit version")
    assertNotContains(response, "Delete version")
    assertNotContains(response, 'class="marks"')


def test_a_version_that_a_script_begins(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    dataset = create_dataset(organization=orchard, name="pears", by=bob)
    version = create_dataset_version(dataset=dataset, name="first", by=bob)
    response = client_of(bob).get(url_of(version))
    assertContains(response, "This version has no images.")
    assertContains(response, "This version has no labels.")
    ripe, _ = labels_named(version=version, names=["ripe", "rotten"], by=bob)
    fruit = create_label_group(version=version, name="fruit", by=bob)
    put_under(label=ripe, group=create_label_group(version=version, name=CANARY, parent=fruit, by=bob), by=bob)
    add_data(version=version, data=[data.pk for data in DataFactory.create_batch(2, organization=orchard)], by=bob)
    response = client_of(bob).get(url_of(version))
    assertContains(response, f"in fruit / {escape(CANARY)}", count=1)
    assertContains(response, 'class="group"', count=1)
    assertContains(response, "rotten")
    assertContains(response, "2 images")
    assertContains(response, ".png", count=2)


def test_annotations_are_drawn_in_the_images_own_pixels(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    content = detection(
        AnnotationContent("apple", Shape.RECTANGLE, [1, 2.5, 5, 6]),
        AnnotationContent("pear", Shape.POLYGON, [[0, 0], [20, 0], [10, 9.5]]),
        AnnotationContent("pear", Shape.LINE, [[1, 1], [2, 2]]),
        AnnotationContent("pear", Shape.POINT, [[3, 4]]),
    )
    response = client_of(bob).get(url_of(filled(orchard, bob, content)))
    assertContains(response, 'viewBox="0 0 20 10"')
    assertContains(response, '<rect x="1" y="2.5" width="5" height="6" />', html=True)
    assertContains(response, '<polygon points="0,0 20,0 10,9.5" />', html=True)
    assertContains(response, '<polyline points="1,1 2,2" />', html=True)
    assertContains(response, '<circle cx="3" cy="4"')
    assertContains(response, ">apple</text>", count=1)
    assertContains(response, ">pear</text>", count=3)
    assertContains(response, 'alt="1.png: 3 × pear, apple"')


def test_labels_are_written_where_they_can_be_read(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    content = detection(
        AnnotationContent("apple", Shape.RECTANGLE, [15, 0, 6, 6]), AnnotationContent("pear", Shape.POINT, [[1, 9]])
    )
    [drawing] = client_of(bob).get(url_of(filled(orchard, bob, content))).context["drawings"]
    at_the_right, below = drawing.marks
    assert (at_the_right.text_x, at_the_right.text_anchor) == ("20", "end")
    assert float(at_the_right.text_y) > 0
    assert (below.text_anchor, float(below.text_y) < 9) == ("start", True)


def test_a_crowded_image_is_drawn_in_part(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    box = AnnotationContent("apple", Shape.RECTANGLE, [0, 0, 2, 2])
    response = client_of(bob).get(url_of(filled(orchard, bob, detection(*[box] * (DRAWN_IN_LISTS + 5)))))
    assertContains(response, "<rect x=", count=DRAWN_IN_LISTS)
    assertContains(response, f"1.png: {DRAWN_IN_LISTS} × apple, …")


def test_labels_are_counted_in_bars(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = filled(orchard, bob, version_content(count=9, labels=["apple", "pear", "plum"]))
    version.labels.filter(name="pear").update(object_count=1_000)
    version.labels.filter(name="plum").update(object_count=0)
    response = client_of(bob).get(url_of(version))
    assert [bar.share for bar in response.context["bars"].first] == [1, 100, 0]
    assertContains(response, '<td class="count">1,000</td>')


def test_many_labels_are_folded_away(
    orchard: Organization, bob: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_bars, "SHOWN_MAX", 32)
    version = DatasetVersionFactory(dataset__organization=orchard)
    for position in range(33):
        LabelFactory(dataset_version=version, position=position)
    response = client_of(bob).get(url_of(version))
    assertContains(response, "2 more labels")
    assertContains(response, "1 further label is not shown.")
    assertContains(response, "This version has no images.")


def test_it_filters_by_label_and_says_so(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = filled(orchard, bob, version_content(count=5))
    pear = version.labels.get(name="pear")
    response = client_of(bob).get(url_of(version), {"label": str(pear.pk)})
    assert [drawing.asset.position for drawing in response.context["drawings"]] == [1, 3]
    assertContains(response, "Showing 2 of 5 images, with the label <strong>pear</strong>.")
    none = client_of(bob).get(url_of(version), {"label": str(pear.pk), "q": "nothing"})
    assertContains(none, "No image of this version is like that.")


def test_it_searches_by_file_name(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = filled(orchard, bob, version_content(count=12))
    response = client_of(bob).get(url_of(version), {"q": "1."})
    assert [drawing.asset.data.filename for drawing in response.context["drawings"]] == ["1.png", "11.png"]
    assertContains(response, "with “1.” in the file name")


@pytest.mark.parametrize("label", ["", "nonsense", "0190b0a0-0000-7000-8000-000000000000"])
def test_a_label_that_is_none_shows_all(orchard: Organization, bob: User, client_of: ClientOf, label: str) -> None:
    response = client_of(bob).get(url_of(filled(orchard, bob)), {"label": label})
    assert len(response.context["drawings"]) == 4


def test_a_label_of_another_version_filters_nothing(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    other = filled(orchard, bob, version_content("val")).labels.first()
    response = client_of(bob).get(url_of(filled(orchard, bob)), {"label": str(other.pk) if other else ""})
    assert len(response.context["drawings"]) == 4


def test_it_pages_by_position(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard, asset_count=100)
    for position in range(100):
        AssetFactory(dataset_version=version, position=position)
    client, url = client_of(bob), url_of(version)

    def shown(query: str) -> tuple[list[int], str | None, str | None]:
        page = client.get(url + query).context["page"]
        return [asset.position for asset in page.rows], page.previous, page.following

    assert shown("") == (list(range(48)), None, "?after=47")
    assert shown("?after=47&q=") == (list(range(48, 96)), "?q=&before=48", "?q=&after=95")
    assert shown("?after=95") == ([96, 97, 98, 99], "?before=96", None)
    assert shown("?before=96") == (list(range(48, 96)), "?before=48", "?after=95")
    assert shown("?before=48") == (list(range(48)), None, "?after=47")
    for nonsense in ("?after=x", "?after=-1", "?after=99999999999999999999", "?after=²"):
        assert shown(nonsense)[0] == list(range(48))


def test_it_answers_the_fragment(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    response = client_of(bob).get(url_of(filled(orchard, bob)), headers={"HX-Request": "true", "HX-Target": "results"})
    assertContains(response, "gallery")
    assertNotContains(response, "<html")


def test_without_a_type_it_says_what_that_means(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard, inference_type=InferenceType.NOT_CONFIGURED)
    assertContains(
        client_of(bob).get(url_of(version)), "Experiments can't use this version before it has an inference type."
    )


def test_viewers_get_no_buttons(orchard: Organization, bob: User, vera: User, client_of: ClientOf) -> None:
    response = client_of(vera).get(url_of(filled(orchard, bob)))
    assertNotContains(response, "Edit version")
    assertNotContains(response, "Delete version")


def test_admins_can_delete(orchard: Organization, alice: User, client_of: ClientOf) -> None:
    assertContains(client_of(alice).get(url_of(filled(orchard, alice))), "Delete version")


def test_it_checks_ownership(orchard: Organization, bob: User, charlie: User, client_of: ClientOf) -> None:
    assert client_of(charlie).get(url_of(filled(orchard, bob))).status_code == 404


def test_names_are_text(orchard: Organization, bob: User, client_of: ClientOf) -> None:
    name = CANARY.replace("/", "")
    content = VersionContent(
        CANARY,
        [CANARY],
        [image(name, AnnotationContent(CANARY, Shape.RECTANGLE, [1, 1, 2, 2]), AnnotationContent(CANARY))],
        InferenceType.MULTI,
        description=CANARY,
    )
    version = filled(orchard, bob, content)
    version.dataset.name = version.dataset.description = CANARY
    version.dataset.save()
    client = client_of(bob)
    asset = version.assets.get()
    for url in (
        url_of(version),
        url_of(version) + f"?label={version.labels.get().pk}&q=alert",
        reverse("datasets:dataset_list"),
        reverse("datasets:dataset_detail", args=[version.dataset_id]),
        reverse("datasets:asset_detail", args=[asset.pk]),
        reverse("datasets:dataset_version_edit", args=[version.pk]),
    ):
        response = client.get(url)
        assertContains(response, "&lt;script&gt;alert(")
        assertNotContains(response, "<script>alert")


@pytest.mark.parametrize("count", [1, 40])
def test_its_queries_do_not_grow(
    orchard: Organization,
    bob: User,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    version = filled(orchard, bob, version_content(count=count))
    client = client_of(bob)
    with django_assert_num_queries(9):
        client.get(url_of(version))
