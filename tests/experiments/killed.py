"""A process whose children are killed before the first SQL statement of a creation, the second, and so on.

Run by test_creation_killed with the draft's id and its owner's. Prints one JSON object a line: the number of the
statement, what is in the database after the kill, and what after the same creation was done again (which is undone
before the next).
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from itertools import count
from typing import Any

import django


def main(draft_id: str, owner_id: str) -> None:
    django.setup()
    for step in count(1):
        survived = killed_at(step, draft_id, owner_id)
        seen: dict[str, Any] = {"step": step, "survived": survived, "after": state()}
        if not survived:
            seen["done_again"] = done_again(draft_id, owner_id)
        sys.stdout.write(json.dumps(seen) + "\n")
        if survived:
            break


def killed_at(step: int, draft_id: str, owner_id: str) -> bool:
    """Create in a child that kills itself; whether it came to its end instead."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            create(step, draft_id, owner_id)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False
    assert os.WEXITSTATUS(status) == 0, status
    return True


def create(step: int, draft_id: str, owner_id: str) -> None:
    from django.db import connection

    from experiments.creation import create_experiment
    from experiments.models import ExperimentDraft
    from organizations.models import User

    draft, owner = ExperimentDraft(pk=draft_id), User.objects.get(pk=owner_id)
    steps = Steps(step)
    connection.commit = steps.before(connection.commit)  # type: ignore[method-assign]
    with connection.execute_wrapper(lambda execute, *args: steps.before(execute)(*args)):
        create_experiment(draft, by=owner)
    # After the commit, before anybody is told.
    steps.take()


class Steps:
    """Counts statements and commits, and kills this process at the one of the number."""

    def __init__(self, number: int) -> None:
        self.number, self.count = number, 0

    def take(self) -> None:
        self.count += 1
        if self.count == self.number:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any) -> Any:
            self.take()
            return function(*args)

        return counted


def done_again(draft_id: str, owner_id: str) -> dict[str, Any]:
    """What a second call makes of it; undone afterwards."""
    from django.db import transaction

    from experiments.creation import create_experiment
    from experiments.models import ExperimentDraft
    from organizations.models import User

    with transaction.atomic():
        draft = ExperimentDraft(pk=draft_id)
        assert str(create_experiment(draft, by=User.objects.get(pk=owner_id)).pk) == draft_id
        seen = state()
        transaction.set_rollback(True)
    return seen


def state() -> dict[str, Any]:
    from django.db import connection

    from experiments.models import (
        DraftDatasetVersion,
        DraftHyperparameter,
        Experiment,
        ExperimentDatasetVersion,
        ExperimentDraft,
    )
    from registry.models import Architecture, ArchitectureFile, ConstraintSlot, Hyperparameter

    connection.check_constraints()
    of_nobody = Architecture.objects.filter(model_version=None, experiment=None)
    models = (Experiment, ExperimentDatasetVersion, ExperimentDraft, DraftDatasetVersion, DraftHyperparameter)
    copied = (Architecture, ArchitectureFile, ConstraintSlot, Hyperparameter)
    return {model.__name__: model._default_manager.count() for model in (*models, *copied)} | {
        "orphans": of_nobody.count()
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
