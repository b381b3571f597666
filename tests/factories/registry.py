"""Models, versions and their architectures."""

import io
from typing import Any

import factory
from factory.django import DjangoModelFactory
from PIL import Image

from config.inference_types import InferenceType
from registry.hyperparameters import Kind
from registry.models import (
    Architecture,
    ArchitectureFile,
    ConstraintSlot,
    DatasetConstraint,
    Framework,
    Hyperparameter,
    ModelVersion,
    RegisteredModel,
)
from tests.factories.files import BlobFactory
from tests.factories.people import OrganizationFactory


class ArchitectureFactory(DjangoModelFactory[Architecture]):
    class Meta:
        model = Architecture

    docker_image = "trainers/fruit"
    docker_tag = "1.4"
    command = "python train.py"
    labelmap = factory.LazyFunction(lambda: [[0, "apple"], [1, "pear"]])


class ArchitectureFileFactory(DjangoModelFactory[ArchitectureFile]):
    class Meta:
        model = ArchitectureFile

    architecture = factory.SubFactory(ArchitectureFactory)
    name = factory.Sequence(lambda n: f"weights-{n}")
    filename = factory.LazyAttribute(lambda file: f"{file.name}.bin")
    blob = factory.SubFactory(BlobFactory)


class HyperparameterFactory(DjangoModelFactory[Hyperparameter]):
    class Meta:
        model = Hyperparameter

    architecture = factory.SubFactory(ArchitectureFactory)
    key = factory.Sequence(lambda n: f"epochs_{n}")
    kind = Kind.INTEGER
    value = "20"
    position = factory.Sequence(lambda n: n)


class DatasetConstraintFactory(DjangoModelFactory[DatasetConstraint]):
    """A constraint with its slots: `DatasetConstraintFactory(aliases=["train", "val"])`."""

    class Meta:
        model = DatasetConstraint
        skip_postgeneration_save = True

    architecture = factory.SubFactory(ArchitectureFactory)
    name = factory.Sequence(lambda n: f"constraint {n}")
    position = factory.Sequence(lambda n: n)

    @factory.post_generation
    def aliases(self: DatasetConstraint, create: bool, extracted: list[str] | None, **_: Any) -> None:
        names = ["train", "test"] if extracted is None else extracted
        for position, alias in enumerate(names if create else []):
            ConstraintSlotFactory(constraint=self, alias=alias, position=position)


class ConstraintSlotFactory(DjangoModelFactory[ConstraintSlot]):
    class Meta:
        model = ConstraintSlot

    constraint = factory.SubFactory(DatasetConstraintFactory, aliases=[])
    alias = factory.Sequence(lambda n: f"alias-{n}")
    position = factory.Sequence(lambda n: n)


class RegisteredModelFactory(DjangoModelFactory[RegisteredModel]):
    """A private model; `RegisteredModelFactory(public=True)` makes one of the Public Registry."""

    class Meta:
        model = RegisteredModel

    class Params:
        public = factory.Trait(organization=None)

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Model {n}")
    description = "Tells apples from pears."


class ModelVersionFactory(DjangoModelFactory[ModelVersion]):
    """A trainable version with an architecture of its own, without files, hyperparameters or constraints."""

    class Meta:
        model = ModelVersion

    model = factory.SubFactory(RegisteredModelFactory)
    number = factory.LazyAttribute(lambda version: version.model.versions.count() + 1)
    name = factory.LazyAttribute(lambda version: f"v{version.number}")
    inference_type = InferenceType.CLASSIFICATION
    framework = Framework.PYTORCH
    architecture = factory.SubFactory(ArchitectureFactory)


def png(colour: int = 0, width: int = 8, height: int = 6) -> bytes:
    """A small real image; another colour gives other bytes."""
    picture = io.BytesIO()
    Image.new("RGB", (width, height), (colour >> 16 & 255, colour >> 8 & 255, colour & 255)).save(picture, "PNG")
    return picture.getvalue()
