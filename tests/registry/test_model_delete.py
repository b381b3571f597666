from django.urls import reverse

from organizations.models import User
from registry.models import Architecture, RegisteredModel
from tests.factories import ModelVersionFactory, RegisteredModelFactory


def test_it_says_what_goes_and_deletes(alice: User, orchard, client_of):
    model = RegisteredModelFactory(organization=orchard, name="fruit")
    ModelVersionFactory(model=model)
    ModelVersionFactory(model=model, name="best")
    address = reverse("registry:model_delete", args=[model.pk])
    client = client_of(alice)
    text = " ".join(client.get(address).content.decode().split())
    assert "2 versions with their files and settings: v2 “best”, v1." in text
    answer = client.post(address, follow=True)
    assert "fruit is deleted." in answer.content.decode()
    assert not RegisteredModel.objects.exists()
    assert not Architecture.objects.exists()


def test_a_model_without_versions(alice: User, orchard, client_of):
    model = RegisteredModelFactory(organization=orchard)
    text = client_of(alice).get(reverse("registry:model_delete", args=[model.pk])).content.decode()
    assert "it has no version yet" in text
