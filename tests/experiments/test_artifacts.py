"""Acts on the artifacts of an experiment."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from experiments.artifacts import change_artifact, delete_artifacts, store_artifact
from experiments.models import Experiment, Status
from organizations.models import Organization, User
from registry.models import ArchitectureFile
from storage.models import Blob
from tests.factories import ArchitectureFileFactory, BlobFactory, ExperimentFactory
from tests.storage.test_concurrency import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    return ExperimentFactory(project__organization=orchard)


def store(experiment: Experiment, by: User, name: str = "model-latest", blob: Blob | None = None) -> ArchitectureFile:
    return store_artifact(experiment=experiment, name=name, filename="model.pt", blob=blob or BlobFactory(), by=by)


def revision_of(experiment: Experiment) -> int:
    experiment.architecture.refresh_from_db()
    return experiment.architecture.revision


@pytest.mark.parametrize("status", Status.values)
def test_every_change_counts_whatever_the_status(experiment: Experiment, bob: User, status: str) -> None:
    """Drafts that started from the experiment see that their base changed."""
    experiment.status = status
    experiment.save()
    artifact = store(experiment, bob)
    assert revision_of(experiment) == 1
    changed = change_artifact(experiment=experiment, artifact=artifact, name=" best ", blob=BlobFactory(), by=bob)
    assert (changed.name, changed.filename, revision_of(experiment)) == ("best", "model.pt", 2)
    delete_artifacts(experiment=experiment, ids=[artifact.pk], by=bob)
    assert revision_of(experiment) == 3
    delete_artifacts(experiment=experiment, ids=[artifact.pk], by=bob)
    assert revision_of(experiment) == 3


def test_the_same_again_counts_nothing(experiment: Experiment, bob: User) -> None:
    blob = BlobFactory()
    assert store(experiment, bob, blob=blob) == store(experiment, bob, blob=blob)
    assert revision_of(experiment) == 1


def test_a_name_is_taken_once(experiment: Experiment, bob: User) -> None:
    store(experiment, bob)
    with pytest.raises(ValidationError, match="“model-latest” already") as refusal:
        store(experiment, bob)
    assert refusal.value.code == "taken"
    other = store(experiment, bob, "config")
    with pytest.raises(ValidationError, match="“model-latest” already"):
        change_artifact(experiment=experiment, artifact=other, name="model-latest", by=bob)


def test_only_its_own_are_deleted(experiment: Experiment, bob: User) -> None:
    foreign = ArchitectureFileFactory()
    delete_artifacts(experiment=experiment, ids=[foreign.pk], by=bob)
    with pytest.raises(ValidationError, match="removed meanwhile"):
        change_artifact(experiment=experiment, artifact=foreign, name="mine", by=bob)
    foreign.refresh_from_db()
    assert foreign.name != "mine"


def test_there_is_a_most(experiment: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.files.FILES_MAX", 1)
    store(experiment, bob)
    with pytest.raises(ValidationError, match="at most 1 files"):
        store(experiment, bob, "config")


def test_viewers_and_strangers_change_nothing(experiment: Experiment, bob: User, vera: User, charlie: User) -> None:
    artifact = store(experiment, bob)
    for person in (vera, charlie):
        acts: list[Callable[[], Any]] = [
            lambda: store(experiment, person, "mine"),  # noqa: B023 - called at once
            lambda: change_artifact(experiment=experiment, artifact=artifact, name="mine", by=person),  # noqa: B023
            lambda: delete_artifacts(experiment=experiment, ids=[artifact.pk], by=person),  # noqa: B023
        ]
        for act in acts:
            with pytest.raises(PermissionDenied):
                act()
    assert experiment.architecture.files.get() == artifact


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_store_at_once(experiment: Experiment, bob: User) -> None:
    blobs = [BlobFactory(), BlobFactory()]

    def attempt(blob: Blob) -> str:
        try:
            store(experiment, bob, blob=blob)
        except ValidationError as refusal:
            return str(refusal.code)
        return "stored"

    assert sorted(at_once(*[lambda blob=blob: attempt(blob) for blob in blobs])) == ["stored", "taken"]
    assert experiment.architecture.files.count() == 1
    assert set(at_once(*[lambda: store(experiment, bob, "same", blobs[0])] * 3)) == {
        experiment.architecture.files.get(name="same")
    }
