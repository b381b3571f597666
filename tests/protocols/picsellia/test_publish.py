"""An experiment becomes a model version through the SDK, and the version the base of the next experiment."""

from typing import Any

import picsellia
import picsellia.exceptions
import pytest

from experiments.models import Experiment, Publication
from experiments.parameters import set_parameters
from organizations.models import Organization, User
from registry.models import ModelVersion, RegisteredModel
from tests.experiments.making import attached, full_version
from tests.factories import LabelFactory, ModelVersionFactory, ProjectFactory
from tests.protocols.picsellia.plain import PlainClient


@pytest.fixture
def experiment(sdk: picsellia.Client, orchard: Organization) -> Any:
    """Made from a version, with changed parameters and a dataset version."""
    project = ProjectFactory(organization=orchard, name="Apples")
    version = attached(project, "train")
    LabelFactory(dataset_version=version, name="apple", object_count=7)
    base = sdk.get_model_version_by_id(full_version(orchard).pk)
    made = sdk.get_project("Apples").create_experiment(
        "first", base_model_version=base, parameters={"epochs": 3, "learning_rate": 1.0}
    )
    made.attach_dataset("train", sdk.get_dataset_version_by_id(version.pk))
    return made


def test_as_a_new_model_and_then_as_a_base(sdk: picsellia.Client, experiment: Any) -> None:
    version = experiment.export_as_model("apples-1")
    assert (version.origin_name, version.version, version.labels) == ("apples-1", 0, {"0": "apple", "1": "pear"})
    assert (version.type.name, version.framework.name) == ("CLASSIFICATION", "PYTORCH"), "the base's"
    stored = ModelVersion.objects.get(pk=version.id)
    architecture, own = stored.architecture, Experiment.objects.get(pk=experiment.id).architecture
    assert architecture.image == own.image
    assert [file.name for file in architecture.files.all()] == ["config", "weights"]
    assert [constraint.name for constraint in architecture.constraints.all()] == ["two", "three"]
    rows = [(row.key, row.typed_value, row.inherited_value) for row in architecture.hyperparameters.all()]
    assert rows == [("epochs", 3, None), ("learning_rate", 1.0, None)]
    context = version.get_context()
    assert (context.id, context.experiment_id) == (version.id, experiment.id)
    assert context.parameters == {"epochs": 3, "learning_rate": 1.0}
    assert isinstance(context.parameters["learning_rate"], float)
    train = experiment.get_dataset("train")
    assert [(one.name, one.version_id, one.repartition) for one in context.datasets] == [
        ("train", train.id, {"apple": 7})
    ]
    assert context.get_dataset_version("train").id == context.retrieve_datasets()["train"].id == train.id
    assert context.get_experiment().id == experiment.id
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="already"):
        experiment.export_as_model("apples-1")
    following = sdk.get_project("Apples").create_experiment("next", base_model_version=version)
    assert following.get_base_model_version().id == version.id
    experiment.delete()
    assert (context.sync()["experiment_id"], version.get_context().parameters["epochs"]) == (None, 3)


def test_what_has_not_changed_is_published_once(sdk: picsellia.Client, experiment: Any, bob: User) -> None:
    model = sdk.create_model("apples-1")
    first = experiment.export_in_existing_model(model)
    assert experiment.export_in_existing_model(model).id == first.id
    set_parameters(Experiment.objects.get(pk=experiment.id), values={"epochs": 4}, by=bob)
    second = experiment.export_in_existing_model(model)
    assert (first.version, second.version) == (0, 1)
    experiment.detach_dataset(experiment.get_dataset("train"))
    assert experiment.export_in_existing_model(model).version == 2
    assert experiment.export_in_existing_model(sdk.create_model("another")).version == 0
    assert Publication.objects.count() == 4


def test_a_context_is_told_to_its_organization_alone(
    sdk: picsellia.Client, experiment: Any, harbor: Organization, charlie: User, connect_as: Any
) -> None:
    version = experiment.export_as_model("apples-1")
    RegisteredModel.objects.update(organization=None)
    assert version.get_context().experiment_id == experiment.id
    theirs = connect_as(charlie).get_model_version_by_id(version.id).get_context()
    assert (theirs.experiment_id, theirs.datasets) == (None, [])


def test_a_public_model_takes_no_version(plain: PlainClient, orchard: Organization) -> None:
    public = ModelVersionFactory(model__public=True)
    experiment = ProjectFactory(organization=orchard)
    status, made = plain("POST", f"/api/project/{experiment.pk}/experiments", {"name": "first"})
    assert status == 200
    path = f"/api/experiment/{made['id']}/publish/version"
    status, answer = plain("POST", path, {"model_id": str(public.model_id)})
    assert (status, RegisteredModel.objects.get().versions.count()) == (400, 1)
    assert "not a model of" in answer["message"]
