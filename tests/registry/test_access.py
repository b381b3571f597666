"""Who sees, who changes: every page and every POST, as each kind of user."""

import pytest
from django.test import Client

from organizations.models import Organization, User
from registry.models import ArchitectureFile, ModelVersion, RegisteredModel
from tests.registry.pages import ADDING, EDITING, POSTING, READING, address, full_version

CANARY = "<script>canary</script>"


@pytest.fixture
def private(orchard: Organization, alice: User) -> ModelVersion:
    return full_version(organization=orchard)


@pytest.fixture
def public(db: None) -> ModelVersion:
    return full_version(public=True)


@pytest.mark.parametrize("page", READING + EDITING + ADDING + POSTING)
def test_to_a_stranger_a_private_model_does_not_exist(page: str, private: ModelVersion, charlie: User, client_of):
    client = client_of(charlie)
    for method in ("get", "post"):
        answer = getattr(client, method)(address(page, private))
        assert answer.status_code in (404, 405)
    assert answer.status_code == (405 if page in READING else 404)
    assert ModelVersion.objects.filter(pk=private.pk).exists()
    assert ArchitectureFile.objects.count() == 1


@pytest.mark.parametrize("page", READING + EDITING + ADDING)
def test_nobody_is_asked_to_sign_in(page: str, private: ModelVersion, client: Client):
    answer = client.get(address(page, private))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("page", READING)
def test_a_viewer_reads(page: str, private: ModelVersion, vera: User, client_of):
    assert client_of(vera).get(address(page, private)).status_code == (302 if page == "file_download" else 200)


@pytest.mark.parametrize("page", EDITING + ADDING + POSTING)
def test_a_viewer_changes_nothing(page: str, private: ModelVersion, vera: User, client_of):
    assert client_of(vera).post(address(page, private)).status_code == 403
    assert ModelVersion.objects.count() == ArchitectureFile.objects.count() == 1


@pytest.mark.parametrize("page", EDITING + POSTING)
def test_a_member_changes_nothing_of_others(page: str, private: ModelVersion, bob: User, client_of):
    assert client_of(bob).post(address(page, private)).status_code == 403
    assert ModelVersion.objects.count() == ArchitectureFile.objects.count() == 1


@pytest.mark.parametrize("page", EDITING + ADDING)
def test_an_admin_of_the_organization_edits(page: str, private: ModelVersion, alice: User, client_of):
    assert client_of(alice).get(address(page, private)).status_code == 200


@pytest.mark.parametrize("page", EDITING)
def test_the_creator_edits(page: str, private: ModelVersion, bob: User, client_of):
    RegisteredModel.objects.update(created_by=bob)
    ModelVersion.objects.update(created_by=bob)
    assert client_of(bob).get(address(page, private)).status_code == 200


@pytest.mark.parametrize("page", READING)
def test_everybody_reads_public_models(page: str, public: ModelVersion, charlie: User, client_of):
    assert client_of(charlie).get(address(page, public)).status_code == (302 if page == "file_download" else 200)


@pytest.mark.parametrize("page", EDITING + ADDING + POSTING)
def test_public_models_are_read_only_for_everybody(page: str, public: ModelVersion, olive, staff, client_of):
    public.created_by = olive
    public.save()
    for user in (olive, staff):
        answer = client_of(user).post(address(page, public))
        assert answer.status_code == 403
        assert "can be read, not changed" in answer.content.decode()
    assert ModelVersion.objects.count() == ArchitectureFile.objects.count() == 1


@pytest.mark.parametrize("page", ["model_detail", "model_version_detail"])
def test_what_cannot_be_used_is_not_offered(page: str, private: ModelVersion, public: ModelVersion, vera, client_of):
    client = client_of(vera)
    for version in (private, public):
        text = client.get(address(page, version)).content.decode()
        assert "/edit/" not in text
        assert "/delete/" not in text


@pytest.mark.parametrize("page", READING[:2] + EDITING + ADDING)
def test_scripts_in_texts_are_shown_as_text(page: str, orchard: Organization, alice: User, client_of):
    version = full_version(CANARY, organization=orchard)
    text = client_of(alice).get(address(page, version)).content.decode()
    assert CANARY not in text
    assert "&lt;script&gt;canary" in text


def test_scripts_in_lists_and_searches_are_shown_as_text(orchard: Organization, alice: User, client_of):
    version = full_version(CANARY, organization=orchard)
    client = client_of(alice)
    for path in ("/registry/", address("model_detail", version), address("model_version_detail", version)):
        text = client.get(path, {"q": CANARY}).content.decode()
        assert CANARY not in text
        assert "&lt;script&gt;canary" in text


def test_scripts_in_what_was_refused_are_shown_as_text(private: ModelVersion, alice: User, client_of):
    client = client_of(alice)
    hyperparameters = {"hyperparameters-0-key": CANARY, "hyperparameters-0-kind": CANARY}
    constraints = {"constraints-0-name": CANARY, "constraints-0-slots-0-alias": CANARY}
    for page, data in [
        ("model_version_hyperparameters", {"revision": "0", **hyperparameters}),
        ("model_version_constraints", {"revision": "0", **constraints}),
        ("model_version_labelmap", {"revision": "0", "labelmap": CANARY}),
        ("model_version_image", {"revision": "0", "image": CANARY, "environment": CANARY}),
        ("file_rename", {"name": CANARY * 10}),
        ("model_edit", {"name": CANARY * 10}),
    ]:
        answer = client.post(address(page, private), data)
        assert answer.status_code == 422, page
        assert CANARY not in answer.content.decode()
