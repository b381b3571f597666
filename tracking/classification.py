"""Accuracy, and which label is taken for which."""

from collections.abc import Sequence
from typing import Any

from tracking.pairs import Image, Mark


def classification_results(images: Sequence[Image]) -> tuple[dict[str, Any], list[float | None]]:
    """How often a model says what people said: the label of which it is surest counts, and of people's the first.

    Args:
        images: each with what was said and what was found. Those of which people said nothing are left out.

    Returns:
        The results: `accuracy` (None without such images), the number of `images`, all label names in order, and a
        `matrix` with a row for what people said and a column for what the model did, where a last column counts the
        images of which it said nothing; and for each image how right it was, from a sure mistake (0) to a sure hit (1),
        None for those left out.
    """
    said = [(image.drawn[0].label, _surest(image)) for image in images if image.drawn]
    names = sorted({name for truth, guess in said for name in (truth, *([guess.label] if guess else []))})
    place_of = {name: place for place, name in enumerate(names)}
    matrix = [[0] * (len(names) + 1) for _ in names]
    for truth, guess in said:
        matrix[place_of[truth]][place_of[guess.label] if guess else -1] += 1
    hits = sum(matrix[place][place] for place in range(len(names)))
    results = {
        "accuracy": round(hits / len(said), 6) if said else None,
        "images": len(said),
        "labels": names,
        "matrix": matrix,
    }
    return results, [_agreement(image) for image in images]


def _surest(image: Image) -> Mark | None:
    return max(image.found, key=lambda mark: mark.score, default=None)


def _agreement(image: Image) -> float | None:
    if not image.drawn:
        return None
    guess = _surest(image)
    if guess is None:
        return 0.5
    sureness = min(max(guess.score, 0.0), 1.0)
    return 0.5 + sureness / 2 if guess.label == image.drawn[0].label else 0.5 - sureness / 2
