from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from experiments.models import Experiment, Project
from organizations.models import User
from registry.models import ArchitectureFile, ModelVersion
from tests.experiments.making import nobody
from tests.factories import ArchitectureFileFactory, BlobFactory, ExperimentFactory

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def path(pk: object) -> str:
    return reverse("experiments:artifact_download", args=[pk])


@pytest.fixture
def file(project: Project) -> ArchitectureFile:
    experiment: Experiment = ExperimentFactory(project=project)
    return ArchitectureFileFactory(
        architecture=experiment.architecture, name="weights", filename="best.bin", blob=BlobFactory(content=b"apples")
    )


def test_it_works(client_of: ClientOf, vera: User, file: ArchitectureFile) -> None:
    client = client_of(vera)
    answer = client.get(path(file.pk))
    assert answer.status_code == 302
    content = client.get(answer["Location"])
    assert b"".join(content.streaming_content) == b"apples"  # type: ignore[attr-defined]
    assert content["Content-Disposition"] == 'attachment; filename="best.bin"'
    assert content["Content-Type"] == "application/octet-stream"


def test_it_checks_ownership(client_of: ClientOf, charlie: User, file: ArchitectureFile) -> None:
    for pk in (file.pk, nobody()):
        assert client_of(charlie).get(path(pk)).status_code == 404


def test_a_models_file_is_no_artifact(client_of: ClientOf, bob: User, base: ModelVersion) -> None:
    for file in base.architecture.files.all():
        assert client_of(bob).get(path(file.pk)).status_code == 404


def test_it_rejects_post(client_of: ClientOf, bob: User, file: ArchitectureFile) -> None:
    assert client_of(bob).post(path(file.pk)).status_code == 405


def test_it_needs_a_sign_in(client: Client, file: ArchitectureFile) -> None:
    assert client.get(path(file.pk))["Location"].startswith("/sign-in/")
