"""Models and their versions, as the SDK reads and writes them.

The SDK counts the versions of a model from 0, and people count them from 1.
"""

import uuid
from datetime import datetime
from typing import Any

from ninja import Field, Schema

from config.inference_types import InferenceType
from protocols.picsellia.schemas.changes import Change
from protocols.picsellia.schemas.tags import TagOut
from registry.models import Framework, ModelVersion, RegisteredModel
from registry.scripts import labels_of
from registry.training import TrainingRow


class ModelOut(Schema):
    """A model."""

    id: uuid.UUID
    name: str
    description: str
    private: bool
    organization_id: uuid.UUID | None
    created_at: datetime
    # The SDK reads the key. Tags are on images and assets alone.
    tags: list[TagOut] = []

    @staticmethod
    def resolve_private(model: RegisteredModel) -> bool:
        """Unless it stands in the Public Registry."""
        return not model.is_public


class ModelVersionOut(Schema):
    """A version. Read it with `select_related("model", "architecture")`."""

    id: uuid.UUID
    origin: ModelOut = Field(alias="model")
    name: str
    version: int
    description: str
    type: InferenceType = Field(alias="inference_type")
    framework: Framework
    labels: dict[str, str]
    docker_image: str = Field(alias="architecture.docker_image")
    docker_tag: str = Field(alias="architecture.docker_tag")
    docker_flags: list[str] = Field(alias="architecture.docker_flags")
    docker_env_variables: dict[str, str] = Field(alias="architecture.docker_environment")
    created_at: datetime
    tags: list[TagOut] = []

    @staticmethod
    def resolve_version(version: ModelVersion) -> int:
        """The first is 0."""
        return version.number - 1

    @staticmethod
    def resolve_labels(version: ModelVersion) -> dict[str, str]:
        """The labelmap."""
        return labels_of(version.architecture)


class ModelVersionIn(Change):
    """What a script says of a version: everything may be left out. Pictures and notebooks are not kept."""

    name: str | None = None
    description: str | None = None
    type: InferenceType | None = None
    framework: Framework | None = None
    labels: dict[str, Any] | None = None
    parameters: dict[str, Any] | None = None
    docker_image: str | None = None
    docker_tag: str | None = None
    docker_flags: list[str] | None = None
    docker_env_variables: dict[str, str | int | float | bool] | None = None

    def training(self, known: TrainingRow) -> TrainingRow | None:
        """What runs a training, where the script says something of it; the rest as it is known.

        Scripts also write the tag behind the image's name.
        """
        said = self.docker_image, self.docker_tag, self.docker_flags, self.docker_env_variables
        if all(word is None for word in said):
            return None
        image, tag = _split(self.docker_image) if self.docker_image else (known.image, "")
        variables = self.docker_env_variables
        return TrainingRow(
            image="" if self.docker_image == "" else image,
            tag=self.docker_tag or tag or ("" if self.docker_tag == "" else known.tag),
            flags=known.flags if self.docker_flags is None else self.docker_flags,
            environment=known.environment if variables is None else {key: str(text) for key, text in variables.items()},
            command=known.command,
        )


class ModelIn(Schema):
    """A model to make."""

    name: str
    description: str = ""


class ModelChange(Change):
    """What is to be another in a model."""

    name: str | None = None
    description: str | None = None


class DatasetInContext(Schema):
    """A dataset version that a model was trained with, and how many of its objects had which label."""

    name: str
    version_id: uuid.UUID
    version_name: str
    repartition: dict[str, int]


class ModelContextOut(Schema):
    """Where a model version came from. It has the id of the version."""

    id: uuid.UUID
    experiment_id: uuid.UUID | None
    datas: list[DatasetInContext]
    parameters: dict[str, int | float | bool | str]


def training_of(version: ModelVersion) -> TrainingRow:
    """What runs a training of the version now."""
    architecture = version.architecture
    return TrainingRow(
        image=architecture.docker_image,
        tag=architecture.docker_tag,
        flags=architecture.docker_flags,
        environment=architecture.docker_environment,
        command=architecture.command,
    )


def _split(image: str) -> tuple[str, str]:
    """`host:5000/name:tag` into the image and the tag."""
    folder, slash, name = image.rpartition("/")
    name, _, tag = name.partition(":") if "@" not in name else (name, "", "")
    return folder + slash + name, tag
