"""Each launcher with the engine that it needs; where there is none, its tests are skipped and say why."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from tests.training.launchers import engines
from tests.training.running import until
from tools.ray import REQUIRED
from training.launchers.base import Launcher, Outcome, Run, State
from training.launchers.container import ContainerLauncher
from training.launchers.local import LocalLauncher
from training.launchers.ray import RayLauncher

Engine = Callable[[Path], AbstractContextManager[str]]


@dataclass
class Place:
    """A launcher, and the runs that a test began in it."""

    kind: str
    launcher: Launcher
    begun: list[Run] = field(default_factory=list)

    def run(self, command: str, **options: Any) -> Run:
        """Begin a run of the command."""
        run = self.prepared(command, **options)
        self.launcher.submit(run, lambda: None)
        return run

    def prepared(self, command: str, **options: Any) -> Run:
        """A run that has not begun."""
        image = engines.IMAGE if self.launcher.needs_image else ""
        run = Run(**{"id": str(uuid.uuid4()), "command": command, "image": image, **options})
        self.begun.append(run)
        return run

    def output(self, run: Run) -> bytes:
        """All that can be read of it now."""
        content, cursor = b"", ""
        while True:
            output = self.launcher.read(run.id, cursor)
            content, cursor = content + output.content, output.cursor
            if output.is_all:
                return content

    def wait_for_output(self, run: Run, said: bytes) -> None:
        """Until it has printed this."""
        until(lambda: said in self.output(run))

    def end_of(self, run: Run) -> Outcome:
        """How it ended, once it has."""
        until(lambda: self.launcher.look(run.id).state is not State.RUNNING)
        return self.launcher.look(run.id)

    def clear(self) -> None:
        """End and forget whatever was begun."""
        for run in self.begun:
            self.launcher.stop(run.id, at_once=True)
            self.end_of(run)
            self.launcher.forget(run.id)


@pytest.fixture(scope="session")
def address_of() -> Iterator[Callable[[str], str]]:
    """Where an engine answers; it is started when it is first asked for, and ended after the last test."""
    engine: dict[str, Engine] = {"podman": engines.podman, "docker": engines.docker, "ray": engines.ray_cluster}
    started: dict[str, AbstractContextManager[str]] = {}
    found: dict[str, str | engines.Missing] = {}

    def find(kind: str) -> str:
        if kind not in found:
            # Not below pytest's own folder: a socket's path has at most 107 characters.
            folder = Path(tempfile.mkdtemp(prefix=f"espalier-{kind}-"))
            starting = engine[kind](folder)
            try:
                found[kind] = starting.__enter__()
                started[kind] = starting
            except engines.Missing as missing:
                found[kind] = missing
        address = found[kind]
        if isinstance(address, engines.Missing):
            (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(f"There is no {kind}: {address}.")
        return address

    yield find
    for one in started.values():
        one.__exit__(None, None, None)


@pytest.fixture
def place_of(
    settings: LazySettings, tmp_path: Path, address_of: Callable[[str], str]
) -> Iterator[Callable[[str], Place]]:
    """A place of a kind, which is empty again after the test."""
    settings.RUNS_DIR = tmp_path / "runs"
    settings.STOP_GRACE_SECONDS = 1
    made: list[Place] = []

    def make(kind: str) -> Place:
        if kind in ("podman", "docker"):
            settings.CONTAINER_SOCKET, settings.CONTAINER_NETWORK = address_of(kind), "none"
        elif kind == "ray":
            settings.RAY_URL = address_of(kind)
        makers: dict[str, Callable[[], Launcher]] = {"local": LocalLauncher, "ray": RayLauncher}
        maker = makers.get(kind, ContainerLauncher)
        made.append(Place(kind, maker()))
        return made[-1]

    yield make
    for place in made:
        place.clear()


@pytest.fixture(params=["local", "podman", "docker", "ray"])
def place(request: pytest.FixtureRequest, place_of: Callable[[str], Place]) -> Place:
    """Each place there is."""
    return place_of(request.param)


@pytest.fixture(params=["local", "podman", "docker"])
def walled(request: pytest.FixtureRequest, place_of: Callable[[str], Place]) -> Place:
    """Each place that holds a run to its limits; Ray only counts them when it looks for a node."""
    return place_of(request.param)


@pytest.fixture(params=["podman", "docker"])
def engine(request: pytest.FixtureRequest, place_of: Callable[[str], Place]) -> Place:
    """Each container engine."""
    return place_of(request.param)


@pytest.fixture
def cluster(place_of: Callable[[str], Place]) -> Place:
    """A Ray cluster."""
    return place_of("ray")
