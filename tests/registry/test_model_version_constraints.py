"""The editor of dataset constraints: rows with rows inside."""

import pytest
from django.urls import reverse

from organizations.models import User
from registry.models import ModelVersion
from tests.factories import DatasetConstraintFactory, ExperimentDraftFactory, ModelVersionFactory


@pytest.fixture
def version(orchard, alice: User) -> ModelVersion:
    version = ModelVersionFactory(model__organization=orchard)
    DatasetConstraintFactory(architecture=version.architecture, name="both", aliases=["train", "test"])
    return version


@pytest.fixture
def client(alice: User, client_of):
    return client_of(alice)


def url(version: ModelVersion) -> str:
    return reverse("registry:model_version_constraints", args=[version.pk])


def posted(*constraints: tuple[str, list[tuple[str, str]]], **more: str) -> dict[str, str]:
    data = {"revision": "0", **more}
    for index, (name, slots) in enumerate(constraints):
        data[f"constraints-{index}-name"] = name
        for number, (alias, words) in enumerate(slots):
            data[f"constraints-{index}-slots-{number}-alias"] = alias
            data[f"constraints-{index}-slots-{number}-help"] = words
    return data


def shown(answer) -> list[list[str]]:
    rows = answer.context["editor"].drawn
    return [[row.cells["name"].value, *(slot.cells["alias"].value for slot in row.inside)] for row in rows]


BOTH = ("both", [("train", "to learn"), ("test", "")])
THREE = ("three", [("train", ""), ("val", ""), ("test", "")])


def test_it_shows_what_there_is(version: ModelVersion, client):
    answer = client.get(url(version))
    assert shown(answer) == [["both", "train", "test"]]
    assert 'aria-label="Move train down"' in answer.content.decode()


def test_it_saves_and_keeps_what_a_draft_chose(version: ModelVersion, client):
    draft = ExperimentDraftFactory(dataset_constraint=version.architecture.constraints.get())
    assert client.post(url(version), posted(THREE, BOTH)).status_code == 302
    draft.refresh_from_db()
    assert draft.dataset_constraint is not None
    assert [row.name for row in version.architecture.constraints.all()] == ["three", "both"]
    assert draft.dataset_constraint.slots.first().help == "to learn"


def test_errors_stand_beside_their_field_and_on_top(version: ModelVersion, client):
    answer = client.post(url(version), posted(BOTH, ("both ", [("Train", ""), ("train", ""), ("../x", "")])))
    assert answer.status_code == 422
    text = " ".join(answer.content.decode().split())
    link = '<a href="#id_constraints-1-slots-2-alias">Constraint 2, slot 3, alias</a>: An alias has 1 to 50'
    assert link in text
    assert "This alias is in the constraint twice (case is ignored)." in text
    assert "This name is there twice." in text
    assert shown(answer)[1] == ["both ", "Train", "train", "../x"]
    assert version.architecture.constraints.get().slots.count() == 2


@pytest.mark.parametrize(
    ("act", "expected", "focus"),
    [
        ("add", [["both", "train", "test"], ["three", "train", "val", "test"], ["", ""]], "id_constraints-2-name"),
        ("add-0", [["both", "train", "test", ""], ["three", "train", "val", "test"]], "id_constraints-0-slots-2-alias"),
        ("remove-0", [["three", "train", "val", "test"]], "constraints-0-remove"),
        ("remove-1-1", [["both", "train", "test"], ["three", "train", "test"]], "constraints-1-slots-1-remove"),
        ("up-1", [["three", "train", "val", "test"], ["both", "train", "test"]], "constraints-0-down"),
        ("down-1-0", [["both", "train", "test"], ["three", "val", "train", "test"]], "constraints-1-slots-1-down"),
        ("down-1-2", [["both", "train", "test"], ["three", "train", "val", "test"]], ""),
        ("remove-7-0", [["both", "train", "test"], ["three", "train", "val", "test"]], ""),
        ("add-0-0", [["both", "train", "test"], ["three", "train", "val", "test"]], ""),
    ],
)
def test_buttons_work_on_what_was_typed(version: ModelVersion, client, act: str, expected, focus: str):
    answer = client.post(url(version), posted(BOTH, THREE, act=act))
    assert shown(answer) == expected
    assert answer.context["editor"].focus == focus
    assert not focus or answer.content.decode().count("autofocus") == 1
    assert version.architecture.constraints.count() == 1


def test_removing_the_last_alias_leaves_the_focus_on_add(version: ModelVersion, client):
    answer = client.post(url(version), posted(("one", [("train", "")]), act="remove-0-0"))
    assert shown(answer) == [["one"]]
    assert answer.content.decode().count("autofocus") == 1
    assert "A constraint needs at least one alias." in client.post(url(version), posted(("one", []))).content.decode()


def test_a_change_meanwhile_refuses_the_save_and_loses_nothing(version: ModelVersion, client):
    version.architecture.bump()
    answer = client.post(url(version), posted(THREE))
    assert "Somebody changed this version" in answer.content.decode()
    assert shown(answer) == [["three", "train", "val", "test"]]
    assert version.architecture.constraints.get().name == "both"


def test_all_can_be_removed(version: ModelVersion, client):
    assert client.post(url(version), posted()).status_code == 302
    assert "No constraint" in client.get(url(version)).content.decode()
