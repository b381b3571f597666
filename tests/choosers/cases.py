"""Every chooser as it is asked for, what it offers, and what it must not offer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.models import DatasetVersion
from experiments.models import ExperimentDraft, Project
from organizations.models import Organization
from registry.models import ModelVersion, RegisteredModel
from tests.experiments.making import attached
from tests.factories import (
    DatasetConstraintFactory,
    DatasetVersionFactory,
    ExperimentFactory,
    HyperparameterFactory,
    LabelFactory,
    ModelVersionFactory,
    ProjectFactory,
    RegisteredModelFactory,
)


@dataclass
class World:
    """Bob's draft in a project of the orchard, the harbor beside it, and a model to open."""

    draft: ExperimentDraft
    project: Project
    harbor: Organization
    model: RegisteredModel

    @property
    def orchard(self) -> Organization:
        return self.project.organization


Make = Callable[[World, str], Any]


def model(
    world: World, name: str, organization: Organization | None = None, kind: str = "CLASSIFICATION"
) -> ModelVersion:
    version: ModelVersion = ModelVersionFactory(
        model__organization=organization, model__name=name, model__description="", inference_type=kind
    )
    HyperparameterFactory(architecture=version.architecture)
    return version


def public(world: World, name: str) -> ModelVersion:
    return model(world, name)


def private(world: World, name: str) -> ModelVersion:
    return model(world, name, world.orchard)


def foreign_model(world: World, name: str) -> ModelVersion:
    return model(world, name, world.harbor)


def public_for_masks(world: World, name: str) -> ModelVersion:
    return model(world, name, None, "MASK")


def private_for_masks(world: World, name: str) -> ModelVersion:
    return model(world, name, world.orchard, "MASK")


def without_versions(world: World, name: str) -> RegisteredModel:
    return RegisteredModelFactory(organization=None, name=name)


def version(world: World, name: str, kind: str = "CLASSIFICATION") -> ModelVersion:
    made: ModelVersion = ModelVersionFactory(model=world.model, name=name, inference_type=kind)
    HyperparameterFactory(architecture=made.architecture)
    DatasetConstraintFactory(architecture=made.architecture, name="two")
    return made


def version_for_masks(world: World, name: str) -> ModelVersion:
    return version(world, name, "MASK")


def experiment(world: World, name: str, **values: Any) -> Any:
    return ExperimentFactory(project=world.project, name=name, **values)


def experiment_for_masks(world: World, name: str) -> Any:
    return experiment(world, name, inference_type="MASK")


def experiment_of_another_project(world: World, name: str) -> Any:
    return ExperimentFactory(project__organization=world.orchard, name=name)


def foreign_experiment(world: World, name: str) -> Any:
    return ExperimentFactory(project__organization=world.harbor, name=name)


def attached_version(world: World, name: str) -> DatasetVersion:
    made = attached(world.project, name)
    LabelFactory(dataset_version=made)
    return made


def attached_for_masks(world: World, name: str) -> DatasetVersion:
    return attached(world.project, name, "MASK")


def loose_version(world: World, name: str) -> DatasetVersion:
    return DatasetVersionFactory(dataset__organization=world.orchard, name=name)


def foreign_dataset_version(world: World, name: str) -> DatasetVersion:
    return DatasetVersionFactory(dataset__organization=world.harbor, name=name)


def attached_elsewhere(world: World, name: str) -> DatasetVersion:
    return attached(ProjectFactory(organization=world.orchard), name)


@dataclass
class Case:
    """A chooser as it is asked for, what it offers, and what it must not offer."""

    id: str
    name: str
    query: Callable[[World], dict[str, Any]]
    make: Make
    hidden: Sequence[Make]
    # What its narrowing may not name.
    foreign: Sequence[str] = ()


def of_draft(world: World) -> dict[str, Any]:
    return {"draft": world.draft.pk}


CASES = [
    Case(
        "public models",
        "model-version",
        lambda _: {"type": "CLASSIFICATION"},
        public,
        [private, foreign_model, public_for_masks, without_versions],
        ["model"],
    ),
    Case(
        "private models",
        "model-version",
        lambda _: {"tab": "private", "type": "CLASSIFICATION"},
        private,
        [public, foreign_model, private_for_masks],
        ["model"],
    ),
    Case(
        "versions of a model",
        "model-version",
        lambda world: {"model": world.model.pk, "type": "CLASSIFICATION"},
        version,
        [private, version_for_masks],
        ["model"],
    ),
    Case(
        "public bases",
        "base-model",
        of_draft,
        public,
        [private, foreign_model, public_for_masks, without_versions],
        ["model", "draft"],
    ),
    Case(
        "private bases",
        "base-model",
        lambda world: of_draft(world) | {"tab": "private"},
        private,
        [public, foreign_model, private_for_masks],
        ["model", "draft"],
    ),
    Case(
        "versions as bases",
        "base-model",
        lambda world: of_draft(world) | {"model": world.model.pk},
        version,
        [private, version_for_masks],
        ["model", "draft"],
    ),
    Case(
        "experiments as bases",
        "base-experiment",
        of_draft,
        experiment,
        [experiment_for_masks, experiment_of_another_project, foreign_experiment],
        ["draft"],
    ),
    Case(
        "a draft's versions",
        "draft-dataset-versions",
        of_draft,
        attached_version,
        [attached_for_masks, loose_version, attached_elsewhere, foreign_dataset_version],
        ["draft"],
    ),
    Case(
        "a project's versions",
        "project-dataset-version",
        lambda world: {"project": world.project.pk},
        loose_version,
        [attached_version, foreign_dataset_version],
        ["project"],
    ),
]
