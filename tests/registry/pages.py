"""Every page of the registry, for the tests that visit them all."""

from typing import Any

from django.urls import reverse

from registry.models import ModelVersion
from tests.factories import (
    ArchitectureFileFactory,
    DatasetConstraintFactory,
    HyperparameterFactory,
    ModelVersionFactory,
    RegisteredModelFactory,
)

READING = ["model_detail", "model_version_detail", "file_download"]
EDITING = [
    "model_edit",
    "model_delete",
    "model_version_edit",
    "model_version_delete",
    "model_version_hyperparameters",
    "model_version_labelmap",
    "model_version_image",
    "model_version_constraints",
    "model_version_files",
]
ADDING = ["model_version_create"]
POSTING = ["file_rename", "file_remove"]


def full_version(text: str = "plain", **model: Any) -> ModelVersion:
    """A version with one of everything, `text` in each place that takes one."""
    version = ModelVersionFactory(
        model=RegisteredModelFactory(name=f"model {text}", description=text, **model), name=text, description=text
    )
    architecture = version.architecture
    architecture.labelmap = [[0, text]]
    architecture.command = text
    architecture.docker_flags = [f"--{text}"]
    architecture.docker_environment = {"A": text}
    architecture.save()
    HyperparameterFactory(architecture=architecture, key=text, kind="TEXT", value=text, help=text)
    HyperparameterFactory(architecture=architecture, kind="CHOICE", value=text, choices=[text])
    DatasetConstraintFactory(architecture=architecture, name=text, aliases=["train"])
    architecture.constraints.get().slots.update(help=text)
    ArchitectureFileFactory(architecture=architecture, name=text, filename=f"{text}.bin")
    return version


def address(page: str, version: ModelVersion) -> str:
    """Where the page is, for this version, its model, or its first file."""
    if page.startswith("file_"):
        return reverse(f"registry:{page}", args=[version.architecture.files.get().pk])
    of_model = not page.startswith("model_version") or page == "model_version_create"
    return reverse(f"registry:{page}", args=[version.model_id if of_model else version.pk])
