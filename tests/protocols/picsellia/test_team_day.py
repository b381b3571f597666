"""A team's day, through its scripts.

In the morning Alice uploads two hundred pictures of fruit and makes a dataset version of them, with boxes from a COCO
file; she splits it in two. She registers a model with its weights, starts a project, and creates an experiment from the
model with parameters of her own. Its training logs metrics and stores a large file. In the evening she publishes the
result, and tomorrow's experiment starts from it.
"""

import json
import os
from pathlib import Path

import picsellia
from picsellia.sdk.dataset_version import DatasetVersion
from picsellia.sdk.experiment import Experiment
from picsellia.sdk.model_version import ModelVersion
from picsellia.types.enums import Framework, InferenceType, LogType
from PIL import Image

from datasets import models as datasets
from experiments import models as experiments
from organizations.models import Organization
from registry import models as registry

IMAGES, WIDTH, HEIGHT = 200, 32, 24
LARGE_BYTES = 60 * 1024 * 1024
LABELS = ["apple", "pear"]


def test_a_teams_day(admin_sdk: picsellia.Client, orchard: Organization, tmp_path: Path) -> None:
    whole = upload(admin_sdk, tmp_path)
    train, test = split(whole)
    version = register(admin_sdk, tmp_path)
    experiment = create(admin_sdk, version, train, test)
    run(experiment, tmp_path)
    published = experiment.export_as_model("fruit-detector-tuned")
    tomorrow(admin_sdk, published, tmp_path)


def upload(sdk: picsellia.Client, folder: Path) -> DatasetVersion:
    pictures = folder / "pictures"
    pictures.mkdir()
    for number in range(IMAGES):
        Image.new("RGB", (WIDTH, HEIGHT), (number, 255 - number, 90)).save(pictures / f"fruit-{number:03}.png")
    data = sdk.get_datalake().upload_data(sorted(pictures.iterdir()), tags=["harvest"], source="camera 1")
    assert len(data) == IMAGES
    stored = datasets.Data.objects.filter(tags__name="harvest", source__name="camera 1")
    assert stored.filter(width=WIDTH, height=HEIGHT, thumbnail__isnull=False).count() == IMAGES

    version = sdk.create_dataset("fruit").create_version("whole", type=InferenceType.OBJECT_DETECTION)
    version.add_data(data)
    version.import_annotations_coco_file(coco_file(folder))
    made = datasets.DatasetVersion.objects.get(pk=version.id)
    assert (made.asset_count, made.object_count) == (IMAGES, 2 * IMAGES)
    assert [label.name for label in made.labels.all()] == LABELS
    assert version.retrieve_stats().nb_objects == 2 * IMAGES
    return version


def coco_file(folder: Path) -> Path:
    """Two boxes on every picture."""
    images = [
        {"id": number, "file_name": f"fruit-{number:03}.png", "width": WIDTH, "height": HEIGHT}
        for number in range(IMAGES)
    ]
    boxes = [
        {"id": 2 * image + label, "image_id": image, "category_id": label, "bbox": [1 + 9 * label, 2, 8, 6], "area": 48,
         "iscrowd": 0, "segmentation": []}
        for image in range(IMAGES)
        for label in range(2)
    ]  # fmt: skip
    categories = [{"id": number, "name": name, "supercategory": ""} for number, name in enumerate(LABELS)]
    path = folder / "coco.json"
    path.write_text(json.dumps({"images": images, "annotations": boxes, "categories": categories}))
    return path


def split(whole: DatasetVersion) -> tuple[DatasetVersion, DatasetVersion]:
    train_assets, test_assets, *_ = whole.train_test_split(prop=0.8, random_seed=1)
    assert (len(train_assets), len(test_assets)) == (160, 40)
    made = []
    for name, assets in (("train", train_assets), ("test", test_assets)):
        part, job = whole.fork(
            name, type=InferenceType.OBJECT_DETECTION, assets=assets, with_annotations=True, with_labels=True
        )
        job.wait_for_done()
        assert datasets.DatasetVersion.objects.get(pk=part.id).object_count == 2 * len(assets)
        made.append(part)
    return made[0], made[1]


def register(sdk: picsellia.Client, folder: Path) -> ModelVersion:
    version = sdk.create_model("fruit-detector").create_version(
        docker_image_name="espalier/fruit",
        docker_tag="1.0",
        labels={"0": "apple", "1": "pear"},
        base_parameters={"epochs": 20, "learning_rate": 0.001, "optimizer": "adam", "shuffle": True},
        framework=Framework.PYTORCH,
        type=InferenceType.OBJECT_DETECTION,
        name="first",
    )
    weights = folder / "weights.pt"
    weights.write_bytes(b"weights of the first version")
    version.store("pretrained-weights", weights)
    assert registry.ModelVersion.objects.get(pk=version.id).architecture.files.get().blob.size == 28
    return version


def create(sdk: picsellia.Client, base: ModelVersion, train: DatasetVersion, test: DatasetVersion) -> Experiment:
    project = sdk.create_project("Harvest")
    project.attach_dataset(train)
    project.attach_dataset(test)
    experiment = project.create_experiment(
        "try 1",
        base_model_version=base,
        parameters={"epochs": 40, "learning_rate": 0.001, "optimizer": "adam", "shuffle": False},
    )
    experiment.attach_dataset("train", train)
    experiment.attach_dataset("test", test)
    made = experiments.Experiment.objects.get(pk=experiment.id)
    assert made.base_name == "fruit-detector v0 “first”" or made.base_name.startswith("fruit-detector")
    values = {row.key: (row.typed_value, row.inherited_value) for row in made.architecture.hyperparameters.all()}
    assert values["epochs"] == (40, "20")
    assert values["shuffle"] == (False, "true")
    assert made.architecture.labelmap == [[0, "apple"], [1, "pear"]]
    assert [file.name for file in made.architecture.files.all()] == ["pretrained-weights"]
    assert {row.alias for row in made.dataset_versions.all()} == {"train", "test"}
    return experiment


def run(experiment: Experiment, folder: Path) -> None:
    assert experiment.get_log("parameters").data["epochs"] == 40
    for epoch in range(10):
        experiment.log("train/loss", 1 / (epoch + 1), LogType.LINE)
    experiment.log("test/accuracy", 0.97, LogType.VALUE)
    assert experiment.get_log("test/accuracy").data == 0.97
    large = folder / "best.pt"
    large.write_bytes(os.urandom(1024) * (LARGE_BYTES // 1024))
    experiment.store("best-model", large)
    experiment.get_artifact("best-model").download(folder / "downloaded")
    assert (folder / "downloaded" / "best.pt").read_bytes() == large.read_bytes()
    experiment.update(status="SUCCESS")


def tomorrow(sdk: picsellia.Client, published: ModelVersion, folder: Path) -> None:
    version = registry.ModelVersion.objects.get(pk=published.id)
    assert {file.name for file in version.architecture.files.all()} == {"pretrained-weights", "best-model"}
    assert version.architecture.hyperparameters.get(key="epochs").typed_value == 40
    assert version.architecture.image == "espalier/fruit:1.0"
    following = sdk.get_project("Harvest").create_experiment("try 2", base_model_version=published)
    made = experiments.Experiment.objects.get(pk=following.id)
    assert made.base_model_version == version
    assert {file.blob for file in made.architecture.files.all()} == {
        file.blob for file in version.architecture.files.all()
    }
    assert following.get_log("parameters").data["optimizer"] == "adam"
