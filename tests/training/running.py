"""Trainings that really run on this machine, for the tests."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
from django.conf import settings

from experiments.models import Experiment
from tests import processes
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
    try:
        yield Tender(held)
    finally:
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


class Program:
    """A process of the product, on the database of this very test."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)

    def kill(self) -> None:
        """As the kernel does it when memory is short."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """It does nothing any more, and does not know."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on in the middle of what it did."""
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Whatever state it is in."""
        if self.process.poll() is None:
            self.kill()


class Worker(Program):
    """`manage.py worker`."""

    def __init__(self, runs_dir: Path, *, environment: dict[str, str] | None = None, url: str = "") -> None:
        own = {
            "TEST_LAUNCHERS": "local:2",
            "TEST_RUNS_DIR": str(runs_dir),
            "TEST_FILES_DIR": str(settings.FILES_DIR),
            "TEST_TRAINING_URL": url,
        }
        command = [sys.executable, "manage.py", "worker"]
        super().__init__(command, {**(environment or processes.environment()), **own})


class WebServer(Program):
    """The production server on a port of the loopback."""

    def __init__(self, port: int, *, environment: dict[str, str] | None = None) -> None:
        gunicorn = str(Path(sys.executable).parent / "gunicorn")
        listen = [f"--bind=127.0.0.1:{port}", "--workers=1", "--threads=8", "--keep-alive=75", "--no-control-socket"]
        own = {"TEST_EXTRA_HOSTS": "127.0.0.1", "TEST_FILES_DIR": str(settings.FILES_DIR)}
        super().__init__([gunicorn, "config.wsgi", *listen], {**(environment or processes.environment()), **own})
        until(lambda: _listens(port))

    def stop(self) -> None:
        """As an update of the product does it."""
        self.process.terminate()
        self.process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes_of(job: Job) -> list[psutil.Process]:
    """Whatever still runs for the job: all of it bears the job's id."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("job_id") == str(job.pk) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
