import pytest
from django.urls import reverse

from organizations.models import User
from registry.models import ModelVersion
from tests.factories import ArchitectureFileFactory, HyperparameterFactory, ModelVersionFactory, RegisteredModelFactory
from tests.registry.pages import full_version


def url(version: ModelVersion) -> str:
    return reverse("registry:model_detail", args=[version.model_id])


def test_it_works(alice: User, orchard, client_of):
    version = full_version("balanced", organization=orchard)
    ModelVersionFactory(model=version.model, architecture__docker_image="", architecture__command="", created_by=alice)
    text = " ".join(client_of(alice).get(url(version)).content.decode().split())
    assert "v1 “balanced”" in text
    assert "Classification" in text
    assert "PyTorch" in text
    assert "1 · " in text
    assert "by alice" in text
    assert text.count("Weights only") == 1


def test_it_searches_and_pages(vera: User, orchard, client_of):
    model = RegisteredModelFactory(organization=orchard)
    versions = [ModelVersionFactory(model=model, name=f"name-{n:02}", number=n) for n in range(1, 31)]
    client = client_of(vera)
    first = client.get(url(versions[0]))
    assert [row.number for row in first.context["page"].rows] == list(range(30, 5, -1))
    second = client.get(url(versions[0]) + first.context["page"].older)
    assert [row.number for row in second.context["page"].rows] == [5, 4, 3, 2, 1]
    found = client.get(url(versions[0]), {"q": "NAME-07"})
    assert [row.number for row in found.context["page"].rows] == [7]
    assert "No version matches" in client.get(url(versions[0]), {"q": "nothing"}).content.decode()


def test_a_model_without_versions_says_what_they_are(bob: User, orchard, client_of):
    model = RegisteredModelFactory(organization=orchard)
    text = client_of(bob).get(reverse("registry:model_detail", args=[model.pk])).content.decode()
    assert "No version yet" in text
    assert reverse("registry:model_version_create", args=[model.pk]) in text


@pytest.mark.parametrize("count", [2, 20])
def test_queries_do_not_grow(vera, orchard, client_of, django_assert_max_num_queries, count: int):
    model = RegisteredModelFactory(organization=orchard)
    for _ in range(count):
        version = ModelVersionFactory(model=model)
        ArchitectureFileFactory(architecture=version.architecture)
        HyperparameterFactory(architecture=version.architecture)
    client = client_of(vera)
    with django_assert_max_num_queries(12):
        client.get(url(version))


def test_htmx_gets_the_results_alone(vera: User, orchard, client_of):
    version = full_version(organization=orchard)
    answer = client_of(vera).get(url(version), headers={"HX-Request": "true", "HX-Target": "results"})
    assert "<html" not in answer.content.decode()
