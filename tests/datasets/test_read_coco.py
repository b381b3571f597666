"""COCO files: what is read of them, and what they are refused for."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from config.inference_types import InferenceType
from datasets.content import derived_type
from datasets.importing import json_file
from datasets.importing.coco import read_coco
from datasets.importing.files import Listing
from datasets.models import Shape
from tests.datasets.pictures import write_coco

TRIANGLE = [0, 0, 10, 0, 5, 8.5]


def read(folder: Path, inference_type: InferenceType | None = None, **changes: Any) -> Listing:
    return read_coco(*write_coco(folder, **changes), inference_type=inference_type)


def problems(folder: Path, inference_type: InferenceType | None = None, **changes: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        read(folder, inference_type, **changes)
    return [message.replace(str(folder), "…") for message in caught.value.messages]


def on_first_image(**annotation: Any) -> list[dict[str, Any]]:
    return [{"id": 5, "image_id": 1, "category_id": 7, **annotation}]


def shapes(listing: Listing) -> list[tuple[Shape, list[Any]]]:
    return [(annotation.shape, annotation.coordinates) for annotation in listing.images[0].annotations]


def test_it_reads_boxes(tmp_path: Path) -> None:
    listing = read(tmp_path)
    assert listing.labels == ["pear", "apple"]
    assert [(image.filename, image.size) for image in listing.images] == [("1.png", (20, 10)), ("2.png", (20, 10))]
    assert shapes(listing) == [(Shape.RECTANGLE, [1, 2, 5, 6]), (Shape.RECTANGLE, [0, 0, 20, 10])]
    assert [annotation.label for annotation in listing.images[0].annotations] == ["pear", "apple"]
    assert listing.images[1].annotations == []
    assert listing.images[0].read() == (tmp_path / "images" / "1.png").read_bytes()
    assert derived_type(listing.images) == InferenceType.OBJECT_DETECTION


def test_it_reads_polygons_and_prefers_them_to_boxes(tmp_path: Path) -> None:
    listing = read(tmp_path, annotations=on_first_image(segmentation=[TRIANGLE, TRIANGLE], bbox=[0, 0, 10, 9]))
    assert shapes(listing) == [(Shape.POLYGON, [[0, 0], [10, 0], [5, 8.5]])] * 2
    assert derived_type(listing.images) == InferenceType.SEGMENTATION


def test_for_object_detection_it_takes_the_boxes(tmp_path: Path) -> None:
    masked = on_first_image(segmentation={"counts": "abc", "size": [10, 20]}, bbox=[0, 0, 10, 9])
    assert shapes(read(tmp_path, InferenceType.OBJECT_DETECTION, annotations=masked)) == [
        (Shape.RECTANGLE, [0, 0, 10, 9])
    ]
    [problem] = problems(tmp_path, InferenceType.OBJECT_DETECTION, annotations=on_first_image(bbox=[]))
    assert "annotation 5 has no “bbox”" in problem


def test_an_annotation_without_place_classifies_the_image(tmp_path: Path) -> None:
    listing = read(tmp_path, annotations=on_first_image())
    assert shapes(listing) == [(Shape.CLASSIFICATION, [])]
    assert derived_type(listing.images) == InferenceType.CLASSIFICATION


def test_crowd_regions_are_left_out_and_counted(tmp_path: Path) -> None:
    listing = read(tmp_path, annotations=on_first_image(iscrowd=1, segmentation={"counts": [1], "size": [1, 1]}))
    assert listing.images[0].annotations == []
    assert listing.notes == ("Crowd regions left out: 1.",)


def test_images_in_folders_keep_apart(tmp_path: Path) -> None:
    _, images = write_coco(tmp_path)
    for folder in ("a", "b"):
        (images / folder).mkdir()
        (images / folder / "1.png").write_bytes((images / "1.png").read_bytes())
    entries = [{"id": "x", "file_name": "a/1.png"}, {"id": "y", "file_name": "b/1.png"}]
    listing = read(tmp_path, images=entries, annotations=[])
    assert [(image.filename, image.size) for image in listing.images] == [("a_1.png", None), ("b_1.png", None)]
    assert [image.filename for image in read(tmp_path, images=entries[:1], annotations=[]).images] == ["1.png"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"annotations": on_first_image(category_id=99)}, "annotation 5 names the category 99"),
        ({"annotations": on_first_image(image_id=99)}, "annotation 5 names the image 99"),
        ({"annotations": on_first_image() * 2}, "annotation 5 has the id 5, which is taken"),
        ({"annotations": on_first_image(bbox=[1, 2, 3])}, "annotation 5 has no box of four numbers"),
        ({"annotations": on_first_image(bbox=[1, 2, 3, "4"])}, "“bbox.3” that is not a number"),
        ({"annotations": on_first_image(bbox=[1, 2, 30, 4])}, "outside its image of 20 × 10 pixels"),
        ({"annotations": on_first_image(bbox=[-9, 2, 3, 4])}, "outside its image of 20 × 10 pixels"),
        ({"annotations": on_first_image(bbox=[1, 2, 3, -4])}, "a box without area"),
        ({"annotations": on_first_image(segmentation=[[1, 2, 3]])}, "not a list of polygons"),
        ({"annotations": on_first_image(segmentation=[1, 2, 3])}, "not a list of polygons"),
        ({"annotations": on_first_image(segmentation=[[1, 2, 3, 4]])}, "needs 3"),
        ({"annotations": on_first_image(segmentation=[[1, 2, 3, 4, "5", 6]])}, "not two numbers"),
        ({"annotations": on_first_image(segmentation={"counts": "a"})}, "run-length mask (RLE)"),
        ({"annotations": [{"id": 1, "image_id": 1}]}, "annotation 1 has no “category_id”"),
        ({"annotations": [7]}, "annotation no. 0 is not an object"),
        ({"annotations": None}, "has no list “annotations”"),
        ({"annotations": {}}, "has no list “annotations”"),
        ({"categories": [{"id": 7, "name": 8}], "annotations": []}, "category 7 has a “name” that is not a text"),
        ({"categories": [{"id": [7], "name": "a"}], "annotations": []}, "not a whole number or a text"),
        ({"categories": [{"id": 7, "name": "a"}] * 2, "annotations": []}, "category 7 has the id 7"),
        ({"images": [{"id": 1, "file_name": "1.png", "width": 0}], "annotations": []}, "“width” that is refused"),
        ({"images": [{"id": 1, "file_name": "gone.png"}]}, "image 1 (id 1): gone.png is not in …/images."),
        ({"images": [{"id": 1, "file_name": ""}]}, "leads out of the folder"),
        ({"images": [{"id": 1, "file_name": "../instances.json"}]}, "leads out of the folder"),
        ({"images": [{"id": 1, "file_name": "/etc/passwd"}]}, "leads out of the folder"),
        ({"images": [{"id": 1, "file_name": "a\\..\\b.png"}]}, "leads out of the folder"),
        ({"images": [{"id": 1, "file_name": "C:/1.png"}]}, "leads out of the folder"),
        ({"images": [{"id": 1, "file_name": "1.png\0"}]}, "leads out of the folder"),
        ({"images": [{"id": 1, "file_name": "a" * 5000}]}, "can't be looked up"),
        ({"images": [{"id": 1, "file_name": "."}]}, "leads out of the folder"),
        (
            {"images": [{"id": 1, "file_name": "1.png"}, {"id": 2, "file_name": "./1.png"}], "annotations": []},
            "image 2 (id 2): ./1.png belongs to an earlier image",
        ),
    ],
)
def test_it_refuses(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    assert expected in problems(tmp_path, **changes)[0]


def test_a_symbolic_link_does_not_lead_out(tmp_path: Path) -> None:
    _, images = write_coco(tmp_path)
    (images / "link.png").symlink_to(tmp_path / "instances.json")
    (images / "folder").symlink_to(tmp_path)
    entries = [{"id": 1, "file_name": "link.png"}, {"id": 2, "file_name": "folder/instances.json"}]
    found = problems(tmp_path, images=entries, annotations=[])
    assert len(found) == 2
    assert all("symbolic link" in problem for problem in found)


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    _, images = write_coco(tmp_path)
    (images / "deep").mkdir()
    assert "deep is not a file." in problems(tmp_path, images=[{"id": 1, "file_name": "deep"}], annotations=[])[0]


def test_a_missing_image_does_not_make_its_annotations_wrong(tmp_path: Path) -> None:
    assert problems(tmp_path, images=[{"id": 1, "file_name": "gone.png"}]) == [
        "…/instances.json, line 13: image 1 (id 1): gone.png is not in …/images."
    ]


def test_every_problem_has_its_line(tmp_path: Path) -> None:
    wrong = [*on_first_image(), *on_first_image(id=6, category_id=99), *on_first_image(id=7, bbox=[1])]
    found = problems(tmp_path, annotations=wrong)
    lines = (tmp_path / "instances.json").read_text().splitlines()
    numbers = [int(problem.partition("line ")[2].partition(":")[0]) for problem in found]
    assert [lines[number] for number in numbers] == ['   "id": 6,', '   "id": 7,']


def test_twenty_problems_are_named_and_the_others_counted(tmp_path: Path) -> None:
    wrong = [entry for n in range(50) for entry in on_first_image(id=n, category_id=99)]
    found = problems(tmp_path, annotations=wrong)
    assert len(found) == 21
    assert found[-1] == "There are 30 more problems like these."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"images": [\n{"id": 1,\n]}', "instances.json, line 3, column 1: this is not JSON"),
        (b"", "line 1, column 1: this is not JSON"),
        (b'{"images": [NaN]}', "NaN is no number in JSON"),
        (b'{"images": [-Infinity]}', "-Infinity is no number in JSON"),
        (b'{"images": [' + b"9" * 5_000 + b"]}", "this is not JSON"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"a":\n"\xff"}', "line 2: this is not text in UTF-8"),
        (b"[]", "is not a COCO file"),
    ],
)
def test_it_refuses_broken_json(tmp_path: Path, text: bytes, expected: str) -> None:
    file, images = write_coco(tmp_path)
    file.write_bytes(text)
    with pytest.raises(ValidationError) as caught:
        read_coco(file, images)
    [message] = caught.value.messages
    assert expected in message
    assert len(message) < 500


def test_it_refuses_a_file_that_is_too_large_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, images = write_coco(tmp_path)
    with pytest.raises(ValidationError, match="can't be read: No such file"):
        read_coco(tmp_path / "gone.json", images)
    with pytest.raises(ValidationError, match="is not a folder"):
        read_coco(file, tmp_path / "gone")
    monkeypatch.setattr(json_file, "BYTES_MAX", 10)
    with pytest.raises(ValidationError, match="is larger than"):
        read_coco(file, images)


def test_a_repeated_key_is_taken_from_its_last_place(tmp_path: Path) -> None:
    file, images = write_coco(tmp_path)
    wrong = json.dumps(on_first_image(category_id=99))
    file.write_text(file.read_text().rstrip().removesuffix("}") + f',\n"extra": {{}},\n"annotations": {wrong}\n}}')
    with pytest.raises(ValidationError) as caught:
        read_coco(file, images)
    lines = file.read_text().splitlines()
    assert f"line {len(lines) - 1}: annotation 5 names the category 99" in caught.value.messages[0]
