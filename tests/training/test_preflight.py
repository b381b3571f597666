"""What would make a run fail is told before it is asked for, with the way to where it is mended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from pytest_django import DjangoAssertNumQueries

from experiments.models import BaseKind, Experiment, Status
from organizations.models import Organization, User
from registry.hyperparameters import Kind
from tests.factories import (
    AnnotationFactory,
    ArchitectureFileFactory,
    AssetFactory,
    DatasetConstraintFactory,
    ExperimentDatasetVersionFactory,
    ExperimentFactory,
    HyperparameterFactory,
    JobFactory,
    LabelFactory,
    ModelVersionFactory,
)
from training.preflight import HASHED_UP_TO, Finding, blocking, preflight


@pytest.fixture(autouse=True)
def offered(settings: LazySettings) -> None:
    settings.LAUNCHERS = {"local": 2}


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    """One that nothing stands in the way of."""
    experiment: Experiment = ExperimentFactory(
        project__organization=orchard,
        architecture__command="python train.py",
        architecture__docker_image="",
        architecture__docker_tag="",
        architecture__labelmap=[],
    )
    HyperparameterFactory(architecture=experiment.architecture, key="epochs", value="20", minimum="1", maximum="500")
    return experiment


def told(experiment: Experiment, user: User) -> Finding:
    """The only finding."""
    [finding] = preflight(Experiment.objects.get(pk=experiment.pk), user)
    return finding


def chosen(experiment: Experiment, alias: str = "train", **version: Any) -> Any:
    fields = {f"dataset_version__{name}": value for name, value in {"asset_count": 3, **version}.items()}
    return ExperimentDatasetVersionFactory(experiment=experiment, alias=alias, **fields)


def test_nothing_is_found(experiment: Experiment, bob: User) -> None:
    chosen(experiment)
    assert preflight(experiment, bob) == []
    assert blocking(experiment) == []


def test_nothing_to_run(experiment: Experiment, bob: User) -> None:
    experiment.architecture.command = ""
    experiment.architecture.save()
    finding = told(experiment, bob)
    assert finding.is_block
    assert finding.sentence.startswith("There is nothing to run")
    assert finding.way.link == experiment.project.get_absolute_url()


def test_nowhere_to_run_it(experiment: Experiment, bob: User, settings: LazySettings) -> None:
    settings.LAUNCHERS = {}
    finding = told(experiment, bob)
    assert finding.is_block
    assert "LAUNCHERS" in finding.sentence


def test_no_place_takes_it(experiment: Experiment, bob: User) -> None:
    """An image alone, and a place that runs commands."""
    experiment.architecture.command, experiment.architecture.docker_image = "", "orchard/trainer"
    experiment.architecture.save()
    finding = told(experiment, bob)
    assert finding.is_block
    assert finding.sentence.startswith("No place of this installation can run it. This machine: ")


def test_a_value_out_of_its_range(experiment: Experiment, bob: User, vera: User) -> None:
    experiment.architecture.hyperparameters.update(value="900")
    finding = told(experiment, bob)
    assert finding.is_block
    assert "epochs" in finding.sentence
    assert "between 1 and 500" in finding.sentence
    assert finding.way.is_act
    assert finding.way.link.endswith(f"{experiment.pk}/edit/")
    # Who may not change it is led nowhere.
    assert told(experiment, vera).way.link == ""
    Experiment.objects.update(status=Status.FAILED)
    assert told(experiment, bob).way.link.endswith(f"{experiment.pk}/use-as-base/")


def test_a_required_value_is_missing(experiment: Experiment, bob: User) -> None:
    gone = {"key": "momentum", "kind": Kind.NUMBER, "value": "0.9"}
    experiment.removed_hyperparameters = [{**gone, "required": False}]
    experiment.save()
    assert preflight(experiment, bob) == []
    experiment.removed_hyperparameters = [{**gone, "required": True}]
    experiment.save()
    finding = told(experiment, bob)
    assert finding.is_block
    assert "momentum is missing" in finding.sentence


@pytest.mark.parametrize(
    ("aliases", "words"),
    [
        (["train", "test"], ""),
        (["train"], "test has no dataset version"),
        (["train", "test", "val"], "no place for val"),
    ],
)
def test_the_constraint(experiment: Experiment, bob: User, aliases: list[str], words: str) -> None:
    constraint = DatasetConstraintFactory(architecture=experiment.architecture, aliases=["train", "test"])
    Experiment.objects.update(dataset_constraint=constraint)
    for alias in aliases:
        chosen(experiment, alias)
    experiment.refresh_from_db()
    found = preflight(experiment, bob)
    assert [words in finding.sentence for finding in found] == [True] * bool(words)


def test_no_constraint_was_picked(experiment: Experiment, bob: User) -> None:
    """As by a script: it is enough that one of them is filled."""
    for name, aliases in (("both", ["train", "test"]), ("one", ["train"])):
        DatasetConstraintFactory(architecture=experiment.architecture, name=name, aliases=aliases)
    assert (
        told(experiment, bob).sentence == "The dataset versions fill none of the dataset constraints: “both” or “one”."
    )
    chosen(experiment)
    assert preflight(experiment, bob) == []


def test_a_dataset_version_without_images(experiment: Experiment, bob: User) -> None:
    entry = chosen(experiment, asset_count=0)
    finding = told(experiment, bob)
    assert finding.is_block
    assert finding.sentence == f"{entry.dataset_version}, chosen as train, has no images."
    assert str(entry.dataset_version.pk) in finding.way.link


def test_what_came_after_the_choice(experiment: Experiment, bob: User) -> None:
    """A notice: the run gets what is there."""
    version = chosen(experiment).dataset_version
    label = LabelFactory(dataset_version=version)
    early = AssetFactory(dataset_version=version, id="01900000-0000-7000-8000-000000000000")
    assert preflight(experiment, bob) == []
    AnnotationFactory(asset=early, label=label)
    finding = told(experiment, bob)
    assert not finding.is_block
    assert finding.sentence.startswith(f"Somebody annotated {version} after it was chosen as train.")
    AssetFactory(dataset_version=version)
    assert told(experiment, bob).sentence.startswith(f"Images were added to {version} after")
    assert blocking(experiment) == []


def test_labels_that_differ(experiment: Experiment, bob: User) -> None:
    experiment.architecture.labelmap = [[0, "apple"]]
    experiment.architecture.save()
    version = chosen(experiment).dataset_version
    finding = told(experiment, bob)
    assert not finding.is_block
    assert finding.sentence == f"The labels differ from the labelmap: {version} has no apple."


def damage(experiment: Experiment, content: bytes | None) -> None:
    path = Path(default_storage.path(experiment.architecture.files.get().blob.path))
    path.unlink() if content is None else path.write_bytes(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "is missing"), (b"short", "is damaged in the store (cut short)"), (b"0123456780", "(wrong bytes)")],
)
def test_a_file_that_is_not_what_it_was(
    experiment: Experiment, bob: User, blob_of: Callable[[bytes], Any], content: bytes | None, words: str
) -> None:
    base = ModelVersionFactory(model__organization=experiment.project.organization)
    Experiment.objects.update(base_kind=BaseKind.PRIVATE_MODEL, base_name=str(base), base_model_version=base)
    ArchitectureFileFactory(architecture=experiment.architecture, name="weights", blob=blob_of(b"0123456789"))
    assert preflight(experiment, bob) == []
    damage(experiment, content)
    finding = told(experiment, bob)
    assert finding.is_block
    assert words in finding.sentence
    assert str(base.pk) in finding.way.link


def test_a_large_file_is_not_read(experiment: Experiment, bob: User, blob_of: Callable[[bytes], Any]) -> None:
    """Only looked at: a wrong byte in it is the launcher's to find, who reads all of them."""
    ArchitectureFileFactory(architecture=experiment.architecture, blob=blob_of(bytes(HASHED_UP_TO + 1)))
    damage(experiment, b"1" + bytes(HASHED_UP_TO))
    assert preflight(experiment, bob) == []


@pytest.fixture
def blob_of() -> Callable[[bytes], Any]:
    from storage.services import store

    return lambda content: store([content])


def test_it_runs_already(experiment: Experiment, bob: User) -> None:
    job = JobFactory(experiment=experiment)
    finding = told(experiment, bob)
    assert (finding.code, finding.way.link) == ("in_use", job.get_absolute_url())
    job.delete()
    Experiment.objects.update(status=Status.RUNNING)
    assert told(experiment, bob).code == "in_use"


def test_the_queries_are_as_many_for_many(
    experiment: Experiment, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    experiment.architecture.labelmap = [[0, "apple"]]
    experiment.architecture.save()
    constraint = DatasetConstraintFactory(architecture=experiment.architecture, aliases=["train"])
    Experiment.objects.update(dataset_constraint=constraint)
    chosen(experiment)

    def look() -> None:
        preflight(Experiment.objects.select_related("architecture", "project__organization").get(), bob)

    with django_assert_num_queries(10):
        look()
    for number in range(5):
        chosen(experiment, f"more-{number}")
        HyperparameterFactory(architecture=experiment.architecture)
        ArchitectureFileFactory(architecture=experiment.architecture, name=f"file {number}")
    with django_assert_num_queries(10):
        look()
