"""An experiment of the orchard, with a curve to write."""

import pytest

from experiments.models import Experiment
from organizations.models import Organization
from tests.factories import ExperimentFactory, LogFactory
from tracking.models import Log


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    return ExperimentFactory(project__organization=orchard, name="first try")


@pytest.fixture
def curve(experiment: Experiment) -> Log:
    """A LINE without points."""
    return LogFactory(experiment=experiment, name="train/loss", type="LINE", data=None)
