"""How the end of a run is told: why, in a sentence, and with its last lines."""

import signal
from collections.abc import Iterable

from training.console import Batch, cleaned
from training.launchers.base import Outcome, State
from training.models import Job, JobStatus

TAIL_LINES, TAIL_LINE_MAX = 20, 500

GONE = (
    "Its process is gone, and with it what watched it: both were ended from outside, or the machine was started again."
)


def reason_of(job: Job, outcome: Outcome) -> str:
    """Why it ended as it did; empty when it did what it should."""
    if job.stop_asked_at:
        return f"Stopped by {job.stop_asked_by or 'a deleted user'}."
    if outcome.reason:
        return outcome.reason
    if outcome.state is State.GONE:
        return GONE
    if outcome.exit_code == 0:
        return "The script itself said that it failed." if job.reported == JobStatus.FAILED else ""
    return _of_code(outcome.exit_code)


def last_lines(before: Iterable[str], batches: Iterable[Batch]) -> list[str]:
    """The last lines of all that was printed, each cut to what is worth to be shown."""
    lines = [line for batch in batches for line in batch.lines[-TAIL_LINES:]]
    return [*before, *(cleaned(line)[:TAIL_LINE_MAX] for line in lines)][-TAIL_LINES:]


def _of_code(code: int | None) -> str:
    if code is None:
        return "It ended without an exit code."
    number = -code if code < 0 else code - 128
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"The script ended with the exit code {code}."
    if code < 0:
        return f"It was ended from outside by {name}."
    return f"The script ended with the exit code {code}, as a shell tells of a program that {name} ended."
