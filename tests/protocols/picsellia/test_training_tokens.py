"""A training's own token: it reads the organization, writes to its experiment, and ends with its job."""

from pathlib import Path

import picsellia
import pytest
from django.test import Client
from picsellia.exceptions import ForbiddenError, ResourceNotFoundError
from picsellia.types.enums import AnnotationFileType, InferenceType, LogType
from pytest_django.live_server_helper import LiveServer

from experiments.models import Experiment
from organizations.models import Organization, User
from organizations.tokens import create_training_token, tokens_of
from tests.factories import ExperimentDatasetVersionFactory, ExperimentFactory
from tests.protocols.picsellia.plain import PlainClient
from tests.training.running import script_of, tend_until, tender, until
from tracking.models import Log
from training.models import Job
from training.services import launch


@pytest.fixture
def experiment(orchard: Organization) -> Experiment:
    return ExperimentFactory(project__organization=orchard)


@pytest.fixture
def other(experiment: Experiment) -> Experiment:
    return ExperimentFactory(project=experiment.project)


@pytest.fixture
def token(experiment: Experiment, bob: User) -> str:
    organization = experiment.project.organization
    return create_training_token(user=bob, organization=organization, experiment_id=experiment.pk, name="a job")[1]


@pytest.fixture
def plain(token: str) -> PlainClient:
    return PlainClient(Client(), token)


def test_through_the_sdk(
    transactional_db: None,
    live_server: LiveServer,
    experiment: Experiment,
    other: Experiment,
    token: str,
    tmp_path: Path,
) -> None:
    attached = ExperimentDatasetVersionFactory(experiment=experiment, alias="train")
    sdk = picsellia.Client(
        api_token=token, host=live_server.url, organization_id=str(experiment.project.organization_id)
    )
    own = sdk.get_experiment_by_id(experiment.pk)
    own.log("loss", 0.5, LogType.LINE)
    assert Log.objects.get().experiment == experiment
    (tmp_path / "weights.npz").write_bytes(b"weights")
    own.store("best-model", tmp_path / "weights.npz")
    assert experiment.architecture.files.get().name == "best-model"
    own.get_dataset("train").export_annotation_file(AnnotationFileType.COCO, str(tmp_path))
    assert own.get_dataset("train").id == attached.dataset_version_id
    with pytest.raises(ResourceNotFoundError):
        sdk.get_experiment_by_id(other.pk)
    with pytest.raises(ForbiddenError, match="its own experiment"):
        sdk.create_dataset("a dataset of its own")
    with pytest.raises(ForbiddenError, match="its own experiment"):
        own.launch()
    with pytest.raises(ForbiddenError, match="its own experiment"):
        own.delete()
    with pytest.raises(ForbiddenError, match="its own experiment"):
        own.get_dataset("train").set_type(InferenceType.SEGMENTATION)
    assert Experiment.objects.count() == 2


def test_nothing_of_another_experiment(plain: PlainClient, other: Experiment) -> None:
    log = Log.objects.create(experiment=other, name="loss", type="LINE")
    job = Job.objects.create(experiment=other)
    for path in (f"experiment/{other.pk}", f"experiment/{other.pk}/artifacts", f"log/{log.pk}", f"v2/job/{job.pk}"):
        assert plain("GET", f"/api/{path}")[0] == 404, path
    assert plain("POST", f"/api/log/{log.pk}/append", {"data": [1.0]})[0] == 404
    assert plain("POST", f"/api/v2/job/{job.pk}/succeed", {})[0] == 404
    listed = plain("GET", f"/api/project/{other.project_id}/experiments")[1]["items"]
    assert str(other.pk) not in [item["id"] for item in listed]


def test_it_is_in_no_list(token: str, bob: User) -> None:
    assert not tokens_of(bob)


def test_it_is_refused_once_its_user_is_out(plain: PlainClient, experiment: Experiment, bob: User) -> None:
    assert plain("GET", f"/api/experiment/{experiment.pk}")[0] == 200
    bob.memberships.all().delete()
    assert plain("GET", f"/api/experiment/{experiment.pk}")[0] == 401


@pytest.mark.usefixtures("runs_dir")
def test_it_ends_with_its_job(experiment: Experiment, bob: User, tmp_path: Path) -> None:
    go = tmp_path / "go"
    told = f"open({str(tmp_path / 'token')!r}, 'w').write(os.environ['api_token'])"
    script_of(experiment, f"import os, time\n{told}\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)")
    job = launch(experiment=experiment, by=bob)
    with tender() as looking:
        until(lambda: looking.look_round() and (tmp_path / "token").exists() and (tmp_path / "token").read_text())
    plain = PlainClient(Client(), (tmp_path / "token").read_text())
    assert plain("GET", f"/api/experiment/{experiment.pk}")[0] == 200
    go.touch()
    tend_until(lambda: not Job.objects.get(pk=job.pk).is_active)
    assert plain("GET", f"/api/experiment/{experiment.pk}")[0] == 401
