"""`make demo` and `make stop`: Espalier with example data, served in the background on this machine alone."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

from tools.console import PYTHON, ROOT, VAR, Failure, main, run, step
from tools.server import Server, Worker, is_free

KEY, SIGN_IN = VAR / "secret-key", VAR / "sign-in"
DEFAULT_PORT = 8000
# What the server reads once, when it starts.
SOURCES = ("[a-z]*/**/*.py", "templates/**/*.html", "static/**/*.*", "requirements.txt", "package-lock.json")
# The demonstration plays in var/ alone, whatever the shell says of some other installation.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TIME_ZONE", "LOG_LEVEL")


def start(wanted: str = "") -> None:
    """Show the server that runs, or prepare the data and start one on the port that is wanted."""
    server, worker = Server.recorded(), Worker.recorded()
    port = port_of(wanted) if wanted else server.port if server else DEFAULT_PORT
    if server and worker and server.port == port and not is_outdated(server) and server.answers():
        return tell()
    if server or worker:
        stop()
    refuse_busy(port)
    environment = environment_for(port)
    prepare(environment)
    with step("Starting the server, and the worker that runs trainings"):
        Server.start(port, environment)
        Worker.start(environment)
    return tell()


def stop() -> None:
    """End what `start` started."""
    programs = [program for program in (Server.recorded(), Worker.recorded()) if program]
    if not programs:
        print("The demonstration is not running.")
    for program in programs:
        with step(f"Stopping the {program.name}"):
            program.stop()


def port_of(text: str) -> int:
    """The port that a user wrote.

    Raises:
        Failure: when it is none.
    """
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Failure(f"PORT is {text!r}; write a number between 1 and 65535, such as: make demo PORT=8001")
    return int(text)


def refuse_busy(port: int) -> None:
    """Tell of a port that another program has.

    Raises:
        Failure: naming a port that is free.
    """
    if not is_free(port):
        other = next((other for other in range(port + 1, 65536) if is_free(other)), DEFAULT_PORT)
        raise Failure(f"Port {port} is in use by another program. Choose a free one: make demo PORT={other}")


def is_outdated(server: Server) -> bool:
    """Whether some source is newer than the server."""
    sources = (path for pattern in SOURCES for path in ROOT.glob(pattern))
    return any(path.stat().st_mtime > server.started for path in sources)


def environment_for(port: int) -> dict[str, str]:
    """The settings of the demonstration."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "SECRET_KEY": secret_key(),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "EXTRA_HOSTS": "localhost",
        # Whoever may sign in here is at this machine anyway.
        "LAUNCHERS": "local:2",
    }


def secret_key() -> str:
    """The key of this checkout, made once, for its owner's eyes alone."""
    VAR.mkdir(exist_ok=True)
    if not KEY.exists():
        KEY.touch(mode=0o600)
        KEY.write_text(secrets.token_urlsafe(50))
    return KEY.read_text()


def prepare(environment: dict[str, str]) -> None:
    """Migrate the database, collect the static files, and fill the demo world."""
    manage = [str(PYTHON), "manage.py"]
    with step("Preparing the database"):
        run([*manage, "migrate", "--verbosity=0"], "The database could not be prepared.", environment)
    with step("Collecting the static files"):
        collect = [*manage, "collectstatic", "--no-input", "--verbosity=0"]
        run(collect, "The static files could not be collected.", environment)
    fill(environment)


def fill(environment: dict[str, str]) -> None:
    """Run `manage.py demo` and show its progress; its last line, which says how to sign in, is kept for the end."""
    command = [str(PYTHON), "-u", "manage.py", "demo"]
    line = ""
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=-1, stderr=-2, text=True) as process:
        for line in process.stdout or ():
            if not line.startswith("Sign in"):
                print(line, end="", flush=True)
    if process.returncode:
        raise Failure("The example data could not be made.")
    SIGN_IN.touch(mode=0o600)
    SIGN_IN.write_text(line)


def tell() -> None:
    """Say where it is, how to get in, and how to end it."""
    logs = f"the logs are var/{Server.log().name} and var/{Worker.log().name}"
    print(f"\n{SIGN_IN.read_text()}`make stop` ends it; {logs}.")


if __name__ == "__main__":
    main(lambda: {"start": start, "stop": stop}[sys.argv[1]](*sys.argv[2:]))
