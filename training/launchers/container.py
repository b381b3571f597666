"""Runs trainings in containers, by any engine that speaks Docker's API over a socket: Docker, Podman."""

import contextlib
import errno
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from django.conf import settings
from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.models.containers import Container
from docker.types import DeviceRequest, LogConfig, Ulimit
from docker.utils import parse_repository_tag

from training.launchers import exits, flags
from training.launchers.archives import tar_of
from training.launchers.base import Beat, CannotRun, LauncherAway, Outcome, Output, Run, State
from training.launchers.container_logs import LogWasCut, Place, Reading, entries_of, read_on
from training.launchers.installation import installation_id

FOLDER = "/experiment"
# For an answer, or for the next piece of one.
SECONDS = 60
PIECE = 1024 * 1024
PROCESSES_MAX = 4096
# What root may still do in the container: install packages and become another user, no more.
CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"]
# Those that keep every byte, best first: Docker's json-file replaces what is not text.
LOG_DRIVERS = ("local", "k8s-file", "json-file")
# Both streams as one, so that lines stay in their order.
SHELL = ["/bin/sh", "-c"]
ONE_STREAM = "exec 2>&1; "
# The kernel sends a signal to a container's first process only if that asked for it, and to no other.
TELL_ALL = [*SHELL, "kill -TERM -1"]
NOT_YET = ("created", "configured", "initialized")
OVER = ("exited", "stopped", "dead")


class ContainerLauncher:
    """See training.launchers.base.Launcher."""

    name = "container"
    label = "Container"
    needs_image = True

    def refusal(self, run: Run) -> str:
        if not run.image:
            return "It has no image, and a container is made of one."
        try:
            wanted = flags.parse(run.flags)
        except flags.RefusedFlag as refused:
            return str(refused)
        if wanted.wants_gpus and not run.gpus:
            return "The image's flags ask for GPUs (--gpus), and none was chosen: choose some, or remove the flag."
        return ""

    def submit(self, run: Run, beat: Beat) -> None:
        if refusal := self.refusal(run):
            raise CannotRun(refusal)
        with _engine() as engine, _refusals():
            container = _found(engine, run.id) or _created(engine, run, beat)
            if container.status in NOT_YET:
                _begin(container, run, beat)

    def look(self, run_id: str) -> Outcome:
        with _engine() as engine:
            container = _found(engine, run_id)
        if container is None or container.status in NOT_YET:
            return Outcome(State.GONE)
        if container.status not in OVER:
            return Outcome(State.RUNNING)
        state = container.attrs["State"]
        return Outcome(State.ENDED, exits.from_shell(state["ExitCode"]), _reason(container.attrs))

    def read(self, run_id: str, cursor: str) -> Output:
        with _engine() as engine:
            container = _found(engine, run_id)
            if container is None:
                return Output(b"", cursor, is_all=True)
            place = Place.of(cursor)
            try:
                reading = _read(engine, container, place)
            except LogWasCut:
                reading = _read(engine, container, Place(since=place.last))
        return Output(reading.content, str(reading.place), reading.is_all)

    def stop(self, run_id: str, *, at_once: bool) -> None:
        with _engine() as engine:
            container = _found(engine, run_id)
            if container is None or container.status in (*NOT_YET, *OVER):
                return
            # It may end at any moment: then there is nobody to be told.
            with contextlib.suppress(APIError):
                container.kill(signal="SIGKILL" if at_once else "SIGTERM")
                if not at_once:
                    container.exec_run(TELL_ALL, detach=True)

    def forget(self, run_id: str) -> None:
        with _engine() as engine:
            if container := _found(engine, run_id):
                _remove(container)

    def known(self) -> Iterable[str]:
        ours = {"label": f"espalier.installation={installation_id()}"}
        with _engine() as engine:
            found = engine.api.containers(all=True, filters=ours)
        return [container["Labels"]["espalier.run"] for container in found]


@contextmanager
def _engine() -> Iterator[DockerClient]:
    """The engine behind the socket; whatever it can't answer now means that it is away."""
    with contextlib.ExitStack() as closing, _away():
        engine = DockerClient(base_url=settings.CONTAINER_SOCKET, timeout=SECONDS)
        closing.callback(engine.close)
        yield engine


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except (DockerException, requests.RequestException) as error:
        raise LauncherAway(f"The container engine does not answer: {error}") from error


@contextmanager
def _refusals() -> Iterator[None]:
    """While a run is submitted the engine's errors are about the run: it would say the same again."""
    try:
        yield
    except APIError as error:
        said = str(error.explanation or error).strip().rstrip(".")
        if "no space left on device" in said.lower():
            raise OSError(errno.ENOSPC, f"The container engine has no space left: {said}") from error
        raise CannotRun(f"The container engine refuses it: {said}.") from error


def _name(run_id: str) -> str:
    return f"espalier-{run_id}"


def _found(engine: DockerClient, run_id: str) -> Container | None:
    try:
        return engine.containers.get(_name(run_id))
    except NotFound:
        return None


def _created(engine: DockerClient, run: Run, beat: Beat) -> Container:
    """Its container, not yet started; the image is fetched when the engine does not have it."""
    try:
        engine.images.get(run.image)
    except ImageNotFound:
        _pull(engine, run.image, beat)
    try:
        return engine.containers.create(run.image, **_what(run), **_limits(engine, run))
    except APIError as error:
        # Another worker was quicker.
        if error.status_code == requests.codes.conflict and (container := _found(engine, run.id)):
            return container
        raise


def _pull(engine: DockerClient, image: str, beat: Beat) -> None:
    repository, tag = parse_repository_tag(image)
    for step in engine.api.pull(repository, tag or "latest", stream=True, decode=True):
        beat()
        if error := step.get("error"):
            raise CannotRun(f"The image {image} can't be had: {error}.")


def _what(run: Run) -> dict[str, Any]:
    wanted = flags.parse(run.flags)
    command = {"entrypoint": SHELL, "command": [ONE_STREAM + run.command]} if run.command else {}
    return {
        **command,
        "name": _name(run.id),
        "labels": {"espalier.installation": installation_id(), "espalier.run": run.id},
        "environment": {**wanted.environment, **run.environment},
        "working_dir": wanted.workdir or FOLDER,
        "user": wanted.user or None,
    }


def _limits(engine: DockerClient, run: Run) -> dict[str, Any]:
    wanted = flags.parse(run.flags)
    memory = run.memory_mb * 2**20 or None
    return {
        "nano_cpus": run.processors * 10**9 or None,
        "mem_limit": memory,
        "memswap_limit": memory,
        "pids_limit": PROCESSES_MAX,
        "shm_size": wanted.shm_size,
        "ulimits": [Ulimit(name=name, soft=soft, hard=hard) for name, soft, hard in wanted.ulimits],
        "device_requests": [DeviceRequest(count=run.gpus, capabilities=[["gpu"]])] if run.gpus else None,
        "cap_drop": ["ALL"],
        "cap_add": CAPABILITIES,
        "security_opt": ["no-new-privileges"],
        "network_mode": settings.CONTAINER_NETWORK or None,
        "log_config": _log_config(engine),
    }


def _log_config(engine: DockerClient) -> LogConfig:
    """A log that keeps the bytes, and at most a few times what the console keeps of them."""
    drivers = engine.info()["Plugins"]["Log"]
    driver = next((driver for driver in LOG_DRIVERS if driver in drivers), None)
    if driver is None:
        raise CannotRun(f"The container engine has none of the log drivers {', '.join(LOG_DRIVERS)}.")
    # Podman begins a new file when one is full, and keeps no old one.
    files = {} if driver == "k8s-file" else {"max-file": "2"}
    return LogConfig(type=driver, config={"max-size": str(4 * settings.CONSOLE_LIMIT_BYTES), **files})


def _begin(container: Container, run: Run, beat: Beat) -> None:
    folder = container.attrs["Config"]["WorkingDir"]
    try:
        container.put_archive("/", tar_of(run.files, folder, beat))
        container.start()
    except (APIError, CannotRun):
        # The engine may still be at it; then `forget` does.
        with contextlib.suppress(APIError):
            _remove(container)
        raise


def _remove(container: Container) -> None:
    try:
        container.remove(force=True, v=True)
    except NotFound:
        pass
    except APIError as error:
        # Somebody else is removing it.
        if error.status_code != requests.codes.conflict:
            raise


def _read(engine: DockerClient, container: Container, place: Place) -> Reading:
    api = engine.api
    what = {"stdout": 1, "stderr": 1, "timestamps": 1, "since": place.to_ask}
    # Not by the client's own method: what that leaves unread stays open.
    with api.get(f"{api.base_url}/containers/{container.id}/logs", params=what, stream=True, timeout=SECONDS) as answer:
        answer.raise_for_status()
        return read_on(entries_of(answer.raw), place, PIECE)


def _reason(attributes: dict[str, Any]) -> str:
    state, limit = attributes["State"], attributes["HostConfig"]["Memory"] // 2**20
    said = f": the limit was {limit:,} MB." if limit else "."
    if state["OOMKilled"]:
        return f"It ran out of memory{said}"
    # Not every engine notices: some versions of Podman look for conmon's note where it does not lie.
    if limit and exits.from_shell(state["ExitCode"]) == -signal.SIGKILL:
        return f"It was killed, most likely as it ran out of memory{said}"
    return f"The container engine says: {state['Error']}."[:500] if state.get("Error") else ""
