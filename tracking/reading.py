"""Reading the logs of an experiment, the two virtual ones among them."""

import uuid
from collections.abc import Sequence

from experiments.models import Experiment
from organizations.models import User
from tracking.models import Log
from tracking.virtual import VirtualLog, virtual_log, virtual_log_of_id, virtual_logs

AnyLog = Log | VirtualLog
# Of a log that is found by its id: a training asks for one with every point.
OF_LOG = ("name", "type", "data", "blob", "content_type")
OF_EXPERIMENT = ("experiment__architecture", "experiment__project__organization__name")


def log_of_name(experiment: Experiment, name: str) -> AnyLog | None:
    """The experiment's log of this name, or None. There are always `parameters`, be they none."""
    virtual = virtual_log(experiment, name)
    if virtual:
        return virtual if virtual.is_there else None
    return Log.objects.filter(experiment=experiment, name=name).select_related("blob").first()


def log_of_id(pk: uuid.UUID, *, user: User) -> AnyLog | None:
    """The log of this id, with what its services need, or None when the user sees none."""
    logs = Log.objects.visible_to(user).select_related("experiment__project__organization")
    return logs.only(*OF_LOG, *OF_EXPERIMENT).filter(pk=pk).first() or virtual_log_of_id(pk, user=user)


def all_logs(experiment: Experiment) -> Sequence[AnyLog]:
    """Every log of the experiment, by name."""
    logs = [*virtual_logs(experiment), *Log.objects.filter(experiment=experiment).select_related("blob")]
    return sorted(logs, key=lambda log: log.name)
