"""Lines as wrappers send them: overwritten by number, cleaned, capped, and none lost between many writers."""

from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from experiments.models import Experiment
from organizations.models import Organization, User
from tests.factories import ExperimentFactory, JobFactory, UploadFactory
from tests.storage.test_concurrency import at_once
from training import console as console_module
from training.console import save_file, write_lines
from training.models import Console, ConsoleLine, Job, LineKind, LoggingFile

PART = "--#--Set up training"


@pytest.fixture
def job(orchard: Organization) -> Job:
    return JobFactory(experiment__project__organization=orchard)


def shown(console: Console) -> list[tuple[int, int, str]]:
    return list(console.lines.order_by("part", "number").values_list("part", "number", "text"))


def test_a_line_of_the_same_number_is_replaced(job: Job, bob: User) -> None:
    write_lines(run=job, part=PART, number=0, lines=["starting"], by=bob)
    for percent in ("10 %", "50 %", "100 %"):
        write_lines(run=job, part=PART, number=1, lines=[percent], by=bob)
    console = write_lines(run=job, part="--#--End job", number=1, lines=["done"], by=bob)
    assert shown(console) == [(0, 0, "starting"), (0, 1, "100 %"), (1, 1, "done")]
    assert console.line_count == 3
    assert console.parts == [PART, "--#--End job"]


def test_a_block_takes_as_many_numbers_as_it_has_lines(job: Job, bob: User) -> None:
    console = write_lines(run=job, part=PART, number=4, lines=["a", "b", "c"], special="buffer", by=bob)
    assert shown(console) == [(0, 4, "a"), (0, 5, "b"), (0, 6, "c")]
    assert set(console.lines.values_list("kind", flat=True)) == {LineKind.BUFFER}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("--#--Training", LineKind.CHAPTER),
        ("-----", LineKind.MARK),
        ("--*--", LineKind.MARK),
        ("--3--", LineKind.MARK),
        ("---3---", LineKind.MARK),
        ("------", LineKind.OUTPUT),
        ("-----Epoch 1", LineKind.OUTPUT),
        ("", LineKind.OUTPUT),
    ],
)
def test_marks_are_told_from_what_is_printed(job: Job, bob: User, text: str, kind: LineKind) -> None:
    console = write_lines(run=job, part=PART, number=0, lines=[text], by=bob)
    assert console.lines.get().kind == kind


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("plain\ttext\n", "plain\ttext"),
        ("nothing \x00 here", "nothing   here"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07word", "red word"),
        ("10 %\r50 %\r100 %", "100 %"),
        ("two\r\nlines\r\n", "two lines"),
        ("half \ud800", "half �"),
        ("ünï ✓", "ünï ✓"),
        ("x" * 10_003, "x" * 10_000 + "… (3 more characters)"),
    ],
)
def test_text_is_cleaned(job: Job, bob: User, sent: str, kept: str) -> None:
    console = write_lines(run=job, part=PART, number=0, lines=[sent], by=bob)
    assert console.lines.get().text == kept


def test_parts_are_cleaned_and_named(job: Job, bob: User) -> None:
    write_lines(run=job, part="\x00", number=0, lines=["a"], by=bob)
    console = write_lines(run=job, part="p" * 300, number=0, lines=["a"], by=bob)
    assert console.parts == ["Output", "p" * 200]


def test_a_flood_is_counted_and_dropped(job: Job, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_module, "LINES_MAX", 3)
    monkeypatch.setattr(console_module, "PARTS_MAX", 1)
    write_lines(run=job, part=PART, number=0, lines=["a", "b"], by=bob)
    write_lines(run=job, part=PART, number=1, lines=["B", "c", "d", "e"], by=bob)
    console = write_lines(run=job, part="another part", number=0, lines=["f"], by=bob)
    assert shown(console) == [(0, 0, "a"), (0, 1, "B"), (0, 2, "c")]
    assert (console.line_count, console.dropped_count) == (3, 3)


def test_too_many_at_once(job: Job, bob: User) -> None:
    with pytest.raises(ValidationError, match="at most 1,000"):
        write_lines(run=job, part=PART, number=0, lines=["a"] * 1_001, by=bob)


@pytest.mark.parametrize(("text", "code"), [("0", 0), ("137", 137), ("-9\n", -9), ("killed", None), ("9" * 20, None)])
def test_the_exit_code_is_read(job: Job, bob: User, text: str, code: int | None) -> None:
    console = write_lines(run=job, part="--#--End job", number=7, lines=[text], special="exit_code", by=bob)
    assert console.exit_code == code
    assert console.lines.get().kind == LineKind.EXIT_CODE


def test_an_experiment_that_is_run_again_begins_a_new_console(job: Job, bob: User) -> None:
    for run in (job.experiment, job):
        for number in range(3):
            write_lines(run=run, part=PART, number=number, lines=["first run"], by=bob)
        write_lines(run=run, part=PART, number=3, lines=["0"], special="exit_code", by=bob)
        console = write_lines(run=run, part=PART, number=0, lines=["second run"], by=bob)
        # A job is one run, so that its line was only sent again.
        assert console.lines.count() == (1 if run == job.experiment else 4)
        assert console.exit_code == (None if run == job.experiment else 0)


def test_a_viewer_writes_nothing(job: Job, vera: User) -> None:
    with pytest.raises(PermissionDenied):
        write_lines(run=job, part=PART, number=0, lines=["a"], by=vera)
    with pytest.raises(PermissionDenied):
        save_file(run=job, object_name="x", by=vera)
    assert not Console.objects.exists()


def test_a_line_costs_a_few_queries(job: Job, bob: User, django_assert_max_num_queries: Any) -> None:
    job = Job.objects.select_related("experiment__project__organization").get()
    write_lines(run=job, part=PART, number=0, lines=["first"], by=bob)
    # Two of them begin and end the savepoint, as tests are in a transaction of their own.
    with django_assert_max_num_queries(8):
        write_lines(run=job, part=PART, number=1, lines=["a"] * 20, by=bob)


def test_a_later_file_replaces_the_one_before(job: Job, bob: User, orchard: Organization, harbor: Organization) -> None:
    first = UploadFactory(organization=orchard, filename="logs.json")
    second = UploadFactory(organization=orchard, filename="logs.json")
    save_file(run=job, object_name=first.name, by=bob)
    file = save_file(run=job, object_name=second.name, by=bob)
    assert LoggingFile.objects.get() == file
    assert (file.blob, file.filename) == (second.blob, "logs.json")
    for name in (
        "nothing",
        UploadFactory(organization=harbor).name,
        UploadFactory(organization=orchard, blob=None).name,
    ):
        with pytest.raises(ValidationError, match="upload it first"):
            save_file(run=job, object_name=name, by=bob)


@pytest.mark.django_db(transaction=True)
def test_many_writers_lose_no_line(bob: User, orchard: Organization) -> None:
    """The first of them makes the console, all of them write parts of their own and the same last line."""
    experiment: Experiment = ExperimentFactory(project__organization=orchard)
    start = Barrier(4)

    def writer(own: int) -> None:
        start.wait()
        for number in range(20):
            write_lines(run=experiment, part=f"part {own}", number=number, lines=[f"{own}:{number}"], by=bob)
            write_lines(run=experiment, part="progress", number=0, lines=[f"{own}:{number}"], by=bob)

    at_once(*[lambda own=own: writer(own) for own in range(4)])
    console = Console.objects.get()
    assert console.line_count == ConsoleLine.objects.count() == 81
    assert sorted(console.parts) == ["part 0", "part 1", "part 2", "part 3", "progress"]
    for line in console.lines.exclude(text__endswith=":19"):
        assert console.parts[line.part] == f"part {line.text.partition(':')[0]}"
