"""Datasets made, filled, edited and deleted: all or nothing, by whom it may be done."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries

from config.inference_types import InferenceType
from datasets import registration, services
from datasets.content import AnnotationContent, ImageContent, VersionContent, derived_type
from datasets.images import verified
from datasets.models import Annotation, Asset, Data, Dataset, DatasetVersion, Label, Shape
from datasets.services import (
    create_dataset,
    delete_dataset,
    delete_dataset_version,
    edit_dataset_version,
    fill_dataset_version,
)
from organizations.models import Organization, User
from storage.models import Blob
from tests.datasets.pictures import classified, filled, image, picture, reader, version_content
from tests.factories import DatasetFactory, DatasetVersionFactory, ExperimentFactory, ProjectFactory

BOX = AnnotationContent("apple", Shape.RECTANGLE, [1, 2, 5, 6])
POLYGON = AnnotationContent("pear", Shape.POLYGON, [[0, 0], [20, 0], [10, 9.5]])
MANY = 12


def content_of(*images: ImageContent, labels: tuple[str, ...] = ("apple", "pear"), **values: Any) -> VersionContent:
    return VersionContent("train", labels, images, derived_type(images), **values)


def refusal(organization: Organization, by: User, content: VersionContent, dataset: str = "fruit") -> list[str]:
    with pytest.raises(ValidationError) as caught:
        fill_dataset_version(organization=organization, dataset=dataset, content=content, by=by)
    assert not DatasetVersion.objects.exists()
    return caught.value.messages


def test_it_fills_a_version(orchard: Organization, bob: User) -> None:
    content = content_of(image("1.png", BOX, BOX, POLYGON, seed=1), image("2.png", seed=2), description="Ripe ones.")
    version = filled(orchard, bob, content)
    assert str(version) == "fruit/train"
    assert (version.asset_count, version.object_count, version.created_by) == (2, 3, bob)
    assert (version.inference_type, version.description) == (InferenceType.MULTI, "Ripe ones.")
    assert list(version.labels.values_list("name", "position", "object_count")) == [("apple", 0, 2), ("pear", 1, 1)]
    assert list(version.assets.values_list("position", "data__filename")) == [(0, "1.png"), (1, "2.png")]
    first = version.assets.get(position=0)
    assert (first.data.width, first.data.height, first.data.content_type) == (20, 10, "image/png")
    assert first.data.thumbnail is not None
    assert list(first.annotations.values_list("label__name", "shape", "coordinates")) == [
        ("apple", "RECTANGLE", [1, 2, 5, 6]),
        ("apple", "RECTANGLE", [1, 2, 5, 6]),
        ("pear", "POLYGON", [[0, 0], [20, 0], [10, 9.5]]),
    ]


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ([], InferenceType.NOT_CONFIGURED),
        ([Shape.CLASSIFICATION], InferenceType.CLASSIFICATION),
        ([Shape.RECTANGLE, Shape.RECTANGLE], InferenceType.OBJECT_DETECTION),
        ([Shape.POLYGON], InferenceType.SEGMENTATION),
        ([Shape.POINT], InferenceType.POINT),
        ([Shape.LINE], InferenceType.LINE),
        ([Shape.POLYGON, Shape.RECTANGLE], InferenceType.MULTI),
    ],
)
def test_the_type_follows_from_the_shapes(shapes: list[Shape], expected: InferenceType) -> None:
    assert derived_type([image("1.png", *(AnnotationContent("apple", shape) for shape in shapes))]) == expected


def test_a_second_version_goes_into_the_same_dataset_and_shares_its_images(orchard: Organization, bob: User) -> None:
    filled(orchard, bob, version_content("train"))
    blobs, data = Blob.objects.count(), Data.objects.count()
    filled(orchard, bob, version_content("val"))
    assert Dataset.objects.count() == 1
    assert (Blob.objects.count(), Data.objects.count()) == (blobs, data)


def test_another_organization_gets_data_of_its_own(
    orchard: Organization, harbor: Organization, bob: User, charlie: User
) -> None:
    filled(orchard, bob)
    blobs = Blob.objects.count()
    theirs = filled(harbor, charlie)
    assert Blob.objects.count() == blobs
    assert {asset.data.organization for asset in theirs.assets.select_related("data__organization")} == {harbor}


def test_the_same_content_again_is_already_there(orchard: Organization, bob: User) -> None:
    content = content_of(image("1.png", BOX, POLYGON))
    first = fill_dataset_version(organization=orchard, dataset="fruit", content=content, by=bob)
    assert first.is_new
    edit_dataset_version(version=first.version, inference_type=InferenceType.MULTI, description="Edited.", by=bob)
    again = fill_dataset_version(organization=orchard, dataset="fruit", content=content, by=bob)
    assert (again.version, again.is_new) == (first.version, False)
    assert DatasetVersion.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        content_of(image("1.png", BOX)),
        content_of(image("1.png", BOX, POLYGON), image("2.png")),
        content_of(image("1.png", BOX, POLYGON, seed=9)),
        content_of(image("2.png", BOX, POLYGON)),
        content_of(image("1.png", BOX, POLYGON), labels=("pear", "apple")),
        content_of(image("1.png", BOX, replace(POLYGON, label="apple"))),
        content_of(image("1.png", replace(BOX, coordinates=[1, 2, 5, 5]), POLYGON)),
    ],
)
def test_other_content_under_a_taken_name_is_refused(orchard: Organization, bob: User, other: VersionContent) -> None:
    filled(orchard, bob, content_of(image("1.png", BOX, POLYGON)))
    with pytest.raises(ValidationError, match="fruit/train exists already and holds other images"):
        filled(orchard, bob, other)
    assert Annotation.objects.count() == 2


def test_a_name_taken_in_the_same_moment(orchard: Organization, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def register_while_another_imports(*args: Any, **options: Any) -> list[Data]:
        filled_by_another = DatasetFactory(organization=orchard, name="fruit")
        DatasetVersionFactory(dataset=filled_by_another, name="train")
        return registration.register(*args, **options)

    monkeypatch.setattr(services, "register", register_while_another_imports)
    with pytest.raises(ValidationError, match="Someone else has just made fruit/train"):
        filled(orchard, bob)
    assert not Asset.objects.exists()


def test_viewers_and_strangers_cannot_fill(orchard: Organization, vera: User, charlie: User) -> None:
    for by in (vera, charlie):
        with pytest.raises(PermissionDenied):
            filled(orchard, by)
    assert not Blob.objects.exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (content_of(), "There are no images"),
        (content_of(image("1.png"), labels=("apple", "apple")), "“apple” occurs 2 times"),
        (content_of(image("1.png"), labels=(" apple",)), "can't begin or end with a space"),
        (content_of(image("1.png"), labels=("",)), "blank"),
        (content_of(image("1.png"), labels=("a\0b",)), "control character"),
        (content_of(image("1.png"), labels=("a" * 101,)), "at most 100"),
        (content_of(image("1.png", AnnotationContent("plum", where="annotation 3"))), "annotation 3 names the unknown"),
        (content_of(image("1.png"), image("1.png")), "is there twice"),
        (content_of(image("../1.png")), "leads to another folder"),
        (content_of(image("..")), "leads to another folder"),
        (content_of(image("a\\b.png")), "leads to another folder"),
        (content_of(image("")), "needs 1 to 255"),
        (content_of(image("a" * 256)), "needs 1 to 255"),
        (content_of(image("a\x1bb.png")), "control character"),
        (content_of(image("a\nb.png")), "several lines"),
        (content_of(image("1.png", *[BOX] * 10_001)), "at most 10,000"),
        (content_of(image("1.png"), description="a" * 1_001), "at most 1000 characters"),
        (replace(content_of(image("1.png")), name="  "), "can't begin or end with a space"),
        (replace(content_of(image("1.png")), name=""), "blank"),
        (replace(content_of(image("1.png")), inference_type="GUESSING"), "not a valid choice"),  # type: ignore[arg-type]
    ],
)
def test_it_refuses_bad_names_and_counts(
    orchard: Organization, bob: User, content: VersionContent, expected: str
) -> None:
    with pytest.raises(ValidationError, match=expected):
        filled(orchard, bob, content)
    assert not Blob.objects.exists()
    assert not Dataset.objects.exists()


@pytest.mark.parametrize("name", ["", " fruit", "a" * 101, "a\0"])
def test_it_refuses_a_bad_dataset_name(orchard: Organization, bob: User, name: str) -> None:
    assert "dataset's name" in refusal(orchard, bob, version_content(), dataset=name)[0]


@pytest.mark.parametrize(
    ("shape", "coordinates", "expected"),
    [
        (Shape.CLASSIFICATION, [1], "can't have coordinates"),
        (Shape.RECTANGLE, [1, 2, 3], "four numbers"),
        (Shape.RECTANGLE, [1, 2, 3, "4"], "four numbers"),
        (Shape.RECTANGLE, [1, 2, 3, True], "four numbers"),
        (Shape.RECTANGLE, [1, 2, 3, float("nan")], "four numbers"),
        (Shape.RECTANGLE, [1, 2, 3, 10**400], "four numbers"),
        (Shape.RECTANGLE, [1, 2, 0, 4], "without area"),
        (Shape.RECTANGLE, [1, 2, 3, -4], "without area"),
        (Shape.RECTANGLE, [-3, 2, 3, 4], "outside its image of 20 × 10 pixels"),
        (Shape.RECTANGLE, [18, 2, 5, 4], "outside its image of 20 × 10 pixels"),
        (Shape.POLYGON, [[1, 1], [2, 2]], "needs 3"),
        (Shape.POLYGON, [[1, 1], [2, 2], [3]], "not two numbers"),
        (Shape.POLYGON, [[1, 1], [2, 2], [3, 30]], "a point outside its image"),
        (Shape.POLYGON, [[1, 1]] * 10_001, "at most 10,000"),
        (Shape.LINE, [[1, 1]], "needs 2"),
        (Shape.POINT, [[1, 1], [2, 2]], "needs 1"),
    ],
)
def test_it_refuses_annotations_that_do_not_fit_their_image(
    orchard: Organization, bob: User, shape: Shape, coordinates: list[Any], expected: str
) -> None:
    [message] = refusal(orchard, bob, content_of(image("1.png", AnnotationContent("apple", shape, coordinates))))
    assert message.startswith("1.png: an annotation ")
    assert expected in message


def test_a_pixel_over_the_edge_is_let_pass(orchard: Organization, bob: User) -> None:
    annotations = [
        AnnotationContent("apple", Shape.RECTANGLE, [-0.4, 0, 21, 10.5]),
        AnnotationContent("apple", Shape.LINE, [[0, 0], [21, 11]]),
        AnnotationContent("apple", Shape.POINT, [[20, 10]]),
    ]
    assert filled(orchard, bob, content_of(image("1.png", *annotations))).object_count == 3


def test_it_refuses_an_image_of_another_size_than_was_said(orchard: Organization, bob: User) -> None:
    wrong = ImageContent("1.png", reader(picture()), size=(10, 20))
    assert "is 20 × 10 pixels, not 10 × 20" in refusal(orchard, bob, content_of(wrong))[0]


def test_problems_are_named_together_up_to_twenty(orchard: Organization, bob: User) -> None:
    broken = [ImageContent(f"{n}.png", reader(b"no image")) for n in range(30)]
    messages = refusal(orchard, bob, content_of(classified("good.png", "apple"), *broken))
    assert messages[0].startswith("0.png is not an image")
    assert messages[20:] == ["There are 10 more problems like these."]


def test_nothing_is_stored_after_the_first_problem(
    orchard: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registration, "BATCH_IMAGES", 1)
    good = [classified(f"{n}.png", "apple", seed=n) for n in range(3)]
    broken = ImageContent("broken.png", reader(b"no image"))
    refusal(orchard, bob, content_of(good[0], broken, *good[1:]))
    assert list(Data.objects.values_list("filename", flat=True)) == ["0.png"]
    assert Blob.objects.count() == 2, "the first image and its thumbnail"


def test_a_file_that_cannot_be_read_is_named(orchard: Organization, bob: User) -> None:
    def unreadable() -> bytes:
        raise PermissionError(13, "Permission denied")

    assert refusal(orchard, bob, content_of(ImageContent("1.png", unreadable))) == [
        "1.png can't be read: Permission denied."
    ]


def test_an_interrupted_import_goes_on_where_it_was(
    orchard: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registration, "BATCH_IMAGES", 4)
    content = version_content(count=MANY)

    def stopped(done: int, total: int) -> None:
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_dataset_version(organization=orchard, dataset="fruit", content=content, by=bob, progress=stopped)
    assert not Dataset.objects.exists()
    assert Data.objects.count() == 8

    check = Mock(wraps=verified)
    monkeypatch.setattr(registration, "verified", check)
    assert filled(orchard, bob, content).asset_count == MANY
    assert check.call_count == MANY - 8


def test_a_failure_while_the_rows_are_written_leaves_no_version(
    orchard: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Annotation.objects, "bulk_create", fail)
    with pytest.raises(OSError, match="no space"):
        filled(orchard, bob)
    for model in (Dataset, DatasetVersion, Label, Asset):
        assert not model.objects.exists()


def test_progress_reaches_the_end(orchard: Organization, bob: User) -> None:
    seen: list[tuple[int, int]] = []
    fill_dataset_version(
        organization=orchard,
        dataset="fruit",
        content=version_content(count=MANY),
        by=bob,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(MANY, MANY)]


def test_many_rows_are_written_in_few_queries(
    orchard: Organization, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    fewer, more = version_content("a", count=20), version_content("b", count=40)
    filled(orchard, bob, fewer), filled(orchard, bob, more)
    with django_assert_max_num_queries(30):
        filled(orchard, bob, replace(more, name="c"))


def test_create_dataset(orchard: Organization, bob: User, vera: User) -> None:
    assert create_dataset(organization=orchard, name=" fruit ", by=bob).name == "fruit"
    with pytest.raises(ValidationError) as caught:
        create_dataset(organization=orchard, name="fruit", by=bob)
    assert "a dataset of this name already" in str(caught.value)
    with pytest.raises(PermissionDenied):
        create_dataset(organization=orchard, name="other", by=vera)


def test_create_dataset_at_the_same_time(orchard: Organization, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    DatasetFactory(organization=orchard, name="fruit")
    monkeypatch.setattr(Dataset, "full_clean", lambda self: None)
    with pytest.raises(ValidationError) as caught:
        create_dataset(organization=orchard, name="fruit", by=bob)
    assert isinstance(caught.value.__cause__, IntegrityError)
    assert caught.value.message_dict == {"name": ["The organization has a dataset of this name already."]}


def test_edit(orchard: Organization, bob: User, vera: User) -> None:
    version = filled(orchard, bob)
    edit_dataset_version(version=version, inference_type=InferenceType.MULTI, description=" Both. ", by=bob)
    version.refresh_from_db()
    assert (version.inference_type, version.description) == (InferenceType.MULTI, "Both.")
    with pytest.raises(ValidationError):
        edit_dataset_version(version=version, inference_type="GUESSING", description="", by=bob)
    with pytest.raises(PermissionDenied):
        edit_dataset_version(version=version, inference_type=InferenceType.MULTI, description="", by=vera)


@pytest.fixture
def use(orchard: Organization) -> Callable[[DatasetVersion, str], None]:
    """Lets an experiment of a name use a version."""
    project = ProjectFactory(organization=orchard)

    def use(version: DatasetVersion, name: str) -> None:
        ExperimentFactory(project=project, name=name).dataset_versions.create(dataset_version=version, alias="train")

    return use


def test_delete_a_version(orchard: Organization, alice: User, bob: User) -> None:
    version = filled(orchard, bob)
    with pytest.raises(PermissionDenied):
        delete_dataset_version(version=version, by=bob)
    delete_dataset_version(version=version, by=alice)
    for model in (DatasetVersion, Label, Asset, Annotation):
        assert not model.objects.exists()
    assert Dataset.objects.exists()
    assert Data.objects.count() == 4


def test_a_used_version_stays_and_the_answer_lists_what_uses_it(
    orchard: Organization, alice: User, bob: User, use: Callable[[DatasetVersion, str], None]
) -> None:
    version = filled(orchard, bob)
    for number in range(12):
        use(version, f"try {number:02}")
    with pytest.raises(ValidationError) as caught:
        delete_dataset_version(version=version, by=alice)
    [message] = caught.value.messages
    assert message.startswith("fruit/train can't be deleted: it is used by experiment “try 00”, experiment “try 01”,")
    assert message.endswith("experiment “try 09” and 2 more. Delete that first.")
    assert Annotation.objects.count() == 4


def test_delete_a_dataset(
    orchard: Organization, alice: User, bob: User, use: Callable[[DatasetVersion, str], None]
) -> None:
    version = filled(orchard, bob)
    filled(orchard, bob, version_content("val"))
    with pytest.raises(PermissionDenied):
        delete_dataset(dataset=version.dataset, by=bob)
    use(version, "first")
    with pytest.raises(ValidationError, match="fruit can't be deleted: it is used by experiment “first”"):
        delete_dataset(dataset=version.dataset, by=alice)
    version.experiments.all().delete()
    delete_dataset(dataset=version.dataset, by=alice)
    assert not Dataset.objects.exists()
    assert not Annotation.objects.exists()
