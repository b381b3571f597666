"""Two logs that are no rows: `parameters` is the experiment's hyperparameters, `labelmap` its labelmap.

What the form defined is what a script reads there, and what a script writes there is what the overview shows.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from experiments.models import Experiment
from experiments.parameters import labelmap_of, parameters_of, set_labelmap, set_parameters
from organizations.models import User
from tracking.models import LogType

PARAMETERS = "parameters"
LABELMAP = "labelmap"


@dataclass(frozen=True)
class VirtualLog:
    """One of the two, of one experiment. It has an id that no other log can have."""

    experiment: Experiment
    name: str

    @property
    def id(self) -> uuid.UUID:
        """Of the parameters the architecture's, of the labelmap the experiment's own."""
        return self.experiment.architecture_id if self.name == PARAMETERS else self.experiment.pk

    @property
    def type(self) -> LogType:
        """How it would be drawn."""
        return LogType.TABLE if self.name == PARAMETERS else LogType.LABELMAP

    @property
    def data(self) -> Mapping[str, Any]:
        """What it holds now."""
        return parameters_of(self.experiment) if self.name == PARAMETERS else labelmap_of(self.experiment)

    @property
    def is_there(self) -> bool:
        """Whether a script that asks for it finds it: a training needs its parameters, be they none."""
        return self.name == PARAMETERS or bool(self.experiment.architecture.labelmap)

    def write(self, data: Any, *, by: User) -> None:
        """Give the experiment these hyperparameters, or this labelmap, instead of those it has.

        Raises:
            PermissionDenied: when `by` may not write.
            ValidationError: when they can't be that.
        """
        if not isinstance(data, dict):
            raise ValidationError({"data": f"The log {self.name} is an object: {{…}}."})
        if self.name == PARAMETERS:
            set_parameters(self.experiment, values=data, by=by)
        else:
            set_labelmap(self.experiment, labels=data, by=by)


def virtual_log(experiment: Experiment, name: str) -> VirtualLog | None:
    """The experiment's log of this name, if the name is one of the two."""
    return VirtualLog(experiment, name) if name in (PARAMETERS, LABELMAP) else None


def virtual_logs(experiment: Experiment) -> list[VirtualLog]:
    """Those that a script finds."""
    logs = [VirtualLog(experiment, name) for name in (LABELMAP, PARAMETERS)]
    return [log for log in logs if log.is_there]


def virtual_log_of_id(pk: uuid.UUID, *, user: User) -> VirtualLog | None:
    """The one of this id, if the user may see its experiment."""
    experiments = Experiment.objects.visible_to(user).select_related("project__organization", "architecture")
    experiment = experiments.filter(pk=pk).first() or experiments.filter(architecture=pk).first()
    if experiment is None:
        return None
    return VirtualLog(experiment, LABELMAP if experiment.pk == pk else PARAMETERS)
