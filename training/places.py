"""The places of this installation that could run an experiment, and how long a new job would wait at each."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count

from experiments.models import Experiment
from training.launchers import offered, slots_of
from training.models import Job, JobStatus
from training.preflight import trial_run


@dataclass(frozen=True)
class Place:
    """A launcher as somebody who chooses one sees it.

    Attributes:
        refusal: why it can't take the experiment, as a sentence; empty when it can.
        slots: how many runs it takes at the same time.
        running: how many it has, of all organizations.
        waiting: how many are before a new one.
    """

    name: str
    label: str
    refusal: str
    slots: int
    running: int
    waiting: int

    @property
    def begins_at_once(self) -> bool:
        """Whether a new job would not have to wait."""
        return not self.waiting and self.running < self.slots


def places_for(experiment: Experiment) -> list[Place]:
    """The launchers that the settings name, in their order.

    Args:
        experiment: with its architecture and project.
    """
    run = trial_run(experiment)
    counts = _counts()
    return [
        Place(
            name=launcher.name,
            label=launcher.label,
            refusal=launcher.refusal(run),
            slots=slots_of(launcher),
            running=counts[launcher.name, True],
            waiting=counts[launcher.name, False],
        )
        for launcher in offered()
    ]


def _counts() -> Counter[tuple[str, bool]]:
    """How many jobs each launcher has that run (True), and that wait (False)."""
    counts: Counter[tuple[str, bool]] = Counter()
    rows = Job.objects.active().order_by().values_list("launcher", "status").annotate(count=Count("pk"))
    for launcher, status, count in rows:
        counts[launcher, status == JobStatus.RUNNING] += count
    return counts
