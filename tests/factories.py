"""Test data by declaration: each factory makes the plainest valid row, with what it needs around it."""

import io
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory
from PIL import Image

from config.ids import new_id
from config.inference_types import InferenceType
from datasets.models import (
    Annotation,
    Asset,
    Data,
    Dataset,
    DatasetVersion,
    DataSource,
    Label,
    Labelling,
    Shape,
    Tag,
)
from experiments.models import (
    AttachedDatasetVersion,
    DraftDatasetVersion,
    DraftHyperparameter,
    Experiment,
    ExperimentDatasetVersion,
    ExperimentDraft,
    Project,
)
from organizations.models import Membership, Organization, Role, User
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
from storage.models import Blob, Upload
from tracking.models import Evaluation, Log, LogType, Prediction
from training.models import ACTIVE, Console, ConsoleLine, Job, JobStatus, LoggingFile

PASSWORD = "apples and pears in a row"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


class OrganizationFactory(DjangoModelFactory[Organization]):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organization {n}")


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.MEMBER


class BlobFactory(DjangoModelFactory[Blob]):
    """Really stored bytes: `BlobFactory(content=b"…")`, or some that no other blob has."""

    class Meta:
        model = Blob

    content = factory.Sequence(lambda n: f"content {n}".encode())

    @classmethod
    def _create(cls, model_class: type[Blob], *args: Any, **values: Any) -> Blob:
        from storage.services import store

        return store([values["content"]])


class UploadFactory(DjangoModelFactory[Upload]):
    """An upload whose bytes are there."""

    class Meta:
        model = Upload

    organization = factory.SubFactory(OrganizationFactory)
    blob = factory.SubFactory(BlobFactory)
    filename = "weights.bin"
    name = factory.LazyAttribute(lambda upload: f"artifact/{new_id()}/{upload.filename}")


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


class DataFactory(DjangoModelFactory[Data]):
    """A real image of 8 × 6 pixels."""

    class Meta:
        model = Data

    organization = factory.SubFactory(OrganizationFactory)
    blob = factory.SubFactory(BlobFactory, content=factory.Sequence(png))
    filename = factory.Sequence(lambda n: f"image{n}.png")
    content_type = "image/png"
    width = 8
    height = 6


class DataSourceFactory(DjangoModelFactory[DataSource]):
    class Meta:
        model = DataSource

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"camera {n}")


class DatasetFactory(DjangoModelFactory[Dataset]):
    class Meta:
        model = Dataset

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"dataset-{n}")


class DatasetVersionFactory(DjangoModelFactory[DatasetVersion]):
    """A version without assets; the counts are what they would be."""

    class Meta:
        model = DatasetVersion

    dataset = factory.SubFactory(DatasetFactory)
    name = factory.Sequence(lambda n: f"version-{n}")
    inference_type = InferenceType.CLASSIFICATION


class TagFactory(DjangoModelFactory[Tag]):
    """A tag of data; with a dataset version of the same organization, one of assets."""

    class Meta:
        model = Tag

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"tag {n}")


class LabelFactory(DjangoModelFactory[Label]):
    class Meta:
        model = Label

    dataset_version = factory.SubFactory(DatasetVersionFactory)
    name = factory.Sequence(lambda n: f"label {n}")
    position = factory.Sequence(lambda n: n)


class AssetFactory(DjangoModelFactory[Asset]):
    class Meta:
        model = Asset

    dataset_version = factory.SubFactory(DatasetVersionFactory)
    data = factory.SubFactory(DataFactory, organization=factory.SelfAttribute("..dataset_version.dataset.organization"))
    position = factory.Sequence(lambda n: n)


class LabellingFactory(DjangoModelFactory[Labelling]):
    class Meta:
        model = Labelling

    asset = factory.SubFactory(AssetFactory)


class AnnotationFactory(DjangoModelFactory[Annotation]):
    class Meta:
        model = Annotation

    asset = factory.SubFactory(AssetFactory)
    label = factory.SubFactory(LabelFactory, dataset_version=factory.SelfAttribute("..asset.dataset_version"))
    labelling = factory.SubFactory(LabellingFactory, asset=factory.SelfAttribute("..asset"))
    shape = Shape.CLASSIFICATION


class ProjectFactory(DjangoModelFactory[Project]):
    class Meta:
        model = Project

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Project {n}")


class AttachedDatasetVersionFactory(DjangoModelFactory[AttachedDatasetVersion]):
    class Meta:
        model = AttachedDatasetVersion

    project = factory.SubFactory(ProjectFactory)
    dataset_version = factory.SubFactory(
        DatasetVersionFactory, dataset__organization=factory.SelfAttribute("...project.organization")
    )


class ExperimentFactory(DjangoModelFactory[Experiment]):
    """A waiting experiment that started from nothing."""

    class Meta:
        model = Experiment

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"experiment-{n}")
    inference_type = InferenceType.CLASSIFICATION
    architecture = factory.SubFactory(ArchitectureFactory)


class ExperimentDatasetVersionFactory(DjangoModelFactory[ExperimentDatasetVersion]):
    class Meta:
        model = ExperimentDatasetVersion

    experiment = factory.SubFactory(ExperimentFactory)
    dataset_version = factory.SubFactory(
        DatasetVersionFactory, dataset__organization=factory.SelfAttribute("...experiment.project.organization")
    )
    alias = factory.Sequence(lambda n: f"alias-{n}")
    position = factory.Sequence(lambda n: n)


class ExperimentDraftFactory(DjangoModelFactory[ExperimentDraft]):
    """A draft in which a name and a type were entered."""

    class Meta:
        model = ExperimentDraft

    project = factory.SubFactory(ProjectFactory)
    owner = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"draft-{n}")
    inference_type = InferenceType.CLASSIFICATION
    revision = 1


class DraftHyperparameterFactory(DjangoModelFactory[DraftHyperparameter]):
    class Meta:
        model = DraftHyperparameter

    draft = factory.SubFactory(ExperimentDraftFactory)
    key = factory.Sequence(lambda n: f"epochs_{n}")
    kind = Kind.INTEGER
    value = "20"
    position = factory.Sequence(lambda n: n)


class DraftDatasetVersionFactory(DjangoModelFactory[DraftDatasetVersion]):
    class Meta:
        model = DraftDatasetVersion

    draft = factory.SubFactory(ExperimentDraftFactory)
    dataset_version = factory.SubFactory(
        DatasetVersionFactory, dataset__organization=factory.SelfAttribute("...draft.project.organization")
    )
    dataset_version_name = factory.LazyAttribute(lambda chosen: str(chosen.dataset_version))
    alias = factory.Sequence(lambda n: f"alias-{n}")
    position = factory.Sequence(lambda n: n)


class JobFactory(DjangoModelFactory[Job]):
    """A job in the queue, or with another status the times that go with it."""

    class Meta:
        model = Job

    experiment = factory.SubFactory(ExperimentFactory)
    status = JobStatus.QUEUED
    ended_at = factory.LazyAttribute(lambda job: None if job.status in ACTIVE else timezone.now())


class ConsoleFactory(DjangoModelFactory[Console]):
    """A job's console with a part that has no lines."""

    class Meta:
        model = Console

    job = factory.SubFactory(JobFactory)
    experiment = factory.SelfAttribute("job.experiment")
    parts = factory.LazyFunction(lambda: ["--#--Set up training"])


class ConsoleLineFactory(DjangoModelFactory[ConsoleLine]):
    class Meta:
        model = ConsoleLine

    console = factory.SubFactory(ConsoleFactory)
    part = 0
    number = factory.Sequence(lambda n: n)
    text = factory.LazyAttribute(lambda line: f"line {line.number}")


class LogFactory(DjangoModelFactory[Log]):
    """A figure."""

    class Meta:
        model = Log

    experiment = factory.SubFactory(ExperimentFactory)
    name = factory.Sequence(lambda n: f"train/metric {n}")
    type = LogType.VALUE
    data = 0.5


class EvaluationFactory(DjangoModelFactory[Evaluation]):
    """What a model found on an asset: nothing yet."""

    class Meta:
        model = Evaluation

    experiment = factory.SubFactory(ExperimentFactory)
    asset = factory.SubFactory(
        AssetFactory,
        dataset_version__dataset__organization=factory.SelfAttribute("....experiment.project.organization"),
    )


class PredictionFactory(DjangoModelFactory[Prediction]):
    class Meta:
        model = Prediction

    evaluation = factory.SubFactory(EvaluationFactory)
    label = factory.SubFactory(
        LabelFactory, dataset_version=factory.SelfAttribute("..evaluation.asset.dataset_version")
    )
    shape = Shape.CLASSIFICATION
    score = 0.9


class LoggingFileFactory(DjangoModelFactory[LoggingFile]):
    class Meta:
        model = LoggingFile

    console = factory.SubFactory(ConsoleFactory)
    object_name = "logging/run-logs.json"
    blob = factory.SubFactory(BlobFactory)
