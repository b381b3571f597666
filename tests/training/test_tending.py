"""Jobs that are begun, followed and ended, with real processes."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError

from experiments.models import Experiment, Status
from organizations.models import ApiToken, Organization, User
from tests.factories import ExperimentFactory
from tests.training.running import processes_of, script_of, tend_to_the_end, tend_until, tender, until
from training import lease, tending
from training.launchers.base import Beat, LauncherAway, Run
from training.launchers.local import LocalLauncher
from training.lease import LeaseLost
from training.models import Job, JobStatus, Lease
from training.services import fail, launch, stop
from training.tending import Tender

QUEUED, RUNNING = JobStatus.QUEUED, JobStatus.RUNNING


pytestmark = pytest.mark.usefixtures("runs_dir")


@pytest.fixture
def experiment(untrained: Experiment) -> Experiment:
    return untrained


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


def test_jobs_run_in_their_order_and_up_to_the_slots(orchard: Organization, bob: User, tmp_path: Path) -> None:
    jobs = []
    for number in range(3):
        experiment = ExperimentFactory(project__organization=orchard)
        wait = (
            f"import pathlib, time\nwhile not pathlib.Path({str(tmp_path / str(number))!r}).exists(): time.sleep(0.02)"
        )
        script_of(experiment, wait)
        jobs.append(launch(experiment=experiment, by=bob))
    with tender() as looking:
        for _ in range(3):
            looking.look_round()
        assert [Job.objects.get(pk=job.pk).status for job in jobs] == [RUNNING, RUNNING, QUEUED]
        (tmp_path / "1").touch()
        until(lambda: looking.look_round() and Job.objects.get(pk=jobs[2].pk).status == RUNNING)
        assert [Job.objects.get(pk=job.pk).status for job in jobs] == [RUNNING, JobStatus.SUCCEEDED, RUNNING]
        (tmp_path / "0").touch()
        (tmp_path / "2").touch()
        until(lambda: not looking.look_round())


def test_what_is_taken_out_of_the_queue_never_runs(experiment: Experiment, bob: User, tmp_path: Path) -> None:
    script_of(experiment, f"open({str(tmp_path / 'ran')!r}, 'w')")
    stop(job=launch(experiment=experiment, by=bob), by=bob)
    with tender() as looking:
        assert not looking.look_round()
    assert not (tmp_path / "ran").exists()
    experiment.refresh_from_db()
    assert experiment.status == Status.WAITING


def test_who_is_out_of_the_organization_runs_nothing(experiment: Experiment, bob: User) -> None:
    script_of(experiment, "print('here')")
    job = launch(experiment=experiment, by=bob)
    bob.memberships.all().delete()
    tend_to_the_end(job)
    assert (job.status, job.reason) == (
        JobStatus.FAILED,
        "Whoever launched it may not run trainings here any more.",
    )


def test_workers_that_die_of_a_job_try_it_three_times(
    experiment: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(LocalLauncher, "submit", die)
    script_of(experiment, "print('here')")
    job = launch(experiment=experiment, by=bob)
    for _ in range(3):
        with pytest.raises(Killed), tender() as looking:
            looking.look_round()
        Lease.objects.update(expires_at=None)
    tend_to_the_end(job)
    assert job.status == JobStatus.FAILED
    assert job.reason == "It could not be started, in 3 attempts. The worker's log says why."


def test_what_is_wrong_with_one_job_harms_no_other(
    experiment: Experiment, orchard: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_of(experiment, "print('here')")
    wrong = launch(experiment=experiment, by=bob)
    other = ExperimentFactory(project__organization=orchard)
    script_of(other, "print('there')")
    right = launch(experiment=other, by=bob)
    submit = LocalLauncher.submit

    def fail(launcher: LocalLauncher, run: Run, beat: Beat) -> None:
        if run.id == str(wrong.pk):
            raise RuntimeError("nobody thought of this")
        submit(launcher, run, beat)

    monkeypatch.setattr(LocalLauncher, "submit", fail)
    tend_to_the_end(right)
    assert right.status == JobStatus.SUCCEEDED
    tend_to_the_end(wrong)
    assert wrong.status == JobStatus.FAILED


def test_a_launcher_that_is_away_is_waited_for(
    experiment: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise LauncherAway("no answer")

    script_of(experiment, "print('here')")
    job = launch(experiment=experiment, by=bob)
    with monkeypatch.context() as broken, tender() as looking:
        broken.setattr(LocalLauncher, "submit", away)
        for _ in range(5):
            assert looking.look_round()
    job.refresh_from_db()
    assert (job.status, job.reason) == (QUEUED, "This machine can't be reached at the moment: no answer")
    tend_to_the_end(job)
    assert (job.status, job.reason) == (JobStatus.SUCCEEDED, "")


def test_a_worker_without_the_lease_writes_nothing(experiment: Experiment, bob: User) -> None:
    script_of(experiment, "print('here')")
    job = launch(experiment=experiment, by=bob)
    with tender("the first") as first:
        Lease.objects.update(expires_at=None)
        with tender("the second"), pytest.raises(LeaseLost):
            first.look_round()
        with pytest.raises(LeaseLost), first._writing(job):
            pass
    job.refresh_from_db()
    assert job.status == QUEUED


@pytest.mark.usefixtures("db")
def test_a_held_lease_is_given_to_nobody() -> None:
    with tender():
        assert lease.take("another") is None


def swept(looking: Tender, job: Job) -> bool:
    looking.sweep_away(str(job.pk), LocalLauncher())
    return True


def test_a_run_without_a_job_is_ended(experiment: Experiment, bob: User, runs_dir: Path) -> None:
    script_of(experiment, "import time\ntime.sleep(600)")
    job = launch(experiment=experiment, by=bob)
    with tender() as looking:
        looking.look_round()
        assert processes_of(job)
        Job.objects.filter(pk=job.pk).delete()
        until(lambda: swept(looking, job) and not list(runs_dir.iterdir()))
    assert not processes_of(job)


def test_what_the_script_says_is_heard_and_its_exit_decides(experiment: Experiment, bob: User) -> None:
    script_of(experiment, "print('here')")
    job = launch(experiment=experiment, by=bob)
    with tender() as looking:
        looking.look_round()
        assert fail(job=job, by=bob).status == RUNNING
    tend_to_the_end(job)
    assert (job.status, job.exit_code) == (JobStatus.FAILED, 0)
    assert job.reason == "The script itself said that it failed."


def test_the_environment_holds_what_the_contract_names(
    experiment: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "of the server")
    experiment.architecture.docker_environment = {"WORKERS": "2", "job_id": "mine"}
    job = run(experiment, "import os\nfor name in sorted(os.environ): print(name)", bob)
    own = ["HOME", "LANG", "PATH", "PWD", "PYTHONUNBUFFERED", "TMPDIR", "WORKERS"]
    assert lines_of(job) == sorted([*own, "api_token", "experiment_id", "host", "job_id", "organization_id"])


def test_a_run_that_nobody_else_times_is_ended(
    experiment: Experiment, bob: User, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container and a cluster have no clock for it."""
    monkeypatch.setattr(tending, "LATE", timedelta(0))
    script_of(experiment, "import time\ntime.sleep(600)")
    job = launch(experiment=experiment, by=bob)
    with tender() as looking:
        looking.look_round()
    settings.RUN_HOURS_MAX = 1 / 3600
    tend_to_the_end(job)
    assert job.status == JobStatus.FAILED
    assert job.reason == "It took longer than the 1 seconds that a run may take."


def test_what_the_preflight_says_is_refused(experiment: Experiment, bob: User) -> None:
    experiment.architecture.command = experiment.architecture.docker_image = ""
    experiment.architecture.save()
    with pytest.raises(ValidationError, match="There is nothing to run"):
        launch(experiment=experiment, by=bob)
