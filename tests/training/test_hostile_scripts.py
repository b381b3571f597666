"""Scripts that are killed, hang, flood, and do not want to end: a true status, a bounded store, no process left."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import LazySettings

from experiments.models import Experiment, Status
from organizations.models import User
from storage.services import open_verified
from tests.training.running import processes_of, script_of, tend_to_the_end, tend_until
from training.launchers.local import LocalLauncher
from training.models import Job, JobStatus
from training.services import launch, stop

pytestmark = pytest.mark.usefixtures("runs_dir")


@pytest.fixture
def experiment(untrained: Experiment) -> Experiment:
    return untrained


def run(experiment: Experiment, script: str, by: User, memory_mb: int = 0) -> Job:
    script_of(experiment, script)
    job = tend_to_the_end(launch(experiment=experiment, launcher="local", memory_mb=memory_mb, by=by))
    experiment.refresh_from_db()
    assert not processes_of(job)
    return job


def lines_of(job: Job) -> list[str]:
    return list(job.console.lines.values_list("text", flat=True))


def has_printed() -> bool:
    return Job.objects.filter(last_output_at__isnull=False).exists()


def test_killed(experiment: Experiment, bob: User) -> None:
    job = run(experiment, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", bob)
    assert job.status == JobStatus.FAILED
    assert "SIGKILL" in job.reason
    assert experiment.status == Status.FAILED


def test_out_of_memory(experiment: Experiment, bob: User) -> None:
    job = run(experiment, "held = bytearray(300 * 2**20)\nimport time\ntime.sleep(600)", bob, memory_mb=100)
    assert job.status == JobStatus.FAILED
    assert job.reason.startswith("It ran out of memory: it used ")
    assert "the limit was 100 MB" in job.reason


def test_hanging(experiment: Experiment, bob: User, settings: LazySettings) -> None:
    settings.RUN_HOURS_MAX = 1 / 3600
    job = run(experiment, "import time\ntime.sleep(600)", bob)
    assert job.status == JobStatus.FAILED
    assert job.reason == "It took longer than the 1 seconds that a run may take."


def test_a_gigabyte_on_the_console(experiment: Experiment, bob: User, settings: LazySettings) -> None:
    settings.CONSOLE_LIMIT_BYTES = 100_000
    script = "import sys\nfor _ in range(1024): sys.stdout.write('flood ' * 174_762 + '\\n')\nsys.exit('the end of it')"
    job = run(experiment, script, bob)
    assert job.reason == "The script ended with the exit code 1."
    assert job.last_output.endswith("the end of it")
    assert job.console.file.blob.size < 200_000
    assert any(line.endswith("bytes dropped]") for line in lines_of(job))
    assert Job.objects.count() == 1


def test_bytes_that_are_not_text(experiment: Experiment, bob: User) -> None:
    job = run(experiment, r"import os; os.write(1, b'a\xff\x00b\n\xed\xa0\x80\n\x1b[31mred\x1b[0m\n')", bob)
    assert job.status == JobStatus.SUCCEEDED
    assert lines_of(job) == ["a\N{REPLACEMENT CHARACTER} b", "\N{REPLACEMENT CHARACTER}" * 3, "red"]
    with open_verified(job.console.file.blob) as file:
        assert file.read() == b"a\xff\x00b\n\xed\xa0\x80\n\x1b[31mred\x1b[0m\n"


def test_its_token_is_not_shown(experiment: Experiment, bob: User) -> None:
    job = run(experiment, "import os\nprint('token', os.environ['api_token'])\nraise SystemExit(1)", bob)
    assert lines_of(job) == ["token esp_…"]
    assert job.last_output == "token esp_…"


def test_ignoring_the_wish_to_end(experiment: Experiment, bob: User, settings: LazySettings) -> None:
    settings.STOP_GRACE_SECONDS = 1
    script_of(
        experiment,
        "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: print('no', flush=True))\n"
        "print('here', flush=True)\nwhile True: time.sleep(1)",
    )
    job = launch(experiment=experiment, by=bob)
    tend_until(has_printed)
    stop(job=job, by=bob)
    tend_to_the_end(job)
    assert (job.status, job.reason) == (JobStatus.KILLED, "Stopped by bob.")
    assert lines_of(job) == ["here", "no"]
    assert not processes_of(job)


def test_children_that_leave_the_group(experiment: Experiment, bob: User) -> None:
    child = "import time; print('child', flush=True); time.sleep(600)"
    script_of(
        experiment,
        f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)\n"
        "time.sleep(600)",
    )
    job = launch(experiment=experiment, by=bob)
    tend_until(has_printed)
    assert len(processes_of(job)) >= 2
    stop(job=job, by=bob)
    tend_to_the_end(job)
    assert not processes_of(job)


def test_output_that_is_held_open_after_the_end(experiment: Experiment, bob: User) -> None:
    script = "import subprocess, sys\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\nprint('main is over')"
    job = run(experiment, script, bob)
    assert (job.status, lines_of(job)) == (JobStatus.SUCCEEDED, ["main is over"])
    assert job.ended_at is not None
    assert job.started_at is not None
    assert (job.ended_at - job.started_at).total_seconds() < 15


def test_output_that_is_closed_before_the_end(experiment: Experiment, bob: User) -> None:
    job = run(experiment, "import os, time\nos.close(1); os.close(2); time.sleep(1); os._exit(7)", bob)
    assert (job.status, job.exit_code) == (JobStatus.FAILED, 7)


@pytest.fixture
def small_disk(runs_dir: Path) -> Iterator[None]:
    """Runs have their folders on a disk of 256 KB."""
    runs_dir.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(runs_dir)], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield
    subprocess.run(["umount", str(runs_dir)], check=True)


@pytest.mark.usefixtures("small_disk")
def test_a_disk_that_is_full(experiment: Experiment, bob: User) -> None:
    job = run(experiment, "print('here')\n" + "#" * 1_000_000, bob)
    assert job.status == JobStatus.FAILED
    assert job.reason == "There is no room left on the disk where runs have their folders."


@pytest.mark.usefixtures("small_disk")
def test_a_disk_that_becomes_full(experiment: Experiment, bob: User) -> None:
    job = run(experiment, "for number in range(100_000): print('line', number)\nraise SystemExit(3)", bob)
    assert (job.status, job.exit_code) == (JobStatus.FAILED, 3)
    assert lines_of(job)[0] == "line 0"


def test_the_id_of_another_process(experiment: Experiment, bob: User, runs_dir: Path) -> None:
    """The supervisor's id may be another program's after a restart: it is told by its start, too, and left alone."""
    script_of(experiment, "import time\nprint('here', flush=True)\ntime.sleep(600)")
    job = launch(experiment=experiment, by=bob)
    tend_until(has_printed)
    lock = runs_dir / str(job.pk) / "lock"
    said = lock.read_text()
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        lock.write_text(f"[{bystander.pid}, {psutil.Process(bystander.pid).create_time() - 1000}]")
        LocalLauncher().stop(str(job.pk), at_once=True)
        assert bystander.poll() is None
    finally:
        os.kill(bystander.pid, signal.SIGKILL)
        bystander.wait()
        lock.write_text(said)
    stop(job=job, by=bob)
    tend_to_the_end(job)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run as somebody else")
def test_a_script_runs_as_another_user(experiment: Experiment, bob: User, settings: LazySettings) -> None:
    settings.LOCAL_USER = "nobody"
    script_of(experiment, "", command="id -un; id -Gn; touch mine && ls; touch ../../theirs; kill -0 $PPID; true")
    job = tend_to_the_end(launch(experiment=experiment, by=bob))
    assert job.status == JobStatus.SUCCEEDED
    lines = lines_of(job)
    assert lines[0] == "nobody"
    assert lines[1] in ("nogroup", "nobody")
    assert "mine" in lines
    assert sum("ermission denied" in line or "not permitted" in line for line in lines) == 2, lines
