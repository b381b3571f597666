"""What scripts write of a model version: labels, parameters, and what runs a training."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from organizations.models import Organization, User
from registry.hyperparameters import Kind
from registry.models import ModelVersion
from registry.scripts import labels_of, parameters_of, read_labels, write_version
from registry.training import TrainingRow
from tests.factories import HyperparameterFactory, ModelVersionFactory

ANYTHING: list[dict[str, Any]] = [{"labels": {}}, {"parameters": {}}, {"training": TrainingRow()}]


@pytest.fixture
def version(orchard: Organization, bob: User) -> ModelVersion:
    version = ModelVersionFactory(model__organization=orchard, created_by=bob)
    HyperparameterFactory(
        architecture=version.architecture, key="epochs", value="5", maximum="500", required=True, position=0
    )
    HyperparameterFactory(architecture=version.architecture, key="gone", kind=Kind.TEXT, value="x", position=1)
    return version


def test_only_what_is_said_changes(version: ModelVersion, bob: User) -> None:
    write_version(version, by=bob)
    assert version.architecture.revision == 0
    write_version(version, labels={"1": "pear"}, by=bob)
    assert (labels_of(version.architecture), version.architecture.image) == ({"1": "pear"}, "trainers/fruit:1.4")
    write_version(version, training=TrainingRow(command="python other.py"), by=bob)
    assert (version.architecture.image, version.architecture.command) == ("", "python other.py")
    assert parameters_of(version.architecture) == {"epochs": 5, "gone": "x"}


def test_parameters_keep_their_rules_and_required_ones_stay(version: ModelVersion, bob: User) -> None:
    write_version(version, parameters={"epochs": 7, "new": 0.5}, by=bob)
    rows = [(row.key, row.value, row.maximum, row.position) for row in version.architecture.hyperparameters.all()]
    assert rows == [("epochs", "7", "500", 0), ("new", "0.5", None, 1)]
    write_version(version, parameters={"epochs": "seven"}, by=bob)
    row = version.architecture.hyperparameters.get()
    assert (row.kind, row.value, row.maximum, row.required) == (Kind.TEXT, "seven", None, True)
    write_version(version, parameters={}, by=bob)
    assert parameters_of(version.architecture) == {"epochs": "seven"}


@pytest.mark.parametrize(
    "wrong", [{"labels": {"a": "b"}}, {"parameters": {"a": {}}}, {"training": TrainingRow(tag="1")}]
)
def test_what_is_wrong_changes_nothing(version: ModelVersion, bob: User, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        write_version(version, **{"labels": {"5": "plum"}, "parameters": {"epochs": 8}, **wrong}, by=bob)
    kept = ModelVersion.objects.get(pk=version.pk).architecture
    assert (parameters_of(kept), labels_of(kept)) == ({"epochs": 5, "gone": "x"}, {"0": "apple", "1": "pear"})


def test_only_who_may_edit_writes(version: ModelVersion, vera: User, charlie: User) -> None:
    for user in (vera, charlie):
        for said in ANYTHING:
            with pytest.raises(PermissionDenied):
                write_version(version, **said, by=user)


def test_labels_are_read_by_their_index() -> None:
    assert read_labels({"1": " pear ", "0": "apple"}) == [(1, "pear"), (0, "apple")]
    with pytest.raises(ValidationError, match="Label x: An index is a whole number"):
        read_labels({"x": "pear"})
