"""A run of a training script: what it is given, and what it tells, by the official SDK.

Whoever launches the script tells it by five variables of the environment where it is and for which experiment it works.
The experiment's files lie in the working folder. Whether the run went well is the exit code's to say.
"""

import json
import os
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray
from picsellia import Client
from picsellia.exceptions import NoDataError
from picsellia.sdk.dataset_version import DatasetVersion
from picsellia.sdk.experiment import Experiment
from picsellia.types.enums import AnnotationExportKey, AnnotationFileType, InferenceType, LogType
from picsellia.types.payload import ClassificationFormat, EvaluationFormat, RectangleFormat
from PIL import Image

P = TypeVar("P")

VARIABLES = ("api_token", "host", "organization_id", "experiment_id")
WEIGHTS, RESULT = "pretrained-weights", "best-model"
EVALUATIONS_AT_ONCE = 100  # the most that the SDK takes
BAR = 30  # characters


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Something that people saw on an image: its label, its box in pixels if it has one, and its outlines."""

    label: str
    box: tuple[float, ...] = ()  # left, top, width, height
    outlines: Sequence[Sequence[float]] = ()  # x, y, x, y, …


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image of a dataset version as it was downloaded, with what people saw on it."""

    id: str
    path: Path
    truth: Sequence[Truth]

    def grey(self) -> Image.Image:
        """The image without its colours."""
        with Image.open(self.path) as image:
            return image.convert("L")


@dataclass(frozen=True, kw_only=True)
class Found:
    """Something that the model found: a label with how sure it is, and the box in pixels if it found one."""

    label: str
    score: float
    box: tuple[int, int, int, int] | None = None


class Run:
    """An experiment's training while it runs."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.labels: dict[str, Any] = {}

    @classmethod
    def of_environment(cls) -> "Run":
        """The run that the environment names."""
        missing = [name for name in VARIABLES if not os.environ.get(name)]
        if missing:
            refuse(f"The environment lacks {', '.join(missing)}: launch the script from its experiment.")
        token, host, organization, experiment = (os.environ[name] for name in VARIABLES)
        run = cls(Client(api_token=token, host=host, organization_id=organization).get_experiment_by_id(experiment))
        run.forget_lines()
        return run

    def forget_lines(self) -> None:
        """Delete the curves of an earlier run of the experiment, which this one's would otherwise continue."""
        for log in self.experiment.list_logs():
            if log.type == LogType.LINE:
                log.delete()

    def chapter(self, name: str) -> None:
        """Begin a chapter of the console."""
        print(f"--#--{name}", flush=True)

    def parameters(self, kind: type[P]) -> P:
        """The experiment's hyperparameters as the dataclass has them; those that it doesn't know are left aside."""
        given = self.given_parameters()
        known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
        missing = [name for name, field in known.items() if field.default is MISSING and name not in given]
        if missing:
            refuse(f"The hyperparameter {missing[0]} is missing: give the experiment a value for it.")
        for name in given.keys() - known.keys():
            print(f"The hyperparameter {name} plays no part here.")
        return kind(**{name: value for name, value in given.items() if name in known})

    def given_parameters(self) -> dict[str, Any]:
        """The experiment's hyperparameters."""
        parameters: dict[str, Any] = self.experiment.get_log("parameters").data
        return parameters

    @cached_property
    def datasets(self) -> Mapping[str, DatasetVersion]:
        """The dataset versions by alias."""
        attached: dict[str, DatasetVersion] = self.experiment.get_attached_dataset_versions()
        return attached

    def needs(self, *aliases: str) -> None:
        """End the run unless there is a dataset version under each alias."""
        for alias in aliases:
            if alias not in self.datasets:
                attached = ", ".join(sorted(self.datasets)) or "nothing"
                refuse(
                    f"No dataset version is attached under the alias “{alias}”, which the training needs; "
                    f"attached is {attached}. Edit the experiment, and choose one for it."
                )

    def pictures(self, alias: str) -> list[Picture]:
        """Download the images of the dataset version under the alias, with what people saw on them."""
        self.needs(alias)
        version, folder = self.datasets[alias], Path("datasets") / alias
        print(f"downloading {alias}", flush=True)
        try:
            version.list_assets().download(folder, use_id=True)
        except NoDataError:
            refuse(f"The dataset version under the alias “{alias}” has no images.")
        coco = version.export_annotation_file(AnnotationFileType.COCO, folder, export_key=AnnotationExportKey.ASSET_ID)
        self.labels |= {label.name: label.id for label in version.list_labels()}
        pictures = read_coco(Path(coco), folder)
        lost = sum(not picture.path.exists() for picture in pictures)
        if lost:
            refuse(f"{lost} of {len(pictures)} images under the alias “{alias}” could not be downloaded.")
        return pictures

    def weights(self) -> dict[str, NDArray[Any]] | None:
        """The arrays to start from, if the experiment has any. They are never unpickled."""
        path = self.file(WEIGHTS)
        if path is None:
            return None
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive}

    def file(self, name: str) -> Path | None:
        """The experiment's artifact of the name, downloaded, if there is one: its file may be called anything."""
        for artifact in self.experiment.list_artifacts():
            if artifact.name == name:
                folder = Path("artifacts") / name
                artifact.download(folder, force_replace=True)
                return folder / str(artifact.filename)
        return None

    def epoch(self, done: int, total: int, metrics: Mapping[str, float]) -> None:
        """Let every metric's curve grow by the epoch that is done, and redraw the progress bar."""
        for name, value in {**metrics, "epoch": done}.items():
            self.line(name, value)
        values = "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())
        full = BAR * done // total
        print(f"\r{'█' * full}{'░' * (BAR - full)} {done}/{total}  {values}", end="", flush=True)
        if done == total:
            print(flush=True)

    def line(self, name: str, value: float) -> None:
        """Log a point of a curve."""
        self.experiment.log(name, value, LogType.LINE)

    def value(self, name: str, value: float) -> None:
        """Log a figure, and print it."""
        self.experiment.log(name, value, LogType.VALUE)
        print(f"{name} {value:.4f}", flush=True)

    def picture(self, name: str, image: Image.Image) -> None:
        """Log an image."""
        path = Path(f"{name.replace('/', '-')}.png")
        image.save(path)
        self.experiment.log(name, str(path), LogType.IMAGE)

    def evaluate(self, found: Mapping[str, Collection[Found]], kind: InferenceType) -> None:
        """Store what the model found on each image, given by id, and let the server compare it with the truth."""
        evaluations = [(id, EvaluationFormat(**self._shapes(several))) for id, several in found.items()]
        for begin in range(0, len(evaluations), EVALUATIONS_AT_ONCE):
            self.experiment.add_evaluations(dict(evaluations[begin : begin + EVALUATIONS_AT_ONCE]))
        self.experiment.compute_evaluations_metrics(kind)
        print(f"{len(evaluations)} images evaluated", flush=True)

    def _shapes(self, found: Iterable[Found]) -> dict[str, list[Any]]:
        """In the SDK's lists. What no dataset version has a label for can't be stored."""
        shapes: dict[str, list[Any]] = {"classifications": [], "rectangles": []}
        for one in found:
            label = self.labels.get(one.label)
            if label is None:
                continue
            if one.box is None:
                shapes["classifications"].append(ClassificationFormat(label_id=label, score=one.score))
            else:
                box = dict(zip("xywh", one.box, strict=True))
                shapes["rectangles"].append(RectangleFormat(**box, label_id=label, score=one.score))
        return shapes

    def store(self, path: Path) -> None:
        """Keep the file as the model that came out."""
        self.experiment.store(RESULT, path)
        print(f"stored {path.name} as {RESULT}", flush=True)


def read_coco(file: Path, folder: Path) -> list[Picture]:
    """The pictures of a folder that a COCO file names, in its order, with what it says of them."""
    coco = json.loads(file.read_text())
    names = {category["id"]: category["name"] for category in coco["categories"]}
    truth: dict[int, list[Truth]] = {image["id"]: [] for image in coco["images"]}
    for one in coco["annotations"]:
        seen = Truth(label=names[one["category_id"]], box=tuple(one["bbox"]), outlines=one["segmentation"])
        truth[one["image_id"]].append(seen)
    return [
        Picture(id=Path(image["file_name"]).stem, path=folder / image["file_name"], truth=truth[image["id"]])
        for image in coco["images"]
    ]


def refuse(sentence: str) -> NoReturn:
    """End the run, which has failed, with the reason as its last words.

    Raises:
        SystemExit: always.
    """
    sys.exit(sentence)


def thresholds(lowest: int, highest: int, step: int) -> range:
    """The thresholds from the lowest to the highest, both of them tried."""
    tried = range(lowest, highest + 1, step)
    if not tried:
        refuse(f"No threshold lies between {lowest} and {highest}: let lowest be at most highest.")
    return tried
