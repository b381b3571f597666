"""How the commands speak: a line a step with its time, and one clear sentence when something fails."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LAST_LINES = 20


class Failure(Exception):
    """Why a command can't go on, in a sentence that says what to do, and the output that shows it."""

    def __init__(self, sentence: str, output: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.output = output


def main(command: Callable[[], int | None]) -> None:
    """Run a command; its failure is a sentence and exit code 1, not a traceback."""
    try:
        sys.exit(command() or 0)
    except Failure as failure:
        last_lines = failure.output.strip().splitlines()[-LAST_LINES:]
        for line in last_lines:
            print(f"    {line}", file=sys.stderr)
        print(failure.sentence, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is being done, and how long it took once it is."""
    print(f"{what} … ", end="", flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - start:.1f} s", flush=True)


def run(command: Sequence[str | Path], sentence: str, env: Mapping[str, str] | None = None) -> str:
    """Run a program quietly and return what it wrote.

    Raises:
        Failure: with the sentence and the output when it can't be started or fails.
    """
    arguments = [str(part) for part in command]
    try:
        done = subprocess.run(
            arguments, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=-1, stderr=-2, text=True, errors="replace"
        )
    except OSError as error:
        raise Failure(sentence, str(error)) from None
    if done.returncode:
        raise Failure(sentence, done.stdout)
    return done.stdout
