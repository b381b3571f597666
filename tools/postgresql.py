"""`make test-postgresql`: a PostgreSQL server of its own for as long as a command runs, which finds it by DATABASE_URL.

python -m tools.postgresql COMMAND [ARGUMENT …]
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.console import Failure, main

# The server refuses to run as root.
PLAIN_USERS = ("postgres", "nobody")
NAME = "espalier"


def with_postgresql() -> int:
    """Run the command given, with DATABASE_URL set, and return its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with server() as url:
        return subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": url}, check=False).returncode


@contextmanager
def server() -> Iterator[str]:
    """A new, empty server on a free port of the loopback; gone with all its data at the end.

    Raises:
        Failure: when PostgreSQL is not installed or does not start.
    """
    programs, user = find_programs(), plain_user()
    folder = Path(tempfile.mkdtemp(prefix="espalier-postgresql-"))
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"

    def call(program: str, *arguments: str) -> None:
        log = folder / "log"
        with log.open("a") as output:
            done = subprocess.run(
                [programs / program, *arguments], cwd=folder, user=user, stdout=output, stderr=output, check=False
            )
        if done.returncode:
            raise Failure(f"PostgreSQL's {program} failed.", log.read_text())

    try:
        call("initdb", f"--pgdata={data}", f"--username={NAME}", "--auth=trust", "--no-sync", "--encoding=UTF8")
        call("pg_ctl", "start", "-w", f"--pgdata={data}", f"--log={folder}/server.log", f"--options={options}")
        try:
            call("createdb", "--host=127.0.0.1", f"--port={port}", f"--username={NAME}", NAME)
            yield f"postgresql://{NAME}@127.0.0.1:{port}/{NAME}"
        finally:
            call("pg_ctl", "stop", "-w", f"--pgdata={data}", "--mode=immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """The newest installed PostgreSQL's folder of programs; Debian keeps it out of the PATH."""
    on_path = shutil.which("initdb")
    installed = (
        [Path(on_path).resolve()] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=version)
    )
    if not installed:
        raise Failure("PostgreSQL is not installed. On Debian and Ubuntu: apt-get install postgresql")
    return installed[-1].parent


def version(program: Path) -> int:
    """15 for /usr/lib/postgresql/15/bin/initdb."""
    folder = program.parent.parent.name
    return int(folder) if folder.isdigit() else 0


def plain_user() -> str | None:
    """Whom root becomes to run the server; None when we are no root ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in PLAIN_USERS if name in known), None)
    if user is None:
        raise Failure("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as.")
    return user


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main(with_postgresql)
