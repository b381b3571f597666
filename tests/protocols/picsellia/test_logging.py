"""What runs print, as the SDK sends it; the file with all of it is in test_wrapper.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import picsellia
import pytest
from picsellia.exceptions import BadRequestError, ForbiddenError, ResourceNotFoundError
from picsellia.sdk.logging_file import LoggingFile as SdkLoggingFile

from organizations.models import Organization, User
from tests.factories import JobFactory, UploadFactory
from tests.protocols.picsellia.conftest import ConnectAs
from tests.protocols.picsellia.plain import PlainClient
from tests.protocols.picsellia.test_jobs import as_sdk
from training.console import save_file
from training.models import Console, ConsoleLine, Job, LoggingFile


@pytest.fixture
def job(orchard: Organization) -> Job:
    return JobFactory(experiment__project__organization=orchard)


def test_lines_of_a_job_and_of_an_experiment(sdk: picsellia.Client, job: Job) -> None:
    for run in (sdk.get_job_by_id(job.pk), as_sdk(sdk, job.experiment)):
        run.send_logging("first", "Training")
        run.send_logging(["second", 3, None, {"loss": 0.5}], "Training", special="buffer")
        run.send_logging("last", "Evaluation", final=True)
    own, of_job = Console.objects.get(job=None), Console.objects.get(job=job)
    for console in (own, of_job):
        assert console.parts == ["Training", "Evaluation"]
        assert list(console.lines.values_list("part", "number", "text")) == [
            (0, 0, "first"),
            (0, 1, "second"),
            (0, 2, "3"),
            (0, 3, "null"),
            (0, 4, '{"loss": 0.5}'),
            (1, 2, "last"),
        ]


def test_the_file(
    sdk: picsellia.Client, connect_as: ConnectAs, job: Job, bob: User, vera: User, orchard: Organization, tmp_path: Path
) -> None:
    experiment = as_sdk(sdk, job.experiment)
    with pytest.raises(ResourceNotFoundError):
        experiment.get_logging_file()
    older, newer = (
        UploadFactory(organization=orchard, filename="run-logs.json", blob__content=content)
        for content in (b"older", b"newer")
    )
    save_file(run=job.experiment, object_name=newer.name, by=bob)
    save_file(run=job, object_name=older.name, by=bob)
    file = experiment.get_logging_file()
    assert (file.object_name, file.filename) == (older.name, "run-logs.json")
    file.update(object_name=newer.name)
    file.sync()
    assert file.object_name == newer.name
    file.download(tmp_path)
    assert (tmp_path / "run-logs.json").read_bytes() == b"newer"
    with pytest.raises(BadRequestError, match="upload it first"):
        file.update(object_name="logging/nothing.json")

    viewer = SdkLoggingFile(connect_as(vera).connection, {"id": str(file.id), "object_name": "x"})
    viewer.sync()
    with pytest.raises(ForbiddenError):
        viewer.delete()
    file.delete()
    assert LoggingFile.objects.get().console.job is None
    with pytest.raises(ResourceNotFoundError):
        file.sync()


def test_a_strangers_consoles_are_not_there(
    plain_of: Callable[..., PlainClient], job: Job, orchard: Organization, bob: User, charlie: User
) -> None:
    file = save_file(run=job, object_name=UploadFactory(organization=orchard).name, by=bob)
    line = {"line_nb": 0, "log": "mine now", "part": "Training"}
    stranger = plain_of(charlie)
    for method, path, body in [
        ("POST", f"/api/v2/job/{job.pk}/logging", line),
        ("POST", f"/api/v2/job/{job.pk}/logging/save", {"logging_object_name": file.object_name}),
        ("POST", f"/api/experiment/{job.experiment_id}/logging", line),
        ("POST", f"/api/experiment/{job.experiment_id}/logging/save", {"object_name": file.object_name}),
        ("GET", f"/api/experiment/{job.experiment_id}/logging", None),
        ("GET", f"/api/logging/file/{file.pk}", None),
        ("PATCH", f"/api/logging/file/{file.pk}", {"object_name": file.object_name}),
        ("DELETE", f"/api/logging/file/{file.pk}", None),
    ]:
        assert stranger(method, path, body)[0] == 404, path
    assert LoggingFile.objects.filter(pk=file.pk).exists()
    assert not ConsoleLine.objects.exists()


def test_an_upload_of_another_organization_is_not_taken(plain: PlainClient, job: Job, harbor: Organization) -> None:
    theirs = UploadFactory(organization=harbor)
    status, answer = plain("POST", f"/api/v2/job/{job.pk}/logging/save", {"logging_object_name": theirs.name})
    assert status == 400
    assert "upload it first" in answer["message"]
    assert not LoggingFile.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"line_nb": -1, "log": "a", "part": "p"},
        {"line_nb": 2**31, "log": "a", "part": "p"},
        {"line_nb": 0, "log": {"a": 1}, "part": "p"},
        {"line_nb": 0, "log": None, "part": "p"},
        {"line_nb": 0, "part": "p"},
        {"line_nb": 0, "log": ["a"] * 1_001, "part": "p"},
        {"line_nb": 0, "log": "a", "part": None},
        [],
    ],
)
def test_broken_bodies(plain: PlainClient, job: Job, body: Any) -> None:
    status, answer = plain("POST", f"/api/v2/job/{job.pk}/logging", body)
    assert status in (400, 422)
    assert answer["message"]
    assert not ConsoleLine.objects.exists()


def test_text_that_no_database_takes(plain: PlainClient, job: Job) -> None:
    body = b'{"line_nb": 0, "log": "half \\ud800, nul \\u0000", "part": "\\udfff\\u0000", "special": ["x"]}'
    assert plain("POST", f"/api/v2/job/{job.pk}/logging", body)[0] == 204
    assert ConsoleLine.objects.get().text == "half \N{REPLACEMENT CHARACTER}, nul"


def test_a_line_costs_a_few_queries(plain: PlainClient, job: Job, django_assert_max_num_queries: Any) -> None:
    """Who asks, for which job, in which role; then lock, look, write, count."""
    path, line = f"/api/v2/job/{job.pk}/logging", {"line_nb": 0, "log": "a", "part": "Training"}
    plain("POST", path, line)
    with django_assert_max_num_queries(9):  # with the savepoint that stands for the transaction in tests
        assert plain("POST", path, {**line, "line_nb": 1})[0] == 204
