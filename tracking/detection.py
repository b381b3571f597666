"""Average precision of boxes, polygons and masks, as COCO defines it, by COCO's own library."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from pycocotools import cocoeval
from pycocotools.coco import COCO

from datasets.masks import rle
from datasets.models import Shape
from tracking.pairs import Image, Mark

# The library tells the terminal what it does.
cocoeval.print = lambda *words: None

IOU_50, IOU_75 = 0, 5  # places among COCO's thresholds 0.50, 0.55, …, 0.95
SURE = 0.5
PAIRS_MAX = 1_000_000  # of a label and an image: each is looked at
DETECTIONS_MAX = 100  # COCO's: of an image the surest hundred count


def detection_results(images: Sequence[Image], shape: Shape) -> tuple[dict[str, Any], list[float]]:
    """How well the shapes that a model found lie on those that people drew.

    Args:
        images: each with what was drawn and what was found.
        shape: of which kind both are: RECTANGLE, POLYGON or MASK.

    Returns:
        The results: `map`, `map_50` and `map_75` (mean average precision over the thresholds 0.5 to 0.95 of the
        intersection over union, at 0.5 and at 0.75; None when nothing was drawn), and for each label its own `ap` and
        `ap_50` and how many were drawn and found; and for each image how much was agreed on, from 0 to 1: what both
        have, at 0.5 and of those found with a score of at least 0.5, in what either has.

    Raises:
        ValidationError: for more labels and images than can be compared while somebody waits.
    """
    drawn = Counter(mark.label for image in images for mark in image.drawn)
    found = Counter(mark.label for image in images for mark in image.found)
    labels = sorted(drawn | found)
    if len(labels) * len(images) > PAIRS_MAX:
        raise ValidationError(
            f"These are {len(labels):,} labels on {len(images):,} images; at most {PAIRS_MAX:,} pairs are compared."
        )
    evaluation = _evaluated(images, labels, shape)
    # Thresholds × recalls × labels, for all sizes and the most detections; -1 where nothing was drawn.
    precision = evaluation.eval["precision"][:, :, :, 0, -1] if labels else np.empty((10, 101, 0))
    rows = [
        {
            "label": label,
            "ap": _mean(precision[:, :, place]),
            "ap_50": _mean(precision[IOU_50, :, place]),
            "drawn": drawn[label],
            "found": found[label],
        }
        for place, label in enumerate(labels)
    ]
    results = {"map": _mean(precision), "map_50": _mean(precision[IOU_50]), "map_75": _mean(precision[IOU_75])}
    return {**results, "images": len(images), "labels": rows}, _agreements(evaluation, images)


def _evaluated(images: Sequence[Image], labels: Sequence[str], shape: Shape) -> Any:
    drawn = _coco(images, [image.drawn for image in images], labels, shape)
    found = _coco(images, [image.found for image in images], labels, shape)
    evaluation = cocoeval.COCOeval(drawn, found, "bbox" if shape == Shape.RECTANGLE else "segm")
    evaluation.params.areaRng, evaluation.params.areaRngLbl = evaluation.params.areaRng[:1], ["all"]
    evaluation.params.maxDets = [DETECTIONS_MAX]
    if labels:
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation


def _coco(images: Sequence[Image], marks: Sequence[Sequence[Mark]], labels: Sequence[str], shape: Shape) -> COCO:
    """What a COCO file would hold, with its indexes; images and labels by their places, annotations from 1."""
    coco = COCO()
    coco.imgs = {place: {"id": place, "width": one.width, "height": one.height} for place, one in enumerate(images)}
    coco.cats = {place: {"id": place, "name": label} for place, label in enumerate(labels)}
    coco.dataset = {"images": list(coco.imgs.values()), "categories": list(coco.cats.values()), "annotations": []}
    coco.imgToAnns, coco.catToImgs = defaultdict(list), defaultdict(list)
    place_of = {label: place for place, label in enumerate(labels)}
    for place, image in enumerate(images):
        for mark in marks[place]:
            row: dict[str, Any] = {
                "id": len(coco.anns) + 1,
                "image_id": place,
                "category_id": place_of[mark.label],
                "iscrowd": 0,
            }
            row |= {"score": mark.score, **_geometry(mark, image, shape)}
            coco.anns[row["id"]] = row
            coco.imgToAnns[place].append(row)
            coco.catToImgs[row["category_id"]].append(place)
    return coco


def _geometry(mark: Mark, image: Image, shape: Shape) -> dict[str, Any]:
    if shape == Shape.RECTANGLE:
        _, _, width, height = mark.coordinates
        return {"bbox": mark.coordinates, "area": width * height}
    if shape == Shape.MASK:
        counts, _, area = mark.coordinates
        return {"segmentation": rle(counts, image.width, image.height), "area": area}
    # Within the image: the library draws each line in memory, and a model may point anywhere.
    inside = np.clip(np.array(mark.coordinates, dtype=float), 0, [image.width, image.height])
    return {"segmentation": [inside.ravel().tolist()], "area": 0}


def _mean(precision: Any) -> float | None:
    known = precision[precision > -1]
    return round(float(known.mean()), 6) if known.size else None


def _agreements(evaluation: Any, images: Sequence[Image]) -> list[float]:
    both, either = [0] * len(images), [0] * len(images)
    for one in filter(None, evaluation.evalImgs):
        sure = np.array(one["dtScores"]) >= SURE
        matched = int((np.array(one["dtMatches"][IOU_50]) > 0)[sure].sum()) if sure.size else 0
        both[one["image_id"]] += matched
        either[one["image_id"]] += int(sure.sum()) + len(one["gtIds"]) - matched
    return [mine / all_ if all_ else 1.0 for mine, all_ in zip(both, either, strict=True)]
