"""Projects, experiments and drafts."""

import factory
from factory.django import DjangoModelFactory

from config.inference_types import InferenceType
from experiments.models import (
    AttachedDatasetVersion,
    DraftDatasetVersion,
    DraftHyperparameter,
    Experiment,
    ExperimentDatasetVersion,
    ExperimentDraft,
    Project,
)
from registry.hyperparameters import Kind
from tests.factories.datasets import DatasetVersionFactory
from tests.factories.people import OrganizationFactory, UserFactory
from tests.factories.registry import ArchitectureFactory


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
