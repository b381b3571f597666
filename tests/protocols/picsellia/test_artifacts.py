"""Artifacts of experiments, as a training script stores and fetches them."""

import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import picsellia
import picsellia.exceptions
import pytest
from pytest_django import DjangoAssertNumQueries

from experiments.models import Experiment, Status
from organizations.models import Organization, User
from registry.models import ArchitectureFile
from tests.factories import ArchitectureFileFactory, ExperimentFactory, UploadFactory
from tests.protocols.picsellia.plain import PlainClient

PlainOf = Callable[..., PlainClient]


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    return ExperimentFactory(project__organization=orchard, status=Status.RUNNING)


def as_sdk(sdk: picsellia.Client, experiment: Experiment) -> Any:
    return sdk.get_experiment_by_id(experiment.pk)


def body_of(upload: Any, name: str = "model-latest") -> dict[str, Any]:
    return {"name": name, "filename": upload.filename, "object_name": upload.name, "large": False}


def test_a_training_stores_and_fetches(sdk: picsellia.Client, experiment: Experiment, tmp_path: Path) -> None:
    mine = as_sdk(sdk, experiment)
    path = tmp_path / "weights.pt"
    path.write_bytes(b"first")
    stored = mine.store("model-latest", path)
    row = experiment.architecture.files.get()
    assert (stored.name, stored.filename, stored.large) == ("model-latest", "weights.pt", False)
    assert (str(stored.id), row.blob.sha256) == (str(row.pk), hashlib.sha256(b"first").hexdigest())

    # Stored again it is another content of the same artifact.
    path.write_bytes(b"second")
    assert mine.store("model-latest", path).id == stored.id
    row.refresh_from_db()
    assert row.blob.sha256 == hashlib.sha256(b"second").hexdigest()

    found = mine.get_artifact("model-latest")
    found.download(target_path=tmp_path / "fetched")
    assert (tmp_path / "fetched" / "weights.pt").read_bytes() == b"second"
    found.reset_url()
    assert found.object_name == f"file/{row.pk}/weights.pt"
    found.download(target_path=tmp_path / "again")
    assert (tmp_path / "again" / "weights.pt").read_bytes() == b"second"

    found.update(name="best", filename="best.pt")
    assert (found.name, found.filename) == ("best", "best.pt")
    found.sync()
    copy = mine.create_artifact("copy", "copy.pt", found.object_name)
    assert experiment.architecture.files.get(pk=copy.id).blob == experiment.architecture.files.get(name="best").blob
    assert [artifact.name for artifact in mine.list_artifacts()] == ["best", "copy"]
    assert [artifact.name for artifact in mine.list_artifacts(order_by=["-name"], limit=1)] == ["copy"]

    copy.delete()
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        mine.get_artifact("copy")
    mine.delete_all_artifacts()
    assert not experiment.architecture.files.exists()


def test_a_large_artifact(sdk: picsellia.Client, experiment: Experiment, tmp_path: Path) -> None:
    path, content = tmp_path / "large.bin", bytes(range(256)) * 4096 * 60
    path.write_bytes(content)
    stored = as_sdk(sdk, experiment).store("large", path)
    assert stored.large
    stored.download(target_path=tmp_path / "fetched")
    assert (tmp_path / "fetched" / "large.bin").read_bytes() == content


def test_the_same_again_is_one_and_other_content_a_conflict(plain: PlainClient, experiment: Experiment) -> None:
    path, upload = (
        f"/api/experiment/{experiment.pk}/artifacts",
        UploadFactory(organization=experiment.project.organization),
    )
    status, first = plain("POST", path, body_of(upload))
    assert status == 200
    _, again = plain("POST", path, body_of(upload))
    assert again["id"] == first["id"]
    other = UploadFactory(organization=experiment.project.organization)
    status, refusal = plain("POST", path, body_of(other))
    assert status == 409
    assert "model-latest" in refusal["message"]
    _, second = plain("POST", path, body_of(other, "config"))
    assert plain("PATCH", f"/api/artifact/{second['id']}", {"name": "model-latest"})[0] == 409
    assert experiment.architecture.files.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"name": "a\nb"},
        {"name": "x" * 201},
        {"filename": "../x"},
        {"filename": ""},
        {"object_name": "nothing"},
        {"object_name": "\x00"},
    ],
)
def test_what_is_refused(plain: PlainClient, experiment: Experiment, change: dict[str, str]) -> None:
    upload = UploadFactory(organization=experiment.project.organization)
    assert plain("POST", f"/api/experiment/{experiment.pk}/artifacts", body_of(upload) | change)[0] == 400
    artifact = ArchitectureFileFactory(architecture=experiment.architecture)
    assert plain("PATCH", f"/api/artifact/{artifact.pk}", change)[0] == 400
    assert list(experiment.architecture.files.all()) == [artifact]


def test_bytes_that_never_came(plain: PlainClient, experiment: Experiment) -> None:
    upload = UploadFactory(organization=experiment.project.organization, blob=None)
    status, refusal = plain("POST", f"/api/experiment/{experiment.pk}/artifacts", body_of(upload))
    assert (status, "upload it first" in refusal["message"]) == (400, True)


def test_it_checks_ownership(
    plain: PlainClient, plain_of: PlainOf, experiment: Experiment, charlie: User, harbor: Organization
) -> None:
    artifact, strangers = ArchitectureFileFactory(architecture=experiment.architecture), plain_of(charlie)
    theirs, upload = UploadFactory(organization=harbor), UploadFactory(organization=experiment.project.organization)
    base = f"/api/experiment/{experiment.pk}/artifacts"
    calls = [
        ("GET", base, None),
        ("GET", f"{base}/find?name={artifact.name}", None),
        ("GET", f"{base}/ids", None),
        ("POST", base, body_of(theirs)),
        ("DELETE", base, {"ids": [str(artifact.pk)]}),
        ("GET", f"/api/artifact/{artifact.pk}", None),
        ("PATCH", f"/api/artifact/{artifact.pk}", {"name": "mine"}),
        ("DELETE", f"/api/artifact/{artifact.pk}", None),
    ]
    for method, path, body in calls:
        assert strangers(method, path, body)[0] == 404, (method, path)
    # What a stranger uploaded, or keeps in an experiment, is nothing here.
    hidden = ArchitectureFileFactory(architecture=ExperimentFactory(project__organization=harbor).architecture)
    for name in (theirs.name, f"file/{hidden.pk}/{hidden.filename}", hidden.blob.sha256):
        assert plain("POST", base, body_of(upload) | {"object_name": name})[0] == 400
    for ids in ([str(artifact.pk), str(hidden.pk)], [str(uuid.uuid4())]):
        assert plain("DELETE", base, {"ids": ids})[0] == 404
    assert set(ArchitectureFile.objects.all()) == {artifact, hidden}


def test_viewers_read(plain_of: PlainOf, vera: User, experiment: Experiment) -> None:
    artifact, viewer = ArchitectureFileFactory(architecture=experiment.architecture), plain_of(vera)
    base = f"/api/experiment/{experiment.pk}/artifacts"
    assert viewer("GET", base)[1]["items"][0]["presigned_url"].startswith("http")
    assert viewer("POST", base, body_of(UploadFactory(organization=experiment.project.organization)))[0] == 403
    assert viewer("PATCH", f"/api/artifact/{artifact.pk}", {"name": "x"})[0] == 403
    assert viewer("DELETE", f"/api/artifact/{artifact.pk}")[0] == 403
    assert viewer("DELETE", base, {"ids": [str(artifact.pk)]})[0] == 403
    assert experiment.architecture.files.get() == artifact


def test_a_model_file_is_no_artifact(plain: PlainClient) -> None:
    """Its address has other rules."""
    assert plain("DELETE", f"/api/artifact/{ArchitectureFileFactory().pk}")[0] == 404


def test_a_list_takes_as_many_queries_whatever_its_length(
    plain: PlainClient, experiment: Experiment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"/api/experiment/{experiment.pk}/artifacts"
    plain("GET", path)
    ArchitectureFileFactory.create_batch(7, architecture=experiment.architecture)
    with django_assert_num_queries(3):
        assert len(plain("GET", path)[1]["items"]) == 7
