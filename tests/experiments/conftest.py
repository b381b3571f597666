"""A project of the orchard, a model version to start from, and two dataset versions attached to the project."""

import pytest

from datasets.models import DatasetVersion
from experiments.models import ExperimentDraft, Project
from organizations.models import Organization, User
from registry.models import ModelVersion
from tests.experiments.making import again, attached, fill, full_version, named_draft
from tests.factories import ProjectFactory


@pytest.fixture
def project(orchard: Organization) -> Project:
    return ProjectFactory(organization=orchard, name="Fruit")


@pytest.fixture
def foreign_project(harbor: Organization) -> Project:
    """Of the harbor: nobody of the orchard may see it."""
    return ProjectFactory(organization=harbor, name="Ships")


@pytest.fixture
def base(orchard: Organization) -> ModelVersion:
    """A private version with everything in it."""
    return full_version(orchard)


@pytest.fixture
def public_base(db: None) -> ModelVersion:
    """The same in the Public Registry."""
    return full_version(None, name="Public classifier")


@pytest.fixture
def train(project: Project) -> DatasetVersion:
    return attached(project, "train")


@pytest.fixture
def test(project: Project) -> DatasetVersion:
    return attached(project, "test")


@pytest.fixture
def val(project: Project) -> DatasetVersion:
    return attached(project, "val")


@pytest.fixture
def draft(project: Project, bob: User) -> ExperimentDraft:
    """Bob's, with a name and a type."""
    return named_draft(project, bob)


@pytest.fixture
def draft_with_base(project: Project, bob: User, base: ModelVersion) -> ExperimentDraft:
    """Bob's, which starts from the private version."""
    return named_draft(project, bob, "based", base)


@pytest.fixture
def ready(draft_with_base: ExperimentDraft, train: DatasetVersion, test: DatasetVersion) -> ExperimentDraft:
    """Bob's, in which nothing is missing."""
    fill(draft_with_base, train=train, test=test)
    return again(draft_with_base)
