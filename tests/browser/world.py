"""What the journeys are made in: a project of the orchard, the fruit it has pictures of, and models to start from."""

from dataclasses import dataclass
from typing import Any

from config.ids import new_id
from config.inference_types import InferenceType
from datasets.content import AnnotationContent, ImageContent, VersionContent
from datasets.models import DatasetVersion, Shape
from datasets.services import fill_dataset_version
from experiments.creation import create_experiment
from experiments.drafts.access import drafts_of, touch
from experiments.drafts.base import attach_base
from experiments.drafts.datasets import Choice, set_dataset_versions
from experiments.drafts.lifecycle import start_draft
from experiments.models import Experiment, ExperimentDraft, Project
from experiments.services import attach_dataset_version, create_project
from organizations.models import Organization, User
from registry.hyperparameters import Kind
from registry.models import Framework, ModelVersion
from tests.datasets.pictures import picture, reader
from tests.factories import (
    ArchitectureFileFactory,
    DatasetConstraintFactory,
    HyperparameterFactory,
    ModelVersionFactory,
    RegisteredModelFactory,
)

LABELS = ("apple", "pear")
PICTURES = 4
BOX = AnnotationContent("pear", Shape.RECTANGLE, [2, 1, 8, 6])


@dataclass(frozen=True)
class World:
    """The project `Sorting` with its attached dataset versions, and the model versions that it can start from.

    Attributes:
        project: Bob's.
        public: `fruit-mlp v1`, of the Public Registry, with two constraints.
        newer: `fruit-mlp v2`: other defaults, another key, one key gone.
        detector: `crate-detector v1`, public, for object detection.
        private: `orchard-net v1`, Alice's, without constraints.
    """

    project: Project
    public: ModelVersion
    newer: ModelVersion
    detector: ModelVersion
    private: ModelVersion
    versions: dict[str, DatasetVersion]

    @property
    def address(self) -> str:
        """Of the project's page."""
        return self.project.get_absolute_url()


def build(orchard: Organization, alice: User, bob: User) -> World:
    """Everything anew, with real pictures in the store."""
    versions = {str(version): version for version in _dataset_versions(orchard, bob)}
    project = create_project(name="Sorting", description="Which crate a fruit goes to.", organization=orchard, by=bob)
    for version in versions.values():
        attach_dataset_version(project=project, dataset_version=version, by=alice)
    model = RegisteredModelFactory(public=True, name="fruit-mlp", description="A perceptron for small pictures.")
    return World(
        project=project,
        public=_classifier(model),
        newer=_newer_classifier(model),
        detector=_detector(),
        private=_private_model(orchard, alice),
        versions=versions,
    )


def begin(world: World, by: User, name: str = "run 1", *, is_complete: bool = False, **values: str) -> ExperimentDraft:
    """A draft with the public model as base and these hyperparameters changed; complete with train + test in place."""
    draft = start_draft(project=world.project, draft_id=new_id(), by=by)
    draft.name, draft.inference_type = name, InferenceType.CLASSIFICATION
    touch(draft)
    attach_base(draft, base=world.public, by=by)
    for key, value in values.items():
        draft.hyperparameters.filter(key=key).update(value=value)
    draft.refresh_from_db()
    if is_complete:
        choices = [Choice(alias, world.versions[f"fruit/{alias}"]) for alias in ("train", "test")]
        set_dataset_versions(draft, constraint=draft.dataset_constraint, choices=choices, by=by)
    return drafts_of(by).get(pk=draft.pk)


def run(world: World, by: User, name: str = "run 1", **values: str) -> Experiment:
    """An experiment of the project: the public model on train + test, with these hyperparameters changed."""
    return create_experiment(begin(world, by, name, is_complete=True, **values), by=by)


def _dataset_versions(orchard: Organization, by: User) -> list[DatasetVersion]:
    def fill(dataset: str, name: str, inference_type: InferenceType, *annotations: AnnotationContent) -> DatasetVersion:
        images = [
            ImageContent(
                f"{name}-{n}.png",
                reader(picture(seed=60 * n + len(made))),
                annotations or (AnnotationContent(LABELS[n % 2]),) * (inference_type != InferenceType.NOT_CONFIGURED),
            )
            for n in range(PICTURES)
        ]
        labels = LABELS if inference_type != InferenceType.NOT_CONFIGURED else ()
        content = VersionContent(name, labels, images, inference_type)
        return fill_dataset_version(organization=orchard, dataset=dataset, content=content, by=by).version

    made: list[DatasetVersion] = []
    for name in ("test", "val", "train"):
        made.append(fill("fruit", name, InferenceType.CLASSIFICATION))
    made.append(fill("crates", "boxes", InferenceType.OBJECT_DETECTION, BOX))
    made.append(fill("scans", "raw", InferenceType.NOT_CONFIGURED))
    return made


def _classifier(model: object) -> ModelVersion:
    version: ModelVersion = ModelVersionFactory(model=model, framework=Framework.PYTORCH)
    base = version.architecture
    ArchitectureFileFactory(architecture=base, name="weights", filename="weights.onnx")
    rows: list[dict[str, Any]] = [
        {"key": "epochs", "kind": Kind.INTEGER, "value": "20", "minimum": "1", "maximum": "500", "required": True},
        {"key": "learning_rate", "kind": Kind.NUMBER, "value": "0.001", "minimum": "0.00001", "maximum": "1"},
        {"key": "optimizer", "kind": Kind.CHOICE, "value": "adam", "choices": ["adam", "sgd"]},
        {"key": "shuffle", "kind": Kind.BOOLEAN, "value": "true", "help": "Before every epoch."},
        {"key": "momentum", "kind": Kind.NUMBER, "value": "0.9", "help": "Used by sgd."},
        {"key": "note", "kind": Kind.TEXT, "value": ""},
    ]
    for row in rows:
        HyperparameterFactory(architecture=base, **row)
    DatasetConstraintFactory(architecture=base, name="train + test", aliases=["train", "test"])
    DatasetConstraintFactory(architecture=base, name="train + val + test", aliases=["train", "val", "test"])
    return version


def _newer_classifier(model: object) -> ModelVersion:
    version: ModelVersion = ModelVersionFactory(model=model, framework=Framework.PYTORCH)
    base = version.architecture
    rows: list[dict[str, Any]] = [
        {"key": "epochs", "kind": Kind.INTEGER, "value": "30", "minimum": "1", "maximum": "50", "required": True},
        {"key": "learning_rate", "kind": Kind.NUMBER, "value": "0.001", "minimum": "0.00001", "maximum": "1"},
        {"key": "optimizer", "kind": Kind.CHOICE, "value": "adam", "choices": ["adam", "lion"]},
        {"key": "warmup", "kind": Kind.INTEGER, "value": "2"},
    ]
    for row in rows:
        HyperparameterFactory(architecture=base, **row)
    DatasetConstraintFactory(architecture=base, name="train + test", aliases=["train", "test"])
    return version


def _detector() -> ModelVersion:
    version: ModelVersion = ModelVersionFactory(
        model=RegisteredModelFactory(public=True, name="crate-detector", description="Finds crates."),
        inference_type=InferenceType.OBJECT_DETECTION,
    )
    HyperparameterFactory(architecture=version.architecture, key="stride", value="8")
    return version


def _private_model(orchard: Organization, alice: User) -> ModelVersion:
    version: ModelVersion = ModelVersionFactory(
        model=RegisteredModelFactory(
            organization=orchard, name="orchard-net", description="Our own.", created_by=alice
        ),
        framework=Framework.ONNX,
        created_by=alice,
    )
    HyperparameterFactory(architecture=version.architecture, key="epochs", value="10", minimum="1", maximum="100")
    HyperparameterFactory(architecture=version.architecture, key="depth", value="3")
    return version
