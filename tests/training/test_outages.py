"""A training goes on while the web server starts anew, and while the database is away; nothing it logged is lost."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection

from experiments.models import Experiment
from organizations.models import User
from tests import processes
from tests.gate import Gate
from tests.training.running import WebServer, Worker, script_of, until
from tools.postgresql import free_port
from tracking.lines import line_of
from tracking.models import LinePoints, Log
from training.models import Job, JobStatus
from training.services import launch

pytestmark = pytest.mark.django_db(transaction=True)

AWAY_SECONDS = 20
# Logs one number after another until it finds the file, and prints how many there were.
LOGGING = """
import os, pathlib, picsellia, time
from picsellia.types.enums import LogType
client = picsellia.Client(
    api_token=os.environ["api_token"], host=os.environ["host"], organization_id=os.environ["organization_id"]
)
experiment = client.get_experiment_by_id(os.environ["experiment_id"])
number = 0
while not pathlib.Path({go!r}).exists():
    experiment.log("numbers", [float(number)], LogType.LINE)
    number += 1
    time.sleep(0.05)
print(number)
"""


class Installation:
    """Web server and worker, and a training that logs through them."""

    def __init__(self, experiment: Experiment, by: User, folder: Path, runs_dir: Path, stack: ExitStack) -> None:
        self.gate = _gate(stack)
        self.environment = processes.environment(database_port=self.gate.port if self.gate else None)
        self.port, self.go = free_port(), folder / "go"
        self.web = WebServer(self.port, environment=self.environment)
        worker = Worker(runs_dir, environment=self.environment, url=f"http://127.0.0.1:{self.port}")
        stack.callback(worker.end)
        stack.callback(lambda: self.web.stop())
        script_of(experiment, LOGGING.format(go=str(self.go)))
        self.job = launch(experiment=experiment, by=by)

    def wait_for_points(self, more: int) -> None:
        """Until so many more have come."""
        there = LinePoints.objects.count()
        until(lambda: LinePoints.objects.count() >= there + more)

    def restart_web(self) -> None:
        self.web.stop()
        self.web = WebServer(self.port, environment=self.environment)

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """PostgreSQL can't be reached; SQLite, which is a file, is held by another writer."""
        if self.gate:
            self.gate.shut()
            yield
            self.gate.open()
            return
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout=30000")
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("COMMIT")

    def finish(self) -> None:
        """Let the training end: it ended well, and all that it logged is there, in its order, once."""
        self.go.touch()
        until(self._has_ended)
        assert (self.job.status, self.job.reason) == (JobStatus.SUCCEEDED, "")
        logged = int(self.job.console.lines.latest("part", "number").text)
        assert line_of(Log.objects.get(name="numbers")).values.tolist() == list(range(logged))

    def _has_ended(self) -> bool:
        self.job = Job.objects.get(pk=self.job.pk)
        return not self.job.is_active


def _gate(stack: ExitStack) -> Gate | None:
    if connection.vendor == "sqlite":
        return None
    return stack.enter_context(Gate(connection.settings_dict["HOST"], int(connection.settings_dict["PORT"])))


@pytest.fixture
def installation(untrained: Experiment, bob: User, tmp_path: Path, runs_dir: Path) -> Iterator[Installation]:
    with ExitStack() as stack:
        yield Installation(untrained, bob, tmp_path, runs_dir, stack)


def test_the_web_server_starts_anew(installation: Installation) -> None:
    installation.wait_for_points(5)
    installation.restart_web()
    installation.wait_for_points(5)
    installation.finish()


def test_the_database_is_away(installation: Installation) -> None:
    installation.wait_for_points(5)
    with installation.database_away():
        begun = time.monotonic()
        until(lambda: time.monotonic() - begun > AWAY_SECONDS)
    installation.wait_for_points(5)
    installation.finish()
