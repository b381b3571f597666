"""An experiment through the SDK: its status, its dataset versions, and what it starts from."""

from collections.abc import Callable
from typing import Any

import picsellia
import picsellia.exceptions
import pytest
from picsellia.types.enums import ExperimentStatus

from datasets.models import DatasetVersion
from experiments.models import Experiment, Project, Status
from organizations.models import Organization, User
from registry.models import ModelVersion
from tests.experiments.making import full_version
from tests.factories import (
    ArchitectureFileFactory,
    AttachedDatasetVersionFactory,
    DatasetVersionFactory,
    ExperimentFactory,
    ModelVersionFactory,
    ProjectFactory,
)
from tests.protocols.picsellia.plain import PlainClient


@pytest.fixture
def project(orchard: Organization) -> Project:
    return ProjectFactory(organization=orchard, name="Apples")


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    return DatasetVersionFactory(dataset__organization=orchard, dataset__name="fruit", name="1")


@pytest.fixture
def base(orchard: Organization) -> ModelVersion:
    """A version with something of everything, for classification."""
    return full_version(orchard)


def names(experiment: Any) -> list[str]:
    return [file.name for file in Experiment.objects.get(pk=experiment.id).architecture.files.all()]


def parameters(experiment: Any) -> dict[str, Any]:
    rows = Experiment.objects.get(pk=experiment.id).architecture.hyperparameters.all()
    return {row.key: row.typed_value for row in rows}


def test_what_it_is_called_and_how_far_it_is(sdk: picsellia.Client, project: Project) -> None:
    experiment = sdk.get_project("Apples").create_experiment("first")
    other = sdk.get_project("Apples").create_experiment("other")
    experiment.update(name="renamed", description="Why.", status="RUNNING")
    stored = Experiment.objects.get(pk=experiment.id)
    assert (stored.name, stored.description, stored.status) == ("renamed", "Why.", Status.RUNNING)
    assert (experiment.name, experiment.status) == ("renamed", ExperimentStatus.RUNNING)
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="already"):
        other.update(name="renamed")
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="Stop it"):
        experiment.delete()
    with pytest.raises(picsellia.exceptions.BadRequestError, match="can't become waiting"):
        experiment.update(status=ExperimentStatus.WAITING)
    experiment.update(status=ExperimentStatus.FAILED)
    experiment.update(status=ExperimentStatus.FAILED)
    with pytest.raises(picsellia.exceptions.BadRequestError, match="is failed"):
        experiment.update(status=ExperimentStatus.SUCCESS)
    other.update(status=ExperimentStatus.SUCCESS)
    assert other.sync()["status"] == "SUCCESS"
    experiment.delete()
    other.delete()
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        experiment.sync()


def test_dataset_versions_have_an_alias(
    sdk: picsellia.Client, admin_sdk: picsellia.Client, project: Project, version: DatasetVersion
) -> None:
    experiment = sdk.get_project("Apples").create_experiment("first")
    dataset_version = sdk.get_dataset_version_by_id(version.pk)
    with pytest.raises(picsellia.exceptions.ForbiddenError, match="not attached to the project Apples"):
        experiment.attach_dataset("train", dataset_version)
    admin_sdk.get_experiment_by_id(experiment.id).attach_dataset("train", dataset_version)
    assert list(project.dataset_versions.all()) == [version], "an admin attaches it to the project as well"
    experiment.attach_dataset("test", dataset_version)
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="TRAIN"):
        experiment.attach_dataset("TRAIN", dataset_version)
    with pytest.raises(picsellia.exceptions.BadRequestError, match="An alias has"):
        experiment.attach_dataset("no alias", dataset_version)
    attached = experiment.get_attached_dataset_versions()
    assert [(alias, one.id, one.name) for alias, one in attached.items()] == [
        ("train", version.pk, "fruit"),
        ("test", version.pk, "fruit"),
    ]
    assert experiment.get_dataset("train").id == version.pk
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        experiment.get_dataset("val")
    experiment.detach_dataset(dataset_version)
    assert experiment.get_attached_dataset_versions() == {}
    assert list(project.dataset_versions.all()) == [version]


def test_a_base_model_version_is_set_later(sdk: picsellia.Client, project: Project, base: ModelVersion) -> None:
    model_version = sdk.get_model_version_by_id(base.pk)
    empty = sdk.get_project("Apples").create_experiment("empty")
    empty.set_base_model_version(model_version)
    stored = Experiment.objects.get(pk=empty.id)
    assert (stored.base, names(empty)) == (base, ["config", "weights"])
    assert parameters(empty) == {"epochs": 20, "learning_rate": 0.001, "augment": True, "optimizer": "adam", "note": ""}
    assert (stored.architecture.image, stored.architecture.labelmap) == (
        "trainers/fruit:1.4",
        [[0, "apple"], [1, "pear"]],
    )
    own = sdk.get_project("Apples").create_experiment("own", parameters={"epochs": 3, "mine": 1})
    architecture = Experiment.objects.get(pk=own.id).architecture
    weights = ArchitectureFileFactory(architecture=architecture, name="weights")
    own.set_base_model_version(model_version)
    assert (parameters(own), names(own)) == ({"epochs": 3, "mine": 1}, ["weights"])
    own.set_base_model_version(model_version, attach_parameters=False, attach_model_files=True)
    assert (parameters(own), names(own)) == ({"epochs": 3, "mine": 1}, ["config", "weights"])
    assert architecture.files.get(name="weights").blob_id != weights.blob_id
    own.attach_model_version(model_version)
    assert parameters(own) == parameters(empty)
    assert own.get_base_model_version().id == base.pk


def test_a_base_experiment_is_set_later(sdk: picsellia.Client, project: Project, base: ModelVersion) -> None:
    in_project = sdk.get_project("Apples")
    first = in_project.create_experiment("first", base_model_version=sdk.get_model_version_by_id(base.pk))
    second = in_project.create_experiment("second", parameters={"epochs": 3})
    second.set_base_experiment(first)
    assert second.get_base_experiment().id == first.id
    assert second.get_base_model_version().id == base.pk
    assert (parameters(second), names(second)) == ({"epochs": 3}, ["config", "weights"])
    with pytest.raises(picsellia.exceptions.BadRequestError, match="own base"):
        first.set_base_experiment(first)
    elsewhere = sdk.create_project("Pears").create_experiment("third")
    with pytest.raises(picsellia.exceptions.BadRequestError, match="another project"):
        elsewhere.set_base_experiment(first)


def test_viewers_read(plain_of: Callable[..., PlainClient], vera: User, bob: User, project: Project) -> None:
    experiment = ExperimentFactory(project=project, created_by=bob)
    version = AttachedDatasetVersionFactory(project=project).dataset_version
    model = ModelVersionFactory(model__organization=project.organization)
    path = f"/api/experiment/{experiment.pk}"
    calls: list[tuple[str, str, Any]] = [
        ("PATCH", path, {"name": "x"}),
        ("DELETE", path, None),
        ("POST", f"{path}/datasets", {"name": "train", "dataset_version_id": str(version.pk)}),
        ("DELETE", f"{path}/datasets", {"ids": [str(version.pk)]}),
        ("POST", f"{path}/model", {"model_version_id": str(model.pk)}),
        ("POST", f"{path}/experiment", {"base_experiment_id": str(ExperimentFactory(project=project).pk)}),
        ("POST", f"{path}/publish", {"name": "x"}),
        ("POST", f"{path}/publish/version", {"model_id": str(model.model_id)}),
    ]
    for plain in (plain_of(vera), plain_of(bob, is_read_only=True)):
        for method, address, body in calls:
            assert plain(method, address, body)[0] == 403, (method, address)
        assert plain("GET", path)[0] == 200
        assert plain("GET", f"{path}/datasets") == (200, {"items": []})


def test_what_is_somebody_elses_is_not_there(plain: PlainClient, harbor: Organization, project: Project) -> None:
    theirs, own = ExperimentFactory(project__organization=harbor), ExperimentFactory(project=project)
    version = AttachedDatasetVersionFactory(project=theirs.project).dataset_version
    own_version = AttachedDatasetVersionFactory(project=project).dataset_version
    model = ModelVersionFactory(model__organization=harbor)
    path, mine = f"/api/experiment/{theirs.pk}", f"/api/experiment/{own.pk}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"/api/organization/{project.organization_id}/experiments/find?id={theirs.pk}", None),
        *[(method, path, {}) for method in ("GET", "PATCH", "DELETE")],
        ("GET", f"{path}/datasets", None),
        ("GET", f"{path}/datasets/find?name=train", None),
        ("POST", f"{path}/datasets", {"name": "train", "dataset_version_id": str(own_version.pk)}),
        ("POST", f"{mine}/datasets", {"name": "train", "dataset_version_id": str(version.pk)}),
        ("DELETE", f"{path}/datasets", {"ids": []}),
        ("DELETE", f"{mine}/datasets", {"ids": [str(own_version.pk), str(version.pk)]}),
        ("POST", f"{mine}/model", {"model_version_id": str(model.pk)}),
        ("POST", f"{mine}/experiment", {"base_experiment_id": str(theirs.pk)}),
        ("POST", f"{path}/publish", {"name": "x"}),
        ("POST", f"{path}/publish/version", {"model_id": str(model.model_id)}),
        ("POST", f"{mine}/publish/version", {"model_id": str(model.model_id)}),
    ]
    for method, address, body in calls:
        assert plain(method, address, body)[0] == 404, (method, address)
    own.refresh_from_db()
    assert (own.base_kind, own.dataset_versions.count()) == ("", 0)


@pytest.mark.parametrize("body", [{"status": "DONE"}, {"status": "running"}, {"name": 5}, [1], "x", 5, b"{"])
def test_broken_bodies(plain: PlainClient, project: Project, body: Any) -> None:
    experiment = ExperimentFactory(project=project)
    status, answer = plain("PATCH", f"/api/experiment/{experiment.pk}", body)
    assert status in (400, 422)
    assert answer["message"]


def test_what_was_deleted_meanwhile_is_not_there(
    plain: PlainClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = ExperimentFactory(project=project)

    def too_late(*args: Any, **options: Any) -> None:
        raise Experiment.DoesNotExist

    monkeypatch.setattr("protocols.picsellia.routers.experiments.edit_experiment", too_late)
    assert plain("PATCH", f"/api/experiment/{experiment.pk}", {"name": "x"})[0] == 404
