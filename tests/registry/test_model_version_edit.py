from django.urls import reverse

from organizations.models import User
from tests.factories import ModelVersionFactory

FIELDS = {"name": "best", "inference_type": "MULTI", "framework": "TENSORFLOW", "description": "d"}


def test_it_works(alice: User, orchard, client_of):
    version = ModelVersionFactory(model__organization=orchard)
    address = reverse("registry:model_version_edit", args=[version.pk])
    client = client_of(alice)
    assert 'value="v1"' in client.get(address).content.decode()
    assert client.post(address, FIELDS).status_code == 302
    version.refresh_from_db()
    assert (version.label, version.inference_type, version.framework) == ("v1 “best”", "MULTI", "TENSORFLOW")


def test_a_refusal_leaves_the_heading_as_it_is(alice: User, orchard, client_of):
    version = ModelVersionFactory(model__organization=orchard, model__name="fruit")
    ModelVersionFactory(model=version.model, name="best")
    answer = client_of(alice).post(reverse("registry:model_version_edit", args=[version.pk]), FIELDS)
    assert answer.status_code == 422
    assert "Edit fruit v1" in answer.content.decode()
    assert 'value="best"' in answer.content.decode()
