"""Annotations as COCO, YOLO and Pascal VOC: read back by other libraries, or by hand."""

import io
import json
import uuid
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.http import Http404
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pytest_django import DjangoAssertNumQueries

from datasets.annotating import create_labelling
from datasets.exporting.selection import ExportKey, Selection
from datasets.exporting.services import FileKind, annotation_file, keep_annotation_file
from datasets.masks import measured
from datasets.models import Asset, DatasetVersion, Label, LabelGroup, LabellingStatus
from organizations.models import Organization, User
from tests.factories import AnnotationFactory, AssetFactory, DatasetVersionFactory, LabelFactory, LabellingFactory

BAND = np.zeros((6, 8), dtype=np.uint8)
BAND[2:4, 1:7] = 1


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    """Three images of 8 × 6 pixels, named 0.png to 2.png, and the labels apple, pear and plum, which is not used."""
    version = DatasetVersionFactory(dataset__organization=orchard, dataset__name="Fruit", name="v 1")
    for number in range(3):
        AssetFactory(dataset_version=version, position=number, data__filename=f"{number}.png")
    for place, name in enumerate(("apple", "pear", "plum")):
        LabelFactory(dataset_version=version, name=name, position=place)
    return version


@pytest.fixture
def assets(version: DatasetVersion) -> list[Asset]:
    return list(version.assets.all())


@pytest.fixture
def labels(version: DatasetVersion) -> list[Label]:
    return list(version.labels.all())


def draw(asset: Asset, *shapes: tuple[Label, str, list[Any]], **options: Any) -> None:
    """A labelling with these shapes."""
    labelling = LabellingFactory(asset=asset, **options)
    for label, shape, coordinates in shapes:
        AnnotationFactory(labelling=labelling, asset=asset, label=label, shape=shape, coordinates=coordinates)


def draw_everything(asset: Asset, label: Label) -> None:
    """One shape of each kind."""
    mask = measured(rle.encode(np.asfortranarray(BAND))["counts"].decode(), 8, 6)
    draw(
        asset,
        (label, "RECTANGLE", [1, 2, 3, 4]),
        (label, "POLYGON", [[0, 0], [8, 0], [4, 6]]),
        (label, "CLASSIFICATION", []),
        (label, "KEYPOINT", [[1, 1, 2], [0, 0, 0], [5, 3, 1]]),
        (label, "MASK", mask),
        (label, "POINT", [[2, 3]]),
        (label, "LINE", [[0, 0], [4, 2]]),
        attributes={"blurred": True},
    )


def content(version: DatasetVersion, kind: FileKind, **options: Any) -> bytes:
    return b"".join(annotation_file(kind, Selection(version, **options)).content)


def coco(version: DatasetVersion, **options: Any) -> Any:
    return json.loads(content(version, FileKind.COCO, **options))


def unzipped(version: DatasetVersion, kind: FileKind, **options: Any) -> dict[str, str]:
    archive = zipfile.ZipFile(io.BytesIO(content(version, kind, **options)))
    assert archive.testzip() is None
    return {name: archive.read(name).decode() for name in archive.namelist()}


def test_coco(version: DatasetVersion, assets: Sequence[Asset], labels: Sequence[Label]) -> None:
    food = LabelGroup.objects.create(dataset_version=version, name="food")
    fruit = LabelGroup.objects.create(dataset_version=version, name="fruit", parent=food)
    Label.objects.filter(pk=labels[0].pk).update(group=fruit)
    Label.objects.filter(pk=labels[1].pk).update(skeleton={"vertices": ["a", "b", "c"], "edges": [[0, 1]]})
    draw_everything(assets[1], labels[1])
    file = coco(version)
    assert file["categories"] == [
        {"id": 0, "name": "apple", "supercategory": "food.fruit"},
        {"id": 1, "name": "pear", "keypoints": ["a", "b", "c"], "skeleton": [[0, 1]]},
        {"id": 2, "name": "plum"},
    ]
    assert [image["file_name"] for image in file["images"]] == ["0.png", "1.png", "2.png"]
    assert file["images"][1] == {
        "id": 2,
        "file_name": "1.png",
        "width": 8,
        "height": 6,
        "attributes": {"blurred": True},
    }
    assert {(one["image_id"], one["category_id"]) for one in file["annotations"]} == {(2, 1)}
    assert [one["id"] for one in file["annotations"]] == list(range(1, 8))
    box, polygon, whole, points, mask, point, line = file["annotations"]
    assert (box["bbox"], box["segmentation"], box["area"]) == ([1, 2, 3, 4], [], 12)
    assert (polygon["bbox"], polygon["segmentation"], polygon["area"]) == ([0, 0, 8, 6], [[0, 0, 8, 0, 4, 6]], 24)
    assert (whole["bbox"], whole["segmentation"]) == ([], [])
    assert (points["keypoints"], points["num_keypoints"]) == ([1, 1, 2, 0, 0, 0, 5, 3, 1], 2)
    assert (points["bbox"], point["bbox"]) == ([1, 1, 4, 2], [2, 3, 0, 0])
    assert (mask["bbox"], mask["area"]) == ([1, 2, 6, 2], 12)
    assert line["keypoints"] == [0, 0, 2, 4, 2, 2]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pycocotools_reads_it(version: DatasetVersion, assets: Sequence[Asset], labels: Sequence[Label]) -> None:
    draw_everything(assets[0], labels[2])
    read = COCO()
    read.dataset = coco(version)
    read.createIndex()
    [_, polygon, _, _, mask, *_] = read.loadAnns(read.getAnnIds(imgIds=[1], catIds=[2]))
    assert (read.annToMask(mask) == BAND).all()
    assert read.annToMask(polygon).sum() == pytest.approx(24, abs=4)


def test_only_the_latest_labelling_counts(
    version: DatasetVersion, assets: Sequence[Asset], labels: Sequence[Label]
) -> None:
    draw(assets[0], (labels[0], "RECTANGLE", [0, 0, 1, 1]), status="ACCEPTED")
    draw(assets[0], (labels[0], "RECTANGLE", [0, 0, 2, 2]), status="ACCEPTED")
    draw(assets[0], (labels[0], "RECTANGLE", [0, 0, 3, 3]), status="REFUSED")
    draw(assets[1], (labels[0], "RECTANGLE", [0, 0, 4, 4]))

    def found(**options: Any) -> tuple[int, list[list[int]]]:
        file = coco(version, **options)
        return len(file["images"]), [one["bbox"] for one in file["annotations"]]

    assert found() == (3, [[0, 0, 3, 3], [0, 0, 4, 4]])
    assert found(status=LabellingStatus.ACCEPTED) == (1, [[0, 0, 2, 2]])
    assert found(assets=[assets[1].pk, assets[2].pk]) == (2, [[0, 0, 4, 4]])
    assert found(assets=[]) == (0, [])
    with pytest.raises(Http404):
        annotation_file(FileKind.COCO, Selection(version, assets=[assets[0].pk, uuid.uuid4()]))


def test_the_files_of_two_parts_can_be_put_together(
    version: DatasetVersion, assets: Sequence[Asset], labels: Sequence[Label]
) -> None:
    draw(assets[2], (labels[2], "CLASSIFICATION", []))
    parts = [coco(version, assets=[asset.pk]) for asset in assets]
    assert parts[0]["categories"] == parts[1]["categories"] == parts[2]["categories"]
    assert len({part["images"][0]["id"] for part in parts}) == 3
    assert parts[2]["annotations"][0]["image_id"] == parts[2]["images"][0]["id"]


def test_the_names_of_images(version: DatasetVersion, assets: Sequence[Asset]) -> None:
    first = assets[0]
    names = {key: coco(version, key=key)["images"][0]["file_name"] for key in ExportKey}
    assert names == {
        "FILENAME": "0.png",
        "ASSET_ID": f"{first.pk}.png",
        "DATA_ID": f"{first.data_id}.png",
        "OBJECT_NAME": first.data.object_name,
    }
    assert set(unzipped(version, FileKind.YOLO, key=ExportKey.ASSET_ID)) == {
        "data.yaml",
        *(f"{asset.pk}.txt" for asset in assets),
    }


def test_yolo(version: DatasetVersion, assets: Sequence[Asset], labels: Sequence[Label]) -> None:
    draw_everything(assets[0], labels[1])
    draw(assets[1], (labels[2], "RECTANGLE", [-1, 0, 5, 7]), (labels[0], "RECTANGLE", [1, 0, 1, 3]))
    files = unzipped(version, FileKind.YOLO)
    assert files.pop("data.yaml") == 'nc: 3\nnames: ["apple", "pear", "plum"]\n'
    assert files.pop("2.txt") == ""
    assert files.pop("1.txt").splitlines() == ["2 0.25 0.5 0.5 1", "0 0.1875 0.25 0.125 0.5"]
    box, polygon, whole, points, mask = files.pop("0.txt").splitlines()
    assert box == "1 0.3125 0.6666666667 0.375 0.6666666667"
    assert polygon == "1 0 0 1 0 0.5 1"
    assert whole == "1"
    assert points.split()[5:] == ["0.125", "0.1666666667", "2", "0", "0", "0", "0.625", "0.5", "1"]
    assert mask == "1 0.5 0.5 0.75 0.3333333333"
    assert files == {}


def test_pascal_voc(version: DatasetVersion, assets: Sequence[Asset], labels: Sequence[Label]) -> None:
    Label.objects.filter(pk=labels[0].pk).update(name="<&>")
    draw_everything(assets[0], labels[0])
    [(name, text)] = unzipped(version, FileKind.PASCAL_VOC).items()
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert (name, root.findtext("filename"), root.findtext("size/width")) == ("0.xml", "0.png", "8")
    objects = root.findall("object")
    assert {one.findtext("name") for one in objects} == {"<&>"}
    sides = [[one.findtext(f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")] for one in objects]
    assert sides[:3] == [["1", "2", "4", "6"], ["0", "0", "8", "6"], [None] * 4]
    assert [point.text for point in objects[1].find("polygon") or ()] == ["0", "0", "8", "0", "4", "6"]
    assert sides[3:5] == [["1", "1", "5", "3"], ["1", "2", "7", "4"]]


def test_two_images_of_one_name_need_another_key(version: DatasetVersion) -> None:
    AssetFactory(dataset_version=version, position=9, data__filename="0.jpg")
    for kind in (FileKind.YOLO, FileKind.PASCAL_VOC):
        with pytest.raises(ValidationError, match="2 images are called '0' without their ending"):
            annotation_file(kind, Selection(version))
    assert len(coco(version)["images"]) == 4
    assert len(unzipped(version, FileKind.YOLO, key=ExportKey.DATA_ID)) == 5


def test_it_is_kept_under_a_name(version: DatasetVersion, vera: User) -> None:
    """A viewer reads, so a viewer may have it."""
    first, second = (
        keep_annotation_file(kind=FileKind.PASCAL_VOC, selection=Selection(version), by=vera) for _ in range(2)
    )
    assert first.name == f"annotations/{first.pk}/fruit-v-1-voc.zip"
    assert (first.organization, first.created_by) == (version.dataset.organization, vera)
    assert first.blob == second.blob
    assert first.blob is not None


@pytest.mark.parametrize("kind", list(FileKind))
@pytest.mark.parametrize("count", [1, 30])
def test_its_queries_do_not_grow(
    version: DatasetVersion,
    labels: Sequence[Label],
    bob: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    kind: FileKind,
    count: int,
) -> None:
    for number, asset in enumerate(AssetFactory.create_batch(count, dataset_version=version)):
        create_labelling(asset=asset, by=bob)
        draw(asset, (labels[number % 3], "RECTANGLE", [0, 0, 1, 1]))
    with django_assert_num_queries(5):
        content(version, kind)
