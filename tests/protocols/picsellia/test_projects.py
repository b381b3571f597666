"""Projects, their dataset versions and the experiments made in them, through the SDK."""

from collections.abc import Callable
from typing import Any

import picsellia
import picsellia.exceptions
import pytest
from picsellia.types.enums import ExperimentStatus

from datasets.models import DatasetVersion
from experiments.models import Experiment, Project, Status
from organizations.models import Organization, User
from tests.factories import (
    ArchitectureFileFactory,
    AttachedDatasetVersionFactory,
    DatasetVersionFactory,
    ExperimentDatasetVersionFactory,
    ExperimentFactory,
    HyperparameterFactory,
    ModelVersionFactory,
    ProjectFactory,
)
from tests.protocols.picsellia.plain import PlainClient


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    return DatasetVersionFactory(dataset__organization=orchard, dataset__name="fruit", name="1")


def test_a_project_is_made_found_changed_and_deleted(sdk: picsellia.Client, orchard: Organization, bob: User) -> None:
    project = sdk.create_project("Apples", description="All kinds.")
    stored = Project.objects.get(pk=project.id)
    assert (stored.organization, stored.description, stored.created_by) == (orchard, "All kinds.", bob)
    assert sdk.get_project("Apples").id == sdk.get_project_by_id(project.id).id == project.id
    sdk.create_project("Pears")
    assert [one.name for one in sdk.list_projects(order_by=["-name"])] == ["Pears", "Apples"]
    project.update(name="Apples too")
    stored.refresh_from_db()
    assert (project.sync()["name"], stored.name, stored.description) == ("Apples too", "Apples too", "All kinds.")
    with pytest.raises(picsellia.exceptions.ResourceConflictError):
        sdk.create_project("Pears")
    with pytest.raises(picsellia.exceptions.ResourceConflictError):
        project.update(name="Pears")
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        sdk.get_project("Plums")
    experiment = project.create_experiment("first")
    Experiment.objects.update(status=Status.RUNNING)
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="first runs"):
        project.delete()
    experiment.update(status=ExperimentStatus.SUCCESS)
    project.delete()
    assert not Experiment.objects.exists()
    assert [one.name for one in Project.objects.all()] == ["Pears"]


def test_dataset_versions_are_attached_by_admins(
    sdk: picsellia.Client, admin_sdk: picsellia.Client, version: DatasetVersion
) -> None:
    project = admin_sdk.create_project("Apples")
    dataset_version = admin_sdk.get_dataset_version_by_id(version.pk)
    with pytest.raises(picsellia.exceptions.ForbiddenError, match="admin"):
        sdk.get_project("Apples").attach_dataset(dataset_version)
    project.attach_dataset(dataset_version)
    project.attach_dataset(dataset_version)
    listed = sdk.get_project("Apples").list_dataset_versions()
    assert [(one.id, one.name, one.version) for one in listed] == [(version.pk, "fruit", "1")]
    stored = Project.objects.get()
    user = ExperimentDatasetVersionFactory(experiment__project=stored, dataset_version=version)
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match=user.experiment.name):
        project.detach_dataset(dataset_version)
    user.delete()
    project.detach_dataset(dataset_version)
    assert not stored.attachments.exists()


def test_experiments_of_a_project(sdk: picsellia.Client, bob: User) -> None:
    project = sdk.create_project("Apples")
    parameters = {"epochs": 22, "text": "22", "rate": 1.0, "flag": False}
    experiment = project.create_experiment("first", description="One.", parameters=parameters)
    stored = Experiment.objects.get(pk=experiment.id)
    assert (stored.status, stored.inference_type, stored.description) == (Status.WAITING, "NOT_CONFIGURED", "One.")
    assert (experiment.status, experiment.project_id, stored.created_by) == (ExperimentStatus.WAITING, project.id, bob)
    assert {row.key: row.typed_value for row in stored.architecture.hyperparameters.all()} == parameters
    empty = project.create_experiment("empty")
    with pytest.raises(picsellia.exceptions.NoBaseModelVersionError):
        empty.get_base_model_version()
    with pytest.raises(picsellia.exceptions.NoBaseExperimentError):
        empty.get_base_experiment()
    assert project.get_experiment("first").id == project.get_experiment_by_id(experiment.id).id == experiment.id
    assert sdk.get_experiment_by_id(experiment.id).name == "first"
    assert [one.name for one in project.list_experiments(order_by=["name"], limit=1)] == ["empty"]
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="already"):
        project.create_experiment("first")
    with pytest.raises(picsellia.exceptions.BadRequestError, match="nested"):
        project.create_experiment("nested", parameters={"a": {"b": 1}})
    assert Experiment.objects.count() == 2
    project.delete_all_experiments()
    assert project.list_experiments() == []


def test_an_experiment_from_a_version_and_from_an_experiment(sdk: picsellia.Client, orchard: Organization) -> None:
    base = ModelVersionFactory(model__organization=orchard, model__name="yolo")
    HyperparameterFactory(architecture=base.architecture, key="epochs", value="5", maximum="500")
    ArchitectureFileFactory(architecture=base.architecture, name="pretrained-weights")
    project = sdk.create_project("Apples")
    model_version = sdk.get_model_version_by_id(base.pk)
    first = project.create_experiment("first", base_model_version=model_version)
    stored = Experiment.objects.get(pk=first.id)
    assert (stored.base, stored.base_kind) == (base, "PRIVATE_MODEL")
    assert stored.architecture.labelmap == base.architecture.labelmap
    assert [file.name for file in stored.architecture.files.all()] == ["pretrained-weights"]
    assert [(row.key, row.inherited_value) for row in stored.architecture.hyperparameters.all()] == [("epochs", "5")]
    assert first.get_base_model_version().id == base.pk
    second = project.create_experiment("second", base_experiment=first, parameters={"epochs": 7})
    assert second.get_base_experiment().id == first.id
    assert second.get_base_model_version().id == base.pk
    row = Experiment.objects.get(pk=second.id).architecture.hyperparameters.get()
    assert (row.value, row.inherited_value, row.maximum) == ("7", "5", "500")
    elsewhere = sdk.create_project("Pears")
    with pytest.raises(picsellia.exceptions.BadRequestError, match="another project"):
        elsewhere.create_experiment("third", base_experiment=first)


def test_who_may_delete_what_others_made(
    plain_of: Callable[..., PlainClient], alice: User, bob: User, vera: User, orchard: Organization
) -> None:
    mine = ProjectFactory(organization=orchard, created_by=bob)
    own, theirs = (ExperimentFactory(project=mine, created_by=by) for by in (bob, alice))
    plain, several = plain_of(bob), f"/api/project/{mine.pk}/experiments"
    assert plain("DELETE", f"/api/project/{mine.pk}")[0] == 403, "somebody else's experiment is in it"
    assert plain("DELETE", several, {"ids": [str(own.pk), str(theirs.pk)]})[0] == 403
    assert Experiment.objects.count() == 2
    assert plain("DELETE", several, {"ids": [str(own.pk)]}) == (204, None)
    assert plain_of(vera)("DELETE", several, {"ids": [str(theirs.pk)]})[0] == 403
    assert plain_of(alice)("DELETE", f"/api/project/{mine.pk}") == (204, None)
    assert not Project.objects.exists()


def test_viewers_read(plain_of: Callable[..., PlainClient], vera: User, bob: User, orchard: Organization) -> None:
    project = ProjectFactory(organization=orchard, created_by=bob)
    calls: list[tuple[str, str, Any]] = [
        ("POST", f"/api/organization/{orchard.pk}/projects", {"name": "x"}),
        ("PATCH", f"/api/project/{project.pk}", {"name": "x"}),
        ("DELETE", f"/api/project/{project.pk}", None),
        ("POST", f"/api/project/{project.pk}/experiments", {"name": "x"}),
    ]
    for plain in (plain_of(vera), plain_of(bob, is_read_only=True)):
        for method, path, body in calls:
            assert plain(method, path, body)[0] == 403, path
        assert plain("GET", f"/api/project/{project.pk}/experiments") == (200, {"items": []})


def test_what_is_somebody_elses_is_not_there(plain: PlainClient, harbor: Organization, orchard: Organization) -> None:
    theirs = ExperimentFactory(project__organization=harbor)
    own = ProjectFactory(organization=orchard)
    version = AttachedDatasetVersionFactory(project=theirs.project).dataset_version
    model_version = ModelVersionFactory(model__organization=harbor)
    project = f"/api/project/{theirs.project_id}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"/api/organization/{harbor.pk}/projects", None),
        ("POST", f"/api/organization/{harbor.pk}/projects", {"name": "x"}),
        ("GET", f"/api/organization/{orchard.pk}/projects/find?id={theirs.project_id}", None),
        *[(method, project, {}) for method in ("GET", "PATCH", "DELETE")],
        ("GET", f"{project}/datasets", None),
        ("POST", f"{project}/datasets", {"dataset_version_id": str(version.pk)}),
        ("POST", f"/api/project/{own.pk}/datasets", {"dataset_version_id": str(version.pk)}),
        ("DELETE", f"{project}/datasets", {"ids": [str(version.pk)]}),
        ("DELETE", f"/api/project/{own.pk}/datasets", {"ids": [str(version.pk)]}),
        ("GET", f"{project}/experiments", None),
        ("POST", f"{project}/experiments", {"name": "x"}),
        ("POST", f"/api/project/{own.pk}/experiments", {"name": "x", "base_experiment_id": str(theirs.pk)}),
        ("POST", f"/api/project/{own.pk}/experiments", {"name": "x", "base_model_version_id": str(model_version.pk)}),
        ("GET", f"{project}/experiments/find?name={theirs.name}", None),
        ("GET", f"{project}/experiments/ids", None),
        ("DELETE", f"{project}/experiments", {"ids": [str(theirs.pk)]}),
        ("DELETE", f"/api/project/{own.pk}/experiments", {"ids": [str(theirs.pk)]}),
    ]
    for method, path, body in calls:
        assert plain(method, path, body)[0] == 404, (method, path)
    assert Experiment.objects.get() == theirs


def test_a_list_asks_the_same_of_the_database_however_long_it_is(
    plain: PlainClient, orchard: Organization, django_assert_num_queries: Any
) -> None:
    project = ProjectFactory(organization=orchard)
    plain("GET", f"/api/project/{project.pk}")  # the token is noted as used
    for count in (1, 5):
        ExperimentFactory.create_batch(count, project=project)
        AttachedDatasetVersionFactory.create_batch(count, project=project)
        with django_assert_num_queries(3):
            plain("GET", f"/api/project/{project.pk}/experiments")
        with django_assert_num_queries(3):
            plain("GET", f"/api/project/{project.pk}/datasets")
