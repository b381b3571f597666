"""What a run prints, line by line as its wrapper sends it, and the file that holds all of it.

The wrapper numbers the lines of a run, sends one a call, and sends a progress bar again under the number that it had.
Scripts mark chapters and blocks by lines of their own (wire contract, section 8.1).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from experiments.models import Experiment
from organizations.models import Role, User
from organizations.tokens import PREFIX
from storage.addressed import claimed
from storage.models import Blob
from training.models import Console, ConsoleLine, Job, JobStatus, LineKind, LoggingFile
from training.services import report

LINES_MAX = 1_000_000
LINES_AT_ONCE_MAX = 1_000
LINE_MAX = 10_000
PARTS_MAX = 1_000
PART_MAX = 200

CHAPTER_MARK = "--#--"
# The begin and the end of a section that overwrites itself, and of a block of so many lines.
MARK = re.compile(r"-----|--\*--|--\d--|---\d---")
# Colours and movements of the cursor, and every other control character but the tab; halves of characters.
ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)?")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
# A script that prints its environment prints its token.
TOKEN = re.compile(rf"{PREFIX}[\w-]{{20,}}")
HALVES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Batch:
    """Lines that follow each other under one heading.

    Attributes:
        part: the heading.
        number: of the first line, from 0.
        lines: as they were printed.
    """

    part: str
    number: int
    lines: list[str]


@transaction.atomic
def write_lines(
    *, run: Job | Experiment, part: str, number: int, lines: Sequence[str], special: str = "", by: User
) -> Console:
    """Write lines into the console of a job, or of an experiment whose script runs without one.

    Args:
        run: whose console it is.
        part: under which heading the lines are.
        number: of the first line, from 0; the others follow it. A line of the same part and number is replaced.
        lines: what was printed: cleaned of what is no text, and cut after 10,000 characters.
        special: `buffer` for the lines of a block, `exit_code` for the code that the script ended with.
        by: at least a member.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: for more than 1,000 lines at once.
    """
    by.must_be(Role.MEMBER, _experiment_of(run).project.organization)
    if len(lines) > LINES_AT_ONCE_MAX:
        raise ValidationError(f"These are {len(lines):,} lines: send at most {LINES_AT_ONCE_MAX:,} at once.")
    console = _begun_anew(run, by) if isinstance(run, Experiment) and number == 0 else _locked_console(run)
    if special == "exit_code":
        console.exit_code = _exit_code(lines)
    place = _place_of(console, cleaned(part)[:PART_MAX] or "Output")
    if place is None:
        console.dropped_count += len(lines)
    else:
        _write(console, place, number, lines, special)
    console.save(update_fields=["parts", "line_count", "dropped_count", "exit_code", "updated_at"])
    return console


def take_in(*, job: Job, batches: Iterable[Batch]) -> None:
    """Write what a launcher collected of a job. It follows what was written before, and replaces a line sent again.

    Inside the caller's transaction, so that the lines and the place up to which they were read are one.
    """
    console = _locked_console(job)
    for batch in batches:
        for begin in range(0, len(batch.lines), LINES_AT_ONCE_MAX):
            lines = batch.lines[begin : begin + LINES_AT_ONCE_MAX]
            place = _place_of(console, batch.part)
            if place is None:
                console.dropped_count += len(lines)
            else:
                _write(console, place, batch.number + begin, lines, "")
    console.save(update_fields=["parts", "line_count", "dropped_count", "updated_at"])


def close(*, job: Job, exit_code: int | None, blob: Blob | None) -> None:
    """Say how the run of a job ended, and keep all that it printed, unless it sent that itself."""
    console = _locked_console(job)
    if console.exit_code is None:
        console.exit_code = exit_code
        console.save(update_fields=["exit_code", "updated_at"])
    if blob is not None:
        file = LoggingFile(console=console, object_name=f"jobs/{job.pk}/output.log", blob=blob)
        LoggingFile.objects.bulk_create([file], ignore_conflicts=True)


def save_file(*, run: Job | Experiment, object_name: str, by: User) -> LoggingFile:
    """Keep an uploaded file as all that the run printed, instead of one that was kept before.

    Args:
        run: whose console it is.
        object_name: under which it was uploaded.
        by: at least a member.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: when nothing was uploaded under the name.
    """
    organization = _experiment_of(run).project.organization
    by.must_be(Role.MEMBER, organization)
    # Before anything is locked: a bucket's file is read whole.
    blob = claimed(organization=organization, name=object_name)
    with transaction.atomic():
        file, _ = LoggingFile.objects.update_or_create(
            console=_locked_console(run), defaults={"object_name": object_name, "blob": blob}
        )
    return file


def change_file(*, file: LoggingFile, object_name: str, by: User) -> LoggingFile:
    """Put another uploaded file in its place.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: when nothing was uploaded under the name.
    """
    organization = file.console.experiment.project.organization
    by.must_be(Role.MEMBER, organization)
    file.blob, file.object_name = claimed(organization=organization, name=object_name), object_name
    file.save(update_fields=["blob", "object_name", "updated_at"])
    return file


def delete_file(*, file: LoggingFile, by: User) -> None:
    """Forget the file. The lines stay.

    Raises:
        PermissionDenied: for less than a member.
    """
    by.must_be(Role.MEMBER, file.console.experiment.project.organization)
    file.delete()


def _experiment_of(run: Job | Experiment) -> Experiment:
    return run.experiment if isinstance(run, Job) else run


def _locked_console(run: Job | Experiment) -> Console:
    """The run's console, made if need be. Its lock makes one writer at a time of many, so that the counts are right."""
    job = run if isinstance(run, Job) else None
    experiment = _experiment_of(run)
    consoles = Console.objects.select_for_update(no_key=True).filter(experiment=experiment, job=job)
    console = consoles.first()
    if console is None:
        Console.objects.bulk_create([Console(experiment=experiment, job=job)], ignore_conflicts=True)
        console = consoles.get()
    return console


def _begun_anew(experiment: Experiment, by: User) -> Console:
    """The console of an experiment that runs without a job, at its first line.

    After the exit code of a run it is run once more: what was printed then makes room, and the experiment runs again.
    """
    # Before the console, as whoever deletes the experiment does.
    Experiment.objects.select_for_update().get(pk=experiment.pk)
    console = _locked_console(experiment)
    if console.exit_code is not None:
        console.lines.all().delete()
        console.parts, console.line_count, console.dropped_count, console.exit_code = [], 0, 0, None
        report(experiment=experiment, status=JobStatus.RUNNING, by=by)
    return console


def _place_of(console: Console, part: str) -> int | None:
    """Where the part's name is among the console's, or None when there is no room for another."""
    if part not in console.parts:
        if len(console.parts) >= PARTS_MAX:
            return None
        console.parts.append(part)
    place: int = console.parts.index(part)
    return place


def _write(console: Console, place: int, number: int, lines: Sequence[str], special: str) -> None:
    numbers = range(number, number + len(lines))
    known = console.lines.filter(part=place, number__gte=number, number__lt=numbers.stop)
    there = set(known.values_list("number", flat=True))
    room = LINES_MAX - console.line_count
    rows = []
    for at, text in zip(numbers, lines, strict=True):
        if at not in there and room <= 0:
            console.dropped_count += 1
            continue
        room -= at not in there
        rows.append(_line(console, place, at, text, special))
    ConsoleLine.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["console", "part", "number"], update_fields=["kind", "text"]
    )
    console.line_count += len(rows) - len(there)


def _line(console: Console, place: int, number: int, text: str, special: str) -> ConsoleLine:
    shown = _shortened(cleaned(text))
    return ConsoleLine(console=console, part=place, number=number, kind=_kind(shown, special), text=shown)


def _kind(text: str, special: str) -> LineKind:
    if special == "exit_code":
        return LineKind.EXIT_CODE
    if text.startswith(CHAPTER_MARK):
        return LineKind.CHAPTER
    if MARK.fullmatch(text.strip()):
        return LineKind.MARK
    return LineKind.BUFFER if special == "buffer" else LineKind.OUTPUT


def cleaned(text: str) -> str:
    """What a terminal would show of the line in the end: a carriage return begins it again. No token is shown."""
    last = ESCAPES.sub("", text).rstrip("\r\n").replace("\r\n", " ").rpartition("\r")[2]
    readable = HALVES.sub("\N{REPLACEMENT CHARACTER}", UNPRINTABLE.sub(" ", last)).rstrip()
    return TOKEN.sub(f"{PREFIX}…", readable)


def _shortened(text: str) -> str:
    beyond = len(text) - LINE_MAX
    return text if beyond <= 0 else f"{text[:LINE_MAX]}… ({beyond:,} more characters)"


def _exit_code(lines: Sequence[str]) -> int | None:
    """The code in the text, or None when it is no number of a process."""
    text = "".join(lines).strip()
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None
