"""Masks: which pixels are meant, as COCO writes it down in run lengths.

An image is read down its columns, from the left; the lengths of what is not meant and of what is follow each other, and
COCO's text holds them in characters of five bits each (rleFrString in maskApi.c of the COCO API). What a client sent is
read here first: that library trusts its texts, and writes past its memory for one that does not fit the image.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from pycocotools import mask as coco

COUNTS_MAX = 1_000_000
# A character is its six bits on from here; the sixth says that the number goes on in the next one.
FIRST_CHARACTER = 48
BITS, GOES_ON, IS_NEGATIVE = 5, 0x20, 0x10
CHARACTERS_OF_A_LENGTH_MAX = 8


class Run(NamedTuple):
    """Pixels of a mask below each other: from (x, y) downwards."""

    x: int
    y: int
    height: int


def run_lengths(counts: str) -> list[int]:
    """The lengths in COCO's compressed text, beginning with what is not meant.

    Raises:
        ValidationError: for a text that holds no such lengths, as a sentence that continues the mask's name.
    """
    if len(counts) > COUNTS_MAX:
        raise ValidationError(f"has {len(counts):,} characters; at most {COUNTS_MAX:,} are accepted.")
    lengths: list[int] = []
    value = shift = 0
    for place, character in enumerate(counts, start=1):
        bits = ord(character) - FIRST_CHARACTER
        if not 0 <= bits < 64 or shift >= BITS * CHARACTERS_OF_A_LENGTH_MAX:
            raise ValidationError(f"has a character that is not of COCO's run lengths, at place {place:,}.")
        value |= (bits & (GOES_ON - 1)) << shift
        shift += BITS
        if bits & GOES_ON:
            continue
        if bits & IS_NEGATIVE:
            value -= 1 << shift
        # From the fourth on, the difference to the last but one is written.
        lengths.append(value + lengths[-2] if len(lengths) > 2 else value)
        value = shift = 0
    if shift or not lengths or min(lengths) < 0:
        raise ValidationError("ends in the middle of a number, or holds no run lengths.")
    return lengths


def measured(counts: Any, width: int, height: int) -> list[Any]:
    """The mask as an annotation's coordinates: [counts, [x, y, width, height], area], all in pixels.

    Raises:
        ValidationError: when it is no mask of an image of this size, as a sentence that continues the mask's name.
    """
    if not isinstance(counts, str):
        raise ValidationError("has no text of COCO's compressed run lengths.")
    lengths = run_lengths(counts)
    if sum(lengths) != width * height:
        raise ValidationError(f"is of {sum(lengths):,} pixels, and its image of {width:,} × {height:,}.")
    if not any(lengths[1::2]):
        raise ValidationError("has no pixel.")
    encoded = rle(counts, width, height)
    return [counts, [int(value) for value in coco.toBbox(encoded)], int(coco.area(encoded))]


def rle(counts: str, width: int, height: int) -> dict[str, Any]:
    """As a COCO file has it."""
    return {"size": [height, width], "counts": counts}


def runs(counts: str, height: int) -> Iterator[Run]:
    """What the mask covers, column by column, on an image of this height in pixels."""
    place = 0
    for index, length in enumerate(run_lengths(counts)):
        end = place + length
        while index % 2 and place < end:
            x, y = divmod(place, height)
            rows = min(end - place, height - y)
            yield Run(x, y, rows)
            place += rows
        place = end
