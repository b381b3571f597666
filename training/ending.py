"""How the end of a run is told: why, in a sentence, and with its last lines."""

import signal
from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings

from training.console import Batch, cleaned
from training.launchers.base import Outcome, State
from training.launchers.supervisor import in_words
from training.models import Job, JobStatus

TAIL_LINES, TAIL_LINE_MAX = 20, 500
# Its heading, its number there, and its text.
Line = tuple[str, int, str]

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


def late(outcome: Outcome) -> Outcome:
    """The outcome of a run that was ended since it took too long, unless more is known of it."""
    if outcome.state is State.RUNNING or outcome.exit_code == 0 or outcome.reason:
        return outcome
    longest = in_words(settings.RUN_HOURS_MAX * 3600)
    return replace(outcome, reason=f"It took longer than the {longest} that a run may take.")


def last_lines(before: Iterable[Line], batches: Iterable[Batch]) -> list[Line]:
    """The last lines of all that was printed, each cut to what is worth to be shown. One that came again replaces its
    earlier self.
    """
    lines = {(part, number): text for part, number, text in before}
    for batch in batches:
        begin = max(len(batch.lines) - TAIL_LINES, 0)
        for at, text in enumerate(batch.lines[begin:], begin):
            lines[batch.part, batch.number + at] = cleaned(text)[:TAIL_LINE_MAX]
    return [(part, number, text) for (part, number), text in list(lines.items())[-TAIL_LINES:]]


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
