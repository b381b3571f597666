"""Writing the logs of an experiment. In every status: a script may go on logging after the training has ended."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from config.names import as_stored
from experiments.models import Experiment
from organizations.models import Organization, Role, User
from storage.models import Blob
from tracking.lines import GONE, Line, add_points, read_line
from tracking.log_data import checked_data
from tracking.models import Log, LogType
from tracking.pictures import claimed_picture
from tracking.virtual import VirtualLog, virtual_log

LOGS_MAX = 10_000
TAKEN = "The experiment has a log of this name already: choose another, or let it be replaced."
RESERVED = "This name stands for the experiment's own hyperparameters or labelmap: choose another."
UNCHANGED: Final = object()


@dataclass(frozen=True)
class Content:
    """What a log of some type holds, checked: a line its points, a picture its file, any other its data."""

    data: Any = None
    line: Line | None = None
    blob: Blob | None = None
    content_type: str = ""


def record_log(
    *, experiment: Experiment, name: str, log_type: LogType, data: Any, is_new: bool = False, by: User
) -> tuple[Log | VirtualLog, Line | None]:
    """Write down what a training tells: a LINE of this name grows, any other log of it is replaced.

    A point of a line that is there is one insertion, which needs no transaction around it.

    Args:
        experiment: with its architecture, its project, and that one's organization.
        name: as `loss` or `train/loss`, where the part before the slash is its group.
        log_type: how it is drawn.
        data: as `read_line`, `claimed_picture` or, of all other types, `checked_data` takes it.
        is_new: whether a log of this name is refused instead.
        by: at least a member.

    Returns:
        The log, and of a LINE the points that came.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: when something is not what it has to be; with the code `taken` when `is_new` and it is not.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    name = as_stored(name)
    if virtual := virtual_log(experiment, name):
        _refuse_taken(is_new and bool(virtual.data))
        virtual.write(data, by=by)
        return virtual, None
    content = _read(log_type, data, experiment.project.organization)
    known = Log.objects.filter(experiment=experiment, name=name).first()
    if known is None:
        log = Log(experiment=experiment, name=name, type=log_type)
        if _insert(log, content):
            return log, content.line
        known = Log.objects.get(experiment=experiment, name=log.name)  # somebody else was first
    _refuse_taken(is_new)
    if log_type == known.type == LogType.LINE:
        add_points(known, content.line or read_line([]))
    else:
        known.type = log_type
        _rewrite(known, content)
    return known, content.line


def append_to_line(*, log: Log, data: Any, by: User) -> Line:
    """Put points at the end of a LINE: one insertion, whatever is there; no row is locked or changed.

    Args:
        log: with its experiment's project and that one's organization.
        data: as `read_line` takes it.
        by: at least a member.

    Returns:
        The points that came.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: when the log is no LINE, or the data are no points.
    """
    by.must_be(Role.MEMBER, log.experiment.project.organization)
    if log.type != LogType.LINE:
        raise ValidationError(f"Only a LINE grows; this log is a {log.type}: write it anew.")
    line = read_line(data)
    add_points(log, line)
    return line


@transaction.atomic
def edit_log(*, log: Log, name: str | None = None, data: Any = UNCHANGED, by: User) -> Line | None:
    """Give a log another name, or other data of its type: all points of a LINE, the file of an IMAGE.

    Args:
        log: with its experiment's project and that one's organization.
        name: or None to keep it.
        data: or UNCHANGED to keep them; None is a value that could not be computed.
        by: at least a member.

    Returns:
        Of a LINE that was written anew its points.

    Raises:
        PermissionDenied: when `by` may not write.
        ValidationError: when something is not what it has to be; with the code `taken` for the name of another log.
    """
    organization = log.experiment.project.organization
    by.must_be(Role.MEMBER, organization)
    if name is not None:
        log.name = name.strip()
        _check_name(log)
        try:
            with transaction.atomic():
                log.save(update_fields=["name"])
        except IntegrityError:
            raise ValidationError({"name": ValidationError(TAKEN, code="taken")}) from None
    if data is UNCHANGED:
        return None
    content = _read(LogType(log.type), data, organization)
    _rewrite(log, content)
    return content.line


@transaction.atomic
def delete_logs(*, experiment: Experiment, ids: Collection[uuid.UUID], by: User) -> None:
    """Delete these logs of the experiment. Hyperparameters and labelmap are emptied: they can't be gone.

    Args:
        experiment: with its architecture, its project, and that one's organization.
        ids: of logs; those that are not the experiment's are passed over.
        by: at least a member.

    Raises:
        PermissionDenied: when `by` may not write.
    """
    by.must_be(Role.MEMBER, experiment.project.organization)
    for name in ("parameters", "labelmap"):
        virtual = VirtualLog(experiment, name)
        if virtual.id in ids and virtual.data:
            virtual.write({}, by=by)
    Log.objects.filter(experiment=experiment, pk__in=ids).delete()


def _read(log_type: LogType, data: Any, organization: Organization) -> Content:
    if log_type == LogType.LINE:
        return Content(line=read_line(data))
    if log_type == LogType.IMAGE:
        kept, blob, content_type = claimed_picture(data, organization)
        return Content(kept, blob=blob, content_type=content_type)
    return Content(checked_data(log_type, data))


def _insert(log: Log, content: Content) -> bool:
    """Whether the log is there now because of us. False when another of its name came in the same moment."""
    _check_name(log)
    if Log.objects.filter(experiment=log.experiment).count() >= LOGS_MAX:
        raise ValidationError(f"The experiment has {LOGS_MAX:,} logs, the most that one can have.")
    try:
        with transaction.atomic():
            _take(log, content).save(force_insert=True)
            if content.line:
                add_points(log, content.line)
    except IntegrityError:
        return False
    return True


@transaction.atomic
def _rewrite(log: Log, content: Content) -> None:
    """Locked: of two who write it anew, one comes second, and what it wrote stands there alone."""
    if not list(Log.objects.select_for_update().filter(pk=log.pk).values_list("pk")):
        raise ValidationError(GONE)
    log.points.all().delete()
    _take(log, content).save(update_fields=["type", "data", "blob", "content_type"])
    if content.line:
        add_points(log, content.line)


def _take(log: Log, content: Content) -> Log:
    log.data, log.blob, log.content_type = content.data, content.blob, content.content_type
    return log


def _check_name(log: Log) -> None:
    log.clean_fields(exclude=["experiment", "type", "data", "blob", "content_type"])
    if virtual_log(log.experiment, log.name):
        raise ValidationError({"name": RESERVED})


def _refuse_taken(is_taken: bool) -> None:
    if is_taken:
        raise ValidationError({"name": ValidationError(TAKEN, code="taken")})
