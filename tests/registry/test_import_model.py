"""Model folders into the registry: whole or not at all, and never twice."""

import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from organizations.models import Organization, User
from registry.models import ModelVersion, RegisteredModel
from storage.models import Blob
from tests.factories import RegisteredModelFactory

pytestmark = pytest.mark.django_db
EXAMPLE = Path(__file__).parent / "example_model"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "model"))


def change(folder: Path, old: str, new: str) -> None:
    toml = folder / "model.toml"
    text = toml.read_text(encoding="utf-8")
    assert old in text
    toml.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(folder: Path, **options) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("import_model", str(folder), **({"public": True} | options))
    assert not ModelVersion.objects.exists()
    assert not RegisteredModel.objects.exists()
    return str(refused.value)


def test_it_works(folder: Path, olive: User, orchard: Organization, capsys):
    call_command("import_model", str(folder), organization="Orchard")
    version = ModelVersion.objects.get()
    assert "is imported, in Orchard" in capsys.readouterr().out
    assert (version.model.name, version.model.organization, version.number) == ("fruit-sorter", orchard, 1)
    assert (version.name, version.inference_type, version.framework) == ("balanced", "CLASSIFICATION", "ONNX")
    assert version.created_by == olive
    architecture = version.architecture
    assert architecture.image == "trainers/fruit:1.4"
    assert architecture.docker_flags == ["--shm-size=1g", "--gpus=all"]
    assert architecture.docker_environment == {"OMP_NUM_THREADS": "2"}
    assert architecture.labelmap == [[0, "apple"], [1, "pear"]]
    assert {row.key: row.typed_value for row in architecture.hyperparameters.all()} == {
        "epochs": 20,
        "learning_rate": 0.001,
        "optimizer": "adam",
        "shuffle": False,
        "schedule": "22",
    }
    assert [[slot.alias for slot in constraint.slots.all()] for constraint in architecture.constraints.all()] == [
        ["train", "test"],
        ["train", "val", "test"],
    ]
    assert [(file.name, file.filename) for file in architecture.files.all()] == [
        ("script", "train.py"),
        ("weights", "weights.onnx"),
    ]


def test_it_imports_into_the_public_registry(folder: Path, staff: User):
    call_command("import_model", str(folder), public=True)
    assert RegisteredModel.objects.get().is_public


def test_the_same_again_changes_nothing(folder: Path, staff: User, capsys):
    call_command("import_model", str(folder), public=True)
    call_command("import_model", str(folder), public=True)
    assert "already there" in capsys.readouterr().out
    assert ModelVersion.objects.count() == 1


def test_the_same_without_a_name_changes_nothing(folder: Path, staff: User):
    change(folder, 'name = "balanced"\n', "")
    call_command("import_model", str(folder), public=True)
    call_command("import_model", str(folder), public=True)
    assert ModelVersion.objects.get().name == "v1"


def test_another_content_is_a_further_version(folder: Path, staff: User):
    change(folder, 'name = "balanced"\n', "")
    call_command("import_model", str(folder), public=True)
    (folder / "files" / "weights.onnx").write_bytes(b"better weights")
    call_command("import_model", str(folder), public=True)
    assert [version.name for version in RegisteredModel.objects.get().versions.all()] == ["v2", "v1"]


def test_another_content_under_the_same_name_is_refused(folder: Path, staff: User):
    call_command("import_model", str(folder), public=True)
    change(folder, "default = 20", "default = 30")
    with pytest.raises(CommandError, match="The model has a version of this name already"):
        call_command("import_model", str(folder), public=True)
    assert ModelVersion.objects.count() == 1


def test_a_labelmap_may_be_pairs(folder: Path, staff: User):
    change(folder, '[labelmap]\n0 = "apple"\n1 = "pear"\n', "")
    change(folder, 'name = "fruit-sorter"\n', 'name = "fruit-sorter"\nlabelmap = [[7, "pear"], [2, "apple"]]\n')
    call_command("import_model", str(folder), public=True)
    assert ModelVersion.objects.get().architecture.labelmap == [[7, "pear"], [2, "apple"]]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "fruit-sorter"', "name = 3", "model.toml: name: write a text in quotes."),
        ('name = "fruit-sorter"', "", "model.toml: name: it is missing."),
        ('name = "fruit-sorter"', 'name = "  "', "can't be empty"),
        ('name = "fruit-sorter"', f'name = "{"x" * 101}"', "at most 100 characters"),
        ('name = "fruit-sorter"', 'name = "a\\u0007b"', "control character"),
        ('name = "fruit-sorter"', 'name = "a\\u0000b"', "control character"),
        ('name = "balanced"', 'name = "a\\u0000b"', "control character"),
        (
            'name = "fruit-sorter"',
            'name = "x"\nnmae = "y"',
            "model.toml: nmae: it is not known here. Known are: version",
        ),
        ('framework = "ONNX"', 'framework = "CAFFE"', "model.toml: version: framework: “CAFFE” is not known."),
        (
            "default = 20",
            'default = "20"',
            "model.toml: hyperparameter 1: default: write a whole number without quotes",
        ),
        ("default = 20", "default = 0", "hyperparameter 1, value: It must be between 1 and 500."),
        ("default = 20", "default = true", "write a whole number"),
        ("default = 20", f"default = {2**63}", "64 bits"),
        ("default = 20", f"default = {'9' * 5000}", "model.toml is not TOML"),
        ("default = 0.001", "default = nan", "Not a finite number."),
        ("default = 0.001", "default = inf", "Not a finite number."),
        ('default = "adam"', 'default = "lion"', "Not one of the choices: adam, sgd."),
        ("default = false", "default = 0", "write true or false"),
        ('default = "22"', "default = 22", "write a text in quotes"),
        ("minimum = 1\n", "minimum = 501\n", "The minimum is greater than the maximum."),
        ('key = "schedule"', 'key = "epochs"', "This key is there twice."),
        ('alias = "val"', 'alias = "TEST"', "constraint 2, slot 2, alias: This alias is in the constraint twice"),
        ('alias = "val"', 'alias = "../val"', "An alias has 1 to 50 letters"),
        ('name = "train + test"', 'name = "train + val + test"', "This name is there twice."),
        ('0 = "apple"', 'zero = "apple"', "An index is a whole number from 0 on."),
        ('0 = "apple"', '0 = "pear"', "is taken by"),
        ('"--gpus=all"', '"gpus"', "A flag begins with"),
        ('OMP_NUM_THREADS = "2"', '"A B" = "2"', "is not the name of a variable"),
        ('image = "trainers/fruit"', 'image = "Trainers/Fruit:1"', "Not the name of an image"),
        ('path = "files/train.py"', 'path = "../secret"', "leaves the folder"),
        ('path = "files/train.py"', 'path = "/etc/passwd"', "leaves the folder"),
        ('path = "files/train.py"', 'path = "files/../../x"', "leaves the folder"),
        ('path = "files/train.py"', 'path = "files\\\\x"', "leaves the folder"),
        ('path = "files/train.py"', 'path = "files/none.py"', "there is no file “files/none.py”"),
        ('path = "files/train.py"', 'path = "files"', "there is no file “files”"),
        ('path = "files/train.py"', 'path = ""', "leaves the folder"),
        ('name = "script"', 'name = "weights"', "There is a file “weights” already."),
        ("[labelmap]", "[labelmap", "model.toml is not TOML"),
        ("required = true", "required = 1", "hyperparameter 1: required: write true or false without quotes."),
        ('tag = "1.4"', 'tag = "1.4"\nflags = "--gpus=all"', "Cannot overwrite a value"),
        ('"--gpus=all"', "3", "training: flags: write an array of texts"),
        ('OMP_NUM_THREADS = "2"', "OMP_NUM_THREADS = 2", "training: environment: write a table of texts"),
        ('[version]\nname = "balanced"\n', 'version = "v1"\n[other]\n', "version: write a table: [version]."),
        ('alias = "val"', 'alias = "val", slot = 1', "constraint 2: slot 2: slot: it is not known here."),
        ('path = "files/train.py"', 'path = "files/con"', "“files/con”"),
    ],
)
def test_it_says_what_is_wrong_and_where(folder: Path, staff: User, old: str, new: str, sentence: str):
    change(folder, old, new)
    assert sentence in refusal(folder)


def test_it_refuses_a_file_behind_a_link(folder: Path, staff: User, tmp_path: Path):
    (tmp_path / "secret").write_text("secret")
    (folder / "files" / "train.py").unlink()
    (folder / "files" / "train.py").symlink_to(tmp_path / "secret")
    assert "goes through a link" in refusal(folder)
    assert not Blob.objects.exists()


def test_it_refuses_a_folder_behind_a_link(folder: Path, staff: User, tmp_path: Path):
    shutil.move(folder / "files", tmp_path / "elsewhere")
    (folder / "files").symlink_to(tmp_path / "elsewhere")
    assert "goes through a link" in refusal(folder)


def test_it_refuses_a_folder_without_model_toml(staff: User, tmp_path: Path):
    assert "No such file" in refusal(tmp_path)


def test_it_refuses_what_is_no_text(folder: Path, staff: User):
    (folder / "model.toml").write_bytes(b'name = "\xff"')
    assert "not UTF-8 text: byte 9" in refusal(folder)


def test_it_refuses_what_nests_too_deeply(folder: Path, staff: User):
    change(folder, 'name = "fruit-sorter"', f"name = {'[' * 100_000}")
    assert "model.toml" in refusal(folder)


def test_it_needs_somebody(folder: Path, orchard: Organization):
    assert "--by USERNAME" in refusal(folder, public=True)
    assert "--by USERNAME" in refusal(folder, public=False, organization="Orchard")
    assert "There is no user “nobody”" in refusal(folder, by="nobody")


def test_only_staff_imports_into_the_public_registry(folder: Path, olive: User):
    assert "kept by the staff" in refusal(folder, by="olive")


def test_a_viewer_can_not_import(folder: Path, vera: User):
    assert "needs the role member" in refusal(folder, public=False, organization="Orchard", by="vera")


def test_it_asks_which_registry(folder: Path, olive: User, orchard: Organization, harbor: Organization):
    assert "--public or --organization" in refusal(folder, public=False)
    assert "There is no organization “Orchid”" in refusal(folder, public=False, organization="Orchid")


def test_the_only_organization_is_meant(folder: Path, olive: User, orchard: Organization):
    call_command("import_model", str(folder))
    assert RegisteredModel.objects.get().organization == orchard


def test_the_same_name_in_another_organization_is_another_model(folder: Path, olive: User, harbor: Organization):
    theirs = RegisteredModelFactory(organization=harbor, name="fruit-sorter")
    call_command("import_model", str(folder), organization="Orchard")
    assert not theirs.versions.exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('name = "a"\nlabelmap = 3', "labelmap: write a table of lines"),
        ('name = "a"\nlabelmap = [[0]]', "labelmap: write a table of lines"),
        ('name = "a"\nhyperparameters = 3', "hyperparameters: write tables: [[hyperparameters]]."),
        ('name = "a"\n[hyperparameters]\nkey = "b"', "hyperparameters: write tables: [[hyperparameters]]."),
        ('name = "a"\nfiles = [3]', "files: write tables: [[files]]."),
    ],
)
def test_it_says_which_shape_is_right(tmp_path: Path, staff: User, text: str, sentence: str):
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    assert sentence in refusal(tmp_path)


def test_a_filename_that_is_none_elsewhere_is_refused(folder: Path, staff: User):
    (folder / "files" / "a|b").write_text("x")
    change(folder, 'path = "files/train.py"', 'path = "files/a|b"')
    assert "can't be a file's name everywhere" in refusal(folder)
    assert not Blob.objects.exists()


def test_a_version_of_nothing_but_a_name(tmp_path: Path, staff: User):
    (tmp_path / "model.toml").write_text('name = "bare"', encoding="utf-8")
    call_command("import_model", str(tmp_path), public=True)
    version = ModelVersion.objects.get()
    assert (version.name, version.inference_type, version.framework) == ("v1", "NOT_CONFIGURED", "NOT_CONFIGURED")


def test_what_is_too_large_is_refused(tmp_path: Path, staff: User, monkeypatch):
    monkeypatch.setattr("registry.toml.TOML_MAX", 1024 * 1024)
    (tmp_path / "model.toml").write_text("#" * (1024 * 1024 + 1))
    assert "model.toml is larger than 1 MB" in refusal(tmp_path)


def test_the_help_shows_how(capsys):
    with pytest.raises(SystemExit):
        call_command("import_model", "--help")
    shown = capsys.readouterr().out
    assert "manage.py import_model digits-mlp/ --public" in shown
    assert "[[constraints.slots]]" in shown


def test_a_store_that_takes_nothing_leaves_nothing(folder: Path, staff: User, monkeypatch):
    def full(file: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("registry.exchange.store", full)
    assert "No space left on device. Nothing was imported." in refusal(folder)
