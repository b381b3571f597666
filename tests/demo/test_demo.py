import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from config.inference_types import InferenceType
from datasets.models import Annotation, DatasetVersion, Shape
from demo import world
from experiments.models import Experiment, Project
from organizations.models import Organization, User
from registry.models import ModelVersion, RegisteredModel
from training.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_digits")]


@pytest.fixture(autouse=True)
def on_this_machine(settings: LazySettings) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def trained_once(trained: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Training is tested next door: here every world gets the same folders."""
    monkeypatch.setattr(world, "make_folder", lambda name, into, datasets: shutil.copytree(trained[name], into))


def demo(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue().splitlines()


def rows() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


def test_it_builds_the_world() -> None:
    lines = demo()
    assert lines[0] == "organization Orchard Vision"
    assert lines[-1] == "Sign in at http://127.0.0.1:8000 as ana with the password espalier-demo."
    assert "dataset version digits/train: 100 images" in lines

    handwriting = Project.objects.get(name="Handwriting", organization__name="Orchard Vision")
    assert sorted(map(str, handwriting.dataset_versions.all())) == [
        "digit-scenes/test",
        "digit-scenes/train",
        "digits/test",
        "digits/train",
        "digits/val",
        "scans/raw",
    ]
    assert {one.name: one.status for one in handwriting.experiments.all()} == {
        "finding digits": "WAITING",
        "reading digits": "WAITING",
    }
    assert not Job.objects.exists()
    raw = DatasetVersion.objects.get(dataset__name="scans")
    assert (raw.inference_type, raw.object_count) == (InferenceType.NOT_CONFIGURED, 0)
    shapes = set(Annotation.objects.values_list("shape", flat=True))
    assert shapes == {Shape.CLASSIFICATION, Shape.RECTANGLE, Shape.POLYGON}


def test_what_there_is_to_see_trains_where_it_can(settings: LazySettings, tmp_path: Path) -> None:
    settings.LAUNCHERS, settings.RUNS_DIR = {"local": 1}, tmp_path
    assert "experiment reading digits, which is about to train" in demo()
    launched = {job.experiment.name: (job.status, job.launcher) for job in Job.objects.all()}
    assert launched == {"finding digits": ("QUEUED", "local"), "reading digits": ("QUEUED", "local")}
    reading = Experiment.objects.get(name="reading digits")
    assert reading.inference_type == InferenceType.CLASSIFICATION
    assert [one.alias for one in reading.dataset_versions.all()] == ["train", "val", "test"]


def test_the_public_registry() -> None:
    demo()
    versions = ModelVersion.objects.filter(model__organization=None)
    assert len({version.model_id for version in versions}) == 7
    assert {version.inference_type for version in versions} == {"CLASSIFICATION", "OBJECT_DETECTION", "SEGMENTATION"}
    balanced = versions.get(name="balanced")
    assert balanced.label == "v2 “balanced”"
    assert [constraint.name for constraint in balanced.architecture.constraints.all()] == [
        "train + test",
        "train + val + test",
    ]
    shared = {"run.py", "classifier.py", "keeping.py"}
    assert {file.name for file in balanced.architecture.files.all()} == {
        "pretrained-weights",
        "train.py",
        "config",
        *shared,
    }
    assert balanced.architecture.image == "espalier/digits-mlp:1.2"
    assert not versions.get(model__name="digits-prototypes").architecture.is_trainable


def test_private_models() -> None:
    demo()
    constraints = {
        model.name: [constraint.name for constraint in model.versions.get().architecture.constraints.all()]
        for model in RegisteredModel.objects.filter(organization__name="Orchard Vision")
    }
    assert constraints == {"postcodes-mlp": ["this month against the fixed set"], "postcodes-linear": []}


def test_the_organizations_do_not_see_each_other() -> None:
    demo()
    ana, ben = User.objects.get(username="ana"), User.objects.get(username="ben")
    assert not set(Project.objects.visible_to(ana)) & set(Project.objects.visible_to(ben))
    assert {str(version) for version in DatasetVersion.objects.visible_to(ben)} == {"low-digits/all"}


def test_a_second_time_changes_nothing(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    demo()
    before = rows()
    with django_assert_max_num_queries(25):
        lines = demo()
    assert rows() == before
    assert len(lines) == 1


def test_it_goes_on_where_it_was_ended() -> None:
    demo()
    Project.objects.all().delete()
    DatasetVersion.objects.filter(dataset__name="digits", name="val").delete()
    ModelVersion.objects.filter(name="balanced").delete()
    lines = demo()
    assert "dataset version digits/val: 100 images" in lines
    assert "public model digits-mlp v2 “balanced”" in lines
    assert "project Handwriting with 6 dataset versions" in lines
    assert Organization.objects.count() == 2


def test_a_password_that_was_changed_stays() -> None:
    demo()
    ana = User.objects.get(username="ana")
    ana.set_password("her own, nobody else's")
    ana.save()
    assert demo()[-1].endswith("as ana with the password you gave her.")
    ana.refresh_from_db()
    assert ana.check_password("her own, nobody else's")


def test_a_server_that_others_reach_gets_no_known_password(settings: LazySettings) -> None:
    settings.SITE_URL = "https://espalier.example.org"
    with pytest.raises(CommandError, match="Choose another one"):
        demo()
    assert not User.objects.exists()
    demo("--password", "of-our-own-choosing")
    assert User.objects.get(username="tom").check_password("of-our-own-choosing")
