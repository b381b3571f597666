"""The server and its worker in the background, found again by the next command: by what was written down."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Self

from tools.console import PYTHON, ROOT, VAR, VENV, Failure

GUNICORN = VENV / "bin" / "gunicorn"
START_SECONDS, STOP_SECONDS, PAUSE = 60, 20, 0.05


@dataclass(frozen=True)
class Program:
    """A program that was started here and runs on, in a session of its own, so that it outlives this terminal."""

    name: ClassVar[str]
    # What its command line has in it: its id may be another program's by now.
    mark: ClassVar[str]

    pid: int
    started: float  # seconds since the epoch

    @classmethod
    def state(cls) -> Path:
        """Where it is written down."""
        return VAR / f"{cls.name}.json"

    @classmethod
    def log(cls) -> Path:
        """What it says."""
        return VAR / f"{cls.name}.log"

    @classmethod
    def recorded(cls) -> Self | None:
        """The one that was started last, unless it has ended since."""
        try:
            program = cls(**json.loads(cls.state().read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return program if program.runs() else None

    @classmethod
    def spawn(cls, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Start it; the id of its process."""
        with cls.log().open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=-3, stdout=log, stderr=log, start_new_session=True
            )
        return process.pid

    def record(self) -> None:
        """Write it down for the next command."""
        self.state().write_text(json.dumps(asdict(self)))

    def stop(self) -> None:
        """End it, politely.

        Raises:
            Failure: when it does not end.
        """
        deadline = time.monotonic() + STOP_SECONDS
        if self.runs():
            os.kill(self.pid, signal.SIGTERM)
        while self.runs():
            if time.monotonic() > deadline:
                raise Failure(f"The {self.name}, process {self.pid}, does not end. Its log is {self.log()}.")
            time.sleep(PAUSE)
        self.state().unlink(missing_ok=True)

    def runs(self) -> bool:
        """Whether the process is there, and still what was started here."""
        return self.mark in command_line(self.pid)


@dataclass(frozen=True)
class Worker(Program):
    """`manage.py worker`, which runs trainings. They go on without it, and the next one takes them back."""

    name = "worker"
    mark = f"{PYTHON} manage.py worker"

    @classmethod
    def start(cls, environment: Mapping[str, str]) -> Worker:
        """Start it; what it does not get done while it starts is done a moment later."""
        worker = cls(cls.spawn([str(PYTHON), "manage.py", "worker"], environment), time.time())
        worker.record()
        return worker


@dataclass(frozen=True)
class Server(Program):
    """A gunicorn."""

    name = "server"
    mark = str(GUNICORN)

    port: int

    @classmethod
    def start(cls, port: int, environment: Mapping[str, str]) -> Server:
        """Start it, and wait for its first answer.

        Raises:
            Failure: with its log when it ends or does not answer in time.
        """
        listen = [f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=8", "--no-control-socket"]
        listen.append("--limit-request-line=8190")  # the dataset dialog carries what is chosen in its address
        # A client's next call comes on the same connection: protocols/picsellia/retries.py.
        listen.append("--keep-alive=75")
        server = cls(cls.spawn([str(GUNICORN), "config.wsgi", *listen], environment), time.time(), port)
        server.record()
        deadline = time.monotonic() + START_SECONDS
        while not server.answers():
            if not server.runs() or time.monotonic() > deadline:
                server.stop()
                log = cls.log().read_text(errors="replace")
                raise Failure("The server did not start; this is the end of its log.", log)
            time.sleep(PAUSE)
        return server

    def answers(self) -> bool:
        """Whether the sign-in page, which everybody may see, comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/sign-in/")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def command_line(pid: int) -> str:
    """The command that a process runs, or an empty text when there is no such process, or only its remains."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout


def is_free(port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
