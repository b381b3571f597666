"""Logs of experiments. Two of them, `parameters` and `labelmap`, are the experiment's own."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema

from config.names import as_stored
from experiments.models import Experiment
from protocols.picsellia.caller import caller
from protocols.picsellia.errors import BadInput
from protocols.picsellia.files import is_large, presigned_url
from protocols.picsellia.paging import ListQuery
from tracking.lines import Line, lines_of
from tracking.log_data import answered
from tracking.models import Log, LogType
from tracking.reading import AnyLog, all_logs, log_of_id, log_of_name
from tracking.services import UNCHANGED, append_to_line, delete_logs, edit_log, record_log
from tracking.virtual import VirtualLog

router = Router()

ORDERS = ("name", "type")
IDS_MAX = 10_000


class LogOut(Schema):
    """A log. A write of a LINE answers with the points that came, a read with all of them."""

    id: uuid.UUID
    name: str
    type: LogType
    data: Any


class LogsOut(Schema):
    """Logs, whole."""

    items: list[LogOut]


class LogIn(Schema):
    """What a training tells."""

    name: str
    type: LogType
    data: Any = None


class LogPatch(Schema):
    """What of a log becomes another."""

    name: str | None = None
    data: Any = None


class PointsIn(Schema):
    """Points that a LINE grows by."""

    data: Any = None


class IdsIn(Schema):
    """Which ones."""

    ids: list[uuid.UUID]


@router.post("/experiment/{uuid:experiment_id}/logs", response=LogOut)
def record(request: HttpRequest, experiment_id: uuid.UUID, body: LogIn, raise_on_conflict: bool = True) -> LogOut:
    """Log something: a LINE of this name grows, any other is replaced.

    Unless raise_on_conflict is false, a name that the experiment has is a 409.
    """
    log, line = record_log(
        experiment=_experiment(request, experiment_id),
        name=body.name,
        log_type=body.type,
        data=body.data,
        is_new=raise_on_conflict,
        by=caller(request),
    )
    return _answer(request, log, line)


@router.get("/experiment/{uuid:experiment_id}/logs/find", response=LogOut)
def find(request: HttpRequest, experiment_id: uuid.UUID, name: str) -> LogOut:
    """An experiment's log of a name, with all of its data.

    The log parameters is its hyperparameters, and always found; labelmap is a 404 while there is none.
    """
    log = log_of_name(_experiment(request, experiment_id), as_stored(name))
    if log is None:
        raise Http404
    return _whole(request, [log])[0]


@router.get("/experiment/{uuid:experiment_id}/logs/extended", response=LogsOut)
def list_extended(request: HttpRequest, experiment_id: uuid.UUID, query: Query[ListQuery]) -> LogsOut:
    """An experiment's logs with all of their data, by name."""
    logs = list(all_logs(_experiment(request, experiment_id)))
    for word in reversed(query.order_by or []):
        name = word.removeprefix("-")
        if name not in ORDERS:
            raise BadInput(f"Logs are not ordered by {name[:50]!r}: only by {', '.join(ORDERS)}.")
        logs.sort(key=lambda log, name=name: str(getattr(log, name)), reverse=word.startswith("-"))  # type: ignore[misc]
    end = None if query.limit is None else query.offset + query.limit
    return LogsOut(items=_whole(request, logs[query.offset : end]))


@router.get("/experiment/{uuid:experiment_id}/logs/ids", response=list[uuid.UUID])
def list_ids(request: HttpRequest, experiment_id: uuid.UUID) -> list[uuid.UUID]:
    """The ids of an experiment's logs, by name."""
    return [log.id for log in all_logs(_experiment(request, experiment_id))]


@router.delete("/experiment/{uuid:experiment_id}/logs", response={204: None})
def delete_many(request: HttpRequest, experiment_id: uuid.UUID, body: IdsIn) -> None:
    """Delete logs of an experiment, all or none. Its own, parameters and labelmap, are emptied instead."""
    experiment = _experiment(request, experiment_id)
    if len(body.ids) > IDS_MAX:
        raise BadInput(f"At most {IDS_MAX:,} logs are deleted at once; these are {len(body.ids):,}.")
    if not set(body.ids) <= {log.id for log in all_logs(experiment)} | {experiment.pk, experiment.architecture_id}:
        raise Http404
    delete_logs(experiment=experiment, ids=body.ids, by=caller(request))


@router.get("/log/{uuid:log_id}", response=LogOut)
def sync(request: HttpRequest, log_id: uuid.UUID) -> LogOut:
    """A log with all of its data."""
    return _whole(request, [_log(request, log_id)])[0]


@router.patch("/log/{uuid:log_id}", response=LogOut)
def update(request: HttpRequest, log_id: uuid.UUID, body: LogPatch) -> LogOut:
    """Give a log another name, or other data: of a LINE all points.

    A name that another log has is a 409. The logs parameters and labelmap keep theirs.
    """
    log = _log(request, log_id)
    if isinstance(log, Log):
        # Null that was sent is what became of NaN on its way.
        data = body.data if "data" in body.model_fields_set else UNCHANGED
        edit_log(log=log, name=body.name, data=data, by=caller(request))
    elif body.name not in (None, log.name):
        raise BadInput(f"The log {log.name} is the experiment's own and keeps its name.")
    elif body.data is not None:
        log.write(body.data, by=caller(request))
    return _whole(request, [log])[0]


@router.delete("/log/{uuid:log_id}", response={204: None})
def delete(request: HttpRequest, log_id: uuid.UUID) -> None:
    """Delete a log: parameters and labelmap are emptied instead."""
    log = _log(request, log_id)
    delete_logs(experiment=log.experiment, ids=[log.id], by=caller(request))


@router.post("/log/{uuid:log_id}/append", response=LogOut)
def append(request: HttpRequest, log_id: uuid.UUID, body: PointsIn) -> LogOut:
    """Put points at the end of a LINE: any other log is a 400. The answer has only the points that came."""
    log = _log(request, log_id)
    if isinstance(log, VirtualLog):
        raise BadInput(f"Only a LINE grows; this log is a {log.type}: write it anew.")
    return _answer(request, log, append_to_line(log=log, data=body.data, by=caller(request)))


def _experiment(request: HttpRequest, pk: uuid.UUID) -> Experiment:
    experiments = Experiment.objects.visible_to(caller(request))
    return get_object_or_404(experiments.select_related("project__organization", "architecture"), pk=pk)


def _log(request: HttpRequest, pk: uuid.UUID) -> AnyLog:
    log = log_of_id(pk, user=caller(request))
    if log is None:
        raise Http404
    return log


def _whole(request: HttpRequest, logs: Iterable[AnyLog]) -> list[LogOut]:
    """The logs with all that they hold, in one more query if there are lines among them."""
    logs = list(logs)
    pks = {log.id for log in logs if log.type == LogType.LINE}
    lines = lines_of(pks) if pks else {}
    return [_answer(request, log, lines[log.id] if log.id in pks else None) for log in logs]


def _answer(request: HttpRequest, log: AnyLog, line: Line | None) -> LogOut:
    data: Any = log.data if line is None else line.as_data()
    if isinstance(log, Log) and log.blob:
        address = presigned_url(request, log.blob, data["filename"])
        data = data | {"large": is_large(log.blob), "presigned_url": address}
    return LogOut(id=log.id, name=log.name, type=LogType(log.type), data=answered(data))
