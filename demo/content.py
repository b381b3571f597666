"""What the demo's dataset versions hold: the pictures as files, and what to import of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from config.inference_types import InferenceType
from datasets.content import VersionContent
from datasets.importing.coco import read_coco
from datasets.importing.files import Listing
from datasets.importing.folders import read_folders
from demo.digits import Digit, splits, write_folders
from demo.scenes import compose, write_coco

SCENES = {"train": 120, "val": 40, "test": 40}
RAW_SCENES = 24
SEED = 11

Reader = Callable[[Path], Listing]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A dataset version that is to be imported from the folder of pictures."""

    dataset: str
    version: str
    description: str
    inference_type: InferenceType
    read: Reader

    def content(self, pictures: Path) -> VersionContent:
        """The version as the importer of its form reads it."""
        listing = self.read(pictures)
        return VersionContent(
            name=self.version,
            labels=listing.labels,
            images=listing.images,
            inference_type=self.inference_type,
            description=self.description,
        )


@cache
def _digits() -> dict[str, list[Digit]]:
    return splits()


def write_pictures(folder: Path) -> None:
    """Write every picture of the demo: digits/ALIAS/CLASS/*.png, and *-scenes/ALIAS/ with annotations.json.

    The digits of one split are in the scenes of the same split alone, so that no test digit is ever learned from.
    """
    for alias, digits in _digits().items():
        write_folders(digits, folder / "digits" / alias)
        scenes = compose(digits, count=SCENES[alias], seed=SEED)
        write_coco(scenes, folder / "digit-scenes" / alias, prefix=alias)
    raw = compose(_digits()["val"], count=RAW_SCENES, seed=SEED + 1)
    write_coco(raw, folder / "scans", prefix="scan")
    write_folders([digit for digit in _digits()["val"] if digit.label in "01234"], folder / "low-digits")


def _folders(path: str) -> Reader:
    return lambda pictures: read_folders(pictures / path)


def _coco(path: str, inference_type: InferenceType) -> Reader:
    def read(pictures: Path) -> Listing:
        folder = pictures / path
        return read_coco(folder / "annotations.json", folder, inference_type=inference_type)

    return read


def _without_annotations(pictures: Path) -> Listing:
    listing = _coco("scans", InferenceType.OBJECT_DETECTION)(pictures)
    return Listing(labels=[], images=[replace(image, annotations=()) for image in listing.images])


def _digits_version(alias: str) -> Planned:
    return Planned(
        dataset="digits",
        version=alias,
        description="Handwritten digits of 8 × 8 pixels (UCI, in scikit-learn), split by a fixed seed.",
        inference_type=InferenceType.CLASSIFICATION,
        read=_folders(f"digits/{alias}"),
    )


def _scenes_version(alias: str, inference_type: InferenceType, version: str, what: str) -> Planned:
    return Planned(
        dataset="digit-scenes",
        version=version,
        description=f"Scenes composed of the digits of digits/{alias}, with the {what} of each.",
        inference_type=inference_type,
        read=_coco(f"digit-scenes/{alias}", inference_type),
    )


ORCHARD = (
    Planned(
        dataset="scans",
        version="raw",
        description="Scenes that nobody has annotated yet.",
        inference_type=InferenceType.NOT_CONFIGURED,
        read=_without_annotations,
    ),
    *(
        _scenes_version(alias, InferenceType.SEGMENTATION, f"outlines-{alias}", "true outline")
        for alias in ("test", "train")
    ),
    *(_scenes_version(alias, InferenceType.OBJECT_DETECTION, alias, "true box") for alias in ("test", "val", "train")),
    *(_digits_version(alias) for alias in ("test", "val", "train")),
)
HARBOR = (
    Planned(
        dataset="low-digits",
        version="all",
        description="The zeros to fours among the handwritten digits.",
        inference_type=InferenceType.CLASSIFICATION,
        read=_folders("low-digits"),
    ),
)
