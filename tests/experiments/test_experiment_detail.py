from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from config.ids import new_id
from datasets.models import DatasetVersion
from experiments.creation import create_experiment
from experiments.drafts.hyperparameters import add_hyperparameter, remove_hyperparameter
from experiments.drafts.lifecycle import start_from
from experiments.drafts.saving import save_form
from experiments.models import Experiment, ExperimentDraft, Project, Status
from organizations.models import User
from registry.models import ModelVersion
from registry.services import delete_model_version
from tests.experiments.making import CANARIES, change, fill, nobody, queries_of, row_of
from tests.factories import (
    ArchitectureFileFactory,
    DatasetConstraintFactory,
    ExperimentDatasetVersionFactory,
    ExperimentFactory,
    HyperparameterFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


@pytest.fixture
def experiment(draft_with_base: ExperimentDraft, bob: User, train: DatasetVersion, test: DatasetVersion) -> Experiment:
    """With something of everything: changed, added and removed values, a filled constraint, a base."""
    change(draft_with_base, epochs="50")
    add_hyperparameter(draft_with_base, key="own", kind="TEXT", value="22", by=bob)
    remove_hyperparameter(draft_with_base, row_id=row_of(draft_with_base, "optimizer").pk, by=bob)
    save_form(draft_with_base, data={"description": "One\ntwo."}, by=bob)
    fill(draft_with_base, train=train, test=test)
    return create_experiment(draft_with_base, by=bob)


def test_it_works(
    client_of: ClientOf, vera: User, experiment: Experiment, base: ModelVersion, train: DatasetVersion
) -> None:
    html = client_of(vera).get(experiment.get_absolute_url()).text
    for words in (
        "based",
        "Waiting",
        "Classification",
        "by bob",
        "One\ntwo.",
        "trainers/fruit:1.4",
        "--shm-size=1g",
        "SEED=1",
        "python train.py",
        "0 → apple",
        "1 → pear",
        "constraint two",
        "Fruit classifier v1",
        "Private",
        "“22”",
    ):
        assert words in html, words
    for address in (
        experiment.project.get_absolute_url(),
        reverse("registry:model_version_detail", args=[base.pk]),
        reverse("datasets:dataset_version_detail", args=[train.pk]),
        *(reverse("experiments:artifact_download", args=[file.pk]) for file in experiment.architecture.files.all()),
    ):
        assert f'href="{address}"' in html


def test_the_difference_to_the_base(client_of: ClientOf, vera: User, experiment: Experiment) -> None:
    client = client_of(vera)
    overview = client.get(experiment.get_absolute_url()).context["overview"]
    assert overview.difference_count == 3
    assert [row.key for row in overview.hyperparameters] == ["epochs", "learning_rate", "augment", "note", "own"]
    assert [row["key"] for row in overview.removed] == ["optimizer"]
    response = client.get(experiment.get_absolute_url(), {"show": "differences"})
    assert [row.key for row in response.context["overview"].hyperparameters] == ["epochs", "own"]
    assert "changed from" in response.text
    assert "Removed" in response.text
    assert "learning_rate" not in response.text


def test_without_a_base_nothing_differs(client_of: ClientOf, vera: User, project: Project) -> None:
    experiment = ExperimentFactory(project=project, architecture__labelmap=[])
    HyperparameterFactory(architecture=experiment.architecture, key="epochs")
    response = client_of(vera).get(experiment.get_absolute_url())
    assert response.context["overview"].difference_count == 0
    assert "Added" not in response.text
    assert "None: the training script gets no images." in response.text


def test_a_deleted_base_keeps_its_name(
    client_of: ClientOf, vera: User, alice: User, experiment: Experiment, base: ModelVersion
) -> None:
    delete_model_version(version=base, by=alice)
    html = client_of(vera).get(experiment.get_absolute_url()).text
    assert 'Fruit classifier v1 <span class="muted">deleted</span>' in html


def test_an_experiment_as_base_and_where_that_came_from(
    client_of: ClientOf, bob: User, experiment: Experiment, base: ModelVersion
) -> None:
    draft = start_from(experiment, by=bob)
    save_form(draft, data={"name": "second"}, by=bob)
    second = create_experiment(draft, by=bob)
    html = client_of(bob).get(second.get_absolute_url()).text
    assert f'href="{experiment.get_absolute_url()}"' in html
    assert f'which started from <a href="{reverse("registry:model_version_detail", args=[base.pk])}"' in html


@pytest.mark.parametrize("status", list(Status))
def test_only_a_waiting_one_can_be_edited(
    client_of: ClientOf, bob: User, experiment: Experiment, status: Status
) -> None:
    Experiment.objects.update(status=status)
    html = client_of(bob).get(experiment.get_absolute_url()).text
    assert status.label in html
    assert (reverse("experiments:experiment_edit", args=[experiment.pk]) in html) == (status == Status.WAITING)
    assert reverse("experiments:draft_from_experiment", args=[experiment.pk]) in html


def test_a_viewer_gets_no_buttons(client_of: ClientOf, vera: User, experiment: Experiment) -> None:
    html = client_of(vera).get(experiment.get_absolute_url()).text
    assert not [word for word in ("Use as base", ">Edit<", ">Delete<") if word in html]


def test_it_checks_ownership(client_of: ClientOf, charlie: User, experiment: Experiment) -> None:
    for path in (experiment.get_absolute_url(), reverse("experiments:experiment_detail", args=[nobody()])):
        assert client_of(charlie).get(path).status_code == 404


def test_it_rejects_post(client_of: ClientOf, bob: User, experiment: Experiment) -> None:
    assert client_of(bob).post(experiment.get_absolute_url()).status_code == 405


def test_the_number_of_queries_is_constant(client_of: ClientOf, vera: User, experiment: Experiment) -> None:
    client = client_of(vera)
    few = queries_of(lambda: client.get(experiment.get_absolute_url()))
    for number in range(10):
        HyperparameterFactory(architecture=experiment.architecture, key=f"k{number}")
        ArchitectureFileFactory(architecture=experiment.architecture, name=f"f{new_id()}")
        ExperimentDatasetVersionFactory(experiment=experiment)
    assert queries_of(lambda: client.get(experiment.get_absolute_url())) == few <= 13


@pytest.mark.parametrize("canary", CANARIES)
def test_nothing_is_markup(client_of: ClientOf, bob: User, project: Project, canary: str) -> None:
    experiment = ExperimentFactory(
        project=project,
        name=canary,
        description=canary,
        base_kind="PUBLIC_MODEL",
        base_name=canary,
        created_by=UserFactory(username=canary),
        architecture__docker_image=canary,
        architecture__docker_tag=canary,
        architecture__docker_flags=[canary],
        architecture__docker_environment={canary: canary},
        architecture__command=canary,
        architecture__labelmap=[[0, canary]],
        removed_hyperparameters=[{"key": canary, "value": canary}],
    )
    architecture = experiment.architecture
    HyperparameterFactory(
        architecture=architecture, key=canary, kind="TEXT", value=canary, inherited_value=f"{canary}x"
    )
    ArchitectureFileFactory(architecture=architecture, name=canary)
    experiment.dataset_constraint = DatasetConstraintFactory(architecture=architecture, name=canary)
    experiment.save()
    ExperimentDatasetVersionFactory(
        experiment=experiment, dataset_version__name=canary, dataset_version__dataset__name=canary
    )
    for query in ({}, {"show": "differences"}):
        html = client_of(bob).get(experiment.get_absolute_url(), query).text
        assert "&lt;" in html
        assert canary not in html
