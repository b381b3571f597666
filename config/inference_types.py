"""What a model infers and what a dataset version is annotated for: the one vocabulary both sides are matched by."""

from django.db import models


class InferenceType(models.TextChoices):
    """The values are the SDK's (wire contract, section 1)."""

    CLASSIFICATION = "CLASSIFICATION", "Classification"
    OBJECT_DETECTION = "OBJECT_DETECTION", "Object detection"
    SEGMENTATION = "SEGMENTATION", "Segmentation"
    POINT = "POINT", "Point"
    KEYPOINT = "KEYPOINT", "Keypoint"
    LINE = "LINE", "Line"
    MASK = "MASK", "Mask"
    MULTI = "MULTI", "Multi"
    NOT_CONFIGURED = "NOT_CONFIGURED", "Not configured"


CONFIGURED = [choice for choice in InferenceType.choices if choice[0] != InferenceType.NOT_CONFIGURED]


def fitting(wanted: str) -> list[str]:
    """The inference types of models and dataset versions that an experiment of type `wanted` can use.

    Its own, and MULTI, which fits all. An experiment without a type, as the SDK makes them, refuses none.
    """
    if wanted in ("", InferenceType.NOT_CONFIGURED):
        return [value for value, _ in CONFIGURED]
    return [wanted, InferenceType.MULTI]


def fits(offered: str, wanted: str) -> bool:
    """Whether something of type `offered` can be used in an experiment of type `wanted`."""
    return offered in fitting(wanted)
