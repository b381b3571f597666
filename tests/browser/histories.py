"""What came of what in the project `Sorting`, for the journeys that follow it."""

from dataclasses import dataclass

from experiments.creation import create_experiment, delete_experiment
from experiments.drafts.lifecycle import start_from
from experiments.drafts.saving import save_form
from experiments.models import BaseKind, Experiment
from experiments.publishing import publish_as_model
from organizations.models import User
from registry.models import ModelVersion
from tests.browser.world import World, run
from tests.factories import ExperimentFactory

STARTED = 11


@dataclass(frozen=True)
class History:
    """From a public model to the experiments that started from what was published.

    Attributes:
        first: started from `fruit-mlp v1`.
        version: `orchard-mlp v1`, published of it.
        second: started from that, as 10 others did, the newest of which came through one that was deleted.
    """

    first: Experiment
    version: ModelVersion
    second: Experiment


def lineage(world: World, by: User) -> History:
    """A history with something of everything that the lineage shows."""
    first = run(world, by, "first")
    version = publish_as_model(first, name="orchard-mlp", by=by)
    others = [_started(world, version, f"other {number}") for number in range(STARTED - 2)]
    second = _started(world, version, "second")
    gone = _again(others[-1], "short-lived", by)
    _again(gone, "orphan", by)
    delete_experiment(gone, by=by)
    return History(first, version, second)


def _started(world: World, version: ModelVersion, name: str) -> Experiment:
    made: Experiment = ExperimentFactory(
        project=world.project,
        name=name,
        base_kind=BaseKind.PRIVATE_MODEL,
        base_name=str(version),
        base_model_version=version,
    )
    return made


def _again(base: Experiment, name: str, by: User) -> Experiment:
    """An experiment that starts from another one."""
    draft = start_from(base, by=by)
    save_form(draft, data={"name": name}, by=by)
    return create_experiment(draft, by=by)
