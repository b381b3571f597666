"""The scripts of the demo's models as a launcher runs them: by their command, in a folder with the experiment's files,
with nothing in the environment but what the contract names, against a server that answers the official SDK.
"""

import ast
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest_django.live_server_helper import LiveServer

from datasets.models import DatasetVersion, Shape
from datasets.services import fill_dataset_version
from demo import content
from demo.model_folders import MODELS, PUBLIC, specification
from experiments.artifacts import change_artifact, delete_artifacts
from experiments.attachments import attach_to_experiment
from experiments.models import Experiment, Project
from experiments.scripted import create_scripted_experiment
from experiments.services import create_project
from organizations.models import Organization, User
from organizations.tokens import create_token
from registry.exchange import import_model_folder
from storage.services import open_verified
from tracking.lines import line_of
from tracking.models import EvaluationMetrics, Log, LogType

MAY_IMPORT = {"numpy", "PIL", "picsellia", "scipy", "sklearn"}  # scipy comes with scikit-learn
TRAINABLE = [name for name in PUBLIC if "training" in specification(name)]
SETS = {
    "digits": {"train": "digits/train", "val": "digits/val", "test": "digits/test"},
    "boxes": {"train": "digit-scenes/train", "test": "digit-scenes/test"},
    "outlines": {"train": "digit-scenes/outlines-train", "test": "digit-scenes/outlines-test"},
}


@dataclass(frozen=True)
class Ended:
    """A script that has ended: what it printed to either stream, and its exit code."""

    printed: str
    exit_code: int


@dataclass(frozen=True)
class Bench:
    """An organization with the demo's pictures, where Alice tries the public models."""

    project: Project
    alice: User
    host: str
    folder: Path
    pictures: Path
    models: dict[str, Path]

    def experiment(self, model: str, **parameters: int) -> Experiment:
        """One that starts from the public model, with these of its hyperparameters changed."""
        base = import_model_folder(folder=self.models[model], organization=None, by=self.alice).version
        values = {row.key: row.typed_value for row in base.architecture.hyperparameters.all()} | parameters
        return self._made(f"{model} {Experiment.objects.count()}", base_model_version=base, parameters=values)

    def next_of(self, experiment: Experiment) -> Experiment:
        """One that starts from what the experiment made."""
        return self._made(f"after {experiment.name}", base_experiment=experiment)

    def attach(self, experiment: Experiment, which: str, *aliases: str) -> None:
        """Give the experiment the dataset versions of these aliases, or of all."""
        for alias in aliases or SETS[which]:
            version = self._dataset_version(*SETS[which][alias].split("/"))
            attach_to_experiment(experiment, alias=alias, dataset_version=version, by=self.alice)

    def run(self, experiment: Experiment) -> Ended:
        """Run the experiment's command, and tell how it ended."""
        folder = self.folder / str(experiment.pk)
        folder.mkdir()
        for file in experiment.architecture.files.all():
            with open_verified(file.blob) as stored:
                (folder / file.filename).write_bytes(stored.read())
        command = ["sh", "-c", experiment.architecture.command]
        ended = subprocess.run(
            command, cwd=folder, env=self._environment(experiment), stdout=-1, stderr=-2, text=True, timeout=300
        )
        return Ended(ended.stdout.replace("\r", "\n"), ended.returncode)

    def _environment(self, experiment: Experiment) -> dict[str, str]:
        organization = self.project.organization
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.folder),
            "PYTHONUNBUFFERED": "1",
            "api_token": create_token(organization=organization, name=str(experiment.pk), by=self.alice)[1],
            "host": self.host,
            "organization_id": str(organization.pk),
            "experiment_id": str(experiment.pk),
            "job_id": str(experiment.pk),
            **experiment.architecture.docker_environment,
        }

    def _dataset_version(self, dataset: str, name: str) -> DatasetVersion:
        there = DatasetVersion.objects.filter(dataset__name=dataset, name=name).first()
        if there:
            return there
        planned = next(one for one in content.ORCHARD if (one.dataset, one.version) == (dataset, name))
        filled = planned.content(self.pictures)
        organization = self.project.organization
        return fill_dataset_version(organization=organization, dataset=dataset, content=filled, by=self.alice).version

    def _made(self, name: str, **options: Any) -> Experiment:
        return create_scripted_experiment(project=self.project, name=name, by=self.alice, **options)


@pytest.fixture
def bench(
    transactional_db: None,
    live_server: LiveServer,
    orchard: Organization,
    alice: User,
    pictures: Path,
    trained: dict[str, Path],
    tmp_path: Path,
) -> Bench:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    project = create_project(name="Handwriting", description="", organization=orchard, by=alice)
    models = {specification(name)["name"]: trained[name] for name in TRAINABLE}
    return Bench(project, alice, live_server.url, tmp_path, pictures, models)


def curve(experiment: Experiment, name: str) -> list[float]:
    return [float(value) for value in line_of(Log.objects.get(experiment=experiment, name=name)).values]


def types(experiment: Experiment) -> dict[str, str]:
    return dict(Log.objects.filter(experiment=experiment).values_list("name", "type"))


@pytest.mark.parametrize("model", ["digits-mlp", "digits-linear"])
def test_a_classifier_trains(model: str, bench: Bench) -> None:
    experiment = bench.experiment(model, epochs=3)
    bench.attach(experiment, "digits")
    ended = bench.run(experiment)
    assert ended.exit_code == 0, ended.printed
    chapters = [line for line in ended.printed.splitlines() if line.startswith("--#--")]
    parts = ("Set up training", "Load the datasets", "Train", "Evaluate", "Store the model")
    assert chapters == [f"--#--{part}" for part in parts]
    assert "starting from the pretrained weights" in ended.printed

    assert curve(experiment, "epoch") == [1, 2, 3]
    losses = curve(experiment, "train/loss")
    assert losses[-1] < losses[0]
    assert len(curve(experiment, "train/accuracy")) == len(curve(experiment, "val/accuracy")) == 3
    logged = types(experiment)
    assert (logged["test/accuracy"], logged["test/wrongly read"]) == (LogType.VALUE, LogType.IMAGE)

    assert experiment.evaluations.count() == 100
    predictions = [one for evaluation in experiment.evaluations.all() for one in evaluation.predictions.all()]
    assert {one.shape for one in predictions} == {Shape.CLASSIFICATION}
    assert all(0 < one.score <= 1 for one in predictions)
    accuracy = Log.objects.get(experiment=experiment, name="test/accuracy").data
    assert EvaluationMetrics.objects.get(experiment=experiment).results["accuracy"] == pytest.approx(accuracy)
    stored = experiment.architecture.files.get(name="best-model")
    with open_verified(stored.blob) as file, np.load(file, allow_pickle=False) as arrays:
        assert all(np.isfinite(arrays[name]).all() for name in arrays)
    experiment.refresh_from_db()
    assert experiment.status == "WAITING"  # the end is the launcher's to tell


def test_the_detector_trains(bench: Bench) -> None:
    experiment = bench.experiment("digits-detector", epochs=20)
    bench.attach(experiment, "boxes")
    ended = bench.run(experiment)
    assert ended.exit_code == 0, ended.printed
    assert len(curve(experiment, "epoch")) == 20
    losses, scores = curve(experiment, "train/loss"), curve(experiment, "val/mAP50")
    assert losses[-1] < losses[0]
    assert scores[-1] > scores[0]
    assert types(experiment)["test/found"] == LogType.IMAGE
    assert experiment.evaluations.count() == 4
    boxes = [one for evaluation in experiment.evaluations.all() for one in evaluation.predictions.all()]
    assert boxes
    assert {(one.shape, len(one.coordinates)) for one in boxes} == {(Shape.RECTANGLE, 4)}
    assert EvaluationMetrics.objects.get(experiment=experiment).inference_type == "OBJECT_DETECTION"
    assert experiment.architecture.files.filter(name="best-model").exists()


@pytest.mark.parametrize(
    ("model", "which", "metric"),
    [
        ("blob-detector", "boxes", "train/F1"),
        ("threshold-segmenter", "outlines", "train/IoU"),
        ("kmeans-segmenter", "outlines", "train/IoU"),
    ],
)
def test_the_baselines_train(model: str, which: str, metric: str, bench: Bench) -> None:
    experiment = bench.experiment(model)
    bench.attach(experiment, which)
    ended = bench.run(experiment)
    assert ended.exit_code == 0, ended.printed
    assert len(curve(experiment, metric)) == len(curve(experiment, "epoch")) > 1
    assert types(experiment)["test/found"] == LogType.IMAGE
    assert experiment.architecture.files.filter(name="best-model").exists()


def test_what_came_out_is_where_the_next_begins(bench: Bench) -> None:
    first = bench.experiment("digits-mlp", epochs=12)
    bench.attach(first, "digits")
    assert bench.run(first).exit_code == 0

    second = bench.next_of(first)
    bench.attach(second, "digits")
    files = second.architecture.files
    delete_artifacts(experiment=second, ids=[files.get(name="pretrained-weights").pk], by=bench.alice)
    best = files.get(name="best-model")
    change_artifact(experiment=second, artifact=best, name="pretrained-weights", by=bench.alice)
    ended = bench.run(second)
    assert ended.exit_code == 0, ended.printed
    assert "starting from the pretrained weights" in ended.printed
    assert curve(second, "train/loss")[0] < curve(first, "train/loss")[5]


def test_a_second_run_draws_its_own_curves(bench: Bench) -> None:
    experiment = bench.experiment("digits-detector", epochs=2)
    bench.attach(experiment, "boxes")
    assert bench.run(experiment).exit_code == 0
    (bench.folder / str(experiment.pk)).rename(bench.folder / "first")
    bench.alice.api_tokens.all().delete()
    assert bench.run(experiment).exit_code == 0
    assert curve(experiment, "epoch") == [1, 2]
    assert experiment.architecture.files.filter(name="best-model").count() == 1


@pytest.mark.parametrize(
    ("model", "which", "missing"),
    [("digits-mlp", "digits", "test"), ("digits-detector", "boxes", "train"), ("blob-detector", "boxes", "test")],
)
def test_a_missing_alias_is_named(model: str, which: str, missing: str, bench: Bench) -> None:
    experiment = bench.experiment(model)
    bench.attach(experiment, which, *({"train", "test"} - {missing}))
    ended = bench.run(experiment)
    assert ended.exit_code == 1
    last = ended.printed.strip().splitlines()[-1]
    assert last.startswith(f"No dataset version is attached under the alias “{missing}”, which the training needs")
    assert not Log.objects.filter(experiment=experiment).exists()


def test_a_missing_hyperparameter_is_named(bench: Bench) -> None:
    experiment = bench.experiment("digits-mlp")
    bench.attach(experiment, "digits")
    experiment.architecture.hyperparameters.filter(key="hidden_units").delete()
    ended = bench.run(experiment)
    assert ended.exit_code == 1
    assert "The hyperparameter hidden_units is missing: give the experiment a value for it." in ended.printed


def test_without_the_environment_it_says_what_it_lacks(tmp_path: Path) -> None:
    for file in (MODELS / "run.py", MODELS / "outlines.py", MODELS / "threshold_segmenter" / "train.py"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    environment = {"PATH": os.environ["PATH"], "host": "http://127.0.0.1:9"}
    ended = subprocess.run([sys.executable, "train.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "The environment lacks api_token, organization_id, experiment_id" in ended.stderr


@pytest.mark.parametrize("name", TRAINABLE)
def test_the_command_is_the_script(name: str) -> None:
    assert specification(name)["training"]["command"] == "python train.py"


@pytest.mark.parametrize("name", TRAINABLE)
def test_a_script_imports_nothing_of_ours(name: str, trained: dict[str, Path]) -> None:
    files = [file["path"] for file in specification(name)["files"] if file["path"].endswith(".py")]
    may = MAY_IMPORT | sys.stdlib_module_names | {Path(path).stem for path in files}
    for path in files:
        assert imported_by(trained[name] / path) <= may


def imported_by(script: Path) -> set[str]:
    """The packages that a script imports."""
    found = set[str]()
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level else str(node.module).split(".")[0])
    return found
