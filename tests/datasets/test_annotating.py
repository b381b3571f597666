"""Labellings imported by the hundred, drawn one by one, and deleted: and the counts are right after each."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from pytest_django import DjangoAssertNumQueries

from datasets import annotating
from datasets.annotating import (
    KEPT,
    ImportMode,
    LabellingContent,
    TooManyShapes,
    add_shapes,
    create_labelling,
    delete_labellings,
    edit_labelling,
    import_labellings,
    overwrite_labelling,
)
from datasets.models import Asset, DatasetVersion, Label, Labelling, LabellingStatus, Shape
from datasets.shapes import ShapeContent
from organizations.models import Organization, User
from tests.factories import AssetFactory, DatasetVersionFactory, LabelFactory


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    """Three images of 8 × 6 pixels, and the labels apple and pear."""
    version = DatasetVersionFactory(dataset__organization=orchard)
    AssetFactory.create_batch(3, dataset_version=version)
    for name in ("apple", "pear"):
        LabelFactory(dataset_version=version, name=name)
    return version


@pytest.fixture
def assets(version: DatasetVersion) -> list[Asset]:
    return list(version.assets.all())


def box(label: Label, *sides: float, where: str = "the box") -> ShapeContent:
    return ShapeContent(label.pk, Shape.RECTANGLE, list(sides or (1, 2, 3, 4)), where=where)


def put(
    version: DatasetVersion, by: User, *contents: LabellingContent, mode: str = "REPLACE", **options: Any
) -> list[int]:
    imported = import_labellings(version=version, contents=contents, mode=ImportMode(mode), by=by, **options)
    return list(imported.values())


def on(asset: Asset, *shapes: ShapeContent, **options: Any) -> LabellingContent:
    return LabellingContent(asset.pk, shapes, **options)


def counts(version: DatasetVersion) -> list[int]:
    """Objects of the version, and of each label."""
    version.refresh_from_db()
    return [version.object_count, *version.labels.values_list("object_count", flat=True)]


def drawn(asset: Asset) -> list[list[list[Any]]]:
    """What is on each labelling of the asset, the earliest first."""
    labellings = asset.labellings.order_by("pk")
    return [list(one.annotations.values_list("coordinates", flat=True)) for one in labellings]


def test_it_puts_shapes_on_many_assets(version: DatasetVersion, assets: Sequence[Asset], bob: User) -> None:
    apple, pear = version.labels.all()
    shapes = [box(apple), box(pear), ShapeContent(pear.pk, text="ripe", attributes={"red": True})]
    given = put(version, bob, on(assets[0], *shapes), on(assets[1], attributes={"blurred": 1}), status="ACCEPTED")
    assert given == [3, 0]
    first, second = assets[0].labellings.get(), assets[1].labellings.get()
    assert (first.status, first.created_by, second.attributes) == ("ACCEPTED", bob, {"blurred": 1})
    last = first.annotations.last()
    assert last is not None
    assert (last.shape, last.text, last.attributes, last.asset) == ("CLASSIFICATION", "ripe", {"red": True}, assets[0])
    assert counts(version) == [3, 1, 2]


def test_replace_takes_the_place_of_all_that_was_there(
    version: DatasetVersion, assets: Sequence[Asset], bob: User
) -> None:
    apple = version.labels.all()[0]
    create_labelling(asset=assets[0], by=bob)
    put(version, bob, on(assets[0], box(apple, 1, 1, 1, 1)), on(assets[1], box(apple)))
    put(version, bob, on(assets[0], box(apple, 2, 2, 2, 2)))
    assert [drawn(asset) for asset in assets] == [[[[2, 2, 2, 2]]], [[[1, 2, 3, 4]]], []]
    assert counts(version) == [2, 2, 0]


def test_concatenate_adds_to_the_latest(version: DatasetVersion, assets: Sequence[Asset], bob: User) -> None:
    apple = version.labels.all()[0]
    put(version, bob, on(assets[0], box(apple, 1, 1, 1, 1), attributes={"kept": 1}))
    create_labelling(asset=assets[0], by=bob)
    more = [on(assets[0], box(apple, 2, 2, 2, 2)), on(assets[1], box(apple))]
    assert put(version, bob, *more, mode="CONCATENATE") == [1, 1]
    again = on(assets[0], box(apple, 3, 3, 1, 1), attributes={"new": 1})
    put(version, bob, again, mode="CONCATENATE", status="REFUSED")
    assert drawn(assets[0]) == [[[1, 1, 1, 1]], [[2, 2, 2, 2], [3, 3, 1, 1]]]
    earlier, latest = assets[0].labellings.order_by("pk")
    assert (earlier.attributes, earlier.status) == ({"kept": 1}, "PENDING")
    assert (latest.attributes, latest.status) == ({"new": 1}, "REFUSED")
    assert counts(version) == [4, 4, 0]


def test_keep_leaves_what_is_labelled(version: DatasetVersion, assets: Sequence[Asset], bob: User) -> None:
    apple = version.labels.all()[0]
    empty = create_labelling(asset=assets[0], by=bob)
    given = import_labellings(
        version=version, contents=[on(asset, box(apple)) for asset in assets[:2]], mode=ImportMode.KEEP, by=bob
    )
    new = assets[1].labellings.get()
    assert given == {empty.pk: KEPT, new.pk: 1}
    assert [drawn(asset) for asset in assets] == [[[]], [[[1, 2, 3, 4]]], []]


def test_all_or_nothing_and_every_problem_is_named(version: DatasetVersion, assets: Sequence[Asset], bob: User) -> None:
    apple = version.labels.all()[0]
    put(version, bob, on(assets[0], box(apple)))
    wrong = [
        on(assets[0], box(apple), box(apple, 1, 1, 9, 1, where="annotations[0].rectangles[1]")),
        on(
            assets[1],
            ShapeContent(apple.pk, text="a\0b", where="annotations[1].classifications[0]"),
            ShapeContent(apple.pk, attributes={"deep": ["\ud800"]}, where="annotations[1].classifications[1]"),
            ShapeContent(apple.pk, attributes={"x": float("nan")}, where="annotations[1].classifications[2]"),
            ShapeContent(apple.pk, attributes={"x": "x" * 10_000}, where="annotations[1].classifications[3]"),
            ShapeContent(apple.pk, text="x" * 1_001, where="annotations[1].classifications[4]"),
        ),
        on(assets[2], attributes={"\0": 1}, where="annotations[2]"),
    ]
    with pytest.raises(ValidationError) as refusal:
        put(version, bob, *wrong)
    sentences = refusal.value.messages
    assert sentences[0] == "annotations[0].rectangles[1] has a box that reaches outside its image of 8 × 6 pixels."
    assert [sentence.partition(" ")[0] for sentence in sentences[1:]] == [
        *(f"annotations[1].classifications[{index}]" for index in range(5)),
        "annotations[2]",
    ]
    assert drawn(assets[0]) == [[[1, 2, 3, 4]]]
    assert counts(version) == [1, 1, 0]


def test_what_is_not_of_the_version_is_not_there(version: DatasetVersion, assets: Sequence[Asset], bob: User) -> None:
    apple, elsewhere = version.labels.all()[0], DatasetVersionFactory(dataset=version.dataset)
    strange = [
        on(AssetFactory(dataset_version=elsewhere), box(apple)),
        on(assets[0], box(LabelFactory(dataset_version=elsewhere))),
        LabellingContent(uuid.uuid4()),
    ]
    for content in strange:
        with pytest.raises(Http404):
            put(version, bob, content)
    with pytest.raises(Http404):
        delete_labellings(version=elsewhere, assets=[assets[0].pk], by=bob)
    other = create_labelling(asset=assets[0], by=bob)
    with pytest.raises(Http404):
        delete_labellings(version=elsewhere, labellings=[other.pk], by=bob)


def test_an_asset_comes_once(version: DatasetVersion, assets: Sequence[Asset], bob: User) -> None:
    with pytest.raises(ValidationError, match=r"annotations\[1\] names an asset that an earlier one names"):
        put(version, bob, on(assets[0]), on(assets[0], where="annotations[1]"))


def test_there_is_a_most(
    version: DatasetVersion, assets: Sequence[Asset], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    apple = version.labels.all()[0]
    monkeypatch.setattr(annotating, "SHAPES_MAX", 2)
    with pytest.raises(TooManyShapes, match="These are 3 shapes; send at most 2 at a time"):
        put(version, bob, on(assets[0], box(apple)), on(assets[1], box(apple), box(apple)))
    with pytest.raises(TooManyShapes):
        add_shapes(labelling=create_labelling(asset=assets[0], by=bob), shapes=[box(apple)] * 3, by=bob)
    monkeypatch.setattr(annotating, "ASSETS_MAX", 1)
    with pytest.raises(TooManyShapes, match="These are 2 assets"):
        put(version, bob, on(assets[0]), on(assets[1]))


@pytest.mark.parametrize("mode", list(ImportMode))
def test_its_queries_do_not_grow(
    version: DatasetVersion, bob: User, mode: ImportMode, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    apple = version.labels.all()[0]
    AssetFactory.create_batch(37, dataset_version=version)
    contents = [on(asset, *[box(apple)] * 20) for asset in version.assets.all()]
    for _ in range(2):
        with django_assert_max_num_queries(22):
            put(version, bob, *contents, mode=mode)
    assert counts(version)[0] == (1_600 if mode == ImportMode.CONCATENATE else 800)


def test_one_is_drawn_step_by_step(version: DatasetVersion, assets: Sequence[Asset], bob: User) -> None:
    apple, pear = version.labels.all()
    labelling = create_labelling(asset=assets[0], duration=1.5, by=bob)
    rows = add_shapes(labelling=labelling, shapes=[box(apple), box(pear)], by=bob)
    assert [row.label for row in rows] == [apple, pear]
    edit_labelling(labelling=labelling, status=LabellingStatus.ACCEPTED, by=bob)
    labelling.refresh_from_db()
    assert (labelling.duration, labelling.status) == (1.5, "ACCEPTED")
    overwrite_labelling(labelling=labelling, shapes=[box(pear, 0, 0, 1, 1)], duration=3, by=bob)
    assert (drawn(assets[0]), labelling.duration) == ([[[0, 0, 1, 1]]], 3)
    assert counts(version) == [1, 0, 1]
    with pytest.raises(ValidationError, match="has a box without area"):
        overwrite_labelling(labelling=labelling, shapes=[box(apple, 0, 0, 0, 1)], by=bob)
    assert drawn(assets[0]) == [[[0, 0, 1, 1]]]


@pytest.mark.parametrize("duration", [-1, 1e10, float("nan"), float("inf")])
def test_a_duration_that_is_none(assets: Sequence[Asset], bob: User, duration: float) -> None:
    with pytest.raises(ValidationError, match="number of seconds"):
        create_labelling(asset=assets[0], duration=duration, by=bob)


def test_deleting(version: DatasetVersion, assets: Sequence[Asset], bob: User) -> None:
    apple = version.labels.all()[0]
    put(version, bob, *[on(asset, box(apple)) for asset in assets])
    delete_labellings(version=version, assets=[], by=bob)
    assert counts(version) == [3, 3, 0]
    delete_labellings(version=version, assets=[assets[0].pk], by=bob)
    assert [drawn(asset) for asset in assets] == [[], [[[1, 2, 3, 4]]], [[[1, 2, 3, 4]]]]
    second = assets[1].labellings.get()
    delete_labellings(version=version, assets=[assets[2].pk], labellings=[second.pk], by=bob)
    assert counts(version) == [2, 2, 0]
    delete_labellings(version=version, labellings=[second.pk], by=bob)
    assert counts(version) == [1, 1, 0]
    delete_labellings(version=version, by=bob)
    assert not Labelling.objects.filter(asset__dataset_version=version).exists()
    assert counts(version) == [0, 0, 0]


def test_a_viewer_changes_nothing(version: DatasetVersion, assets: Sequence[Asset], bob: User, vera: User) -> None:
    labelling = create_labelling(asset=assets[0], by=bob)
    acts: list[Callable[[], object]] = [
        lambda: put(version, vera, on(assets[0])),
        lambda: create_labelling(asset=assets[0], by=vera),
        lambda: edit_labelling(labelling=labelling, by=vera),
        lambda: add_shapes(labelling=labelling, shapes=[], by=vera),
        lambda: overwrite_labelling(labelling=labelling, shapes=[], by=vera),
        lambda: delete_labellings(version=version, by=vera),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            act()
    assert list(assets[0].labellings.all()) == [labelling]


def test_keypoints_are_as_many_as_the_skeleton_has(version: DatasetVersion, assets: Sequence[Asset], bob: User) -> None:
    apple = version.labels.all()[0]
    apple.skeleton = {"vertices": ["stalk", "bottom"], "edges": [[0, 1]]}
    apple.save()
    labelling = create_labelling(asset=assets[0], by=bob)
    fitting = ShapeContent(apple.pk, Shape.KEYPOINT, [[1, 1, 2], [900, 0, 0]])
    add_shapes(labelling=labelling, shapes=[fitting], by=bob)
    with pytest.raises(ValidationError, match="has 1 keypoints, and the skeleton of the label “apple” 2"):
        add_shapes(labelling=labelling, shapes=[ShapeContent(apple.pk, Shape.KEYPOINT, [[1, 1, 2]])], by=bob)
