"""Projects, experiments and drafts in the admin: the same rules, and no page over twenty queries."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from config.ids import new_id
from datasets.models import DatasetVersion
from experiments import admin
from experiments.models import (
    AttachedDatasetVersion,
    DraftDatasetVersion,
    DraftHyperparameter,
    Experiment,
    ExperimentDatasetVersion,
    ExperimentDraft,
    Project,
    Publication,
    Status,
)
from experiments.publishing import publish_as_model
from organizations.models import Organization, User
from tests.factories import (
    AttachedDatasetVersionFactory,
    DatasetVersionFactory,
    DraftDatasetVersionFactory,
    DraftHyperparameterFactory,
    ExperimentDatasetVersionFactory,
    ExperimentDraftFactory,
    ExperimentFactory,
    ModelVersionFactory,
    ProjectFactory,
)

MODELS = (
    Project,
    AttachedDatasetVersion,
    Experiment,
    ExperimentDatasetVersion,
    ExperimentDraft,
    DraftHyperparameter,
    DraftDatasetVersion,
    Publication,
)
QUERIES_MAX = 20
MANY = 30


@pytest.fixture
def client(staff: User, client_of) -> Client:
    return client_of(staff)


@pytest.fixture
def crowd(project: Project, bob: User) -> Experiment:
    """Many rows of everything, below one and beside one another."""
    base = ModelVersionFactory()
    for _ in range(MANY):
        ProjectFactory(organization=project.organization, created_by=bob)
        AttachedDatasetVersionFactory(project=project, attached_by=bob)
        ExperimentFactory(project=project, base_kind="PRIVATE_MODEL", base_model_version=base, created_by=bob)
        ExperimentDraftFactory(project=project, owner=bob, base_kind="PRIVATE_MODEL", base_model_version=base)
    experiment = Experiment.objects.latest("pk")
    draft = ExperimentDraft.objects.latest("pk")
    for _ in range(MANY):
        publish_as_model(experiment, name=f"model {new_id()}", by=bob)
        ExperimentDatasetVersionFactory(experiment=experiment)
        DraftHyperparameterFactory(draft=draft)
        DraftDatasetVersionFactory(draft=draft)
    return experiment


def url(model: type[Model], page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:experiments_{model._meta.model_name}_{page}", args=args)


def page_of(row: Model) -> str:
    return url(type(row), "change", row.pk)


def attachments(*rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = {"attachments-TOTAL_FORMS": len(rows), "attachments-INITIAL_FORMS": initial}
    for index, row in enumerate(rows):
        data |= {f"attachments-{index}-{name}": value for name, value in row.items()}
    return data


NO_ENTRIES = {"dataset_versions-TOTAL_FORMS": 0, "dataset_versions-INITIAL_FORMS": 0}


@pytest.mark.parametrize("model", MODELS)
def test_every_page_works_with_few_queries(
    crowd: Experiment,
    project: Project,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    model: type[Model],
):
    row = project if model is Project else model._default_manager.latest("pk")
    for address in (url(model), f"{url(model)}?q=a", page_of(row)):
        with django_assert_max_num_queries(QUERIES_MAX):
            assert client.get(address).status_code == 200


@pytest.mark.parametrize("model", MODELS[1:])
def test_what_the_form_makes_is_not_made_here(crowd: Experiment, client: Client, model: type[Model]):
    assert client.get(url(model, "add")).status_code == 403


@pytest.mark.parametrize("model", MODELS[:4])
def test_what_belongs_together_is_not_deleted_here(
    crowd: Experiment, project: Project, client: Client, model: type[Model]
):
    row = project if model is Project else model._default_manager.latest("pk")
    assert client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


def test_projects_are_found_by_organization_and_lead_to_their_lists(
    crowd: Experiment, project: Project, harbor: Organization, client: Client
):
    ProjectFactory(organization=harbor, name="Ships")
    assert b"Ships" not in client.get(url(Project), {"organization__id__exact": str(project.organization.pk)}).content
    page = client.get(page_of(project)).content.decode()
    for model in (Experiment, AttachedDatasetVersion, ExperimentDraft):
        assert f"{url(model)}?project__id__exact={project.pk}" in page
        assert client.get(url(model), {"project__id__exact": str(project.pk)}).status_code == 200


def test_a_project_is_made_and_renamed_but_not_moved(
    orchard: Organization, harbor: Organization, client: Client, staff: User
):
    client.post(url(Project, "add"), {"organization": orchard.pk, "name": " Fruit ", "description": ""})
    project = Project.objects.get()
    assert (project.name, project.created_by, project.organization) == ("Fruit", staff, orchard)
    client.post(page_of(project), {"name": "Pears", "organization": harbor.pk, **attachments()})
    project.refresh_from_db()
    assert (project.name, project.organization) == ("Pears", orchard)


def test_a_projects_name_is_not_taken_twice(project: Project, client: Client):
    other = ProjectFactory(organization=project.organization, name="Pears")
    page = client.post(page_of(other), {"name": "Fruit", **attachments()})
    assert "The organization has a project of this name already." in page.content.decode()
    other.refresh_from_db()
    assert other.name == "Pears"


def test_a_dataset_version_is_attached(project: Project, client: Client, staff: User):
    version = DatasetVersionFactory(dataset__organization=project.organization)
    answer = client.post(page_of(project), {"name": "Fruit", **attachments({"dataset_version": version.pk})})
    assert answer.status_code == 302
    attachment = AttachedDatasetVersion.objects.get()
    assert (attachment.project, attachment.dataset_version, attachment.attached_by) == (project, version, staff)


def test_another_organizations_is_not_attached(project: Project, harbor: Organization, client: Client):
    version = DatasetVersionFactory(dataset__organization=harbor)
    page = client.post(page_of(project), {"name": "Fruit", **attachments({"dataset_version": version.pk})})
    assert f"{version} belongs to another organization." in page.content.decode()
    assert not AttachedDatasetVersion.objects.exists()


def test_nothing_is_attached_twice(project: Project, train: DatasetVersion, client: Client):
    there = AttachedDatasetVersion.objects.get()
    known = {"id": there.pk, "project": project.pk}
    for rows, initial in (([known, {"dataset_version": train.pk}], 1), ([{"dataset_version": train.pk}], 0)):
        page = client.post(page_of(project), {"name": "Fruit", **attachments(*rows, initial=initial)})
        assert page.status_code == 200
    assert AttachedDatasetVersion.objects.get() == there


def test_detached_unless_it_is_used(project: Project, train: DatasetVersion, client: Client):
    attachment = AttachedDatasetVersion.objects.get()
    detached = attachments({"id": attachment.pk, "project": project.pk, "DELETE": "on"}, initial=1)
    use = ExperimentDatasetVersionFactory(experiment__project=project, dataset_version=train)
    page = client.post(page_of(project), {"name": "Fruit", **detached}).content.decode()
    assert f"{train} is used by {use.experiment}, so it stays attached." in page
    assert AttachedDatasetVersion.objects.exists()
    use.delete()
    assert client.post(page_of(project), {"name": "Fruit", **detached}).status_code == 302
    assert not AttachedDatasetVersion.objects.exists()


def test_very_many_attachments_have_a_list_of_their_own(
    project: Project, train: DatasetVersion, test: DatasetVersion, client: Client, monkeypatch
):
    assert b"attachments-TOTAL_FORMS" in client.get(page_of(project)).content
    monkeypatch.setattr(admin, "INLINE_MAX", 1)
    assert b"attachments-TOTAL_FORMS" not in client.get(page_of(project)).content
    assert client.post(page_of(project), {"name": "Renamed"}).status_code == 302


def test_a_waiting_experiment_is_renamed_and_nothing_else(crowd: Experiment, client: Client, bob: User):
    data = {"name": "renamed", "description": "Said later.", "status": "SUCCESS", "inference_type": "MULTI"}
    assert client.post(page_of(crowd), data | NO_ENTRIES).status_code == 302
    crowd.refresh_from_db()
    assert (crowd.name, crowd.description) == ("renamed", "Said later.")
    assert (crowd.status, crowd.inference_type, crowd.dataset_versions.count()) == ("WAITING", "CLASSIFICATION", MANY)


def test_a_status_written_meanwhile_stays(project: Project, client: Client, monkeypatch):
    experiment = ExperimentFactory(project=project)

    def start_first(self: Any, request: Any, obj: Experiment, form: Any, change: bool) -> None:
        Experiment.objects.update(status=Status.RUNNING)
        save_model(self, request, obj, form, change)

    save_model = admin.ExperimentAdmin.save_model
    monkeypatch.setattr(admin.ExperimentAdmin, "save_model", start_first)
    client.post(page_of(experiment), {"name": "renamed", "description": "", **NO_ENTRIES})
    experiment.refresh_from_db()
    assert (experiment.name, experiment.status) == ("renamed", "RUNNING")


def test_an_experiments_name_is_not_taken_twice(project: Project, client: Client):
    ExperimentFactory(project=project, name="first")
    second = ExperimentFactory(project=project, name="second")
    page = client.post(page_of(second), {"name": "first", "description": "", **NO_ENTRIES}).content.decode()
    assert "The project has an experiment of this name already." in page
    second.refresh_from_db()
    assert second.name == "second"


def test_a_started_experiment_is_not_changed(project: Project, client: Client):
    experiment = ExperimentFactory(project=project, name="first", status=Status.RUNNING)
    client.post(page_of(experiment), {"name": "renamed", "description": "", **NO_ENTRIES})
    experiment.refresh_from_db()
    assert experiment.name == "first"


def test_an_experiment_says_what_was_removed_and_leads_to_its_architecture(project: Project, client: Client):
    experiment = ExperimentFactory(project=project, removed_hyperparameters=[{"key": "momentum"}, {"key": "decay"}])
    page = client.get(page_of(experiment)).content.decode()
    assert "momentum, decay" in page
    assert reverse("admin:registry_architecture_change", args=[experiment.architecture_id]) in page


def test_drafts_are_read(crowd: Experiment, client: Client):
    draft = ExperimentDraft.objects.latest("pk")
    assert client.post(page_of(draft), {"name": "renamed"}).status_code == 403
    page = client.get(page_of(draft)).content.decode()
    assert draft.hyperparameters.latest("pk").key in page
    assert draft.dataset_versions.latest("pk").dataset_version_name in page


def test_a_user_can_be_deleted_with_the_drafts(crowd: Experiment, client: Client, bob: User):
    address = reverse("admin:organizations_user_delete", args=[bob.pk])
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not ExperimentDraft.objects.exists()
    assert Experiment.objects.count() == MANY
