"""An experiment of the orchard, and this machine to run it on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from experiments.models import Experiment
from organizations.models import Organization
from tests.factories import ExperimentFactory, ProjectFactory
from tests.training.running import Worker


@pytest.fixture
def untrained(orchard: Organization) -> Experiment:
    """An experiment that waits, without a script yet."""
    return ExperimentFactory(project=ProjectFactory(organization=orchard))


@pytest.fixture
def start_worker(runs_dir: Path) -> Iterator[Callable[[], Worker]]:
    """Starts workers, processes of their own, which are ended with the test."""
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker(runs_dir))
        return started[-1]

    yield start
    for worker in started:
        worker.end()
