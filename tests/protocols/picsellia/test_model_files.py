"""Files of model versions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import picsellia
import picsellia.exceptions
import pytest

from organizations.models import Organization, User
from registry.models import ModelVersion
from tests.factories import ArchitectureFileFactory, ModelVersionFactory, UploadFactory
from tests.protocols.picsellia.plain import PlainClient

PlainOf = Callable[..., PlainClient]


@pytest.fixture
def version(orchard: Organization, bob: User) -> ModelVersion:
    """A version that Bob made, so that he may edit it."""
    return ModelVersionFactory(model__organization=orchard, model__created_by=bob, created_by=bob)


def body_of(upload: Any, name: str = "model-latest") -> dict[str, Any]:
    return {"name": name, "filename": upload.filename, "object_name": upload.name, "large": False}


def test_a_script_stores_and_fetches(sdk: picsellia.Client, version: ModelVersion, tmp_path: Path) -> None:
    mine, path, before = sdk.get_model_version_by_id(version.pk), tmp_path / "model.onnx", version.architecture.revision
    path.write_bytes(b"first")
    stored = mine.store("model-latest", path)
    path.write_bytes(b"second")
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="model-latest"):
        mine.store("model-latest", path)
    replaced = mine.store("model-latest", path, replace=True)
    assert replaced.id != stored.id
    version.architecture.refresh_from_db()
    assert version.architecture.revision == before + 3

    found = mine.get_file("model-latest")
    found.sync()
    found.download(target_path=tmp_path / "fetched")
    assert (tmp_path / "fetched" / "model.onnx").read_bytes() == b"second"
    found.reset_url()
    found.download(target_path=tmp_path / "again")
    assert (tmp_path / "again" / "model.onnx").read_bytes() == b"second"

    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "part.txt").write_text("part")
    assert mine.store("saved", folder, do_zip=True).filename == "saved.zip"
    assert [file.name for file in mine.list_files()] == ["model-latest", "saved"]
    found.delete()
    assert [file.name for file in version.architecture.files.all()] == ["saved"]
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        mine.get_file("model-latest")


def test_files_of_public_models_are_everybodys(sdk: picsellia.Client, plain: PlainClient, tmp_path: Path) -> None:
    version = ModelVersionFactory(model__organization=None)
    file = ArchitectureFileFactory(architecture=version.architecture, filename="weights.bin")
    found = sdk.get_model_version_by_id(version.pk).get_file(file.name)
    found.download(target_path=tmp_path)
    assert (tmp_path / "weights.bin").stat().st_size == file.blob.size
    with pytest.raises(picsellia.exceptions.ForbiddenError):
        found.delete()
    base = f"/api/model/version/{version.pk}/modelfiles"
    assert plain("POST", base, {"name": "x", "filename": "x", "object_name": "x"})[0] == 403
    assert version.architecture.files.get() == file


def test_the_same_again_is_one(plain: PlainClient, version: ModelVersion, orchard: Organization) -> None:
    path, upload = f"/api/model/version/{version.pk}/modelfiles", UploadFactory(organization=orchard)
    _, first = plain("POST", path, body_of(upload))
    status, again = plain("POST", path, body_of(upload))
    assert (status, again["id"]) == (200, first["id"])
    assert version.architecture.files.count() == 1


def test_it_checks_ownership(plain: PlainClient, plain_of: PlainOf, charlie: User, version: ModelVersion) -> None:
    file, strangers = ArchitectureFileFactory(architecture=version.architecture), plain_of(charlie)
    base = f"/api/model/version/{version.pk}/modelfiles"
    calls = [
        ("GET", base, None),
        ("GET", f"{base}/find?name={file.name}", None),
        ("POST", base, {"name": "x", "filename": "x", "object_name": "x"}),
        ("GET", f"/api/model/file/{file.pk}", None),
        ("DELETE", f"/api/model/file/{file.pk}", None),
    ]
    for method, path, body in calls:
        assert strangers(method, path, body)[0] == 404, (method, path)
    assert version.architecture.files.get() == file


def test_who_did_not_make_the_version_only_reads(plain_of: PlainOf, vera: User, orchard: Organization) -> None:
    version = ModelVersionFactory(model__organization=orchard)
    file, viewer = ArchitectureFileFactory(architecture=version.architecture), plain_of(vera)
    base = f"/api/model/version/{version.pk}/modelfiles"
    assert viewer("GET", base)[1]["items"][0]["id"] == str(file.pk)
    assert viewer("POST", base, body_of(UploadFactory(organization=orchard)))[0] == 403
    assert viewer("DELETE", f"/api/model/file/{file.pk}")[0] == 403
    assert version.architecture.files.get() == file
