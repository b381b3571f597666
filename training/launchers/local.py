"""Runs trainings as processes of this machine, for teams that may do there what the worker's user may do.

Each run has a folder, in which its supervisor (supervisor.py) says what there is to know; a worker only reads it. So
a run goes on when the worker ends, and the next worker finds it again.
"""

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import psutil
from django.conf import settings

from storage.services import DamagedBlob, open_verified
from training.launchers import supervisor
from training.launchers.base import Beat, CannotRun, Outcome, Output, Run, RunFile, State
from training.launchers.exits import from_shell

CHUNK = 1024 * 1024
# What programs are looked for in, beside the server's own Python.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# As long as create_time needs to be the same process's: it is told in hundredths of a second.
SAME_START = 0.05


class LocalLauncher:
    """See training.launchers.base.Launcher."""

    name = "local"
    label = "This machine"
    needs_image = False

    def __init__(self) -> None:
        self.root: Path = settings.RUNS_DIR

    def refusal(self, run: Run) -> str:
        if not run.command:
            return "It has no command, and on this machine a command is what is run."
        return ""

    def submit(self, run: Run, beat: Beat) -> None:
        if self.look(run.id).state is not State.GONE:
            return
        folder = self._folder(run.id)
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        # Of a name of its own: a worker that was thought dead may still be writing into an earlier one.
        home = Path(tempfile.mkdtemp(prefix="home-", dir=folder))
        for name in ("work", "tmp"):
            (home / name).mkdir()
        for file in run.files:
            self._copy(file, home / "work", beat)
        _hand_over(home)
        self._supervise(folder, self._orders(run, home))

    def look(self, run_id: str) -> Outcome:
        folder = self._folder(run_id)
        if self._is_supervised(folder):
            return Outcome(State.RUNNING)
        try:
            said = (folder / supervisor.OUTCOME).read_bytes().strip()
        except FileNotFoundError:
            said = b""
        if not said:
            return Outcome(State.GONE)
        told = json.loads(said)
        return Outcome(State.ENDED, from_shell(told["exit_code"]), told["reason"])

    def read(self, run_id: str, cursor: str) -> Output:
        begin = int(cursor or 0)
        try:
            with (self._folder(run_id) / supervisor.OUTPUT).open("rb") as file:
                file.seek(begin)
                content = file.read(CHUNK)
        except FileNotFoundError:
            content = b""
        return Output(content, str(begin + len(content)), is_all=len(content) < CHUNK)

    def stop(self, run_id: str, *, at_once: bool) -> None:
        supervising = self._supervising(run_id)
        if supervising:
            with contextlib.suppress(psutil.Error):
                supervising.send_signal(signal.SIGUSR1 if at_once else signal.SIGTERM)
        elif at_once:
            _end_orphans(run_id)

    def forget(self, run_id: str) -> None:
        folder = self._folder(run_id)
        if folder.exists() and not self._is_supervised(folder):
            shutil.rmtree(folder, ignore_errors=True)

    def known(self) -> Iterable[str]:
        return [path.name for path in self.root.glob("*-*-*-*-*")] if self.root.exists() else []

    def _folder(self, run_id: str) -> Path:
        return self.root / str(uuid.UUID(run_id))

    def _copy(self, file: RunFile, folder: Path, beat: Beat) -> None:
        """The file's bytes as they were uploaded: a link would let the script change what others use, too."""
        try:
            source = open_verified(file.blob)
        except DamagedBlob as damaged:
            raise CannotRun(f"The file {file.filename} is damaged in the store: {damaged}.") from damaged
        with source, (folder / file.filename).open("xb") as target:
            for chunk in iter(partial(source.read, CHUNK), b""):
                target.write(chunk)
                beat()

    def _orders(self, run: Run, home: Path) -> dict[str, object]:
        environment = {
            "PATH": f"{settings.LOCAL_PATH or Path(sys.executable).parent}:{SYSTEM_PATH}",
            "HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            **run.environment,
        }
        return {
            "command": run.command,
            "environment": environment,
            "work": str(home / "work"),
            "memory_mb": run.memory_mb,
            "processors": run.processors,
            "seconds_max": run.seconds_max,
            "output_limit": settings.CONSOLE_LIMIT_BYTES,
            "user": settings.LOCAL_USER,
        }

    def _supervise(self, folder: Path, orders: dict[str, object]) -> None:
        """Begin a supervisor, and wait until its script runs. The orders hold a token: they go through a pipe."""
        with (folder / "supervisor.log").open("ab") as log:
            subprocess.run(
                [sys.executable, "-I", supervisor.__file__, str(folder)],
                input=json.dumps(orders).encode(),
                env={"PATH": SYSTEM_PATH, "LANG": "C.UTF-8"},
                cwd="/",
                stdout=subprocess.PIPE,  # until it says that the script runs
                stderr=log,
                start_new_session=True,
                check=True,
            )

    def _is_supervised(self, folder: Path) -> bool:
        try:
            with (folder / supervisor.LOCK).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def _supervising(self, run_id: str) -> psutil.Process | None:
        """The process that holds the lock. Its id may have gone to another since; its id and start time have not."""
        folder = self._folder(run_id)
        if not self._is_supervised(folder):
            return None
        try:
            pid, started = json.loads((folder / supervisor.LOCK).read_bytes())
            process = psutil.Process(pid)
            return process if abs(process.create_time() - started) < SAME_START else None
        except (ValueError, psutil.Error):
            return None


def _hand_over(home: Path) -> None:
    """To the user that scripts run as, if that is another."""
    if settings.LOCAL_USER:
        for path in (home, *home.rglob("*")):
            shutil.chown(path, settings.LOCAL_USER, pwd.getpwnam(settings.LOCAL_USER).pw_gid)


def _end_orphans(run_id: str) -> None:
    """Processes of a run whose supervisor was killed: they still bear the job's id in their environment."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("job_id") == run_id:
                process.kill()
