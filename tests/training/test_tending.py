"""Jobs that are begun, followed and ended, with real processes."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from experiments.models import Experiment, Status
from organizations.models import ApiToken, User
from tests.factories import ExperimentFactory, ProjectFactory
from tests.training.running import script_of, tend_to_the_end, tend_until
from training.models import Job, JobStatus
from training.services import launch, stop


@pytest.fixture(autouse=True)
def launchers(settings: LazySettings, tmp_path: Path) -> None:
    settings.LAUNCHERS = {"local": 2}
    settings.RUNS_DIR = tmp_path / "runs"


@pytest.fixture
def experiment(bob: User) -> Experiment:
    organization = bob.memberships.get().organization
    return ExperimentFactory(project=ProjectFactory(organization=organization))


def run(experiment: Experiment, script: str, by: User) -> Job:
    script_of(experiment, script)
    job = tend_to_the_end(launch(experiment=experiment, by=by))
    experiment.refresh_from_db()
    return job


def lines_of(job: Job) -> list[str]:
    return list(job.console.lines.values_list("text", flat=True))


def test_a_run_that_ends_well(experiment: Experiment, bob: User, tmp_path: Path) -> None:
    job = run(experiment, "print('one')\nprint('two', end='')", bob)
    assert (job.status, job.exit_code, job.reason) == (JobStatus.SUCCEEDED, 0, "")
    assert experiment.status == Status.SUCCESS
    assert lines_of(job) == ["one", "two"]
    assert job.started_at is not None
    assert job.ended_at is not None
    assert job.token is None
    assert not ApiToken.objects.exists()
    assert list((tmp_path / "runs").iterdir()) == []
    assert job.console.file.blob.size == len(b"one\ntwo")


def test_a_run_that_fails(experiment: Experiment, bob: User) -> None:
    job = run(experiment, "raise SystemExit('no data')", bob)
    assert (job.status, job.exit_code) == (JobStatus.FAILED, 1)
    assert job.reason == "The script ended with the exit code 1."
    assert job.last_output == "no data"
    assert experiment.status == Status.FAILED


def test_a_run_that_is_stopped(experiment: Experiment, bob: User) -> None:
    script_of(experiment, "print('here', flush=True)\nimport time\ntime.sleep(600)")
    job = launch(experiment=experiment, by=bob)
    tend_until(lambda: Job.objects.filter(last_output_at__isnull=False).exists())
    stop(job=job, by=bob)
    tend_to_the_end(job)
    experiment.refresh_from_db()
    assert (job.status, job.reason) == (JobStatus.KILLED, "Stopped by bob.")
    assert experiment.status == Status.CANCELED
