"""What a training survives, with real workers that are really killed."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from experiments.models import Experiment, Status
from organizations.models import User
from tests.training.running import Worker, script_of, until
from training.models import ConsoleLine, Job, JobStatus
from training.services import launch

pytestmark = pytest.mark.django_db(transaction=True)

# Says its number and one line more, and ends when it finds the file.
WAITING = """
import os, pathlib, time
print("begun", os.getpid(), flush=True)
while not pathlib.Path({go!r}).exists():
    time.sleep(0.05)
print("done", flush=True)
"""


def begun(experiment: Experiment, go: Path, by: User) -> Job:
    script_of(experiment, WAITING.format(go=str(go)))
    return launch(experiment=experiment, by=by)


def lines() -> list[str]:
    return list(ConsoleLine.objects.order_by("part", "number").values_list("text", flat=True))


def script_process() -> psutil.Process:
    """The script, once it has said its number."""
    until(lambda: any(line.startswith("begun") for line in lines()))
    return psutil.Process(int(lines()[0].split()[1]))


def ended(job: Job) -> bool:
    job.refresh_from_db()
    return not job.is_active


def test_the_next_worker_takes_a_run_back(
    untrained: Experiment, bob: User, tmp_path: Path, start_worker: Callable[[], Worker]
) -> None:
    worker, job = start_worker(), begun(untrained, tmp_path / "go", bob)
    script = script_process()
    worker.kill()
    assert script.is_running()
    start_worker()
    (tmp_path / "go").touch()
    until(lambda: ended(job), seconds=30)
    assert (job.status, job.exit_code, job.attempts) == (JobStatus.SUCCEEDED, 0, 1)
    assert lines() == [f"begun {script.pid}", "done"]
    assert Experiment.objects.get().status == Status.SUCCESS


def test_a_run_that_was_killed_with_its_worker_is_said_to_be_gone(
    untrained: Experiment, bob: User, tmp_path: Path, start_worker: Callable[[], Worker]
) -> None:
    worker, job = start_worker(), begun(untrained, tmp_path / "go", bob)
    script = script_process()
    supervisor = script.parents()[0]
    while "supervisor.py" not in " ".join(supervisor.cmdline()):
        supervisor = supervisor.parents()[0]
    worker.kill()
    supervisor.kill()
    start_worker()
    until(lambda: ended(job), seconds=30)
    assert job.status == JobStatus.FAILED
    assert job.reason.startswith("Its process is gone")
    assert Experiment.objects.get().status == Status.FAILED
    until(lambda: not script.is_running() or script.status() == psutil.STATUS_ZOMBIE)


def test_two_workers_run_a_job_once(
    untrained: Experiment, bob: User, tmp_path: Path, start_worker: Callable[[], Worker]
) -> None:
    start_worker()
    start_worker()
    job = begun(untrained, tmp_path / "go", bob)
    script = script_process()
    (tmp_path / "go").touch()
    until(lambda: ended(job))
    assert lines() == [f"begun {script.pid}", "done"]
    assert job.attempts == 1


def test_a_worker_that_was_frozen_writes_nothing_any_more(
    untrained: Experiment, bob: User, tmp_path: Path, start_worker: Callable[[], Worker]
) -> None:
    frozen, job = start_worker(), begun(untrained, tmp_path / "go", bob)
    script = script_process()
    frozen.freeze()
    start_worker()
    (tmp_path / "go").touch()
    until(lambda: ended(job), seconds=30)
    ended_at = job.ended_at
    frozen.thaw()
    begun_at = time.monotonic()
    until(lambda: time.monotonic() - begun_at > 1 and frozen.process.poll() is None)
    assert lines() == [f"begun {script.pid}", "done"]
    assert Job.objects.get().ended_at == ended_at
