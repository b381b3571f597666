"""Rows by the hundred thousand, to see what lists and choosers cost: the same rows for the same counts.

They are inserted in bulk, past the services, which look at one thing at a time. What the pages draw is all there: names
to search, states and types to filter, and for every tenth thing files and hyperparameters.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice, product
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from PIL import Image

from config.inference_types import InferenceType
from datasets.models import Asset, Data, Dataset, DatasetVersion, Label
from experiments.models import (
    AttachedDatasetVersion,
    BaseKind,
    Experiment,
    ExperimentDatasetVersion,
    Project,
    Status,
)
from organizations.models import Organization, User
from registry.hyperparameters import Kind
from registry.models import (
    Architecture,
    ArchitectureFile,
    Framework,
    Hyperparameter,
    ModelVersion,
    RegisteredModel,
)
from storage.models import Blob
from storage.services import store

M = TypeVar("M", bound=Model)

BATCH = 5_000
FURNISHED = 10  # every tenth architecture has files and hyperparameters, every tenth experiment a dataset version
PICTURES = 4
TYPES = (InferenceType.CLASSIFICATION, InferenceType.OBJECT_DETECTION, InferenceType.SEGMENTATION, InferenceType.MULTI)
COLOURS = ("amber", "beige", "coral", "denim", "ebony", "flax", "grey", "hazel", "ivory", "jade")
TREES = ("alder", "birch", "cedar", "elm", "fir", "hawthorn", "larch", "maple", "oak", "pine", "rowan", "willow", "yew")
WORDS = [f"{colour} {tree}" for colour, tree in product(COLOURS, TREES)]

Say = Callable[[str], None]


def name_of(noun: str, number: int) -> str:
    """`run 000042 coral elm`: a number to find one by, and words that many share."""
    return f"{noun} {number:06} {WORDS[number % len(WORDS)]}"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How many rows of each kind.

    Args:
        experiments: in one project.
        model_versions: of one model; and as many models with a version each.
        dataset_versions: of one dataset, attached to the project; and as many datasets with a version each.
    """

    experiments: int
    model_versions: int
    dataset_versions: int


@transaction.atomic
def seed(organization: Organization, scale: Scale, *, by: User | None, say: Say) -> Project:
    """Fill the organization, which holds nothing yet, all of it or not at all.

    Raises:
        ValidationError: when the organization has a project, a model or a dataset.
    """
    kinds: tuple[type[Project | RegisteredModel | Dataset], ...] = (Project, RegisteredModel, Dataset)
    if any(kind._default_manager.filter(organization=organization).exists() for kind in kinds):
        raise ValidationError(f"{organization} is not empty. Name an organization that isn't there yet.")
    seeding = _Seeding(organization, by, say)
    project = Project.objects.create(organization=organization, name="scale", created_by=by)
    versions = seeding.dataset_versions(scale.dataset_versions, project)
    models = seeding.model_versions(scale.model_versions)
    seeding.experiments(scale.experiments, project, versions, models)
    return project


class _Seeding:
    def __init__(self, organization: Organization, by: User | None, say: Say) -> None:
        self.organization, self.by, self.say = organization, by, say
        self.blob = store(BytesIO(b"Weights that nobody trains with.\n"))

    def dataset_versions(self, count: int, project: Project) -> list[DatasetVersion]:
        data = _pictures(self.organization)
        line = Dataset(organization=self.organization, name="line", created_by=self.by)
        single = [
            Dataset(organization=self.organization, name=name_of("set", number), created_by=self.by)
            for number in range(count)
        ]
        _insert(Dataset, [line, *single])
        of_line = [self._dataset_version(line, number) for number in range(count)]
        of_single = [self._dataset_version(dataset, number) for number, dataset in enumerate(single)]
        versions = [*of_line, *of_single]
        _insert(DatasetVersion, versions)
        _insert(Label, (_label(version, position) for version in versions for position in range(2)))
        _insert(
            Asset,
            (
                Asset(dataset_version=version, data=picture, position=position)
                for version in versions
                for position, picture in enumerate(data)
            ),
        )
        _insert(
            AttachedDatasetVersion,
            (
                AttachedDatasetVersion(project=project, dataset_version=version, attached_by=self.by)
                for version in of_line
            ),
        )
        self.say(f"{len(versions):,} dataset versions, {len(of_line):,} of them attached to a project")
        return of_line

    def _dataset_version(self, dataset: Dataset, number: int) -> DatasetVersion:
        return DatasetVersion(
            dataset=dataset,
            organization=self.organization,
            name=name_of("cut", number),
            inference_type=TYPES[number % len(TYPES)],
            asset_count=PICTURES,
            object_count=number % 1_000,
            created_by=self.by,
        )

    def model_versions(self, count: int) -> list[ModelVersion]:
        line = RegisteredModel(organization=self.organization, name="line", created_by=self.by)
        single = [
            RegisteredModel(organization=self.organization, name=name_of("model", number), created_by=self.by)
            for number in range(count)
        ]
        _insert(RegisteredModel, [line, *single])
        architectures = self._architectures(2 * count)
        of_line = [
            self._model_version(line, number, architecture)
            for number, architecture in enumerate(islice(architectures, count))
        ]
        of_single = [
            self._model_version(model, number, architecture)
            for number, (model, architecture) in enumerate(zip(single, architectures, strict=True))
        ]
        _insert(ModelVersion, [*of_line, *of_single])
        self.say(f"{2 * count:,} model versions, {count:,} of them of one model")
        return of_line

    def _model_version(self, model: RegisteredModel, number: int, architecture: Architecture) -> ModelVersion:
        return ModelVersion(
            model=model,
            number=number + 1,
            name=name_of("version", number),
            inference_type=TYPES[number % len(TYPES)],
            framework=Framework.ONNX,
            architecture=architecture,
            created_by=self.by,
        )

    def experiments(
        self, count: int, project: Project, versions: list[DatasetVersion], models: list[ModelVersion]
    ) -> None:
        experiments = [
            Experiment(
                project=project,
                name=name_of("run", number),
                inference_type=TYPES[number % len(TYPES)],
                status=Status.values[number % len(Status.values)],
                architecture=architecture,
                base_kind=BaseKind.PRIVATE_MODEL if models else BaseKind.NONE,
                base_name=str(models[number % len(models)]) if models else "",
                base_model_version=models[number % len(models)] if models else None,
                created_by=self.by,
            )
            for number, architecture in enumerate(self._architectures(count))
        ]
        _insert(Experiment, experiments)
        _insert(
            ExperimentDatasetVersion,
            (
                ExperimentDatasetVersion(
                    experiment=experiment, dataset_version=versions[number % len(versions)], alias="train"
                )
                for number, experiment in enumerate(experiments[::FURNISHED])
                if versions
            ),
        )
        self.say(f"{count:,} experiments in one project")

    def _architectures(self, count: int) -> Iterator[Architecture]:
        rows = [
            Architecture(docker_image="espalier/scale", docker_tag="1.0", labelmap=[[0, "cat"], [1, "dog"]])
            for _ in range(count)
        ]
        _insert(Architecture, rows)
        furnished = rows[::FURNISHED]
        _insert(
            ArchitectureFile,
            (
                ArchitectureFile(architecture=row, name="weights", filename="weights.npz", blob=self.blob)
                for row in furnished
            ),
        )
        _insert(Hyperparameter, (_epochs(row, number) for number, row in enumerate(furnished)))
        return iter(rows)


def _label(version: DatasetVersion, position: int) -> Label:
    return Label(dataset_version=version, name=("cat", "dog")[position], position=position, object_count=2)


def _epochs(architecture: Architecture, number: int) -> Hyperparameter:
    value = str(number % 500 + 1)
    return Hyperparameter(architecture=architecture, key="epochs", kind=Kind.INTEGER, value=value, minimum="1")


def _pictures(organization: Organization) -> list[Data]:
    """A few small pictures, which all dataset versions share."""
    return Data.objects.bulk_create(
        Data(
            organization=organization,
            blob=blob,
            thumbnail=blob,
            filename=f"{number}.png",
            content_type="image/png",
            width=8,
            height=8,
        )
        for number, blob in enumerate(_grey_squares())
    )


def _grey_squares() -> Iterator[Blob]:
    for number in range(PICTURES):
        png = BytesIO()
        Image.new("L", (8, 8), 40 * number).save(png, "PNG")
        yield store(BytesIO(png.getvalue()))


def _insert(kind: type[M], rows: Iterable[M]) -> None:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        kind._default_manager.bulk_create(batch)
