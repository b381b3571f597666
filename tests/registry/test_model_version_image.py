import pytest
from django.urls import reverse

from organizations.models import User
from registry.models import ModelVersion
from tests.factories import ModelVersionFactory

FIELDS = {
    "revision": "0",
    "image": "team/new",
    "tag": "2",
    "command": " python run.py ",
    "flags": "--gpus=all\r\n\r\n--shm-size=1g",
    "environment": "A=1\r\nB=x=y",
}


@pytest.fixture
def version(orchard, alice: User) -> ModelVersion:
    return ModelVersionFactory(model__organization=orchard, architecture__docker_environment={"OLD": "1"})


def url(version: ModelVersion) -> str:
    return reverse("registry:model_version_image", args=[version.pk])


def test_it_works(version: ModelVersion, alice: User, client_of):
    client = client_of(alice)
    text = client.get(url(version)).content.decode()
    assert 'value="trainers/fruit"' in text
    assert "OLD=1</textarea>" in text
    assert client.post(url(version), FIELDS).status_code == 302
    architecture = version.architecture
    architecture.refresh_from_db()
    assert (architecture.image, architecture.command) == ("team/new:2", "python run.py")
    assert architecture.docker_flags == ["--gpus=all", "--shm-size=1g"]
    assert architecture.docker_environment == {"A": "1", "B": "x=y"}
    assert architecture.revision == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("image", "Not An Image", "Not the name of an image"),
        ("image", "", "A tag needs an image."),
        ("tag", "a b", "A tag has 1 to 128 letters"),
        ("flags", "gpus", "A flag begins with “-”"),
        ("environment", "A", "Line 1: write a name, an equals sign and a text"),
        ("environment", "1A=x", "is not the name of a variable"),
        ("command", "x" * 1_001, "A command has at most 1,000 characters"),
    ],
)
def test_a_refusal_keeps_what_was_typed(version, alice: User, client_of, field: str, value: str, sentence: str):
    answer = client_of(alice).post(url(version), {**FIELDS, field: value})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert sentence in text
    assert field == "command" or "python run.py" in text
    version.architecture.refresh_from_db()
    assert version.architecture.image == "trainers/fruit:1.4"


def test_a_change_meanwhile_refuses_the_save_and_loses_nothing(version: ModelVersion, alice: User, client_of):
    version.architecture.bump()
    text = client_of(alice).post(url(version), FIELDS).content.decode()
    assert "Somebody changed this version" in text
    assert 'value="team/new"' in text


def test_emptied_it_is_weights_only(version: ModelVersion, alice: User, client_of):
    assert client_of(alice).post(url(version), {"revision": "0"}).status_code == 302
    version.architecture.refresh_from_db()
    assert not version.architecture.is_trainable
