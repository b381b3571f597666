"""Watches one run of the local launcher until it has ended: `python -I supervisor.py FOLDER`, its orders on stdin.

It is a process of its own, so that a training survives the worker that began it. It knows neither Django nor the
database: what it has to say lies in the run's folder.

lock         locked as long as it lives, which is how others see that it does; holds its process id and start time
output       what the script printed, up to the limit; at the end what was dropped, and the last of it
outcome      empty until the run has ended; then how, as JSON
"""

import contextlib
import ctypes
import fcntl
import json
import os
import pwd
import random
import select
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import psutil

LOCK, OUTPUT, OUTCOME = "lock", "output", "outcome"
# Reserved on the disk at the beginning: how a run ended can be written on a full one.
OUTCOME_BYTES = 1024
CHUNK = 256 * 1024
TAIL_BYTES = 64 * 1024
DRAIN_SECONDS = 5.0
LOOK_SECONDS = 0.1
WEIGH_SECONDS = 0.5
LOCK_SECONDS = 2.0
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# As shells say it.
CAN_NOT_START = 126
OUT_OF_MEMORY = "It ran out of memory"


class Supervisor:
    """One run, from its first process to its last.

    Args:
        folder: the run's.
        orders: command, environment, work (the working folder), memory_mb, processors, seconds_max, output_limit and
            user; 0 and empty are no limit and this process's own user.
    """

    def __init__(self, folder: Path, orders: dict[str, Any]) -> None:
        self.folder, self.orders = folder, orders
        self.output = (folder / OUTPUT).open("ab", buffering=0)
        self.room = orders["output_limit"] - self.output.tell()
        self.dropped = 0
        self.tail: deque[bytes] = deque()
        self.tail_size = 0
        self.exit_code: int | None = None
        self.reason = ""
        self.kills_before = oom_kills()
        self.begun = time.monotonic()
        self.weighed = self.begun

    def run(self) -> None:
        """Begin it, watch it, end what is left of it, and say how it ended."""
        libc().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.pipe, write_end = os.pipe()
        with contextlib.suppress(OSError):
            fcntl.fcntl(self.pipe, fcntl.F_SETPIPE_SZ, 1024 * 1024)
        os.set_blocking(self.pipe, False)
        try:
            self.main = self._begin(write_end)
        except (OSError, subprocess.SubprocessError) as error:
            self._say(CAN_NOT_START, f"It could not be started: {error}.")
            return
        os.close(write_end)
        signal.signal(signal.SIGTERM, lambda *_: self._signal(signal.SIGTERM))
        signal.signal(signal.SIGUSR1, lambda *_: self._signal(signal.SIGKILL))
        say_that_it_runs()
        while self.exit_code is None:
            self._take(LOOK_SECONDS)
            self._reap()
            self._enforce()
        self._drain()
        self._end_the_rest()
        self._explain()
        self._finish_output()
        self._say(self.exit_code, self.reason)

    def _begin(self, write_end: int) -> int:
        process = subprocess.Popen(
            ["/bin/sh", "-c", self.orders["command"]],
            cwd=self.orders["work"],
            env=self.orders["environment"],
            stdin=subprocess.DEVNULL,
            stdout=write_end,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=self._restrict,
            **self._identity(),
        )
        process.returncode = 0  # it is waited for below, with whatever it leaves behind
        return process.pid

    def _identity(self) -> dict[str, Any]:
        if not self.orders["user"]:
            return {}
        user = pwd.getpwnam(self.orders["user"])
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _restrict(self) -> None:
        """In the child: it dies with its supervisor, and keeps to its processors."""
        libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if wanted := self.orders["processors"]:
            there = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, random.sample(there, min(wanted, len(there))))

    def _take(self, seconds: float) -> bool:
        """Take what was printed, waiting at most so long for it. Whether the pipe still is open."""
        ready, _, _ = select.select([self.pipe], [], [], seconds)
        if not ready:
            return True
        chunk = os.read(self.pipe, CHUNK)
        self._keep(chunk)
        if not chunk:
            time.sleep(seconds)  # closed by a script that runs on
        return bool(chunk)

    def _keep(self, chunk: bytes) -> None:
        kept = chunk[: max(self.room, 0)]
        with contextlib.suppress(OSError):  # a full disk: dropped
            self.room -= self.output.write(kept)
            chunk = chunk[len(kept) :]
        if not chunk:
            return
        self.dropped += len(chunk)
        self.tail.append(chunk)
        self.tail_size += len(chunk)
        while self.tail_size - len(self.tail[0]) > TAIL_BYTES:
            self.tail_size -= len(self.tail.popleft())

    def _reap(self) -> None:
        """Wait for every process that ended: the script's own, and those that it left to us."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self.main:
                    self.exit_code = os.waitstatus_to_exitcode(ended[1])

    def _enforce(self) -> None:
        """The limits of time and memory. Liveness is nobody's business here: a run may be silent for days."""
        now = time.monotonic()
        if self.reason or now - self.weighed < WEIGH_SECONDS:
            return
        self.weighed = now
        seconds, limit = self.orders["seconds_max"], self.orders["memory_mb"]
        if seconds and now - self.begun > seconds:
            self.reason = f"It took longer than the {in_words(seconds)} that a run may take."
        elif limit and (used := memory_of(descendants())) > limit * 2**20:
            self.reason = f"{OUT_OF_MEMORY}: it used {used / 2**20:,.0f} MB, and the limit was {limit:,} MB."
        if self.reason:
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for process in descendants():
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)

    def _drain(self) -> None:
        """What is still in the pipe; a process that holds it open is not waited for."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline and (descendants() or self._has_more()):
            if not self._take(LOOK_SECONDS):
                return
            self._reap()

    def _has_more(self) -> bool:
        return bool(select.select([self.pipe], [], [], 0)[0])

    def _end_the_rest(self) -> None:
        while left := descendants():
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=LOOK_SECONDS)
            self._reap()

    def _explain(self) -> None:
        killed = self.exit_code in (-signal.SIGKILL, 128 + signal.SIGKILL)
        if killed and not self.reason and oom_kills() > self.kills_before:
            self.reason = f"{OUT_OF_MEMORY}: the system ended it."

    def _finish_output(self) -> None:
        if not self.dropped:
            return
        last = b"".join(self.tail)[-TAIL_BYTES:]
        with contextlib.suppress(OSError):
            self.output.write(b"\n[%s bytes dropped]\n" % f"{self.dropped - len(last):,}".encode() + last)

    def _say(self, exit_code: int, reason: str) -> None:
        text = json.dumps({"exit_code": exit_code, "reason": reason}).ljust(OUTCOME_BYTES)
        with (self.folder / OUTCOME).open("r+b") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())


def descendants() -> list[psutil.Process]:
    """Every process of the run: those that left the script's group, and were left by their parents, are ours, too."""
    return [process for process in psutil.Process().children(recursive=True) if is_alive(process)]


def is_alive(process: psutil.Process) -> bool:
    """Whether it is more than an entry that waits to be read."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def memory_of(processes: list[psutil.Process]) -> int:
    """The bytes that they hold together; what they share is counted once."""
    own = shared = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            memory = process.memory_info()
            own += memory.rss - memory.shared
            shared = max(shared, memory.shared)
    return own + shared


def oom_kills() -> int:
    """How many processes the kernel has ended for want of memory since it started."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/vmstat").read_text().split("oom_kill ")[1].split()[0])
    return 0


def in_words(seconds: float) -> str:
    """`36 hours`, or seconds when it is less than one."""
    return f"{seconds / 3600:,.0f} hours" if seconds >= 2 * 3600 else f"{seconds:,.0f} seconds"


def libc() -> Any:
    """The C library, for what Python does not offer."""
    return ctypes.CDLL(None, use_errno=True)


def say_that_it_runs() -> None:
    """To the worker, which may be gone by now."""
    with contextlib.suppress(OSError):
        os.write(1, b"runs\n")
        os.close(1)


def is_only_one(folder: Path) -> bool:
    """Take the lock, which goes with this process. Whoever only looks whether it is taken holds it for a moment."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, json.dumps([os.getpid(), psutil.Process().create_time()]).encode())
    return True


def begin(folder: Path) -> None:
    """Supervise the run of the folder, unless another does or did."""
    orders = json.load(sys.stdin)
    if os.fork():  # the worker waits for its child, and for no longer: this one is nobody's
        os._exit(0)
    if not is_only_one(folder):
        return
    outcome = folder / OUTCOME
    if outcome.exists() and outcome.read_bytes().strip():
        return
    outcome.write_bytes(b" " * OUTCOME_BYTES)
    Supervisor(folder, orders).run()


if __name__ == "__main__":
    begin(Path(sys.argv[1]))
