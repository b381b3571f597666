import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from demo.digits import Digit, splits
from demo.scenes import GAP, compose, outline, write_coco


@pytest.fixture(scope="module")
def digits() -> list[Digit]:
    return splits()["val"]


def test_the_split_is_fair_and_without_overlap() -> None:
    parts = splits()
    assert {alias: len(digits) for alias, digits in parts.items()} == {"train": 1257, "val": 270, "test": 270}
    numbers = [digit.number for digits in parts.values() for digit in digits]
    assert sorted(numbers) == list(range(1797))
    assert {digit.label for digit in parts["test"]} == set("0123456789")


def test_the_same_seed_gives_the_same_scenes(digits: list[Digit]) -> None:
    one, same, other = (
        [scene.image().tobytes() for scene in compose(digits, count=3, seed=seed)] for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_boxes_hold_the_ink_and_nothing_else(digits: list[Digit]) -> None:
    for scene in compose(digits, count=20, seed=5):
        bright = np.asarray(scene.image()) > scene.ground
        for one in scene.placed:
            left, top, width, height = one.box
            assert bright[top : top + height, left].any()
            assert bright[top : top + height, left + width - 1].any()
            assert bright[top, left : left + width].any()
            assert bright[top + height - 1, left : left + width].any()
            bright[top : top + height, left : left + width] = False
        assert not bright.any()


def test_digits_keep_their_distance(digits: list[Digit]) -> None:
    for scene in compose(digits, count=20, seed=5):
        taken = np.zeros((96, 96), dtype=int)
        for one in scene.placed:
            rows, columns = one.square
            around = slice(max(rows.start - GAP, 0), rows.stop + GAP), slice(max(columns.start - GAP, 0), columns.stop)
            assert not taken[around].any()
            taken[one.square] = 1


@pytest.mark.parametrize(
    ("drawn", "corners"),
    [
        (["#"], [(0, 0), (1, 0), (1, 1), (0, 1)]),
        (["##", "#."], [(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)]),
        (["###", "#.#", "###"], [(0, 0), (3, 0), (3, 3), (0, 3)]),
        (["##.#", "##.."], [(0, 0), (2, 0), (2, 2), (0, 2)]),
        (["#.", ".#"], [(0, 0), (2, 0), (2, 2), (1, 2), (1, 1), (0, 1)]),
    ],
    ids=["one pixel", "a corner", "a hole", "two pieces", "pixels that touch at a corner"],
)
def test_outline(drawn: list[str], corners: list[tuple[int, int]]) -> None:
    ink = np.array([[sign == "#" for sign in row] for row in drawn])
    assert outline(ink) == corners


def test_outlines_cover_the_ink(digits: list[Digit]) -> None:
    for digit in digits:
        corners = [(x * 10, y * 10) for x, y in outline(digit.ink > 0)]
        canvas = Image.new("1", (80, 80))
        ImageDraw.Draw(canvas).polygon(corners, fill=1)
        covered = np.asarray(canvas)[5::10, 5::10]
        assert (digit.ink[~covered] > 0).sum() <= 2  # a speck apart from the digit


def test_coco_names_what_is_there(digits: list[Digit], tmp_path: Path) -> None:
    scenes = compose(digits, count=3, seed=1)
    write_coco(scenes, tmp_path, prefix="train")
    coco = json.loads((tmp_path / "annotations.json").read_text())
    assert [image["file_name"] for image in coco["images"]] == ["train-001.png", "train-002.png", "train-003.png"]
    assert [annotation["category_id"] for annotation in coco["annotations"]] == [
        int(one.digit.label) for scene in scenes for one in scene.placed
    ]
    for image in coco["images"]:
        with Image.open(tmp_path / image["file_name"]) as picture:
            assert picture.size == (96, 96) == (image["width"], image["height"])
