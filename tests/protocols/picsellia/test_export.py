"""Annotations as a script exports them, builds files of them itself, and reads them back in."""

import json
import zipfile
from pathlib import Path
from typing import Any

import picsellia
import pytest
from picsellia import exceptions
from picsellia.types.enums import AnnotationExportKey, AnnotationFileType, AnnotationStatus

from config.inference_types import InferenceType
from datasets.counts import recount
from datasets.models import Annotation, DatasetVersion, Label, Labelling
from organizations.models import Organization
from storage.models import Upload
from tests.factories import AnnotationFactory, LabellingFactory
from tests.protocols.picsellia.plain import PlainClient
from tests.protocols.picsellia.test_annotations import drawn, seen_by, version_of

pytestmark = pytest.mark.django_db

PLACES: dict[InferenceType, tuple[str, list[Any]]] = {
    InferenceType.OBJECT_DETECTION: ("RECTANGLE", [1, 2, 3, 4]),
    InferenceType.SEGMENTATION: ("POLYGON", [[0, 0], [8, 0], [4, 6]]),
    InferenceType.CLASSIFICATION: ("CLASSIFICATION", []),
    InferenceType.KEYPOINT: ("KEYPOINT", [[1, 1, 2], [0, 0, 0]]),
    InferenceType.MASK: ("MASK", ["0`1", [0, 0, 8, 6], 48]),
}


def annotated(organization: Organization, kind: InferenceType = InferenceType.OBJECT_DETECTION) -> DatasetVersion:
    """Two shapes on the first image, none on the second, one on the third."""
    version = version_of(organization, kind)
    shape, coordinates = PLACES[kind]
    if kind == InferenceType.KEYPOINT:
        version.labels.update(skeleton={"vertices": ["stalk", "bottom"], "edges": [[0, 1]]})
    apple, pear = version.labels.all()
    first, _, third = version.assets.all()
    for asset, labels in ((first, (apple, pear)), (third, (pear,))):
        labelling = LabellingFactory(asset=asset, attributes={"cloudy": True})
        for label in labels:
            common = {"labelling": labelling, "asset": asset, "label": label, "text": "ripe"}
            AnnotationFactory(**common, shape=shape, coordinates=coordinates)
    recount(version)
    return version


def exported(sdk: picsellia.Client, version: DatasetVersion, kind: str, folder: Path, **options: Any) -> Path:
    path = Path(seen_by(sdk, version).export_annotation_file(AnnotationFileType(kind), folder, **options))
    assert path.is_relative_to(folder)
    return path


def without_ids(version: DatasetVersion) -> list[Any]:
    """What is drawn on the version, and what is said about it."""
    said = Labelling.objects.filter(asset__dataset_version=version).order_by("asset__position")
    texts = Annotation.objects.filter(asset__dataset_version=version).order_by("asset__position", "pk")
    return [drawn(version), list(said.values_list("attributes", flat=True)), list(texts.values_list("text", flat=True))]


@pytest.mark.parametrize("kind", list(PLACES))
def test_coco_there_and_back(sdk: picsellia.Client, orchard: Organization, tmp_path: Path, kind: InferenceType) -> None:
    version = annotated(orchard, kind)
    before, path = without_ids(version), exported(sdk, version, "COCO", tmp_path)
    seen = seen_by(sdk, version)
    seen.delete_all_annotations()
    assert drawn(version) == []
    seen.import_annotations_coco_file(path)
    assert without_ids(version) == before
    assert exported(sdk, version, "COCO", tmp_path / "again").read_bytes() == path.read_bytes()


def test_the_file_is_kept_for_a_while(
    sdk: picsellia.Client, plain: PlainClient, orchard: Organization, tmp_path: Path
) -> None:
    version = annotated(orchard)
    path = exported(sdk, version, "COCO", tmp_path)
    upload = Upload.objects.get()
    assert str(path.relative_to(tmp_path)) == upload.name
    assert (upload.organization, upload.filename) == (orchard, path.name)
    address = f"/api/object-storage/{orchard.pk}/retrieve_presigned_url"
    assert plain("POST", address, {"object_name": upload.name})[0] == 200


def test_the_names_and_the_choice_of_images(sdk: picsellia.Client, orchard: Organization, tmp_path: Path) -> None:
    version = annotated(orchard)
    seen, first = seen_by(sdk, version), version.assets.all()[0]
    names = {
        AnnotationExportKey.FILENAME: "0.png",
        AnnotationExportKey.ASSET_ID: f"{first.pk}.png",
        AnnotationExportKey.DATA_ID: f"{first.data_id}.png",
        AnnotationExportKey.OBJECT_NAME: first.data.object_name,
    }
    for key, name in names.items():
        path = exported(sdk, version, "COCO", tmp_path, export_key=key)
        assert json.loads(path.read_text())["images"][0]["file_name"] == name
        before = without_ids(version)
        seen.import_annotations_coco_file(path, export_key=key)
        assert without_ids(version) == before
    some = seen.list_assets(filenames=["1.png", "2.png"])
    file = json.loads(exported(sdk, version, "COCO", tmp_path, assets=some).read_text())
    assert ([image["file_name"] for image in file["images"]], len(file["annotations"])) == (["1.png", "2.png"], 1)
    Labelling.objects.filter(asset=first).update(status="ACCEPTED")
    file = json.loads(exported(sdk, version, "COCO", tmp_path, status=AnnotationStatus.ACCEPTED).read_text())
    assert ([image["file_name"] for image in file["images"]], len(file["annotations"])) == (["0.png"], 2)
    with pytest.raises(exceptions.BadRequestError, match="There are no videos here"):
        seen.export_annotation_file(AnnotationFileType.COCO, tmp_path, export_video=True)


@pytest.mark.parametrize(
    "kind", [InferenceType.OBJECT_DETECTION, InferenceType.SEGMENTATION, InferenceType.CLASSIFICATION]
)
def test_yolo_and_voc_there_and_back(
    sdk: picsellia.Client, orchard: Organization, tmp_path: Path, kind: InferenceType
) -> None:
    version = annotated(orchard, kind)
    if kind == InferenceType.CLASSIFICATION:  # the SDK takes one class of an image
        Annotation.objects.filter(label__name="apple").delete()
    before, seen = drawn(version), seen_by(sdk, version)
    for archive in (exported(sdk, version, "YOLO", tmp_path), exported(sdk, version, "PASCAL_VOC", tmp_path)):
        zipfile.ZipFile(archive).extractall(tmp_path)
    seen.delete_all_annotations()
    texts = sorted(tmp_path.glob("*.txt"))
    assert [path.name for path in texts] == ["0.txt", "1.txt", "2.txt"]
    seen.import_annotations_yolo_files(tmp_path / "data.yaml", texts)
    assert drawn(version) == before
    seen.delete_all_annotations()
    for path in sorted(tmp_path.glob("*.xml")):
        seen.import_annotation_voc_file(path)
    assert drawn(version) == before


@pytest.mark.parametrize("kind", [InferenceType.OBJECT_DETECTION, InferenceType.SEGMENTATION, InferenceType.KEYPOINT])
def test_a_file_that_the_script_builds_itself(
    sdk: picsellia.Client, orchard: Organization, tmp_path: Path, kind: InferenceType
) -> None:
    version = annotated(orchard, kind)
    built = seen_by(sdk, version).build_coco_file_locally()
    served = json.loads(exported(sdk, version, "COCO", tmp_path).read_text())
    assert [(one.id, one.name) for one in built.categories] == [
        (one["id"], one["name"]) for one in served["categories"]
    ]
    assert {image.file_name for image in built.images} == {"0.png", "2.png"}
    key = "keypoints" if kind == InferenceType.KEYPOINT else "segmentation"
    assert sorted((one.category_id, one.bbox, getattr(one, key)) for one in built.annotations) == sorted(
        (one["category_id"], one["bbox"], one[key]) for one in served["annotations"]
    )
    if kind == InferenceType.OBJECT_DETECTION:
        seen_by(sdk, version).build_pascal_voc_locally(tmp_path / "voc")
        assert len(list((tmp_path / "voc").glob("*.xml"))) == 2


def test_labels_that_nothing_has_are_categories_too(
    sdk: picsellia.Client, orchard: Organization, tmp_path: Path
) -> None:
    version = annotated(orchard)
    Label.objects.create(dataset_version=version, name="plum", position=2)
    file = json.loads(exported(sdk, version, "COCO", tmp_path).read_text())
    assert [(one["id"], one["name"]) for one in file["categories"]] == [(0, "apple"), (1, "pear"), (2, "plum")]
