"""The editor of hyperparameters: rows that are added, moved and removed, and saved only when all are right."""

import pytest
from django.urls import reverse

from organizations.models import User
from registry.models import ModelVersion
from tests.factories import HyperparameterFactory, ModelVersionFactory

HTMX = {"HX-Request": "true", "HX-Target": "rows"}


@pytest.fixture
def version(orchard, alice: User) -> ModelVersion:
    version = ModelVersionFactory(model__organization=orchard)
    HyperparameterFactory(architecture=version.architecture, key="epochs", value="20", minimum="1", maximum="500")
    HyperparameterFactory(architecture=version.architecture, key="rate", kind="NUMBER", value="0.001")
    return version


@pytest.fixture
def client(alice: User, client_of):
    return client_of(alice)


def url(version: ModelVersion) -> str:
    return reverse("registry:model_version_hyperparameters", args=[version.pk])


def posted(*rows: dict[str, str], revision: int = 0, **more: str) -> dict[str, str]:
    data = {"revision": str(revision), **more}
    for index, row in enumerate(rows):
        data |= {f"hyperparameters-{index}-{name}": value for name, value in ({"key": ""} | row).items()}
    return data


def keys(answer) -> list[str]:
    return [row.cells["key"].value for row in answer.context["editor"].drawn]


EPOCHS = {"key": "epochs", "kind": "INTEGER", "value": "30", "minimum": "1", "maximum": "500", "help": "Rounds."}
RATE = {"key": "rate", "kind": "NUMBER", "value": "0.01"}


def test_it_shows_what_there_is(version: ModelVersion, client):
    text = client.get(url(version)).content.decode()
    assert 'value="epochs"' in text
    assert 'name="hyperparameters-1-value"' in text
    assert ">\n0.001</textarea>" in text


def test_it_saves(version: ModelVersion, client):
    shuffle = {"key": "shuffle", "kind": "BOOLEAN", "value": "left over", "truth": "true", "required": "on"}
    optimizer = {"key": "optimizer", "kind": "CHOICE", "value": " sgd\r\n", "choices": "adam \r\n\r\n sgd"}
    answer = client.post(url(version), posted(EPOCHS, shuffle, optimizer), follow=True)
    assert "are saved." in answer.content.decode()
    rows = {row.key: row for row in version.architecture.hyperparameters.all()}
    assert list(rows) == ["epochs", "shuffle", "optimizer"]
    assert (rows["epochs"].typed_value, rows["epochs"].maximum, rows["epochs"].help) == (30, "500", "Rounds.")
    assert (rows["shuffle"].typed_value, rows["shuffle"].required) == (True, True)
    assert (rows["optimizer"].typed_value, rows["optimizer"].choices) == ("sgd", ["adam", "sgd"])


def test_a_text_of_several_lines_stays_as_it_is(version: ModelVersion, client):
    client.post(url(version), posted({"key": "prompt", "kind": "TEXT", "value": "\r\n one\r\ntwo "}))
    assert version.architecture.hyperparameters.get().value == "\n one\ntwo "
    assert ">\n\n one\ntwo </textarea>" in client.get(url(version)).content.decode()


def test_what_the_type_hides_does_not_count(version: ModelVersion, client):
    row = {"key": "a", "kind": "TEXT", "value": "x", "minimum": "1", "choices": "a\nb"}
    assert client.post(url(version), posted(row)).status_code == 302


def test_errors_stand_beside_their_field_and_on_top(version: ModelVersion, client):
    wrong = EPOCHS | {"value": "1,5", "minimum": "x"}
    answer = client.post(url(version), posted(RATE | {"value": "1,5"}, wrong, RATE))
    assert answer.status_code == 422
    text = " ".join(answer.content.decode().split())
    assert "Nothing is saved yet: 4 things to mend." in text
    assert '<a href="#id_hyperparameters-0-value">Hyperparameter 1, value</a>: Not a number: write 1.5.' in text
    assert 'id="id_hyperparameters-1-minimum-error">Not a whole number.' in text
    assert "This key is there twice." in text
    assert ">\n1,5</textarea>" in answer.content.decode()
    assert version.architecture.hyperparameters.get(key="epochs").value == "20"


@pytest.mark.parametrize(
    ("act", "expected", "focus"),
    [
        ("add", ["epochs", "rate", "extra", ""], "id_hyperparameters-3-key"),
        ("remove-1", ["epochs", "extra"], "hyperparameters-1-remove"),
        ("remove-2", ["epochs", "rate"], "hyperparameters-1-remove"),
        ("up-2", ["epochs", "extra", "rate"], "hyperparameters-1-up"),
        ("up-1", ["rate", "epochs", "extra"], "hyperparameters-0-down"),
        ("down-1", ["epochs", "extra", "rate"], "hyperparameters-2-up"),
        ("down-0", ["rate", "epochs", "extra"], "hyperparameters-1-down"),
        ("up-0", ["epochs", "rate", "extra"], ""),
        ("down-2", ["epochs", "rate", "extra"], ""),
        ("remove-9", ["epochs", "rate", "extra"], ""),
        ("remove", ["epochs", "rate", "extra"], ""),
        ("add-1", ["epochs", "rate", "extra"], ""),
        ("explode", ["epochs", "rate", "extra"], ""),
        ("", ["epochs", "rate", "extra"], ""),
    ],
)
def test_buttons_work_on_what_was_typed(version: ModelVersion, client, act: str, expected: list[str], focus: str):
    extra = {"key": "extra", "value": "not saved yet"}
    answer = client.post(url(version), posted(EPOCHS | {"value": "wrong"}, RATE, extra, act=act))
    assert answer.status_code == 200
    assert keys(answer) == expected
    assert answer.context["editor"].focus == focus
    assert not focus or answer.content.decode().count("autofocus") == 1
    assert version.architecture.hyperparameters.count() == 2


def test_removing_the_last_row_leaves_the_focus_on_add(version: ModelVersion, client):
    answer = client.post(url(version), posted(EPOCHS, act="remove-0"))
    assert keys(answer) == []
    assert answer.context["editor"].focus == "hyperparameters-add"
    assert "No hyperparameter" in answer.content.decode()


def test_htmx_gets_the_rows_alone(version: ModelVersion, client):
    answer = client.post(url(version), posted(EPOCHS, act="add"), headers=HTMX)
    text = answer.content.decode()
    assert "<html" not in text
    assert 'id="rows"' in text
    assert 'name="revision" value="0"' in text


def test_a_change_meanwhile_refuses_the_save_and_loses_nothing(version: ModelVersion, client):
    version.architecture.bump()
    answer = client.post(url(version), posted(EPOCHS))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Somebody changed this version after you opened this page" in text
    assert ">\n30</textarea>" in text
    assert 'name="revision" value="1"' in text
    assert client.post(url(version), posted(EPOCHS, revision=1)).status_code == 302


@pytest.mark.parametrize("revision", ["", "nonsense", "-1", "9" * 30])
def test_without_the_revision_nothing_is_overwritten(version: ModelVersion, client, revision: str):
    answer = client.post(url(version), posted(EPOCHS) | {"revision": revision})
    assert answer.status_code == 422
    assert version.architecture.hyperparameters.count() == 2


def test_everything_can_be_removed(version: ModelVersion, client):
    assert client.post(url(version), posted()).status_code == 302
    assert not version.architecture.hyperparameters.exists()


def test_it_saves_a_thousand(version: ModelVersion, client):
    rows = [{"key": f"key {number}", "kind": "TEXT", "value": "x"} for number in range(1_000)]
    assert client.post(url(version), posted(*rows)).status_code == 302
    answer = client.post(url(version), posted(*rows, {"key": "one more"}, revision=1))
    assert "at most 1,000 hyperparameters; these are 1,001" in answer.content.decode()
