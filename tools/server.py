"""A server in the background that the next command finds again: by what was written down, and by asking it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.console import ROOT, VAR, VENV, Failure

STATE, LOG = VAR / "server.json", VAR / "server.log"
GUNICORN = VENV / "bin" / "gunicorn"
START_SECONDS, STOP_SECONDS, PAUSE = 60, 20, 0.05


@dataclass(frozen=True)
class Server:
    """A gunicorn that was started here."""

    pid: int
    port: int
    started: float  # seconds since the epoch

    @classmethod
    def recorded(cls) -> Server | None:
        """The one that was started last, unless it has ended since."""
        try:
            server = cls(**json.loads(STATE.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return server if server.runs() else None

    @classmethod
    def start(cls, port: int, environment: Mapping[str, str]) -> Server:
        """Start it in a session of its own, so that it outlives this terminal, and wait for its first answer.

        Raises:
            Failure: with its log when it ends or does not answer in time.
        """
        listen = [f"--bind=127.0.0.1:{port}", "--workers=2", "--threads=8", "--no-control-socket"]
        listen.append("--limit-request-line=8190")  # the dataset dialog carries what is chosen in its address
        listen.append(
            "--keep-alive=75"
        )  # a client's next call comes on the same connection: protocols/picsellia/retries.py
        with LOG.open("wb") as log:
            process = subprocess.Popen(
                [str(GUNICORN), "config.wsgi", *listen],
                cwd=ROOT,
                env=environment,
                stdin=-3,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        server = cls(process.pid, port, time.time())
        STATE.write_text(json.dumps(asdict(server)))
        deadline = time.monotonic() + START_SECONDS
        while not server.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                server.stop()
                raise Failure("The server did not start; this is the end of its log.", LOG.read_text(errors="replace"))
            time.sleep(PAUSE)
        return server

    def stop(self) -> None:
        """End it, politely first.

        Raises:
            Failure: when it does not end.
        """
        deadline = time.monotonic() + STOP_SECONDS
        while self.runs():
            os.kill(self.pid, signal.SIGTERM)
            if time.monotonic() > deadline:
                raise Failure(f"The server, process {self.pid}, does not end. Its log is {LOG}.")
            time.sleep(PAUSE)
        STATE.unlink(missing_ok=True)

    def runs(self) -> bool:
        """Whether the process is still this checkout's gunicorn: its id may be another program's by now."""
        return str(GUNICORN) in command_line(self.pid)

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
    """The command that a process runs, or an empty text when there is no such process."""
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
