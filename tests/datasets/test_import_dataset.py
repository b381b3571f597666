"""The command: the same rules as everywhere, one sentence a problem, and killed at any moment no half version."""

import io
import re
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from config.inference_types import InferenceType
from datasets import registration
from datasets.images import verified
from datasets.management.commands.import_dataset import ProgressBar
from datasets.models import Annotation, Asset, Data, Dataset, DatasetVersion, Label
from organizations.models import Organization, User
from storage.services import verify_storage
from tests.datasets.killed import IMAGES_AT_ONCE
from tests.datasets.pictures import picture, write_coco, write_folders
from tests.processes import environment

TARGET = ["--organization", "Orchard", "--dataset", "fruit", "--version", "train"]


def imported(*arguments: object) -> str:
    out = io.StringIO()
    call_command("import_dataset", *map(str, arguments), stdout=out)
    return out.getvalue()


def refused(*arguments: object) -> list[str]:
    """The sentences with which the command ends; the shell gets exit code 1."""
    with pytest.raises(CommandError) as caught:
        call_command("import_dataset", *map(str, arguments))
    assert caught.value.returncode == 1
    assert not DatasetVersion.objects.exists()
    return str(caught.value).splitlines()


def test_it_imports_coco(orchard: Organization, olive: User, tmp_path: Path) -> None:
    file, images = write_coco(tmp_path)
    said = imported("coco", file, images, *TARGET, "--description", " Ripe. ")
    assert said == "fruit/train: 2 images, 2 objects, 2 labels, for object detection.\n"
    version = DatasetVersion.objects.get()
    assert (version.created_by, version.description) == (olive, "Ripe.")


def test_it_imports_folders_and_says_when_it_is_there(orchard: Organization, olive: User, tmp_path: Path) -> None:
    folder = write_folders(tmp_path / "fruit")
    assert "6 images, 6 objects, 2 labels, for classification" in imported("folders", folder, *TARGET)
    assert "already there with this very content" in imported("folders", folder, *TARGET)
    assert DatasetVersion.objects.count() == 1


def test_the_type_can_be_given(orchard: Organization, olive: User, tmp_path: Path) -> None:
    imported("folders", write_folders(tmp_path / "fruit"), *TARGET, "--type", "MULTI")
    assert DatasetVersion.objects.get().inference_type == InferenceType.MULTI


def test_somebody_else_can_import(orchard: Organization, olive: User, bob: User, tmp_path: Path) -> None:
    imported("folders", write_folders(tmp_path / "fruit"), *TARGET, "--by", "bob")
    assert DatasetVersion.objects.get().created_by == bob
    assert Dataset.objects.get().created_by == bob


def test_crowd_regions_are_mentioned(orchard: Organization, olive: User, tmp_path: Path) -> None:
    crowd = {"id": 1, "image_id": 1, "category_id": 7, "iscrowd": 1}
    assert "Crowd regions left out: 1." in imported("coco", *write_coco(tmp_path, annotations=[crowd]), *TARGET)


def test_it_names_each_problem(orchard: Organization, olive: User, tmp_path: Path) -> None:
    folder = write_folders(tmp_path / "fruit")
    (folder / "pear" / "broken.png").write_bytes(picture(size=(200, 200))[:150])
    (folder / "pear" / "text.png").write_text("no image")
    broken, text = refused("folders", folder, *TARGET)
    assert broken.startswith(f"{folder}/pear/broken.png is cut off or damaged")
    assert text.startswith(f"{folder}/pear/text.png is not an image that can be read")


def test_it_refuses_strangers_and_viewers(orchard: Organization, vera: User, charlie: User, tmp_path: Path) -> None:
    folder = write_folders(tmp_path / "fruit")
    for name in ("vera", "charlie"):
        [sentence] = refused("folders", folder, *TARGET, "--by", name)
        assert "needs the role member in Orchard" in sentence


def test_it_refuses_unknown_names(orchard: Organization, bob: User, tmp_path: Path) -> None:
    folder = write_folders(tmp_path / "fruit")
    elsewhere = ["--organization", "Nowhere", *TARGET[2:]]
    assert "no organization “Nowhere”" in refused("folders", folder, *elsewhere)[0]
    assert "no user “zoe”" in refused("folders", folder, *TARGET, "--by", "zoe")[0]
    assert "Orchard has no owner" in refused("folders", folder, *TARGET)[0]


@pytest.mark.parametrize("arguments", [[], ["folders"], ["folders", "DIR", *TARGET, "--type", "GUESSING"]])
def test_it_refuses_an_incomplete_call(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("import_dataset", *arguments)


def test_a_full_disk_is_one_sentence(
    orchard: Organization, olive: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(registration, "store", full)
    [sentence] = refused("folders", write_folders(tmp_path / "fruit"), *TARGET)
    assert "could not be stored: [Errno 28] No space left on device" in sentence


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("import_dataset", "--help")
    assert "manage.py import_dataset folders flowers/ --organization" in capsys.readouterr().out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_redrawn_on_a_terminal() -> None:
    out = Terminal()
    bar = ProgressBar(out)
    bar.show(1, 4)
    bar.show(4, 4)
    bar.end()
    first, second = out.getvalue().split("\r")[1:]
    assert re.fullmatch("█{7}░{23} 1 of 4 images", first)
    assert re.fullmatch("█{30} 4 of 4 images\n", second)


def test_the_bar_is_plain_lines_in_a_file() -> None:
    out = io.StringIO()
    bar = ProgressBar(out)
    for done in range(1, 101):
        bar.show(done, 100)
    bar.end()
    assert out.getvalue().splitlines() == [f"{done} of 100 images" for done in range(10, 101, 10)]


IMAGES = 12


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("moment", "registered"),
    [
        ("data:1", 0),
        ("data:3", 2 * IMAGES_AT_ONCE),
        ("dataset:1", IMAGES),
        ("datasetversion:1", IMAGES),
        ("label:1", IMAGES),
        ("asset:1", IMAGES),
        ("annotation:1", IMAGES),
        ("annotation:1:commit", IMAGES),
    ],
)
def test_killed_at_any_moment_it_leaves_no_half_version_and_goes_on(
    orchard: Organization,
    olive: User,
    tmp_path: Path,
    files_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    registered: int,
) -> None:
    arguments = ["folders", str(write_folders(tmp_path / "fruit", each=IMAGES // 2)), *TARGET]
    run = subprocess.run(
        [sys.executable, "-m", "tests.datasets.killed", str(files_dir), moment, *arguments],
        env=environment(),
        cwd=settings.BASE_DIR,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    for model in (Dataset, DatasetVersion, Label, Asset, Annotation):
        assert not model.objects.exists()
    assert Data.objects.count() == registered

    check = Mock(wraps=verified)
    monkeypatch.setattr(registration, "verified", check)
    assert "12 images, 12 objects" in imported(*arguments)
    assert check.call_count == IMAGES - registered
    assert Data.objects.count() == Asset.objects.count() == IMAGES
    assert verify_storage().damages == []
