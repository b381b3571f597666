"""The production server as a process of its own, on the database of the benchmark."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.db import connection

WORKERS, THREADS = 4, 8
START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A gunicorn that answers.

    Attributes:
        port: on the loopback.
        pid: of its arbiter.
        start_seconds: from its start to its first answer.
    """

    port: int
    pid: int
    start_seconds: float

    @property
    def memory_mb(self) -> float:
        """What arbiter and workers hold, pages that they share counted once: in megabytes."""
        return sum(_proportional_kb(pid) for pid in [self.pid, *_children(self.pid)]) / 1_024


@contextmanager
def running() -> Iterator[Server]:
    """Start the server, and end it afterwards."""
    port = _free_port()
    listen = [f"--bind=127.0.0.1:{port}", f"--workers={WORKERS}", f"--threads={THREADS}", "--keep-alive=75"]
    begun = time.monotonic()
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "gunicorn"), "config.wsgi", *listen, "--no-control-socket"],
        env={**os.environ, **database_environment(), "EXTRA_HOSTS": "127.0.0.1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() - begun > START_SECONDS:
                raise RuntimeError("The server did not start.")
            time.sleep(0.02)
        yield Server(port, process.pid, time.monotonic() - begun)
    finally:
        process.terminate()
        process.wait()


def database_environment() -> dict[str, str]:
    """The same database that this process measures on."""
    if connection.vendor == "sqlite":
        return {}
    given = connection.settings_dict
    account = quote(given["USER"] or "") + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    return {"DATABASE_URL": f"postgres://{account}@{given['HOST']}:{given['PORT']}/{given['NAME']}"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/sign-in/")
        return asked.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        asked.close()


def _children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []


def _proportional_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
