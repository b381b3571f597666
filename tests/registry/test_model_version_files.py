"""Files of a version: uploaded, renamed, removed, downloaded."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from organizations.models import User
from registry.models import ArchitectureFile, ModelVersion
from storage.services import open_verified
from tests.factories import ArchitectureFileFactory, BlobFactory, ModelVersionFactory


@pytest.fixture
def version(orchard, alice: User) -> ModelVersion:
    return ModelVersionFactory(model__organization=orchard)


@pytest.fixture
def client(alice: User, client_of):
    return client_of(alice)


def url(version: ModelVersion) -> str:
    return reverse("registry:model_version_files", args=[version.pk])


def upload(client, version: ModelVersion, *files: tuple[str, bytes]):
    return client.post(url(version), {"uploads": [SimpleUploadedFile(name, content) for name, content in files]})


def test_it_works(version: ModelVersion, client):
    page = client.get(url(version))
    assert page.status_code == 200
    assert "data-upload" in page.content.decode()
    answer = upload(client, version, ("weights.onnx", b"weights"), ("train.py", b"print()"), ("empty", b""))
    assert answer.status_code == 302
    files = {file.name: file for file in version.architecture.files.select_related("blob")}
    assert sorted(files) == ["empty", "train", "weights"]
    assert files["weights"].filename == "weights.onnx"
    with open_verified(files["weights"].blob) as content:
        assert content.read() == b"weights"
    assert "Added weights, train, empty." in client.get(url(version)).content.decode()
    version.architecture.refresh_from_db()
    assert version.architecture.revision == 1


def test_many_files_are_named_in_part(version: ModelVersion, client):
    answer = upload(client, version, *[(f"file{number}", b"x") for number in range(8)])
    assert answer.status_code == 302
    assert "Added file0, file1, file2, file3, file4 and 3 more." in client.get(url(version)).content.decode()


def test_equal_bytes_are_one_blob(version: ModelVersion, client):
    existing = BlobFactory(content=b"weights")
    upload(client, version, ("weights.onnx", b"weights"))
    assert version.architecture.files.get().blob == existing


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\passwd", "/etc/passwd", "C:\\passwd"])
def test_a_path_in_a_name_leads_nowhere(version: ModelVersion, client, name: str):
    assert upload(client, version, (name, b"x")).status_code == 302
    assert version.architecture.files.get().filename == "passwd"


def test_a_name_that_is_taken_keeps_none_of_them(version: ModelVersion, client):
    ArchitectureFileFactory(architecture=version.architecture, name="weights.onnx", filename="other")
    ArchitectureFileFactory(architecture=version.architecture, name="weights", filename="third")
    answer = upload(client, version, ("new.bin", b"x"), ("weights.onnx", b"y"))
    assert answer.status_code == 422
    assert "There is a file “weights.onnx” already. Rename or remove it first." in answer.content.decode()
    assert version.architecture.files.count() == 2


def test_too_large_a_file_is_refused_with_the_figure(version: ModelVersion, client, settings):
    settings.UPLOAD_LIMIT_BYTES = 1024 * 1024
    answer = upload(client, version, ("small", b"x"), ("large", b"x" * (1024 * 1024 + 1)))
    assert answer.status_code == 422
    assert "The file is larger than 1 MB" in answer.content.decode()
    assert not ArchitectureFile.objects.exists()


def test_an_upload_without_a_file_says_so(version: ModelVersion, client):
    answer = client.post(url(version))
    assert answer.status_code == 422
    assert "Choose one or more files to upload." in answer.content.decode()


def test_text_in_place_of_a_file_is_refused(version: ModelVersion, client):
    assert client.post(url(version), {"uploads": "text"}).status_code == 422


def test_a_file_is_renamed(version: ModelVersion, client):
    file = ArchitectureFileFactory(architecture=version.architecture, name="old")
    answer = client.post(reverse("registry:file_rename", args=[file.pk]), {"name": " new "}, follow=True)
    assert "The file is called new now." in answer.content.decode()
    file.refresh_from_db()
    assert file.name == "new"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("taken", "There is a file “taken” already. Choose another name."),
        ("", "Write a name"),
        ("x" * 101, "at most 100 characters"),
        ("a\x07b", "control character"),
    ],
)
def test_a_bad_name_stands_beside_the_file(version: ModelVersion, client, name: str, sentence: str):
    file = ArchitectureFileFactory(architecture=version.architecture, name="old")
    ArchitectureFileFactory(architecture=version.architecture, name="taken")
    answer = client.post(reverse("registry:file_rename", args=[file.pk]), {"name": name})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert sentence in text
    assert f'id="name-{file.pk}-error"' in text
    assert f'action="{url(version)}"' in text
    file.refresh_from_db()
    assert file.name == "old"


def test_a_file_is_removed(version: ModelVersion, client):
    file = ArchitectureFileFactory(architecture=version.architecture, name="old")
    answer = client.post(reverse("registry:file_remove", args=[file.pk]), follow=True)
    assert "old is removed from" in answer.content.decode()
    assert not version.architecture.files.exists()


def test_renaming_and_removing_reject_get(version: ModelVersion, client):
    file = ArchitectureFileFactory(architecture=version.architecture)
    for page in ("file_rename", "file_remove"):
        assert client.get(reverse(f"registry:{page}", args=[file.pk])).status_code == 405


def test_an_upload_without_a_token_is_refused(version: ModelVersion, alice: User):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert upload(client, version, ("a", b"x")).status_code == 403
    assert not ArchitectureFile.objects.exists()


def test_a_file_of_an_experiment_is_none_of_a_version(version: ModelVersion, client):
    file = ArchitectureFileFactory()
    for page in ("file_rename", "file_remove"):
        assert client.post(reverse(f"registry:{page}", args=[file.pk])).status_code == 404
    assert client.get(reverse("registry:file_download", args=[file.pk])).status_code == 404
