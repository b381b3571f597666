"""Two experiments of a project, and a viewer who compares them."""

import pytest
from django.test import Client

from experiments.models import Experiment, Project
from organizations.models import Organization, User
from tests.factories import ExperimentFactory, ProjectFactory
from tests.tracking.experiment_compare.comparing import ClientOf


@pytest.fixture
def project(orchard: Organization) -> Project:
    return ProjectFactory(organization=orchard, name="Sorting")


@pytest.fixture
def two(project: Project) -> list[Experiment]:
    """Called `first` and `second`, with nothing in them."""
    return [ExperimentFactory(project=project, name=name) for name in ("first", "second")]


@pytest.fixture
def client(client_of: ClientOf, vera: User) -> Client:
    """A viewer's."""
    return client_of(vera)
