"""An experiment becomes a model version: once, whole, and knowing where it came from."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from experiments.models import Experiment, Project, Publication, Status
from experiments.parameters import set_parameters
from experiments.publishing import publish_as_model, publish_in_model
from experiments.scripted import create_scripted_experiment
from organizations.models import Organization, User
from registry.editing import set_hyperparameters
from registry.models import Architecture, ModelVersion, RegisteredModel
from tests.experiments.making import CANARIES
from tests.factories import ExperimentDatasetVersionFactory, ExperimentFactory, LabelFactory, RegisteredModelFactory
from tests.registry.test_concurrency import RUNS, at_once

ClientOf = Callable[[User], Client]


@pytest.fixture
def experiment(project: Project, base: ModelVersion, bob: User) -> Experiment:
    """A script's, which runs."""
    made = create_scripted_experiment(
        project=project, name="first", parameters={"epochs": 3, "optimizer": "sgd"}, base_model_version=base, by=bob
    )
    Experiment.objects.update(status=Status.RUNNING)
    return made


def test_everything_is_copied_and_both_sides_are_linked(experiment: Experiment, base: ModelVersion, bob: User) -> None:
    entry = ExperimentDatasetVersionFactory(experiment=experiment, alias="train")
    LabelFactory(dataset_version=entry.dataset_version, name="apple", object_count=3)
    version = publish_as_model(experiment, name="fruit-1", by=bob)
    assert (version.model.name, version.number, version.created_by) == ("fruit-1", 1, bob)
    assert (version.inference_type, version.framework) == (base.inference_type, base.framework)
    assert [constraint.name for constraint in version.architecture.constraints.all()] == ["two", "three"]
    publication = version.publication
    assert (publication.experiment, publication.published_by) == (experiment, bob)
    assert publication.parameters == {"epochs": 3, "optimizer": "sgd"}
    assert publication.datasets == [
        {
            "alias": "train",
            "id": str(entry.dataset_version_id),
            "name": str(entry.dataset_version),
            "repartition": {"apple": 3},
        }
    ]
    set_hyperparameters(version=version, rows=[], by=bob)
    publication.refresh_from_db()
    assert publication.parameters["epochs"] == 3, "the context is what it was"


def test_the_experiments_own_type_comes_first(project: Project, bob: User) -> None:
    experiment = ExperimentFactory(project=project, inference_type="POINT")
    version = publish_as_model(experiment, name="points", by=bob)
    assert (version.inference_type, version.framework) == ("POINT", "NOT_CONFIGURED")


def test_who_may_not_and_where_not(experiment: Experiment, vera: User, bob: User, harbor: Organization) -> None:
    own = RegisteredModelFactory(organization=experiment.project.organization)
    before = Architecture.objects.count()
    for model in (RegisteredModelFactory(organization=harbor), RegisteredModelFactory(public=True)):
        with pytest.raises(ValidationError, match="not a model of Orchard"):
            publish_in_model(experiment, model=model, by=bob)
    with pytest.raises(PermissionDenied):
        publish_in_model(experiment, model=own, by=vera)
    with pytest.raises(PermissionDenied):
        publish_as_model(experiment, name="hers", by=vera)
    with pytest.raises(ValidationError):
        publish_as_model(experiment, name=own.name, by=bob)
    assert (Architecture.objects.count(), Publication.objects.count()) == (before, 0)


def test_only_a_change_makes_another_version(experiment: Experiment, bob: User) -> None:
    model = RegisteredModelFactory(organization=experiment.project.organization)
    first = publish_in_model(experiment, model=model, by=bob)
    assert publish_in_model(experiment, model=model, by=bob) == first
    set_parameters(experiment, values={"epochs": 4}, by=bob)
    second = publish_in_model(experiment, model=model, by=bob)
    ExperimentDatasetVersionFactory(experiment=experiment)
    third = publish_in_model(experiment, model=model, by=bob)
    assert [version.number for version in (first, second, third)] == [1, 2, 3]


def test_the_pages_link_both_sides(
    experiment: Experiment, bob: User, charlie: User, client_of: ClientOf, base: ModelVersion
) -> None:
    version = publish_as_model(experiment, name="fruit-1", by=bob)
    mine = client_of(bob)
    page = reverse("registry:model_version_detail", args=[version.pk])
    assert f'<a href="{experiment.get_absolute_url()}">first</a>' in mine.get(page).text
    html = mine.get(experiment.get_absolute_url()).text
    assert "Published as" in html
    assert f'href="{page}">fruit-1 v1</a>' in html
    assert "Published from" not in mine.get(reverse("registry:model_version_detail", args=[base.pk])).text
    RegisteredModel.objects.filter(name="fruit-1").update(organization=None)
    assert "Published from" not in client_of(charlie).get(page).text, "a stranger reads the model, not its origin"
    Experiment.objects.filter(pk=experiment.pk).delete()
    assert "deleted" in mine.get(page).text


def test_names_are_text_on_both_pages(project: Project, bob: User, client_of: ClientOf) -> None:
    experiment = ExperimentFactory(project=project, name=CANARIES[0])
    version = publish_as_model(experiment, name=CANARIES[1], by=bob)
    Publication.objects.update(experiment_name=CANARIES[0])
    page = reverse("registry:model_version_detail", args=[version.pk])
    pages = [client_of(bob).get(address).text for address in (page, experiment.get_absolute_url())]
    Experiment.objects.all().delete()
    pages.append(client_of(bob).get(page).text)
    for html in pages:
        assert not any(canary in html for canary in CANARIES)


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_it_is_published_once(experiment: Experiment, bob: User) -> None:
    model = RegisteredModelFactory(organization=experiment.project.organization)

    def publish(number: int) -> ModelVersion:
        mine = Experiment.objects.select_related("project__organization", "architecture").get(pk=experiment.pk)
        return publish_in_model(mine, model=model, by=bob)

    assert len({str(version) for version in at_once(publish)}) == 1
    assert (model.versions.count(), Publication.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_a_name_is_taken_once(experiment: Experiment, bob: User) -> None:
    def publish(number: int) -> ModelVersion:
        mine = Experiment.objects.select_related("project__organization", "architecture").get(pk=experiment.pk)
        return publish_as_model(mine, name="fruit-1", by=bob)

    made = at_once(publish)
    assert sum(isinstance(refusal, ValidationError) for refusal in made) == RUNS - 1
    assert ModelVersion.objects.filter(model__name="fruit-1").count() == Publication.objects.count() == 1
