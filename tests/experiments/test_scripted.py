"""Experiments as scripts make them: what is copied from which base, and over what."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from datasets.models import DatasetVersion
from experiments.bases import experiments_for
from experiments.creation import create_experiment
from experiments.drafts.base import change_type
from experiments.drafts.lifecycle import start_from
from experiments.drafts.saving import save_form
from experiments.models import Experiment, Project, Status
from experiments.parameters import parameters_of
from experiments.scripted import create_scripted_experiment, set_base_experiment, set_base_model_version
from organizations.models import Organization, User
from registry.copying import copy_architecture
from registry.models import Architecture, ModelVersion
from registry.services import delete_model_version
from tests.experiments.making import again as draft_again
from tests.experiments.making import fill, full_version, queries_of
from tests.factories import ArchitectureFactory, ExperimentFactory, HyperparameterFactory, ModelVersionFactory
from tests.registry.test_concurrency import RUNS, at_once

WRONG: list[dict[str, Any]] = [
    {"name": " "},
    {"name": "x" * 101},
    {"description": "x" * 1_001},
    {"parameters": {"a": []}},
]
DEFAULTS = {"epochs": 20, "learning_rate": 0.001, "augment": True, "optimizer": "adam", "note": ""}


def made(project: Project, by: User, name: str = "scripted", **values: Any) -> Experiment:
    return create_scripted_experiment(project=project, name=name, by=by, **values)


def files(experiment: Experiment) -> list[str]:
    return [file.name for file in experiment.architecture.files.all()]


def again(experiment: Experiment) -> Experiment:
    return Experiment.objects.get(pk=experiment.pk)


@pytest.fixture
def other(project: Project, base: ModelVersion) -> Experiment:
    """An experiment of the project that has labels and parameters of its own, but no files."""
    architecture = ArchitectureFactory(labelmap=[[5, "plum"]])
    HyperparameterFactory(architecture=architecture, key="epochs", value="9", maximum="50")
    return ExperimentFactory(project=project, architecture=architecture, name="other", base_model_version=base)


def test_from_nothing(project: Project, bob: User) -> None:
    experiment = again(made(project, bob, description="Why.", parameters={"epochs": 3, "text": "3"}))
    assert (experiment.inference_type, experiment.status, experiment.base) == ("NOT_CONFIGURED", Status.WAITING, None)
    assert (parameters_of(experiment), experiment.description) == ({"epochs": 3, "text": "3"}, "Why.")
    assert experiment.removed_hyperparameters == []


def test_from_a_model_version(project: Project, base: ModelVersion, bob: User) -> None:
    experiment = again(made(project, bob, base_model_version=base))
    assert (experiment.base, experiment.base_name, files(experiment)) == (base, str(base), ["config", "weights"])
    assert parameters_of(experiment) == DEFAULTS
    assert experiment.architecture.constraints.count() == 2
    assert not any(row.is_added or row.is_changed for row in experiment.architecture.hyperparameters.all())


def test_parameters_that_are_given_are_the_only_ones(project: Project, base: ModelVersion, bob: User) -> None:
    experiment = again(made(project, bob, base_model_version=base, parameters={"learning_rate": 0.5, "mine": 1}))
    assert parameters_of(experiment) == {"epochs": 20, "learning_rate": 0.5, "mine": 1}, "epochs is required"
    rows = {row.key: row for row in experiment.architecture.hyperparameters.all()}
    assert (rows["learning_rate"].is_changed, rows["mine"].is_added) == (True, True)
    assert [row["key"] for row in experiment.removed_hyperparameters] == ["augment", "optimizer", "note"]
    assert parameters_of(made(project, bob, "second", base_model_version=base, parameters={})) == DEFAULTS


def test_from_an_experiment_and_a_version_for_what_it_lacks(
    project: Project, other: Experiment, public_base: ModelVersion, bob: User
) -> None:
    experiment = again(made(project, bob, base_experiment=other, base_model_version=public_base))
    assert (experiment.base, experiment.base_of_base) == (other, public_base)
    assert (experiment.architecture.labelmap, files(experiment)) == ([[5, "plum"]], ["config", "weights"])
    assert parameters_of(experiment) == {"epochs": 9}
    alone = again(made(project, bob, "alone", base_experiment=other))
    assert (alone.base_model_version, files(alone)) == (other.base_model_version, [])


def test_what_is_out_of_reach_is_no_base(project: Project, harbor: Organization, bob: User) -> None:
    theirs = ModelVersionFactory(model__organization=harbor)
    elsewhere = ExperimentFactory(project__organization=project.organization)
    for base in ({"base_model_version": theirs}, {"base_experiment": elsewhere}):
        with pytest.raises(ValidationError, match="another"):
            made(project, bob, **base)
    mine = made(project, bob)
    with pytest.raises(ValidationError, match="another"):
        set_base_model_version(mine, version=theirs, by=bob)
    with pytest.raises(ValidationError, match="another"):
        set_base_experiment(mine, base=elsewhere, by=bob)
    with pytest.raises(ValidationError, match="its own base"):
        set_base_experiment(mine, base=mine, by=bob)


def test_a_refusal_leaves_nothing(project: Project, base: ModelVersion, bob: User, vera: User) -> None:
    made(project, bob)
    before = Architecture.objects.count()
    with pytest.raises(ValidationError) as refusal:
        made(project, bob, base_model_version=base)
    assert refusal.value.error_dict["name"][0].code == "taken"
    for values in WRONG:
        with pytest.raises(ValidationError):
            made(project, bob, **{"name": "fresh", **values})
    for act in (
        lambda: made(project, vera, "hers"),
        lambda: set_base_model_version(Experiment.objects.get(), version=base, by=vera),
        lambda: set_base_experiment(Experiment.objects.get(), base=ExperimentFactory(project=project), by=vera),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert Architecture.objects.filter(experiment=None, model_version=None).count() == 0
    assert Architecture.objects.count() == before + 1


def test_a_base_that_was_deleted_meanwhile(project: Project, base: ModelVersion, bob: User, alice: User) -> None:
    stale, experiment = ModelVersion.objects.select_related("model").get(pk=base.pk), made(project, bob)
    delete_model_version(version=base, by=alice)
    with pytest.raises(ModelVersion.DoesNotExist):
        made(project, bob, "second", base_model_version=stale)
    with pytest.raises(ModelVersion.DoesNotExist):
        set_base_model_version(experiment, version=stale, by=bob)


@pytest.mark.parametrize(
    ("attach", "given", "stored"),
    [
        (None, {"epochs": 3}, {"epochs": 3}),
        (False, {"epochs": 3}, {"epochs": 3}),
        (True, {"epochs": 3}, DEFAULTS),
        (None, {}, DEFAULTS),
    ],
)
def test_a_version_later_and_its_parameters(
    project: Project, base: ModelVersion, bob: User, attach: bool | None, given: Any, stored: Any
) -> None:
    experiment = made(project, bob, parameters=given)
    set_base_model_version(experiment, version=base, attach_parameters=attach, by=bob)
    assert parameters_of(again(experiment)) == stored
    row = again(experiment).architecture.hyperparameters.get(key="epochs")
    assert (row.inherited_value, row.maximum) == ("20", "500"), "told apart from what the version has"
    assert again(experiment).base == base


def test_a_version_later_keeps_the_labelmap_that_there_is(project: Project, other: Experiment, bob: User) -> None:
    version = full_version(project.organization, name="second")
    constraint = again(other).architecture.constraints.create(name="two")
    other.dataset_constraint = constraint
    other.save()
    set_base_model_version(other, version=version, by=bob)
    stored = again(other)
    assert (stored.architecture.labelmap, stored.base) == ([[5, "plum"]], version)
    assert stored.dataset_constraint
    assert stored.dataset_constraint.slots.count() == 2
    assert stored.architecture.revision == 1


def test_with_a_base_experiment_the_version_is_the_base_of_the_base(
    project: Project, other: Experiment, public_base: ModelVersion, bob: User
) -> None:
    experiment = made(project, bob, base_experiment=other)
    set_base_model_version(experiment, version=public_base, by=bob)
    stored = again(experiment)
    assert (stored.base, stored.base_of_base) == (other, public_base)
    assert (parameters_of(stored), files(stored)) == ({"epochs": 9}, ["config", "weights"])


def test_an_experiment_later_fills_what_is_missing(
    project: Project, base: ModelVersion, other: Experiment, bob: User
) -> None:
    empty = made(project, bob)
    set_base_experiment(empty, base=other, by=bob)
    stored = again(empty)
    assert (stored.base, stored.base_of_base, parameters_of(stored)) == (other, base, {"epochs": 9})
    assert (stored.architecture.labelmap, stored.architecture.image) == ([[5, "plum"]], "trainers/fruit:1.4")
    full = made(project, bob, "full", base_model_version=base, parameters=DEFAULTS)
    set_base_experiment(full, base=other, by=bob)
    stored = again(full)
    assert (stored.base, parameters_of(stored), files(stored)) == (other, DEFAULTS, ["config", "weights"])
    assert stored.architecture.labelmap == base.architecture.labelmap


def test_it_asks_the_database_the_same_whatever_is_copied(project: Project, base: ModelVersion, bob: User) -> None:
    few = queries_of(lambda: made(project, bob, "few", base_model_version=base, parameters={"epochs": 1}))
    architecture = copy_architecture(base.architecture)
    for number in range(50):
        HyperparameterFactory(architecture=architecture, key=f"key-{number}")
    large = ModelVersionFactory(model=base.model, architecture=architecture)
    many = {f"own-{number}": number for number in range(40)}
    assert queries_of(lambda: made(project, bob, "many", base_model_version=large, parameters=many)) <= few


def test_in_the_form_it_is_a_base_for_any_type(
    project: Project, base: ModelVersion, train: DatasetVersion, test: DatasetVersion, bob: User
) -> None:
    scripted = made(project, bob, base_model_version=base, parameters={"epochs": 3})
    draft = start_from(scripted, by=bob)
    change_type(draft, inference_type="CLASSIFICATION", by=bob)
    save_form(draft, data={"name": "from the form"}, by=bob)
    fill(draft_again(draft), train=train, test=test)
    assert list(experiments_for(project, user=bob, inference_type="CLASSIFICATION")) == [scripted]
    created = create_experiment(draft_again(draft), by=bob)
    assert (created.base, created.base_of_base, parameters_of(created)) == (scripted, base, {"epochs": 3})


@pytest.mark.django_db(transaction=True)
def test_two_that_become_each_others_base_do_not_wait_for_each_other(project: Project, bob: User) -> None:
    pair = [made(project, bob, name, parameters={"epochs": 1}) for name in ("a", "b")]

    def set_base(number: int) -> None:
        own, base = (again(pair[index]) for index in (number % 2, 1 - number % 2))
        set_base_experiment(own, base=base, by=bob)

    assert at_once(set_base) == [None] * RUNS
    assert [again(experiment).base_experiment for experiment in pair] == pair[::-1]
