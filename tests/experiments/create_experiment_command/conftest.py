"""What the file of these tests names, and a place to write it to."""

from pathlib import Path

import pytest

from experiments.models import Project
from organizations.models import Organization, User
from registry.models import ModelVersion
from tests.factories import AttachedDatasetVersionFactory, DatasetFactory, DatasetVersionFactory


@pytest.fixture
def world(project: Project, public_base: ModelVersion, orchard: Organization, olive: User) -> Project:
    """The project with the public model to start from, and three versions of one dataset attached."""
    apples = DatasetFactory(organization=orchard, name="apples")
    for name in ("train", "test", "val"):
        AttachedDatasetVersionFactory(project=project, dataset_version=DatasetVersionFactory(dataset=apples, name=name))
    return project


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "try.toml"
