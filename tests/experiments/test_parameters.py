"""What a training script reads and writes of its experiment: typed hyperparameters, and the labelmap."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from experiments.models import Experiment, Project, Status
from experiments.parameters import labelmap_of, parameters_of, set_labelmap, set_parameters
from organizations.models import User
from registry.hyperparameters import Kind
from registry.models import Hyperparameter
from tests.factories import ExperimentFactory, HyperparameterFactory


@pytest.fixture
def experiment(project: Project) -> Experiment:
    """It runs, and was made from a base."""
    experiment = ExperimentFactory(project=project, status=Status.RUNNING, base_kind="PRIVATE_MODEL")
    rows: list[dict[str, Any]] = [
        {"key": "epochs", "value": "20", "inherited_value": "10", "minimum": "1", "maximum": "500", "required": True},
        {"key": "rate", "kind": Kind.NUMBER, "value": "0.1", "inherited_value": "0.1"},
        {"key": "optimizer", "kind": Kind.CHOICE, "value": "sgd", "choices": ["sgd", "adam"], "inherited_value": "sgd"},
        {"key": "mine", "kind": Kind.TEXT, "value": "x"},
    ]
    for position, row in enumerate(rows):
        HyperparameterFactory(architecture=experiment.architecture, position=position, **row)
    return experiment


def row_of(experiment: Experiment, key: str) -> Hyperparameter:
    return experiment.architecture.hyperparameters.get(key=key)


def again(experiment: Experiment) -> Experiment:
    return Experiment.objects.get(pk=experiment.pk)


def test_values_are_typed(experiment: Experiment, bob: User) -> None:
    values = {"epochs": 22, "rate": 2, "flag": True, "text": "22", "integer": 22, "number": 22.0, "empty": ""}
    set_parameters(experiment, values=values, by=bob)
    stored = parameters_of(again(experiment))
    assert stored == values
    assert [type(value) for value in stored.values()] == [int, float, bool, str, int, float, str]
    assert again(experiment).architecture.revision == 1


def test_a_key_keeps_its_rule_where_the_value_fits(experiment: Experiment, bob: User) -> None:
    set_parameters(experiment, values={"epochs": 30, "rate": 1, "optimizer": "adam", "mine": "y"}, by=bob)
    assert (row_of(experiment, "epochs").maximum, row_of(experiment, "epochs").inherited_value) == ("500", "10")
    assert row_of(experiment, "rate").kind == Kind.NUMBER
    assert row_of(experiment, "optimizer").choices == ["sgd", "adam"]
    assert row_of(experiment, "mine").is_added


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("epochs", 501, Kind.INTEGER),
        ("epochs", "20", Kind.TEXT),
        ("epochs", 20.0, Kind.NUMBER),
        ("epochs", True, Kind.BOOLEAN),
        ("rate", 2**53 + 1, Kind.INTEGER),
        ("optimizer", "lion", Kind.TEXT),
        ("optimizer", 1, Kind.INTEGER),
    ],
)
def test_and_else_takes_the_kind_of_the_value(
    experiment: Experiment, bob: User, key: str, value: Any, kind: Kind
) -> None:
    set_parameters(experiment, values={**parameters_of(experiment), key: value}, by=bob)
    row = row_of(experiment, key)
    assert (row.kind, row.typed_value, row.minimum, row.maximum, row.choices) == (kind, value, None, None, [])
    assert row.inherited_value is not None


def test_what_is_left_out_is_removed_and_comes_back_as_it_was(experiment: Experiment, bob: User) -> None:
    set_parameters(experiment, values={}, by=bob)
    assert parameters_of(again(experiment)) == {"epochs": 20}, "a required one stays"
    removed = again(experiment).removed_hyperparameters
    assert [(row["key"], row["value"]) for row in removed] == [("rate", "0.1"), ("optimizer", "sgd")]
    set_parameters(again(experiment), values={"optimizer": "adam"}, by=bob)
    row = row_of(experiment, "optimizer")
    assert (row.kind, row.value, row.inherited_value) == (Kind.CHOICE, "adam", "sgd")
    assert [row["key"] for row in again(experiment).removed_hyperparameters] == ["rate"]


@pytest.mark.parametrize("value", [[1], {"a": 1}, None, 2**63, float("nan"), float("inf"), "\0", "x" * 10_001])
def test_what_is_no_value_is_refused_by_its_key(experiment: Experiment, bob: User, value: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        set_parameters(experiment, values={"epochs": 1, "bad": value}, by=bob)
    assert list(refusal.value.message_dict) == ["bad"]
    assert parameters_of(again(experiment))["epochs"] == 20


@pytest.mark.parametrize("key", ["", " epochs", "a\nb", "x" * 101, "a\0"])
def test_what_is_no_key_is_refused(experiment: Experiment, bob: User, key: str) -> None:
    with pytest.raises(ValidationError):
        set_parameters(experiment, values={key: 1}, by=bob)
    with pytest.raises(ValidationError, match="at most 1,000"):
        set_parameters(experiment, values={str(n): n for n in range(1_001)}, by=bob)


def test_the_labelmap(experiment: Experiment, bob: User) -> None:
    set_labelmap(experiment, labels={"1": "pear", "0": "apple"}, by=bob)
    assert labelmap_of(again(experiment)) == {"1": "pear", "0": "apple"}
    assert list(labelmap_of(again(experiment))) == ["1", "0"]
    assert again(experiment).architecture.revision == 1


@pytest.mark.parametrize("labels", [{"apple": "0"}, {"0": 1}, {"-1": "a"}, {"0": "a", "1": "a"}, {"0": "a", "00": "b"}])
def test_what_is_no_labelmap_is_refused(experiment: Experiment, bob: User, labels: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="Label"):
        set_labelmap(experiment, labels=labels, by=bob)


def test_viewers_write_nothing(experiment: Experiment, vera: User, charlie: User) -> None:
    for user in (vera, charlie):
        with pytest.raises(PermissionDenied):
            set_parameters(experiment, values={"epochs": 1}, by=user)
        with pytest.raises(PermissionDenied):
            set_labelmap(experiment, labels={"0": "a"}, by=user)


def test_one_that_was_deleted(experiment: Experiment, bob: User) -> None:
    stale = again(experiment)
    experiment.delete()
    experiment.architecture.delete()
    with pytest.raises(Experiment.DoesNotExist):
        set_parameters(stale, values={"epochs": 1}, by=bob)
