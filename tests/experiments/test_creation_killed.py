"""Killed at any statement, a creation leaves nothing of an experiment, and the draft as it was."""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from datasets.models import DatasetVersion
from experiments.models import Experiment, ExperimentDraft
from tests.experiments.killed import state
from tests.experiments.making import fill
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = {
    "Experiment": 0,
    "ExperimentDatasetVersion": 0,
    "ExperimentDraft": 1,
    "DraftDatasetVersion": 2,
    "DraftHyperparameter": 5,
    "Architecture": 1,
    "ArchitectureFile": 2,
    "ConstraintSlot": 5,
    "Hyperparameter": 5,
    "orphans": 0,
}
CREATED = {
    "Experiment": 1,
    "ExperimentDatasetVersion": 2,
    "ExperimentDraft": 0,
    "DraftDatasetVersion": 0,
    "DraftHyperparameter": 0,
    "Architecture": 2,
    "ArchitectureFile": 4,
    "ConstraintSlot": 10,
    "Hyperparameter": 10,
    "orphans": 0,
}


def killed_at_each_statement(draft: ExperimentDraft) -> list[dict[str, Any]]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.experiments.killed", str(draft.pk), str(draft.owner_id)],
        env=environment(),
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_all_or_nothing(draft_with_base: ExperimentDraft, train: DatasetVersion, test: DatasetVersion) -> None:
    fill(draft_with_base, train=train, test=test)
    assert state() == BEFORE
    *killed, told, survived = killed_at_each_statement(draft_with_base)
    assert len(killed) > 20
    for outcome in killed:
        assert outcome["after"] == BEFORE, outcome["step"]
        assert outcome["done_again"] == CREATED, outcome["step"]
    # Killed after the commit it is done, whether anybody was told or not; asked again it gives that experiment.
    assert told["after"] == told["done_again"] == CREATED
    assert survived["survived"]
    assert survived["after"] == CREATED
    assert Experiment.objects.get().pk == draft_with_base.pk
