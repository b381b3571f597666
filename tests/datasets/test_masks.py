"""COCO's run lengths: read as its own library does, and refused where that would write past its memory."""

import contextlib
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from datasets.geometry import coordinates_problem
from datasets.masks import measured, run_lengths, runs
from datasets.models import Shape


def encoded(pixels: Any) -> str:
    text: bytes = coco.encode(np.asfortranarray(pixels.astype(np.uint8)))["counts"]
    return text.decode()


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0.02, 0.98))
def test_it_covers_the_pixels_that_were_meant(width: int, height: int, seed: int, share: float) -> None:
    pixels = np.random.default_rng(seed).random((height, width)) < share
    pixels[0, 0] = True
    counts = encoded(pixels)
    _, box, area = measured(counts, width, height)
    covered = np.zeros_like(pixels)
    for x, y, rows in runs(counts, height):
        assert not covered[y : y + rows, x].any()
        covered[y : y + rows, x] = True
    assert (covered == pixels).all()
    ys, xs = np.nonzero(pixels)
    assert area == pixels.sum()
    assert box == [xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1]
    assert coordinates_problem(Shape.MASK, [counts, box, area], width, height) == ""


@given(st.text(max_size=60) | st.text(st.characters(min_codepoint=48, max_codepoint=111), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValidationError):
        measured(text, 7, 5)
        assert sum(run_lengths(text)) == 35


WHOLE = encoded(np.ones((5, 7)))


@pytest.mark.parametrize(
    ("mask", "width", "words"),
    [
        ([WHOLE, [0, 0, 7, 5], 35], 8, "is of 35 pixels, and its image of 8 × 5"),
        ([encoded(np.zeros((5, 7)))], 7, "has no pixel"),
        ([""], 7, "holds no run lengths"),
        (["P"], 7, "ends in the middle of a number"),
        (["~"], 7, "at place 1"),
        (["o" * 20], 7, "at place 9"),
        (["1" * 1_000_001], 7, "has 1,000,001 characters"),
        ([7], 7, "has no text"),
        ([], 7, "has no text"),
        ([WHOLE, [0, 0, 7, 5], 34], 7, "whose box or area is not that of its pixels"),
        ([WHOLE, [0, 0, 7, 4], 35], 7, "whose box or area is not that of its pixels"),
    ],
)
def test_what_is_no_mask_of_the_image(mask: list[Any], width: int, words: str) -> None:
    assert words in coordinates_problem(Shape.MASK, mask, width, 5)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([[1, 1]], "not three numbers (x, y, visibility)"),
        ([[1, 1, 3]], "none of 0, 1 and 2"),
        ([[1, 1, 1.5]], "none of 0, 1 and 2"),
        ([[8, 1, 2], [9.5, 1, 1]], "has a point outside its image of 8 × 6 pixels"),
        ([], "keypoints of 0 points, which needs 1"),
        ([[8, 1, 2], [99, -4, 0]], ""),
    ],
)
def test_keypoints(points: list[Any], words: str) -> None:
    problem = coordinates_problem(Shape.KEYPOINT, points, 8, 6)
    assert words in problem if words else problem == ""
