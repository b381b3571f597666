"""Annotations as a script makes, reads, imports and deletes them."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import picsellia
import pytest
from picsellia import exceptions
from picsellia.sdk.dataset_version import DatasetVersion as SdkVersion
from picsellia.types.enums import AnnotationStatus, ImportAnnotationMode
from pytest_django import DjangoAssertNumQueries

from config.inference_types import InferenceType
from datasets import annotating
from datasets.annotating import KEPT
from datasets.counts import recount
from datasets.models import Annotation, DatasetVersion, Labelling, Shape
from organizations.models import Organization, User
from tests.factories import AnnotationFactory, AssetFactory, DatasetVersionFactory, LabelFactory, LabellingFactory
from tests.protocols.picsellia.plain import PlainClient

pytestmark = pytest.mark.django_db

PlainOf = Callable[..., PlainClient]


def version_of(organization: Organization, kind: InferenceType = InferenceType.OBJECT_DETECTION) -> DatasetVersion:
    """Three images of 8 × 6 pixels, called 0.png to 2.png, and the labels apple and pear."""
    version = DatasetVersionFactory(dataset__organization=organization, inference_type=kind)
    for number in range(3):
        AssetFactory(dataset_version=version, position=number, data__filename=f"{number}.png")
    for place, name in enumerate(("apple", "pear")):
        LabelFactory(dataset_version=version, name=name, position=place)
    return version


def seen_by(sdk: picsellia.Client, version: DatasetVersion) -> SdkVersion:
    return sdk.get_dataset_version_by_id(version.pk)


def coco(*annotations: dict[str, Any], images: int = 3, **changes: Any) -> dict[str, Any]:
    """A COCO file of the images, with the categories apple (4) and pear (9)."""
    return {
        "categories": [{"id": 4, "name": "apple", "supercategory": "food.fruit"}, {"id": 9, "name": "pear"}],
        "images": [{"id": n, "file_name": f"{n}.png", "width": 8, "height": 6} for n in range(images)],
        "annotations": [{"id": number, "bbox": [], **one} for number, one in enumerate(annotations)],
        **changes,
    }


def written(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "coco.json"
    path.write_text(json.dumps(content))
    return path


def drawn(version: DatasetVersion) -> list[tuple[int, str, str, Any]]:
    """Position, label, shape and coordinates of everything on the version."""
    rows = Annotation.objects.filter(asset__dataset_version=version).order_by("asset__position", "pk")
    return list(rows.values_list("asset__position", "label__name", "shape", "coordinates"))


BOXES = (
    {"image_id": 0, "category_id": 4, "bbox": [1, 2, 3, 4], "utf8_string": "ripe", "attributes": {"red": True}},
    {"image_id": 0, "category_id": 9, "bbox": [0.9, 0, 2, 2]},
    {"image_id": 2, "category_id": 9, "bbox": [0, 0, 8, 6]},
)


def test_an_annotation_drawn_by_a_script(sdk: picsellia.Client, orchard: Organization, bob: User) -> None:
    version = version_of(orchard)
    asset = seen_by(sdk, version).find_asset(filename="0.png")
    apple, pear = seen_by(sdk, version).list_labels()
    with pytest.raises(exceptions.ResourceNotFoundError):
        asset.get_annotation()
    annotation = asset.create_annotation(1.5)
    boxes = annotation.create_multiple_rectangles([(1, 2, 3, 4, apple), (0, 0, 8, 6, pear)])
    assert [(box.x, box.y, box.w, box.h, box.label.name) for box in boxes] == [
        (1, 2, 3, 4, "apple"),
        (0, 0, 8, 6, "pear"),
    ]
    polygon = annotation.create_polygon([[0, 0], [8, 0], [4, 6]], apple)
    assert polygon.coords == [[0, 0], [8, 0], [4, 6]]
    annotation.create_multiple_classifications([apple, pear])
    assert [box.id for box in annotation.list_rectangles()] == [box.id for box in boxes]
    assert [one.coords for one in annotation.list_polygons()] == [polygon.coords]
    assert [one.label.name for one in annotation.list_classifications()] == ["apple", "pear"]
    row = Labelling.objects.get()
    assert (row.pk, row.duration, row.status, row.created_by) == (annotation.id, 1.5, "PENDING", bob)

    annotation.update(duration=2, status=AnnotationStatus.ACCEPTED)
    annotation.sync()
    assert (annotation.duration, annotation.status) == (2, AnnotationStatus.ACCEPTED)
    later = asset.create_annotation()
    assert asset.get_annotation().id == later.id
    assert [one.id for one in asset.list_annotations()] == [later.id, annotation.id]
    mask = "01b1"  # the first pixel is left out, the next 47 are meant: 8 × 6 in columns
    annotation.overwrite(
        [(0, 0, 1, 1, pear)],
        [([[0, 0], [1, 0], [1, 1]], pear)],
        [pear],
        [([[0, 0], [1, 1]], pear)],
        [([2, 3], pear)],
        9,
    )
    assert [(shape, at) for _, _, shape, at in drawn(version)] == [
        ("RECTANGLE", [0, 0, 1, 1]),
        ("POLYGON", [[0, 0], [1, 0], [1, 1]]),
        ("CLASSIFICATION", []),
        ("LINE", [[0, 0], [1, 1]]),
        ("POINT", [[2, 3]]),
    ]
    with pytest.raises(exceptions.BadRequestError, match=r"masks\[0\] .* of COCO's run lengths|masks\[0\] is of"):
        annotation.overwrite(masks=[(mask + "~", pear)])
    with pytest.raises(exceptions.BadRequestError, match=r"rectangles\[1\] has a box that reaches outside its image"):
        annotation.create_multiple_rectangles([(0, 0, 1, 1, pear), (0, 0, 80, 1, pear)])
    assert len(drawn(version)) == 5
    annotation.delete()
    version.refresh_from_db()
    assert (version.object_count, Labelling.objects.get().pk) == (0, later.id)


def test_importing_coco(sdk: picsellia.Client, orchard: Organization, tmp_path: Path) -> None:
    version = version_of(orchard)
    version.labels.get(name="pear").delete()
    seen, path = seen_by(sdk, version), written(tmp_path, coco(*BOXES))
    given = seen.import_annotations_coco_file(path, status=AnnotationStatus.ACCEPTED)
    assert sorted(given.values()) == [1, 2]
    assert {uuid.UUID(pk) for pk in given} == set(Labelling.objects.values_list("pk", flat=True))
    assert drawn(version) == [
        (0, "apple", "RECTANGLE", [1, 2, 3, 4]),
        (0, "pear", "RECTANGLE", [0, 0, 2, 2]),
        (2, "pear", "RECTANGLE", [0, 0, 8, 6]),
    ]
    first = Annotation.objects.get(text="ripe")
    assert (first.attributes, first.labelling.status) == ({"red": True}, "ACCEPTED")
    assert version.labels.get(name="apple").group.name == "fruit"  # type: ignore[union-attr]

    kept = seen.import_annotations_coco_file(path, mode=ImportAnnotationMode.KEEP)
    assert (kept.keys(), set(kept.values())) == (given.keys(), {KEPT})
    seen.import_annotations_coco_file(path, mode=ImportAnnotationMode.CONCATENATE)
    assert (len(drawn(version)), Labelling.objects.count()) == (6, 2)
    seen.import_annotations_coco_file(path)
    assert (len(drawn(version)), Labelling.objects.count()) == (3, 2)
    assert set(Labelling.objects.values_list("status", flat=True)) == {"PENDING"}

    stats = seen.retrieve_stats()
    assert (stats.label_repartition, stats.nb_objects, stats.nb_annotations) == ({"apple": 1, "pear": 2}, 3, 2)
    outside = written(tmp_path, coco({"image_id": 1, "category_id": 4, "bbox": [0, 0, 80, 6]}))
    with pytest.raises(exceptions.BadRequestError, match=r"annotations\[0\].rectangles\[0\] has a box that reaches"):
        seen.import_annotations_coco_file(outside)
    assert len(drawn(version)) == 3


def test_importing_what_is_too_much_one_by_one(
    sdk: picsellia.Client, orchard: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = version_of(orchard)
    monkeypatch.setattr(annotating, "SHAPES_MAX", 2)
    given = seen_by(sdk, version).import_annotations_coco_file(written(tmp_path, coco(*BOXES)))
    assert (sorted(given.values()), len(drawn(version))) == ([1, 2], 3)


@pytest.mark.parametrize(
    ("kind", "place", "kept"),
    [
        (InferenceType.CLASSIFICATION, {}, []),
        (InferenceType.SEGMENTATION, {"segmentation": [[0, 0, 8, 0, 4, 6]]}, [[0, 0], [8, 0], [4, 6]]),
        (InferenceType.KEYPOINT, {"keypoints": [1, 2, 2, 0, 0, 0]}, [[1, 2, 2], [0, 0, 0]]),
        (InferenceType.MASK, {"segmentation": {"size": [6, 8], "counts": "0`1"}}, ["0`1", [0, 0, 8, 6], 48]),
    ],
)
def test_importing_coco_of_other_types(
    sdk: picsellia.Client, orchard: Organization, tmp_path: Path, kind: InferenceType, place: dict[str, Any], kept: Any
) -> None:
    version = version_of(orchard, kind)
    points = {"keypoints": ["stalk", "bottom"], "skeleton": [[0, 1]]}
    categories = [{"id": 4, "name": "apple", **points}, {"id": 9, "name": "pear", **points}]
    file = coco({"image_id": 1, "category_id": 9, **place}, images=2, categories=categories)
    seen_by(sdk, version).import_annotations_coco_file(written(tmp_path, file))
    [(position, label, shape, coordinates)] = drawn(version)
    assert (position, label, coordinates) == (1, "pear", kept)
    asset = seen_by(sdk, version).find_asset(filename="1.png")
    [loaded] = seen_by(sdk, version).load_annotations(assets=[asset])[str(asset.id)]
    assert [list(loaded[key]) != [] for key in ("classifications", "polygons", "keypoints", "masks")] == [
        shape == one for one in (Shape.CLASSIFICATION, Shape.POLYGON, Shape.KEYPOINT, Shape.MASK)
    ]


def test_importing_yolo_and_voc(sdk: picsellia.Client, orchard: Organization, tmp_path: Path) -> None:
    version = version_of(orchard)
    (tmp_path / "data.yaml").write_text("nc: 3\nnames: [pear, apple, plum]\n")
    (tmp_path / "0.txt").write_text("2 0.5 0.5 1 1\n1 0.25 0.5 0.25 0.5\n")
    seen_by(sdk, version).import_annotations_yolo_files(tmp_path / "data.yaml", [tmp_path / "0.txt"])
    (tmp_path / "1.xml").write_text(
        "<annotation><filename>1.png</filename><object><name>plum</name><bndbox>"
        "<xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>3</ymax></bndbox></object></annotation>"
    )
    seen_by(sdk, version).import_annotation_voc_file(tmp_path / "1.xml")
    assert drawn(version) == [
        (0, "plum", "RECTANGLE", [0, 0, 8, 6]),
        (0, "apple", "RECTANGLE", [1, 1, 2, 3]),
        (1, "plum", "RECTANGLE", [1, 1, 3, 2]),
    ]


def test_listing_loading_and_deleting(sdk: picsellia.Client, orchard: Organization) -> None:
    version = version_of(orchard)
    seen, (first, second, _) = seen_by(sdk, version), version.assets.all()
    with pytest.raises(exceptions.NoDataError):
        seen.list_annotations()
    earlier = LabellingFactory(asset=first)
    for _ in range(3):
        AnnotationFactory(asset=second, label=version.labels.all()[0], shape="RECTANGLE", coordinates=[0, 0, 2.5, 2])
    latest = LabellingFactory(asset=first, status="REFUSED", attributes={"blurred": True})
    listed = seen.list_annotations(page_size=2)
    assert (len(listed), listed[0].id, listed[0].asset_id) == (5, latest.pk, first.pk)
    assert [one.id for one in seen.list_annotations(status="REFUSED", order_by=["created_at"])] == [latest.pk]
    assert [one.id for one in seen.list_annotations(limit=1, offset=4)] == [earlier.pk]
    loaded = seen.load_annotations()
    assert [one["attributes"] for one in loaded[str(first.pk)]] == [{"blurred": True}, {}]
    assert [len(one["rectangles"]) for one in loaded[str(second.pk)]] == [1, 1, 1]
    [box] = loaded[str(second.pk)][0]["rectangles"]
    assert (box["w"], box["label"], box["text"], box["attributes"], box["area"]) == (2.5, "apple", None, None, 5)
    assert set(seen.load_annotations(status=AnnotationStatus.REFUSED)) == {str(first.pk)}
    with pytest.raises(exceptions.BadRequestError, match="Nothing here is ordered by"):
        seen.list_annotations(order_by=["asset__data__blob"])

    seen.list_annotations(status="REFUSED").delete()
    assert list(first.labellings.all()) == [earlier]
    seen.find_asset(filename="0.png").delete_annotations()
    assert not first.labellings.exists()
    seen.list_assets(filenames=["1.png", "2.png"]).delete_annotations()
    assert not second.labellings.exists()
    LabellingFactory(asset=second)
    seen.delete_all_annotations()
    assert not Labelling.objects.exists()
    version.refresh_from_db()
    assert version.object_count == 0


def test_splitting_a_version(sdk: picsellia.Client, orchard: Organization) -> None:
    version = version_of(orchard)
    AssetFactory.create_batch(120, dataset_version=version)
    label = version.labels.all()[1]
    for asset in version.assets.all()[:110]:
        AnnotationFactory(asset=asset, label=label, shape="RECTANGLE", coordinates=[0, 0, 1, 1])
    recount(version)
    train, test, train_counts, test_counts, labels = seen_by(sdk, version).train_test_split(prop=0.5)
    assert (len(train), len(test), train_counts["y"], test_counts["y"]) == (55, 55, [55], [55])
    assert [one.name for one in labels] == ["apple", "pear"]


def test_what_is_not_ones_own_is_not_there(
    plain_of: PlainOf, orchard: Organization, harbor: Organization, bob: User, charlie: User, vera: User
) -> None:
    version, own = version_of(orchard), version_of(harbor)
    labelling = LabellingFactory(asset=version.assets.all()[0])
    asset, label, mine = labelling.asset, version.labels.all()[0], own.assets.all()[0]
    bulk = {"import_type": "REPLACE", "annotations": [{"asset_id": str(asset.pk)}]}
    own_box = {"x": 0, "y": 0, "w": 1, "h": 1, "label_id": str(own.labels.all()[0].pk)}
    box = own_box | {"label_id": str(label.pk)}
    theirs, here = f"/api/dataset/version/{version.pk}", f"/api/dataset/version/{own.pk}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"{theirs}/annotations", None),
        ("GET", f"{theirs}/annotations/ids", None),
        ("GET", f"{here}/annotations/ids?asset_ids={asset.pk}", None),
        ("XGET", f"{theirs}/annotations", []),
        ("XGET", f"{here}/annotations", [str(labelling.pk)]),
        ("DELETE", f"{theirs}/annotations", {"asset_ids": ["__all__"]}),
        ("DELETE", f"{here}/annotations", {"asset_ids": [str(asset.pk)]}),
        ("DELETE", f"{here}/annotations", {"asset_ids": ["__all__"], "annotation_ids": [str(labelling.pk)]}),
        ("POST", f"{theirs}/bulk-annotations", bulk),
        ("POST", f"{here}/bulk-annotations", bulk),
        (
            "POST",
            f"{here}/bulk-annotations",
            {"import_type": "REPLACE", "annotations": [{"asset_id": str(mine.pk), "rectangles": [box]}]},
        ),
        ("POST", f"{theirs}/annotations/export", {"type": "COCO"}),
        ("POST", f"{here}/annotations/export", {"type": "COCO", "asset_ids": [str(asset.pk)]}),
        ("GET", f"{theirs}/stats", None),
        ("GET", f"{theirs}/assets/extended", None),
        ("POST", f"/api/asset/{asset.pk}/annotations", {}),
        ("GET", f"/api/asset/{asset.pk}/annotations", None),
        ("GET", f"/api/asset/{asset.pk}/annotations/find", None),
        ("GET", f"/api/annotation/{labelling.pk}", None),
        ("PATCH", f"/api/annotation/{labelling.pk}", {"status": "REFUSED"}),
        ("DELETE", f"/api/annotation/{labelling.pk}", None),
        ("POST", f"/api/annotation/{labelling.pk}/save", {}),
        ("POST", f"/api/annotation/{labelling.pk}/bulk-rectangles", {"rectangles": [box]}),
        ("POST", f"/api/annotation/{labelling.pk}/bulk-polygons", {"polygons": []}),
        ("POST", f"/api/annotation/{labelling.pk}/bulk-classifications", {"classifications": []}),
        ("GET", f"/api/annotation/{labelling.pk}/rectangles", None),
        ("GET", f"/api/annotation/{labelling.pk}/polygons", None),
        ("GET", f"/api/annotation/{labelling.pk}/classifications", None),
    ]
    stranger, viewer = plain_of(charlie), plain_of(vera)
    not_there = {"message": "There is nothing of this id or name that the token can see."}
    for call in calls:
        assert stranger(*call) == (404, not_there), call
    assert list(Labelling.objects.values_list("pk", "status")) == [(labelling.pk, "PENDING")]
    for method, path, body in calls:
        if str(own.pk) not in path:
            reads = method in ("GET", "XGET") or path.endswith("/export")
            assert viewer(method, path, body)[0] == (200 if reads else 403), path
    assert not Annotation.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"import_type": "MERGE", "annotations": []}, 422, "import_type"),
        ({"import_type": "KEEP", "annotations": [{"asset_id": "x"}]}, 422, "asset_id"),
        ({"import_type": "KEEP", "annotations": [{"rectangles": [[0, 0, 1, 1]]}]}, 422, "rectangles"),
        ([], 422, "body"),
    ],
)
def test_bodies_that_are_none(plain: PlainClient, orchard: Organization, body: Any, status: int, words: str) -> None:
    version = version_of(orchard)
    answer = plain("POST", f"/api/dataset/version/{version.pk}/bulk-annotations", body)
    assert answer[0] == status
    assert words in str(answer[1])


def test_numbers_that_are_none(plain: PlainClient, orchard: Organization) -> None:
    version = version_of(orchard)
    asset, label = version.assets.all()[0], version.labels.all()[0]
    path = f"/api/dataset/version/{version.pk}/bulk-annotations"
    for wrong in ("NaN", "Infinity", "1e400", "-1", "99999999999999999999999999", '"x"', "null"):
        box = f'{{"x": 0, "y": 0, "w": {wrong}, "h": 6, "label_id": "{label.pk}"}}'
        body = f'{{"import_type": "KEEP", "annotations": [{{"asset_id": "{asset.pk}", "rectangles": [{box}]}}]}}'
        status, answer = plain("POST", path, body.encode())
        assert (status in (400, 422), "message" in answer) == (True, True), wrong
    points = f'{{"polygon": [[0, 0], [NaN, 1], [1, 1]], "label_id": "{label.pk}"}}'
    body = f'{{"import_type": "KEEP", "annotations": [{{"asset_id": "{asset.pk}", "polygons": [{points}]}}]}}'
    assert plain("POST", path, body.encode())[0] == 400
    assert plain("POST", f"/api/asset/{asset.pk}/annotations", b'{"duration": NaN}')[0] == 400
    assert not Labelling.objects.exists()


def test_as_many_ids_as_a_script_sends_at_once(plain: PlainClient, orchard: Organization) -> None:
    version = version_of(orchard)
    here, many = f"/api/dataset/version/{version.pk}/annotations", [str(uuid.uuid4()) for _ in range(30_000)]
    assert plain("DELETE", here, {"asset_ids": many})[0] == 404
    assert plain("DELETE", here, {"asset_ids": ["__all__"], "annotation_ids": many})[0] == 404
    assert plain("POST", f"{here}/export", {"type": "COCO", "asset_ids": many})[0] == 404
    assert plain("DELETE", here, {"asset_ids": [*many, many[0]]})[0] == 422
    assert plain("XGET", here, many[:1_001])[0] == 400


@pytest.mark.parametrize("count", [2, 20])
def test_its_queries_do_not_grow(
    plain: PlainClient, orchard: Organization, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    version = version_of(orchard)
    for asset in AssetFactory.create_batch(count, dataset_version=version):
        for label in version.labels.all():
            AnnotationFactory(asset=asset, label=label)
    recount(version)
    here = f"/api/dataset/version/{version.pk}"
    ids = plain("GET", f"{here}/annotations/ids")[1]
    with django_assert_max_num_queries(30):
        assert len(plain("XGET", f"{here}/annotations", ids)[1]) == 2 * count
        assert len(plain("GET", f"{here}/annotations")[1]["items"]) == 2 * count
        assert len(plain("GET", f"{here}/assets/extended")[1]["items"]) == 3 + count
