"""Models and their versions through the SDK, and the public ones."""

from collections.abc import Callable
from typing import Any

import picsellia
import picsellia.exceptions
import pytest
from picsellia.types.enums import Framework, InferenceType

from organizations.models import Organization, User
from registry.hyperparameters import Kind
from registry.models import ModelVersion, RegisteredModel
from tests.factories import HyperparameterFactory, ModelVersionFactory, RegisteredModelFactory
from tests.protocols.picsellia.plain import PlainClient

PARAMETERS = {"epochs": 22, "rate": 0.5, "whole": 1.0, "flag": True, "text": "22"}


def test_a_model_is_made_found_changed_and_deleted(sdk: picsellia.Client, orchard: Organization, bob: User) -> None:
    model = sdk.create_model("yolo", "Finds apples.")
    stored = RegisteredModel.objects.get(pk=model.id)
    assert (stored.organization, stored.description, stored.created_by) == (orchard, "Finds apples.", bob)
    assert model.private
    assert sdk.get_model("yolo").id == sdk.get_model_by_id(model.id).id == model.id
    sdk.create_model("another")
    assert [one.name for one in sdk.list_models(order_by=["name"])] == ["another", "yolo"]
    assert [one.name for one in sdk.list_models(limit=1, offset=1)] == ["yolo"]
    model.update(name="yolo-x")
    stored.refresh_from_db()
    assert (model.name, stored.name, stored.description) == ("yolo-x", "yolo-x", "Finds apples.")
    assert model.get_tags() == []
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="already"):
        sdk.create_model("yolo-x")
    with pytest.raises(picsellia.exceptions.ResourceConflictError):
        sdk.get_model("another").update(name="yolo-x")
    with pytest.raises(picsellia.exceptions.BadRequestError):
        sdk.create_model(" ")
    model.delete()
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        sdk.get_model("yolo-x")


def test_versions_are_counted_from_nought(sdk: picsellia.Client) -> None:
    model = sdk.create_model("yolo")
    first = model.create_version(
        docker_image_name="registry.example:5000/trainers/yolo:1.2",
        docker_flags=["--gpus all", "--ipc host"],
        docker_env_variables={"WORKERS": 4},
        labels={"0": "apple", "1": "pear"},
        base_parameters=PARAMETERS,
        framework=Framework.PYTORCH,
        type=InferenceType.MASK,
        description="The first.",
    )
    second = model.create_version(name="better", docker_image_name="trainers/yolo", docker_tag="2")
    assert (first.version, second.version) == (0, 1)
    assert (first.origin_name, first.origin_id, first.labels) == ("yolo", model.id, {"0": "apple", "1": "pear"})
    assert (first.type, first.framework) == (InferenceType.MASK, Framework.PYTORCH)
    assert (second.type, second.framework) == (InferenceType.NOT_CONFIGURED, Framework.NOT_CONFIGURED)
    assert model.get_version(0).id == first.id
    assert model.get_version("better").id == sdk.get_model_version_by_id(second.id).id == second.id
    assert [version.version for version in model.list_versions(order_by=["version"])] == [0, 1]
    stored = ModelVersion.objects.get(pk=first.id)
    architecture = stored.architecture
    assert (stored.number, stored.name, stored.description) == (1, "v1", "The first.")
    assert (architecture.docker_image, architecture.docker_tag) == ("registry.example:5000/trainers/yolo", "1.2")
    assert architecture.docker_flags == ["--gpus all", "--ipc host"]
    assert architecture.docker_environment == {"WORKERS": "4"}
    assert {row.key: row.typed_value for row in architecture.hyperparameters.all()} == PARAMETERS
    assert [row.kind for row in architecture.hyperparameters.all()] == [
        Kind.INTEGER, Kind.NUMBER, Kind.NUMBER, Kind.BOOLEAN, Kind.TEXT
    ]  # fmt: skip
    assert first.get_context().parameters == PARAMETERS
    with pytest.raises(picsellia.exceptions.ResourceConflictError):
        model.create_version(name="better")
    with pytest.raises(picsellia.exceptions.BadRequestError, match="nested"):
        model.create_version(name="never", base_parameters={"a": [1]})
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        model.get_version("never")


def test_a_version_is_changed_where_something_is_said(sdk: picsellia.Client) -> None:
    version = sdk.create_model("yolo").create_version(docker_image_name="trainers/yolo", docker_tag="1")
    stored = ModelVersion.objects.get(pk=version.id)
    HyperparameterFactory(architecture=stored.architecture, key="epochs", value="5", maximum="500", position=0)
    HyperparameterFactory(architecture=stored.architecture, key="gone", position=1)
    version.update(docker_tag="2", base_parameters={"epochs": 7, "new": "a"}, name="second")
    stored = ModelVersion.objects.get(pk=version.id)
    assert (version.name, stored.name) == ("second", "second")
    assert stored.architecture.image == "trainers/yolo:2"
    rows = [(row.key, row.value, row.maximum) for row in stored.architecture.hyperparameters.all()]
    assert rows == [("epochs", "7", "500"), ("new", "a", None)]
    version.update(labels={"0": "apple"}, type=InferenceType.CLASSIFICATION, description="Said.")
    stored = ModelVersion.objects.get(pk=version.id)
    assert (stored.architecture.labelmap, stored.inference_type) == ([[0, "apple"]], "CLASSIFICATION")
    assert (stored.description, stored.architecture.hyperparameters.count()) == ("Said.", 2)
    with pytest.raises(picsellia.exceptions.BadRequestError, match="image"):
        version.update(docker_image_name="Not An Image")
    context = version.get_context()
    assert (context.id, context.experiment_id, context.datasets) == (version.id, None, [])
    assert context.sync()["parameters"] == {"epochs": 7, "new": "a"}
    version.delete()
    assert not ModelVersion.objects.exists()


def test_public_models_are_read_by_everybody(sdk: picsellia.Client) -> None:
    version = ModelVersionFactory(model__public=True, model__name="Public digits", name="v1")
    RegisteredModelFactory(public=True, name="Other")
    RegisteredModelFactory(name="Public in name only")
    model = sdk.get_public_model("Public digits")
    assert (model.id, model.private) == (version.model_id, False)
    assert [one.name for one in sdk.list_public_models(name="public")] == ["Public digits"]
    assert len(sdk.list_public_models()) == 2
    assert sdk.get_model_by_id(model.id).id == model.id
    found = sdk.get_model_version_by_id(version.pk)
    assert found.id == model.get_version(0).id == version.pk
    assert found.get_context().experiment_id is None
    assert sdk.list_models() == []
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        sdk.get_model("Public digits")
    for act in (model.delete, found.delete, lambda: model.update(name="mine"), lambda: found.update(name="mine")):
        with pytest.raises(picsellia.exceptions.ForbiddenError, match="staff"):
            act()


def test_viewers_and_others_write_nothing(
    plain_of: Callable[..., PlainClient], vera: User, bob: User, orchard: Organization
) -> None:
    version = ModelVersionFactory(model__organization=orchard)
    models, one = f"/api/organization/{orchard.pk}/models", f"/api/model/{version.model_id}"
    for user in (vera, bob):
        plain = plain_of(user)
        assert plain("PATCH", one, {"name": "x"})[0] == 403
        assert plain("DELETE", one)[0] == 403
        assert plain("PATCH", f"/api/model/version/{version.pk}", {"name": "x"})[0] == 403
        assert plain("DELETE", f"/api/model/version/{version.pk}")[0] == 403
    for plain in (plain_of(vera), plain_of(bob, is_read_only=True)):
        assert plain("POST", models, {"name": "x"})[0] == 403
        assert plain("POST", f"{one}/versions", {})[0] == 403
        assert plain("GET", one)[0] == 200


def test_what_is_somebody_elses_is_not_there(plain: PlainClient, harbor: Organization, orchard: Organization) -> None:
    theirs = ModelVersionFactory(model__organization=harbor, model__name="secret")
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"/api/organization/{harbor.pk}/models", None),
        ("POST", f"/api/organization/{harbor.pk}/models", {"name": "x"}),
        ("GET", f"/api/organization/{harbor.pk}/models/find?name=secret", None),
        ("GET", f"/api/organization/{orchard.pk}/models/find?id={theirs.model_id}", None),
        ("GET", f"/api/organization/{orchard.pk}/modelversions/find?id={theirs.pk}", None),
        ("GET", "/api/models/find?name=secret", None),
        ("GET", f"/api/model/{theirs.model_id}", None),
        ("PATCH", f"/api/model/{theirs.model_id}", {"name": "x"}),
        ("DELETE", f"/api/model/{theirs.model_id}", None),
        ("GET", f"/api/model/{theirs.model_id}/versions", None),
        ("POST", f"/api/model/{theirs.model_id}/versions", {}),
        ("GET", f"/api/model/{theirs.model_id}/versions/find?version=0", None),
        ("GET", f"/api/model/version/{theirs.pk}", None),
        ("PATCH", f"/api/model/version/{theirs.pk}", {"name": "x"}),
        ("DELETE", f"/api/model/version/{theirs.pk}", None),
        ("GET", f"/api/model/version/{theirs.pk}/context", None),
        ("GET", f"/api/model/version/{theirs.pk}/public/context", None),
        ("GET", f"/api/model/context/{theirs.pk}", None),
    ]
    for method, path, body in calls:
        assert plain(method, path, body)[0] == 404, (method, path)
    theirs.refresh_from_db()
    assert theirs.model.name == "secret"


@pytest.mark.parametrize("order", ["organization__name", "-created_by__password", "x"])
def test_only_words_of_the_list_order(plain: PlainClient, orchard: Organization, order: str) -> None:
    assert plain("GET", f"/api/organization/{orchard.pk}/models?order_by={order}")[0] == 400
    assert plain("GET", f"/api/organization/{orchard.pk}/models/find")[0] == 400
    assert plain("GET", "/api/models?name=%00")[0] == 400
