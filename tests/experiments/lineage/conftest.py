"""A public version, an experiment that started from it, what was published of that, and what started from this."""

import pytest

from datasets.models import DatasetVersion
from experiments.models import Experiment, Project
from experiments.publishing import publish_as_model
from organizations.models import User
from registry.models import ModelVersion
from tests.experiments.lineage.tracing import started, trained_on


@pytest.fixture
def first(project: Project, public_base: ModelVersion, train: DatasetVersion, test: DatasetVersion) -> Experiment:
    """Started from the public version, with two dataset versions."""
    experiment = started(public_base, "first", project=project)
    trained_on(experiment, train=train, test=test)
    return experiment


@pytest.fixture
def published(first: Experiment, bob: User) -> ModelVersion:
    """What was published of the first: `ours v1`."""
    return publish_as_model(first, name="ours", by=bob)


@pytest.fixture
def second(published: ModelVersion, project: Project, train: DatasetVersion) -> Experiment:
    """Started from what was published."""
    experiment = started(published, "second", project=project)
    trained_on(experiment, training=train)
    return experiment
