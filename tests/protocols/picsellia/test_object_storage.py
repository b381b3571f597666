"""Names, addresses to send to, and addresses to fetch from."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import picsellia
import picsellia.exceptions
import pytest
import requests
from django.conf import LazySettings
from picsellia.types.enums import ObjectDataType

from organizations.models import Organization, User
from protocols.picsellia import retries
from storage.models import Blob, Upload, UploadPart
from storage.services import open_verified
from tests.factories import (
    ArchitectureFileFactory,
    DataFactory,
    ExperimentFactory,
    ModelVersionFactory,
    UploadFactory,
)
from tests.protocols.picsellia.plain import PlainClient
from tests.storage.conftest import bucket, endpoint

__all__ = ["bucket", "endpoint"]

PlainOf = Callable[..., PlainClient]

MEBIBYTE = 1024 * 1024
PART = 25 * MEBIBYTE


def a_file(folder: Path, size: int, name: str = "weights.bin") -> Path:
    """A file that is not the same in any two of its parts."""
    path = folder / name
    with path.open("wb") as file:
        for number in range(0, size, MEBIBYTE):
            file.write(number.to_bytes(8, "big") * (min(MEBIBYTE, size - number) // 8))
        file.write(b"." * (size - file.tell()))
    return path


def new_name(sdk: picsellia.Client, experiment_id: uuid.UUID, filename: str = "weights.bin") -> str:
    name: str = sdk.connection.generate_experiment_object_name(filename, ObjectDataType.ARTIFACT, experiment_id)
    return name


@pytest.mark.parametrize(
    ("size", "parts"),
    [(0, 0), (1_000, 0), (PART, 0), (PART + 1, 2), (2 * PART, 3), (60 * MEBIBYTE, 3)],
    ids=["empty", "small", "the largest in one", "the smallest in parts", "with an empty last part", "60 MB"],
)
def test_files_of_every_size(
    sdk: picsellia.Client, orchard: Organization, tmp_path: Path, size: int, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, name = a_file(tmp_path, size), new_name(sdk, ExperimentFactory(project__organization=orchard).pk)
    sent, put = [], sdk.connection.session.put

    def noted(url: str, data: bytes, **more: Any) -> Any:
        sent.append(len(data))
        return put(url, data=data, **more)

    monkeypatch.setattr(sdk.connection.session, "put", noted)
    _, is_large, _ = sdk.connection.upload_file(name, path)
    assert (is_large, len(sent)) == (size > PART, parts)
    assert not sent or sent[-1] == size % PART
    upload = Upload.objects.get(name=name)
    assert upload.blob is not None
    with open_verified(upload.blob) as file:
        assert file.read() == path.read_bytes()
    assert not UploadPart.objects.exists()
    with requests.get(sdk.connection.init_download(name), timeout=10) as answer:
        assert answer.content == path.read_bytes()
        assert answer.headers["Content-Length"] == str(size)


def test_what_can_be_fetched_by_name(
    sdk: picsellia.Client, plain: PlainClient, orchard: Organization, harbor: Organization
) -> None:
    path = f"/api/object-storage/{orchard.pk}/retrieve_presigned_url"
    artifact = ArchitectureFileFactory(architecture=ExperimentFactory(project__organization=orchard).architecture)
    public = ArchitectureFileFactory(architecture=ModelVersionFactory(model__organization=None).architecture)
    for file in (artifact, public):
        url = sdk.connection.init_download(f"file/{file.pk}/{file.filename}")
        assert hashlib.sha256(requests.get(url, timeout=10).content).hexdigest() == file.blob.sha256
    image = DataFactory(organization=orchard)
    assert requests.get(sdk.connection.init_download(image.object_name), timeout=10).ok
    theirs = ArchitectureFileFactory(architecture=ExperimentFactory(project__organization=harbor).architecture)
    nothing = [
        f"file/{theirs.pk}/{theirs.filename}",
        f"file/{artifact.pk}/another-name",
        f"file/{'-' * 36}/x",
        DataFactory(organization=harbor).object_name,
        UploadFactory(organization=harbor).name,
        UploadFactory(organization=orchard, blob=None).name,
        artifact.blob.sha256,
        artifact.blob.path,
        "../../etc/passwd",
        "\x00",
        "",
    ]
    for name in nothing:
        assert plain("POST", path, {"object_name": name})[0] == 404, name
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        sdk.connection.init_download(nothing[0])


@pytest.mark.parametrize("filename", ["../../etc/passwd", "..\\boot.ini", "a\x00b", "/", "..", "", " "])
def test_hostile_names_are_refused(plain: PlainClient, orchard: Organization, filename: str) -> None:
    path = f"/api/organization/{orchard.pk}/connector/{orchard.pk}/generate_object_name"
    status, body = plain("POST", path, {"filename": filename, "type": "ARTIFACT"})
    assert status == 400
    assert body["message"]
    assert not Upload.objects.exists()


def test_a_name_says_its_kind_and_nothing_else(plain: PlainClient, orchard: Organization) -> None:
    path = f"/api/organization/{orchard.pk}/connector/{orchard.pk}/generate_object_name"
    for kind in ("DATA", "LOGGING", "LOG_IMAGE", "MODEL_THUMB"):
        status, body = plain("POST", path, {"filename": "Äpfel.png", "type": kind, "upload_dir": "../up"})
        upload = Upload.objects.get(name=body["object_name"])
        assert status == 200
        assert upload.name == f"{kind.lower()}/{upload.pk}/Äpfel.png"
    assert plain("POST", path, {"filename": "a", "type": "SHELL"})[0] == 422


def test_it_checks_ownership(
    plain: PlainClient, plain_of: PlainOf, charlie: User, orchard: Organization, harbor: Organization
) -> None:
    """A stranger's organization, connector, experiment or upload is as if there were none."""
    theirs, strangers = UploadFactory(organization=harbor, blob=None), plain_of(charlie)
    base = f"/api/object-storage/{harbor.pk}"
    bodies = {
        "generate_presigned_url": {"object_name": theirs.name},
        "init_multipart_upload": {"object_name": theirs.name},
        "generate_part_presigned_url": {"object_name": theirs.name, "upload_id": str(theirs.pk), "part_no": 1},
        "complete_part_upload": {"object_name": theirs.name, "upload_id": str(theirs.pk), "parts": []},
        "retrieve_presigned_url": {"object_name": theirs.name},
    }
    for call, body in bodies.items():
        assert plain("POST", f"{base}/{call}", body)[0] == 404, call
        assert plain("POST", f"/api/object-storage/{orchard.pk}/{call}", body)[0] == 404, call
    naming = {"filename": "a.bin", "type": "ARTIFACT"}
    for pair in ((harbor.pk, harbor.pk), (orchard.pk, harbor.pk), (harbor.pk, orchard.pk), (orchard.pk, uuid.uuid4())):
        assert plain("POST", "/api/organization/{}/connector/{}/generate_object_name".format(*pair), naming)[0] == 404
    mine = f"/api/organization/{orchard.pk}/connector/{orchard.pk}/generate_object_name"
    theirs_too = {
        "experiment_id": str(ExperimentFactory(project__organization=harbor).pk),
        "model_version_id": str(ModelVersionFactory(model__organization=harbor).pk),
        "dataset_version_id": str(uuid.uuid4()),
        "job_id": str(uuid.uuid4()),
        "deployment_id": str(uuid.uuid4()),
    }
    for key, value in theirs_too.items():
        assert plain("POST", mine, {**naming, "context": {key: value}})[0] == 404, key
    assert Upload.objects.count() == 1
    assert strangers("POST", f"{base}/generate_presigned_url", {"object_name": theirs.name})[0] == 200


def test_viewers_and_reading_tokens_send_nothing(
    plain_of: PlainOf, bob: User, vera: User, orchard: Organization
) -> None:
    upload = UploadFactory(organization=orchard, blob=None)
    base, body = f"/api/object-storage/{orchard.pk}", {"object_name": upload.name}
    for reader in (plain_of(vera), plain_of(bob, is_read_only=True)):
        naming = f"/api/organization/{orchard.pk}/connector/{orchard.pk}/generate_object_name"
        assert reader("POST", naming, {"filename": "a", "type": "DATA"})[0] == 403
        assert reader("POST", f"{base}/generate_presigned_url", body)[0] == 403
        assert reader("POST", f"{base}/init_multipart_upload", body)[0] == 403
        part = {**body, "upload_id": "x", "part_no": 1}
        assert reader("POST", f"{base}/generate_part_presigned_url", part)[0] == 403
        assert reader("POST", f"{base}/complete_part_upload", {**body, "upload_id": "x", "parts": []})[0] == 403


def test_parts_are_begun_once_and_refused_when_the_file_is_whole(plain: PlainClient, orchard: Organization) -> None:
    base, upload = f"/api/object-storage/{orchard.pk}", UploadFactory(organization=orchard, blob=None)
    body = {"object_name": upload.name, "content_type": "application/vnd.snesdev-page-table"}
    _, begun = plain("POST", f"{base}/init_multipart_upload", body)
    assert plain("POST", f"{base}/init_multipart_upload", body) == (200, begun)
    part = {**body, "upload_id": begun["upload_id"]}
    for number in (0, -1, 10_001):
        assert plain("POST", f"{base}/generate_part_presigned_url", {**part, "part_no": number})[0] == 400
    assert plain("POST", f"{base}/generate_part_presigned_url", {**part, "upload_id": "x", "part_no": 1})[0] == 400
    whole = UploadFactory(organization=orchard)
    for call in ("generate_presigned_url", "init_multipart_upload"):
        assert plain("POST", f"{base}/{call}", {"object_name": whole.name})[0] == 409


def test_a_file_over_the_limit(
    sdk: picsellia.Client, orchard: Organization, tmp_path: Path, settings: LazySettings
) -> None:
    settings.UPLOAD_LIMIT_BYTES = 30 * MEBIBYTE
    experiment = ExperimentFactory(project__organization=orchard)
    with pytest.raises(requests.HTTPError, match="413"):
        sdk.connection.upload_file(new_name(sdk, experiment.pk), a_file(tmp_path, 31 * MEBIBYTE))
    assert not Blob.objects.exclude(architecture_files=None).exists()
    assert not Upload.objects.exclude(blob=None).exists()


def test_a_name_is_never_given_twice(
    plain: PlainClient, orchard: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even to two processes that store files of one name at nearly the same time, with the same token."""
    monkeypatch.setattr(retries, "REPEATS_AFTER", timedelta())
    path = f"/api/organization/{orchard.pk}/connector/{orchard.pk}/generate_object_name"
    names = set()
    for port in ("1001", "1002"):
        plain.client.defaults["REMOTE_PORT"] = port
        names.add(plain("POST", path, {"filename": "weights.bin", "type": "ARTIFACT"})[1]["object_name"])
    assert len(names) == 2


@pytest.mark.parametrize("size", [1_000, 2 * PART], ids=["small", "in parts"])
def test_files_go_straight_to_a_bucket_and_come_from_there(
    sdk: picsellia.Client, orchard: Organization, tmp_path: Path, bucket: Any, size: int
) -> None:
    experiment, path = ExperimentFactory(project__organization=orchard), a_file(tmp_path, size)
    stored = sdk.get_experiment_by_id(experiment.pk).store("model-latest", path)
    blob = experiment.architecture.files.get().blob
    assert [found.key for found in bucket.objects.all()] == [blob.path]
    assert stored.url.startswith(bucket.meta.client.meta.endpoint_url)
    stored.download(target_path=tmp_path / "fetched")
    assert (tmp_path / "fetched" / path.name).read_bytes() == path.read_bytes()
