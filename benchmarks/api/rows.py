"""What the API is measured on: a long line, a large dataset version, and one that is about to be annotated."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.files.base import ContentFile

from benchmarks.sides import Side
from datasets.models import Asset, Data, Dataset, DatasetVersion, Label
from datasets.writing import in_batches
from experiments.models import Experiment, Project
from organizations.tokens import create_token
from registry.copying import copy_architecture
from storage.models import Blob
from storage.services import store
from tracking.lines import Line, row_of
from tracking.models import LinePoints, Log, LogType

BATCH = 10_000
POINTS_A_ROW = 10_000
ANNOTATED_IMAGES = 5_000


@dataclass(frozen=True)
class Rows:
    """Ids of what is measured on, and the token to ask with."""

    token: str
    organization: Any
    project: Any
    experiment: Any
    empty_line: Any
    long_line: Any
    readable_line: Any
    large_version: Any
    annotated_version: Any
    label: Any


def make(side: Side, *, points: int, assets: int) -> Rows:
    """In the large organization: lines of `points` and of 10,000 points, versions of `assets` and of 5,000 images."""
    print(f"Making {points:,} points and {assets:,} assets…", flush=True)
    begun = time.monotonic()
    project = Project.objects.create(organization=side.organization, name="API")
    experiment = Experiment.objects.create(
        project=project, name="measured", architecture=copy_architecture(None), created_by=side.user
    )
    dataset = Dataset.objects.create(organization=side.organization, name="API")
    annotated = _version(dataset, "annotated", ANNOTATED_IMAGES)
    rows = Rows(
        token=create_token(organization=side.organization, name="benchmark", by=side.user)[1],
        organization=side.organization.pk,
        project=project.pk,
        experiment=experiment.pk,
        empty_line=_line(experiment, "empty", 0),
        long_line=_line(experiment, "long", points),
        readable_line=_line(experiment, "readable", 10_000),
        large_version=_version(dataset, "large", assets).pk,
        annotated_version=annotated.pk,
        label=Label.objects.create(dataset_version=annotated, name="fruit").pk,
    )
    print(f"  took {time.monotonic() - begun:.0f} s", flush=True)
    return rows


def _line(experiment: Experiment, name: str, points: int) -> Any:
    log = Log.objects.create(experiment=experiment, name=name, type=LogType.LINE)
    line = Line(np.sin(np.arange(POINTS_A_ROW) / 1_000))
    LinePoints.objects.bulk_create(row_of(log, line) for _ in range(points // POINTS_A_ROW))
    return log.pk


def _version(dataset: Dataset, name: str, count: int) -> DatasetVersion:
    version = DatasetVersion.objects.create(
        dataset=dataset,
        organization=dataset.organization,
        name=name,
        inference_type="OBJECT_DETECTION",
        asset_count=count,
    )
    blob = store(ContentFile(b"not looked at").open("rb"))
    data = _data(dataset, name, blob, count)
    positions = itertools.count()
    for batch in in_batches(data, BATCH):
        Data.objects.bulk_create(batch)
        Asset.objects.bulk_create(Asset(dataset_version=version, data=one, position=next(positions)) for one in batch)
    return version


def _data(dataset: Dataset, name: str, blob: Blob, count: int) -> Iterator[Data]:
    for number in range(count):
        yield Data(
            organization=dataset.organization,
            blob=blob,
            filename=f"{name}-{number:07}.png",
            content_type="image/png",
            width=640,
            height=480,
            object_name=f"{name}/{number}",
        )
