import pytest
from django.urls import reverse

from organizations.models import User
from registry.models import ModelVersion
from tests.factories import (
    ArchitectureFileFactory,
    DatasetConstraintFactory,
    ExperimentFactory,
    HyperparameterFactory,
    ModelVersionFactory,
    ProjectFactory,
)
from tests.registry.pages import full_version


def url(version: ModelVersion) -> str:
    return reverse("registry:model_version_detail", args=[version.pk])


@pytest.fixture
def version(orchard, bob: User) -> ModelVersion:
    return full_version("balanced", organization=orchard)


def test_it_shows_everything(version: ModelVersion, alice: User, client_of):
    HyperparameterFactory(
        architecture=version.architecture, key="epochs", value="20", minimum="1", maximum="500", required=True
    )
    HyperparameterFactory(architecture=version.architecture, key="shuffle", kind="BOOLEAN", value="false")
    version.architecture.docker_image = "trainers/fruit"
    text = " ".join(client_of(alice).get(url(version)).content.decode().split())
    file = version.architecture.files.get()
    for piece in (
        "model balanced v1 “balanced”",
        "1 to 500",
        "required",
        "trainers/fruit:1.4",
        "--balanced",
        "A=balanced",
        "0 → balanced",
        file.blob.sha256,
        f"{file.blob.sha256[:12]}…",
        reverse("registry:file_download", args=[file.pk]),
        "None yet. Attach this version in part B of a new experiment",
    ):
        assert piece in text
    assert "Weights only" not in text


def test_a_text_and_a_number_look_different(version: ModelVersion, alice: User, client_of):
    HyperparameterFactory(architecture=version.architecture, key="a", kind="TEXT", value="22")
    HyperparameterFactory(architecture=version.architecture, key="b", kind="INTEGER", value="22")
    text = client_of(alice).get(url(version)).content.decode()
    assert '<span class="mono quoted">22</span>' in text
    assert '<span class="mono">22</span>' in text


def test_weights_only(orchard, vera: User, client_of):
    version = ModelVersionFactory(
        model__organization=orchard,
        architecture__docker_image="",
        architecture__docker_tag="",
        architecture__command="",
        architecture__labelmap=[],
    )
    text = client_of(vera).get(url(version)).content.decode()
    assert "Weights only" in text
    for empty in ("None: the training script gets no parameters", "None: an experiment may attach any", "None.</p>"):
        assert empty in text


def test_a_long_labelmap_is_shown_on_demand(version: ModelVersion, vera: User, client_of):
    version.architecture.labelmap = [[index, f"label-{index}"] for index in range(100)]
    version.architecture.save()
    text = client_of(vera).get(url(version)).content.decode()
    assert "40 more label" in text
    assert "label-99" in text


def test_only_experiments_that_the_user_sees_are_listed(version: ModelVersion, vera: User, orchard, harbor, client_of):
    for organization, name in ((orchard, "our-run"), (harbor, "their-run")):
        project = ProjectFactory(organization=organization)
        ExperimentFactory(project=project, name=name, base_model_version=version, base_kind="PRIVATE_MODEL")
    text = client_of(vera).get(url(version)).content.decode()
    assert "our-run" in text
    assert "their-run" not in text
    assert reverse("experiments:experiment_detail", args=[version.experiments_started.get(name="our-run").pk]) in text


def test_its_experiments_are_searched_and_paged(version: ModelVersion, vera: User, orchard, client_of):
    project = ProjectFactory(organization=orchard)
    for number in range(12):
        ExperimentFactory(project=project, name=f"run-{number:02}", base_model_version=version)
    client = client_of(vera)
    first = client.get(url(version))
    assert [row.name for row in first.context["page"].rows] == [f"run-{number:02}" for number in range(11, 1, -1)]
    second = client.get(url(version) + first.context["page"].older)
    assert [row.name for row in second.context["page"].rows] == ["run-01", "run-00"]
    answer = client.get(url(version), {"q": "RUN-07"}, headers={"HX-Request": "true", "HX-Target": "results"})
    assert [row.name for row in answer.context["page"].rows] == ["run-07"]
    assert "<html" not in answer.content.decode()
    assert "No experiment has “nothing”" in client.get(url(version), {"q": "nothing"}).content.decode()


@pytest.mark.parametrize("count", [1, 20])
def test_queries_do_not_grow(version, vera, orchard, client_of, django_assert_max_num_queries, count: int):
    project = ProjectFactory(organization=orchard)
    for _ in range(count):
        ExperimentFactory(project=project, base_model_version=version, created_by=vera)
        ArchitectureFileFactory(architecture=version.architecture)
        DatasetConstraintFactory(architecture=version.architecture)
    client = client_of(vera)
    with django_assert_max_num_queries(12):
        client.get(url(version))


def test_a_copy_is_offered_to_those_who_can_make_one(version: ModelVersion, bob, vera, charlie, staff, client_of):
    own = reverse("registry:model_version_create", args=[version.model_id])
    assert f"{own}?copy_from={version.pk}" in client_of(bob).get(url(version)).content.decode()
    assert "copy_from" not in client_of(vera).get(url(version)).content.decode()
    public = full_version("public", public=True)
    new = f"{reverse('registry:model_create')}?copy_from={public.pk}"
    assert new in client_of(charlie).get(url(public)).content.decode()
    assert "copy_from" not in client_of(staff).get(url(public)).content.decode()
