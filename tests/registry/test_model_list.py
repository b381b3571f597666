"""The registry's list: tabs, search, filter, paging."""

import pytest
from django.urls import reverse

from organizations.models import Organization, User
from tests.factories import DatasetConstraintFactory, MembershipFactory, ModelVersionFactory, RegisteredModelFactory

URL = reverse("registry:model_list")
HTMX = {"HX-Request": "true", "HX-Target": "results"}


@pytest.fixture
def models(orchard: Organization, harbor: Organization) -> None:
    version = ModelVersionFactory(model__organization=orchard, model__name="own-model", framework="ONNX")
    DatasetConstraintFactory(architecture=version.architecture)
    ModelVersionFactory(model__organization=harbor, model__name="their-model")
    ModelVersionFactory(model__organization=None, model__name="public-model", inference_type="SEGMENTATION")


def test_it_works(models: None, vera: User, client_of):
    text = client_of(vera).get(URL).content.decode()
    assert "own-model" in text
    assert "their-model" not in text
    assert "public-model" not in text
    for chip in ("Classification", "ONNX", "1 version", "1 constraint"):
        assert f">{chip}<" in text


def test_the_public_tab_is_the_same_for_everybody(models: None, vera: User, charlie: User, client_of):
    for user in (vera, charlie):
        text = client_of(user).get(URL, {"tab": "public"}).content.decode()
        assert "public-model" in text
        assert "own-model" not in text
        assert "no constraint" in text


def test_another_organization_of_the_user_has_its_own_list(models: None, vera: User, harbor: Organization, client_of):
    MembershipFactory(user=vera, organization=harbor)
    client = client_of(vera)
    assert "their-model" in client.get(URL).content.decode()
    client.post("/organizations/switch/", {"organization": vera.organizations.get(name="Orchard").pk})
    text = client.get(URL).content.decode()
    assert "own-model" in text
    assert "their-model" not in text


def test_it_searches_names_and_descriptions(orchard: Organization, vera: User, client_of):
    RegisteredModelFactory(organization=orchard, name="digits-mlp", description="small")
    RegisteredModelFactory(organization=orchard, name="other", description="for Digits")
    RegisteredModelFactory(organization=orchard, name="third", description="large")
    text = client_of(vera).get(URL, {"q": "DIGITS"}).content.decode()
    assert "digits-mlp" in text
    assert "for Digits" in text
    assert "third" not in text
    assert "Showing the models with “DIGITS”" in text


def test_the_filter_in_force_is_said_in_words(models: None, orchard: Organization, vera: User, client_of):
    RegisteredModelFactory(organization=orchard, name="empty-model")
    text = " ".join(client_of(vera).get(URL, {"type": "CLASSIFICATION"}).content.decode().split())
    assert "own-model" in text
    assert "empty-model" not in text
    assert "Showing the 1 model with a version for <strong>Classification</strong>; 1 is left out." in text
    assert "No model matches" in client_of(vera).get(URL, {"type": "LINE"}).content.decode()


@pytest.mark.parametrize("query", ["type=NONSENSE", "tab=nonsense", "older=nonsense", "q=%00", "type=1&type=2"])
def test_a_nonsensical_address_is_forgiven(models: None, vera: User, client_of, query: str):
    assert client_of(vera).get(f"{URL}?{query}").status_code == 200


def test_it_pages_by_key(orchard: Organization, vera: User, client_of):
    for number in range(30):
        RegisteredModelFactory(organization=orchard, name=f"model-{number:02}")
    client = client_of(vera)
    first = client.get(URL, {"tab": "private"})
    assert [model.name for model in first.context["page"].rows] == [f"model-{n:02}" for n in range(29, 5, -1)]
    second = client.get(URL + first.context["page"].older)
    assert [model.name for model in second.context["page"].rows] == [f"model-{n:02}" for n in range(5, -1, -1)]


def test_htmx_gets_the_results_alone(models: None, vera: User, client_of):
    answer = client_of(vera).get(URL, headers=HTMX)
    assert "<html" not in answer.content.decode()
    assert "own-model" in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_an_empty_registry_says_what_it_is_for(orchard: Organization, vera: User, bob: User, client_of):
    assert "Members of the organization add models here" in client_of(vera).get(URL).content.decode()
    assert "A model is a line of versions." in client_of(bob).get(URL).content.decode()
    assert "The Public Registry is empty" in client_of(bob).get(URL, {"tab": "public"}).content.decode()


def test_only_members_are_offered_to_create(orchard: Organization, vera: User, bob: User, client_of):
    assert reverse("registry:model_create") not in client_of(vera).get(URL).content.decode()
    assert reverse("registry:model_create") in client_of(bob).get(URL).content.decode()


def test_somebody_without_an_organization_sees_public_models(models: None, staff: User, client_of):
    assert "own-model" not in client_of(staff).get(URL).content.decode()
    assert "public-model" in client_of(staff).get(URL, {"tab": "public"}).content.decode()


@pytest.mark.parametrize("count", [3, 20])
def test_queries_do_not_grow(orchard, vera: User, client_of, django_assert_max_num_queries, count: int):
    for _ in range(count):
        ModelVersionFactory(model__organization=orchard)
    client = client_of(vera)
    with django_assert_max_num_queries(10):
        client.get(URL, {"type": "CLASSIFICATION", "q": "model"})


def test_it_rejects_post(vera: User, client_of):
    assert client_of(vera).post(URL).status_code == 405
