import pytest
from django.urls import reverse

from organizations.models import User
from registry.models import ModelVersion
from tests.factories import ModelVersionFactory


@pytest.fixture
def version(orchard, alice: User) -> ModelVersion:
    return ModelVersionFactory(model__organization=orchard)


def url(version: ModelVersion) -> str:
    return reverse("registry:model_version_labelmap", args=[version.pk])


def test_it_works(version: ModelVersion, alice: User, client_of):
    client = client_of(alice)
    assert "0: apple\n1: pear</textarea>" in client.get(url(version)).content.decode()
    answer = client.post(url(version), {"revision": "0", "labelmap": "3: fig\r\n2: plum"}, follow=True)
    assert "The labelmap of" in answer.content.decode()
    version.architecture.refresh_from_db()
    assert version.architecture.labelmap == [[3, "fig"], [2, "plum"]]


def test_a_refusal_names_the_lines_and_keeps_the_text(version: ModelVersion, alice: User, client_of):
    answer = client_of(alice).post(url(version), {"revision": "0", "labelmap": "0: fig\nplum\n0: date"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Line 2: write an index" in text
    assert "0: fig\nplum\n0: date</textarea>" in text
    version.architecture.refresh_from_db()
    assert version.architecture.labelmap == [[0, "apple"], [1, "pear"]]


def test_a_change_meanwhile_refuses_the_save_and_loses_nothing(version: ModelVersion, alice: User, client_of):
    version.architecture.bump()
    client = client_of(alice)
    answer = client.post(url(version), {"revision": "0", "labelmap": "0: fig"})
    text = answer.content.decode()
    assert "Somebody changed this version" in text
    assert "0: fig</textarea>" in text
    assert 'name="revision" value="1"' in text
    assert client.post(url(version), {"revision": "1", "labelmap": "0: fig"}).status_code == 302


def test_it_can_be_emptied(version: ModelVersion, alice: User, client_of):
    assert client_of(alice).post(url(version), {"revision": "0", "labelmap": " \n"}).status_code == 302
    version.architecture.refresh_from_db()
    assert version.architecture.labelmap == []
