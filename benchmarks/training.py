"""Trainings: how fast their consoles are taken in and they begin, and what a long queue and open live pages cost."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.api.server import database_environment
from benchmarks.report import Report, p50, p95, sampled
from benchmarks.sides import Side, text_of
from experiments.models import Experiment
from registry.copying import copy_architecture
from storage.services import store
from training import lease
from training.console import Batch, take_in
from training.launchers.local import LocalLauncher
from training.models import Console, ConsoleLine, Job, JobStatus
from training.services import launch
from training.tending import Tender

OPEN_PAGES, ASKS_EVERY_SECONDS = 50, 2.0
STARTS = 7
PATIENCE_SECONDS = 120.0

LINES_A_SECOND_MIN = 5_000
FIRST_LINE_MAX_MS = 4_000.0
QUEUE_MAX_MS, ASK_MAX_MS = 60.0, 40.0
ASK_MAX_BYTES = 500

COLUMNS, WIDTHS = ["", "", "", "limits"], [58, 12, 12, 7]


def measure(report: Report, side: Side, *, lines: int, queued: int, runs: int) -> None:
    """With real processes of this machine, in the organization with many rows."""
    report.table("Trainings", COLUMNS, WIDTHS)
    _lines(report, side, lines)
    _starts(report, side)
    _queue(report, side, queued, runs)
    _pages(report, side, runs)


def _lines(report: Report, side: Side, lines: int) -> None:
    """From the first look at a run that prints to its end."""
    job = _launched(side, "lines", f"for number in range({lines}): print('step', number, 'loss 0.123')")
    begun = time.perf_counter()
    with _tender() as tender:
        _until(lambda: not tender.look_round())
    seconds = time.perf_counter() - begun
    taken = Console.objects.get(job=job).line_count
    if taken != lines:
        raise RuntimeError(f"{taken:,} of {lines:,} lines were taken in.")
    speed = lines / seconds
    verdict = report.verdict("console lines, seconds for 10,000", 10_000 / speed, 10_000 / LINES_A_SECOND_MIN)
    report.row(["console lines a second, taken in from a run", f"{speed:,.0f}", "", verdict])


def _starts(report: Report, side: Side) -> None:
    """From *Launch* to the first line, with the worker as it is started by hand."""
    with _worker():
        samples = [_start(side, number) for number in range(STARTS)]
    verdict = report.verdict("launch to first line, ms", p50(samples), FIRST_LINE_MAX_MS)
    report.row(
        ["from launch to the first line: p50, p95, in ms", f"{p50(samples):,.0f}", f"{p95(samples):,.0f}", verdict]
    )


def _start(side: Side, number: int) -> float:
    begun = time.perf_counter()
    job = _launched(side, f"start {number}", "print('here')")
    _until(lambda: ConsoleLine.objects.filter(console__job=job).exists())
    took = (time.perf_counter() - begun) * 1_000
    _until(lambda: Job.objects.filter(pk=job.pk, status=JobStatus.SUCCEEDED).exists())
    return took


def _queue(report: Report, side: Side, queued: int, runs: int) -> None:
    """Many jobs that wait, behind one that runs."""
    first = _experiment(side, "runs", "import time; time.sleep(600)")
    experiments = [_experiment(side, f"waits {number}", "") for number in range(queued)]
    ahead = launch(experiment=first, launcher="local", by=side.user)
    Job.objects.bulk_create(
        Job(experiment=experiment, launcher="local", gpus=0, created_by=side.user) for experiment in experiments
    )
    path = reverse("training:job_list")
    with _tender() as tender:
        tender.look_round()
        page, look = sampled(lambda: side.get(path), tender.look_round, runs=runs)
        report.row([f"the page of {queued:,} queued jobs: queries", str(side.queries(path)), "", ""])
        for what, samples in (
            ("the same: p50, p95, in ms", page),
            ("a look of the worker at all: p50, p95, in ms", look),
        ):
            verdict = report.verdict(what, p50(samples), QUEUE_MAX_MS)
            report.row([what, f"{p50(samples):.1f}", f"{p95(samples):.1f}", verdict])
        Job.objects.filter(status=JobStatus.QUEUED).delete()
        Job.objects.filter(pk=ahead.pk).delete()
        tender.sweep_away(str(ahead.pk), LocalLauncher())


def _pages(report: Report, side: Side, runs: int) -> None:
    """What each open page asks every two seconds: mostly nothing has changed."""
    experiment = _experiment(side, "followed", "")
    job = Job.objects.create(experiment=experiment, launcher="local", status=JobStatus.RUNNING, created_by=side.user)
    take_in(job=job, batches=[Batch("Output", 0, [f"line {number}" for number in range(1_000)])])
    ask = _live_address(side, reverse("experiments:experiment_detail", args=[experiment.pk]))
    answer = side.client.get(ask, headers={"hx-request": "true"})
    size = len(answer.content) + sum(len(f"{name}: {value}\r\n") for name, value in answer.items())
    (asks,) = sampled(lambda: side.client.get(ask, headers={"hx-request": "true"}), runs=runs)
    with CaptureQueriesContext(connection) as captured:
        side.client.get(ask, headers={"hx-request": "true"})
    verdict = report.verdict("a live page's question: p50, ms", p50(asks), ASK_MAX_MS)
    report.row(
        ["a live page asks whether anything is new: p50, p95, in ms", f"{p50(asks):.1f}", f"{p95(asks):.1f}", verdict]
    )
    verdict = report.verdict("a live page's question: bytes", size, ASK_MAX_BYTES)
    report.row(["  queries, bytes of the answer", str(len(captured)), str(size), verdict])
    share = OPEN_PAGES / ASKS_EVERY_SECONDS * p50(asks) / 1_000
    report.row([f"  {OPEN_PAGES} open pages, in processors", f"{share:.2f}", "", ""])
    job.delete()


def _samples_row(report: Report, what: str, samples: list[float], verdict: str) -> None:
    report.row([what, f"{p50(samples):,.1f}", f"{p95(samples):,.1f}", verdict])


def _live_address(side: Side, path: str) -> str:
    """What the page asks, as it stands in the page after it has asked once."""
    found = re.search(r'hx-get="([^"]*/live/[^"]*)"', text_of(side.get(path)))
    if found is None:
        raise RuntimeError(f"{path} asks for nothing.")
    return unescape(found[1])


def _launched(side: Side, name: str, script: str) -> Job:
    return launch(experiment=_experiment(side, name, script), launcher="local", by=side.user)


def _experiment(side: Side, name: str, script: str) -> Experiment:
    architecture = copy_architecture(None)
    architecture.command = "python -u script.py"
    architecture.save()
    if script:
        blob = store([script.encode()])
        architecture.files.create(name="script", filename="script.py", blob=blob)
    return Experiment.objects.create(
        project=side.project, name=f"bench {name}", architecture=architecture, created_by=side.user
    )


@contextmanager
def _tender() -> Iterator[Tender]:
    held = lease.take("the benchmark")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while held is None:  # a worker that was killed is not missed at once
        if time.monotonic() > deadline:
            raise RuntimeError("Another worker looks after the jobs.")
        time.sleep(0.1)
        held = lease.take("the benchmark")
    yield Tender(held)
    held.release()


@contextmanager
def _worker() -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=settings.BASE_DIR,
        env={**os.environ, **database_environment()},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _until(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        if time.monotonic() > deadline:
            raise RuntimeError("It takes too long.")
        time.sleep(0.01)
