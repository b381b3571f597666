"""Trainings that really run on this machine, for the tests."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from experiments.models import Experiment
from tests.factories import BlobFactory
from tests.factories.registry import ArchitectureFileFactory
from training import lease
from training.models import Job
from training.tending import Tender

DEADLINE_SECONDS = 40.0


def script_of(experiment: Experiment, script: str, *, command: str = "python script.py") -> None:
    """Let the experiment's training be this Python script."""
    architecture = experiment.architecture
    architecture.command, architecture.docker_image = command, ""
    architecture.save()
    ArchitectureFileFactory(
        architecture=architecture, name="script", filename="script.py", blob=BlobFactory(content=script.encode())
    )


def until(happens: Callable[[], object], *, seconds: float = DEADLINE_SECONDS) -> None:
    """Wait for something that is on its way.

    Raises:
        AssertionError: when it has not happened after so long.
    """
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.02)  # the other process needs the processor, too


@contextmanager
def tender(holder: str = "the test") -> Iterator[Tender]:
    """Look after the jobs as a worker does."""
    held = lease.take(holder)
    assert held is not None
    yield Tender(held)
    held.release()


def tend_until(happens: Callable[[], object]) -> None:
    """Look after the jobs until something has happened."""
    with tender() as looking:
        until(lambda: looking.look_round() is None or happens())


def tend_to_the_end(job: Job) -> Job:
    """Look after the jobs until this one has ended."""
    tend_until(partial(_has_ended, job))
    return job


def _has_ended(job: Job) -> bool:
    job.refresh_from_db()
    return not job.is_active
