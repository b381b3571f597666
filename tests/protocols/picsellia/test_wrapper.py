"""A training image's wrapper, call by call as the wire contract has it in section 8.1: with a job, and without one.

The wrapper tails what the script prints, sends a call a line, keeps all of it as a file, and says how it ended.
"""

import json
from pathlib import Path

import picsellia
import pytest
from picsellia.exceptions import ResourceNotFoundError
from picsellia.sdk.experiment import Experiment as SdkExperiment
from picsellia.sdk.job import Job as SdkJob
from picsellia.types.enums import ExperimentStatus, JobRunStatus
from pytest_django.live_server_helper import LiveServer

from experiments.models import Experiment, Status
from organizations.models import Organization, User
from tests.factories import ExperimentFactory
from tests.protocols.picsellia.conftest import token_of
from training.models import Console, Job, LineKind
from training.services import launch

HEADING, END = "--#--Set up training", "--#--End job"
PRINTED = [HEADING, "--#--Load the data", "10 images", "-----", "10 %", "55 %", "100 %", "--*--", "epoch 1", "epoch 2"]


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    return ExperimentFactory(project__organization=orchard)


@pytest.fixture
def client(live_server: LiveServer, transactional_db: None, orchard: Organization, bob: User) -> picsellia.Client:
    """The container's environment holds the host, a token and the organization's id."""
    return picsellia.Client(api_token=token_of(bob), organization_id=str(orchard.pk), host=live_server.url)


def send_what_is_printed(run: SdkJob | SdkExperiment) -> None:
    """A line a call. Between the marks of a section each line takes the number of the one before."""
    run.line_nb = 0
    section: int | None = None
    for text in PRINTED:
        if section is not None and text != "--*--":
            run.line_nb = section
        run.send_logging(text, HEADING)
        if text == "-----":
            section = run.line_nb
        elif text == "--*--":
            section = None
    # A block comes as a list, and takes as many numbers as it has lines.
    run.send_logging(["| class | images |", "| apple | 10 |"], HEADING, special="buffer")
    run.line_nb += 1


def end(run: SdkJob | SdkExperiment, experiment: SdkExperiment, exit_code: int, folder: Path) -> None:
    """The file, the exit code, and the two statuses."""
    file = folder / f"{run.id}-logs.json"
    file.write_text(json.dumps({HEADING: {"logs": PRINTED}, "exit_code": exit_code}))
    run.store_logging_file(file)
    run.send_logging(str(exit_code), END, special="exit_code")
    went_well = exit_code == 0
    if isinstance(run, SdkJob):
        run.update_job_run_with_status(JobRunStatus.SUCCEEDED if went_well else JobRunStatus.FAILED)
    experiment.update(status=ExperimentStatus.SUCCESS if went_well else ExperimentStatus.FAILED)


def shown(console: Console) -> list[str]:
    lines = console.lines.exclude(kind=LineKind.MARK).order_by("part", "number")
    return list(lines.values_list("text", flat=True))


@pytest.mark.parametrize(
    ("exit_code", "status", "job_status"), [(0, Status.SUCCESS, "SUCCEEDED"), (1, Status.FAILED, "FAILED")]
)
def test_with_a_job(
    client: picsellia.Client,
    experiment: Experiment,
    bob: User,
    tmp_path: Path,
    exit_code: int,
    status: Status,
    job_status: str,
) -> None:
    job: Job = launch(experiment=experiment, gpus=1, gpu_type="", by=bob)
    found = client.get_experiment_by_id(str(experiment.pk))
    run = client.get_job_by_id(str(job.pk))
    run.update_job_run_with_status(JobRunStatus.RUNNING)
    experiment.refresh_from_db()
    assert experiment.status == Status.RUNNING

    send_what_is_printed(run)
    console = Console.objects.get(job=job)
    # The progress is one line, which was overwritten.
    assert shown(console) == [
        HEADING,
        "--#--Load the data",
        "10 images",
        "100 %",
        "epoch 1",
        "epoch 2",
        "| class | images |",
        "| apple | 10 |",
    ]

    end(run, found, exit_code, tmp_path)
    job.refresh_from_db()
    experiment.refresh_from_db()
    console.refresh_from_db()
    assert (job.status, experiment.status, console.exit_code) == (job_status, status, exit_code)
    assert console.parts == [HEADING, END]
    assert shown(console)[-1] == str(exit_code)

    file = found.get_logging_file()
    assert file.filename == f"{job.pk}-logs.json"
    file.download(tmp_path / "back")
    assert json.loads((tmp_path / "back" / file.filename).read_text())["exit_code"] == exit_code


def test_without_a_job(client: picsellia.Client, experiment: Experiment, tmp_path: Path) -> None:
    """In DEBUG mode the experiment takes the job's place, run after run."""
    found = client.get_experiment_by_id(str(experiment.pk))
    with pytest.raises(ResourceNotFoundError):
        found.get_logging_file()
    for exit_code, status, meanwhile in ((1, Status.FAILED, Status.WAITING), (0, Status.SUCCESS, Status.RUNNING)):
        send_what_is_printed(found)
        experiment.refresh_from_db()
        assert experiment.status == meanwhile
        end(found, found, exit_code, tmp_path)
        experiment.refresh_from_db()
        console = Console.objects.get()
        assert (console.job, console.exit_code, experiment.status) == (None, exit_code, status)
        assert shown(console)[-1] == str(exit_code)
        assert len(shown(console)) == 9
    assert found.get_logging_file().filename == f"{experiment.pk}-logs.json"
    assert not Job.objects.exists()
