import uuid

import pytest
from django.urls import reverse

from organizations.models import User
from registry.models import ModelVersion, RegisteredModel
from tests.factories import ModelVersionFactory, RegisteredModelFactory
from tests.registry.pages import full_version

FIELDS = {"name": "", "inference_type": "CLASSIFICATION", "framework": "ONNX", "description": "New."}


@pytest.fixture
def model(orchard, bob: User) -> RegisteredModel:
    return RegisteredModelFactory(organization=orchard, name="fruit")


def url(model: RegisteredModel) -> str:
    return reverse("registry:model_version_create", args=[model.pk])


def test_it_works(model: RegisteredModel, bob: User, client_of):
    client = client_of(bob)
    assert 'placeholder="v1"' in client.get(url(model)).content.decode()
    answer = client.post(url(model), FIELDS, follow=True)
    version = ModelVersion.objects.get()
    assert (version.name, version.framework, version.created_by) == ("v1", "ONNX", bob)
    assert "fruit v1 is created." in answer.content.decode()


def test_a_copy_is_offered_and_made(model: RegisteredModel, bob: User, client_of):
    source = full_version("source", public=True)
    client = client_of(bob)
    text = client.get(url(model), {"copy_from": source.pk}).content.decode()
    assert f'name="copy_from" value="{source.pk}"' in " ".join(text.split())
    assert f"/choose/model-version/?field=copy_from&amp;back={url(model)}" in text
    assert '<option value="CLASSIFICATION" selected>' in text
    query = {"field": "copy_from", "pk": source.pk}
    chosen = client.get(reverse("choosers:chosen", args=["model-version"]), query).content.decode()
    assert f'name="copy_from" value="{source.pk}"' in " ".join(chosen.split())
    client.post(url(model), {**FIELDS, "copy_from": source.pk})
    copy = ModelVersion.objects.get(model=model)
    assert copy.architecture.hyperparameters.filter(key="source").exists()
    assert copy.architecture.files.get().blob == source.architecture.files.get().blob


def test_a_copy_chosen_in_the_dialog_has_its_sources_framework(model: RegisteredModel, bob: User, client_of):
    source = full_version("source", public=True)
    ModelVersion.objects.filter(pk=source.pk).update(framework="PYTORCH")
    client_of(bob).post(url(model), {**FIELDS, "framework": "NOT_CONFIGURED", "copy_from": source.pk})
    assert ModelVersion.objects.get(model=model).framework == "PYTORCH"


def test_what_a_stranger_has_can_not_be_copied(model: RegisteredModel, bob: User, harbor, client_of):
    secret = full_version("secret", organization=harbor)
    client = client_of(bob)
    for pk in (secret.pk, uuid.uuid4(), "nonsense"):
        assert "secret" not in client.get(url(model), {"copy_from": pk}).content.decode().replace("secret_", "")
        answer = client.post(url(model), {**FIELDS, "name": "typed", "copy_from": pk})
        assert answer.status_code == 422
        assert "The version to copy does not exist, or you can&#x27;t see it." in answer.content.decode()
        assert 'value="typed"' in answer.content.decode()
    assert not model.versions.exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "taken", "The model has a version of this name already. Choose another one."),
        ("name", "x" * 101, "A name has at most 100 characters; this one has 101."),
        ("name", "a\x07", "control character"),
        ("inference_type", "", "Choose what the model infers."),
        ("inference_type", "NONSENSE", "Select a valid choice."),
        ("framework", "NONSENSE", "Select a valid choice."),
        ("description", "x" * 1_001, "A description has at most 1,000 characters; this one has 1,001."),
    ],
)
def test_a_refusal_keeps_what_was_typed(model, bob: User, client_of, field: str, value: str, sentence: str):
    ModelVersionFactory(model=model, name="taken")
    answer = client_of(bob).post(url(model), {**FIELDS, "description": "Kept.", field: value})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert field == "description" or "Kept." in answer.content.decode()
    assert model.versions.count() == 1
