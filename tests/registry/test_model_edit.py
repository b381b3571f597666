from django.urls import reverse

from organizations.models import User
from tests.factories import RegisteredModelFactory


def test_it_works(alice: User, orchard, client_of):
    model = RegisteredModelFactory(organization=orchard, name="old")
    address = reverse("registry:model_edit", args=[model.pk])
    client = client_of(alice)
    assert 'value="old"' in client.get(address).content.decode()
    assert client.post(address, {"name": "new", "description": "d"}).status_code == 302
    model.refresh_from_db()
    assert (model.name, model.description) == ("new", "d")


def test_a_refusal_leaves_the_heading_as_it_is(alice: User, orchard, client_of):
    model = RegisteredModelFactory(organization=orchard, name="old")
    RegisteredModelFactory(organization=orchard, name="taken")
    answer = client_of(alice).post(reverse("registry:model_edit", args=[model.pk]), {"name": "taken"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Edit old" in text
    assert 'value="taken"' in text
    assert "Orchard has a model of this name already" in text
