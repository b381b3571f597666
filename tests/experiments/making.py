"""What a person of these tests has at hand: a model version with everything in it, attached versions, a draft."""

import uuid
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.ids import new_id
from config.inference_types import InferenceType
from datasets.models import DatasetVersion
from experiments.bases import Base
from experiments.drafts.access import drafts_of
from experiments.drafts.base import attach_base
from experiments.drafts.datasets import Choice, constraints_for, set_dataset_versions
from experiments.drafts.lifecycle import start_draft
from experiments.drafts.saving import save_form
from experiments.models import DraftHyperparameter, ExperimentDraft, Project
from organizations.models import Organization, User
from registry.hyperparameters import Kind
from registry.models import ModelVersion
from tests.factories import (
    ArchitectureFactory,
    ArchitectureFileFactory,
    AttachedDatasetVersionFactory,
    DatasetConstraintFactory,
    HyperparameterFactory,
    ModelVersionFactory,
)

CANARIES = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>')


def full_version(organization: Organization | None, name: str = "Fruit classifier", **values: Any) -> ModelVersion:
    """A version that brings something of everything; of a public model without an organization."""
    architecture = ArchitectureFactory(docker_flags=["--shm-size=1g"], docker_environment={"SEED": "1"})
    for file in ("config", "weights"):
        ArchitectureFileFactory(architecture=architecture, name=file, filename=f"{file}.bin")
    for position, row in enumerate(HYPERPARAMETERS):
        HyperparameterFactory(architecture=architecture, position=position, **row)
    DatasetConstraintFactory(architecture=architecture, name="two", aliases=["train", "test"], position=0)
    DatasetConstraintFactory(architecture=architecture, name="three", aliases=["train", "val", "test"], position=1)
    return ModelVersionFactory(model__organization=organization, model__name=name, architecture=architecture, **values)


HYPERPARAMETERS: list[dict[str, Any]] = [
    {"key": "epochs", "value": "20", "minimum": "1", "maximum": "500", "required": True, "help": "Passes."},
    {"key": "learning_rate", "kind": Kind.NUMBER, "value": "0.001"},
    {"key": "augment", "kind": Kind.BOOLEAN, "value": "true"},
    {"key": "optimizer", "kind": Kind.CHOICE, "value": "adam", "choices": ["adam", "sgd"]},
    {"key": "note", "kind": Kind.TEXT, "value": ""},
]


def attached(project: Project, name: str, inference_type: str = InferenceType.CLASSIFICATION) -> DatasetVersion:
    """A dataset version that the project may use: digits/<name>."""
    version: DatasetVersion = AttachedDatasetVersionFactory(
        project=project,
        dataset_version__name=name,
        dataset_version__inference_type=inference_type,
        dataset_version__dataset__organization=project.organization,
        dataset_version__dataset__name=f"digits-{new_id()}",
    ).dataset_version
    return version


def named_draft(project: Project, owner: User, name: str = "first try", base: Base | None = None) -> ExperimentDraft:
    """A draft with a name and a type, and with the base attached."""
    draft = start_draft(project=project, draft_id=new_id(), by=owner)
    save_form(draft, data={"name": name, "inference_type": "CLASSIFICATION"}, by=owner)
    if base:
        attach_base(draft, base=base, by=owner)
    return again(draft)


def fill(draft: ExperimentDraft, **versions: DatasetVersion) -> None:
    """Choose the dataset versions by alias; the constraint is the one of just these aliases, if there is one."""
    wanted = next((row for row in constraints_for(draft) if {s.alias for s in row.slots.all()} == set(versions)), None)
    choices = [Choice(alias, version) for alias, version in versions.items()]
    set_dataset_versions(draft, constraint=wanted, choices=choices, by=draft.owner)


def again(draft: ExperimentDraft) -> ExperimentDraft:
    """The draft as the next request finds it."""
    return drafts_of(draft.owner).get(pk=draft.pk)


def row_of(draft: ExperimentDraft, key: str) -> DraftHyperparameter:
    return draft.hyperparameters.get(key=key)


def change(draft: ExperimentDraft, **values: str) -> None:
    """Type these values into the hyperparameters' fields."""
    save_form(draft, data={f"hp-{row_of(draft, key).pk}": text for key, text in values.items()}, by=draft.owner)


def queries_of(call: Callable[[], object]) -> int:
    """How often the call asks the database."""
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)


def everything() -> dict[str, list[str]]:
    """Every row of the domain, to see that nothing changed."""
    labels = ("registry", "datasets", "experiments", "storage", "organizations")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return {
        model._meta.label: sorted(repr(row) for row in model._default_manager.order_by().values_list())
        for model in models
        if model._meta.model_name != "user"
    }


def nobody() -> uuid.UUID:
    """An id that nothing has."""
    return new_id()
