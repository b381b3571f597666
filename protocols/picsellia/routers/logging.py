"""What runs print: lines as they come, and the file with all of them at the end."""

import json
import uuid
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from experiments.models import Experiment
from protocols.picsellia.caller import caller
from protocols.picsellia.files import presigned_url
from protocols.picsellia.routers.jobs import own_experiment, own_job
from training import console
from training.models import Job, LoggingFile

router = Router()

# The largest number that the database keeps, less the most lines of a call.
NUMBER_MAX = 2_147_480_000


class LinesIn(Schema):
    """A line, or the lines of a block, and the number of the first."""

    line_nb: int = Field(ge=0, le=NUMBER_MAX)
    log: str | list[Any]
    part: str
    final: bool = False
    special: str | bool | list[Any] = False


class SavedByJob(Schema):
    """An uploaded file, as a job names it."""

    logging_object_name: str


class SavedByExperiment(Schema):
    """An uploaded file, as an experiment names it."""

    object_name: str


class FileChanges(Schema):
    """Another uploaded file, or nothing."""

    object_name: str | None = None


class LoggingFileOut(Schema):
    """All that a run printed. Read it with `select_related("blob")`."""

    id: uuid.UUID
    object_name: str
    filename: str
    presigned_url: str

    @staticmethod
    def resolve_presigned_url(file: LoggingFile, context: dict[str, Any]) -> str:
        """Where the file can be fetched without a token."""
        return presigned_url(context["request"], file.blob, file.filename)


@router.post("/v2/job/{uuid:job_id}/logging", response={204: None})
def write_of_job(request: HttpRequest, job_id: uuid.UUID, body: LinesIn) -> None:
    """Write lines into a job's console, up to 1,000 at once.

    A line of the same part and number is replaced: so a progress bar stays one line.
    """
    _write(request, own_job(request, job_id), body)


@router.post("/experiment/{uuid:experiment_id}/logging", response={204: None})
def write_of_experiment(request: HttpRequest, experiment_id: uuid.UUID, body: LinesIn) -> None:
    """Write lines into the console of an experiment without a job.

    A line of the same part and number is replaced; line 0 after an exit code begins the console anew.
    """
    _write(request, own_experiment(request, experiment_id), body)


@router.post("/v2/job/{uuid:job_id}/logging/save", response=SavedByJob)
def save_of_job(request: HttpRequest, job_id: uuid.UUID, body: SavedByJob) -> SavedByJob:
    """Keep an uploaded file as all that a job printed. It replaces one that was kept before."""
    run, name = own_job(request, job_id), body.logging_object_name
    console.save_file(run=run, object_name=name, by=caller(request))
    return body


@router.post("/experiment/{uuid:experiment_id}/logging/save", response=LoggingFileOut)
def save_of_experiment(request: HttpRequest, experiment_id: uuid.UUID, body: SavedByExperiment) -> LoggingFile:
    """Keep an uploaded file as all that an experiment printed. It replaces one that was kept before."""
    run = own_experiment(request, experiment_id)
    return console.save_file(run=run, object_name=body.object_name, by=caller(request))


@router.get("/experiment/{uuid:experiment_id}/logging", response=LoggingFileOut)
def newest_of_experiment(request: HttpRequest, experiment_id: uuid.UUID) -> LoggingFile:
    """The file of a run of an experiment that was saved last.

    Saved by the experiment itself or by one of its jobs; 404 before the first.
    """
    experiment = own_experiment(request, experiment_id)
    files = LoggingFile.objects.filter(console__experiment=experiment).select_related("blob")
    return get_object_or_404(files.order_by("-updated_at", "-pk")[:1])


@router.get("/logging/file/{uuid:file_id}", response=LoggingFileOut)
def sync(request: HttpRequest, file_id: uuid.UUID) -> LoggingFile:
    """A file of what a run printed, with an address to fetch it from."""
    return _own_file(request, file_id)


@router.patch("/logging/file/{uuid:file_id}", response=LoggingFileOut)
def update(request: HttpRequest, file_id: uuid.UUID, body: FileChanges) -> LoggingFile:
    """Put another uploaded file in the place of what a run printed."""
    file = _own_file(request, file_id)
    name = file.object_name if body.object_name is None else body.object_name
    return console.change_file(file=file, object_name=name, by=caller(request))


@router.delete("/logging/file/{uuid:file_id}", response={204: None})
def delete(request: HttpRequest, file_id: uuid.UUID) -> None:
    """Delete the file of what a run printed: the console's lines stay."""
    console.delete_file(file=_own_file(request, file_id), by=caller(request))


def _own_file(request: HttpRequest, file_id: uuid.UUID) -> LoggingFile:
    files = LoggingFile.objects.visible_to(caller(request))
    return get_object_or_404(files.select_related("blob", "console__experiment__project__organization"), pk=file_id)


def _write(request: HttpRequest, run: Job | Experiment, body: LinesIn) -> None:
    lines = [body.log] if isinstance(body.log, str) else [_as_text(line) for line in body.log]
    special = body.special if isinstance(body.special, str) else ""
    console.write_lines(run=run, part=body.part, number=body.line_nb, lines=lines, special=special, by=caller(request))


def _as_text(line: Any) -> str:
    """Scripts send lists of anything."""
    return line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
