from django.urls import reverse

from organizations.models import User
from registry.models import ModelVersion
from tests.factories import ArchitectureFileFactory, ExperimentFactory, ModelVersionFactory


def test_it_says_what_goes_and_deletes(alice: User, orchard, client_of):
    version = ModelVersionFactory(model__organization=orchard, model__name="fruit")
    ArchitectureFileFactory(architecture=version.architecture, name="weights")
    ExperimentFactory(base_model_version=version, base_kind="PRIVATE_MODEL")
    address = reverse("registry:model_version_delete", args=[version.pk])
    client = client_of(alice)
    text = " ".join(client.get(address).content.decode().split())
    assert '1 file: <span class="mono">weights</span>' in text
    assert "fruit v1 is deleted." in client.post(address, follow=True).content.decode()
    assert not ModelVersion.objects.exists()
