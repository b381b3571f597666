"""Out of the registry and in again: the same folder, byte for byte."""

import tempfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organizations.models import Organization, User
from registry.exchange import content_of
from registry.hyperparameters import Kind, write
from registry.model_folder import ModelFolder, paths_of, read_model_folder, write_model_toml
from registry.models import ModelVersion
from registry.rows import ConstraintRow, HyperparameterRow, SlotRow, checked_hyperparameters
from registry.training import TrainingRow
from tests.factories import ArchitectureFileFactory, ModelVersionFactory, RegisteredModelFactory

EXAMPLE = Path(__file__).parent / "example_model"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_out_in_and_out_again_is_the_same(staff: User, tmp_path: Path):
    call_command("import_model", str(EXAMPLE), public=True)
    call_command("export_model", "fruit-sorter", str(tmp_path / "first"), public=True)
    ModelVersion.objects.get().model.delete()
    call_command("import_model", str(tmp_path / "first"), public=True)
    call_command("export_model", "fruit-sorter/balanced", str(tmp_path / "second"), public=True)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    assert read_model_folder(tmp_path / "first") == read_model_folder(EXAMPLE)
    assert (tmp_path / "first/files/weights.onnx").read_bytes() == (EXAMPLE / "files/weights.onnx").read_bytes()


def test_an_export_is_already_there(staff: User, tmp_path: Path, capsys):
    call_command("import_model", str(EXAMPLE), public=True)
    call_command("export_model", "fruit-sorter", str(tmp_path / "out"), public=True)
    call_command("import_model", str(tmp_path / "out"), public=True)
    assert "already there" in capsys.readouterr().out


def test_files_of_equal_filenames_keep_apart(staff: User, orchard: Organization, tmp_path: Path):
    version = ModelVersionFactory(model__organization=None, model__name="twins")
    for name, filename in (("a", "x.bin"), ("b", "X.bin"), ("c", "2"), ("d", "x.bin")):
        ArchitectureFileFactory(architecture=version.architecture, name=name, filename=filename)
    call_command("export_model", "twins/v1", str(tmp_path / "out"), public=True)
    call_command("import_model", str(tmp_path / "out"), public=True)
    assert ModelVersion.objects.count() == 1
    assert len(contents(tmp_path / "out")) == 5


@pytest.mark.parametrize("name", ["a/b", "a/b/v1", "a/b/c/d"])
def test_names_may_hold_slashes(staff: User, tmp_path: Path, name: str):
    model = RegisteredModelFactory(public=True, name="a/b")
    ModelVersionFactory(model=model, number=1, name="v1", description="first")
    ModelVersionFactory(model=model, number=2, name="c/d", description="second")
    call_command("export_model", name, str(tmp_path / "out"), public=True)
    expected = "first" if name.endswith("v1") else "second"
    assert read_model_folder(tmp_path / "out").version_description == expected


def test_it_refuses_what_is_not_there(staff: User, tmp_path: Path):
    RegisteredModelFactory(public=True, name="empty")
    with pytest.raises(CommandError, match="has no version yet"):
        call_command("export_model", "empty", str(tmp_path / "out"), public=True)
    with pytest.raises(CommandError, match="There is no model version “none/v1” there"):
        call_command("export_model", "none/v1", str(tmp_path / "out"), public=True)


def test_it_writes_into_no_folder_that_holds_something(staff: User, tmp_path: Path):
    ModelVersionFactory(model__organization=None, model__name="one")
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(CommandError, match="is not empty"):
        call_command("export_model", "one", str(tmp_path), public=True)
    assert contents(tmp_path) == {"mine": b"precious"}


def test_a_damaged_file_leaves_no_half_folder(staff: User, tmp_path: Path, files_dir: Path):
    version = ModelVersionFactory(model__organization=None, model__name="one")
    file = ArchitectureFileFactory(architecture=version.architecture)
    (files_dir / file.blob.path).unlink()
    with pytest.raises(CommandError, match="damaged"):
        call_command("export_model", "one", str(tmp_path / "out"), public=True)
    assert list(tmp_path.iterdir()) in ([], [files_dir])


def test_a_place_that_can_not_be_written_is_told(staff: User, tmp_path: Path):
    ModelVersionFactory(model__organization=None, model__name="one")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CommandError, match="Can't write"):
        call_command("export_model", "one", str(tmp_path / "file" / "out"), public=True)


texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)
lines = texts.map(str.strip)
names = lines.filter(bool)
aliases = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)


@st.composite
def hyperparameters(draw):
    kind = draw(st.sampled_from(Kind.values))
    options = draw(
        st.lists(names.filter(lambda name: len(name.splitlines()) == 1), min_size=1, max_size=3, unique=True)
    )
    values = {
        Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
        Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0),
        Kind.BOOLEAN: st.booleans(),
        Kind.TEXT: st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=20),
        Kind.CHOICE: st.sampled_from(options),
    }
    return HyperparameterRow(
        key=draw(names),
        kind=kind,
        value=write(draw(values[kind])),
        choices=options if kind == Kind.CHOICE else [],
        required=draw(st.booleans()),
        help=draw(lines),
    )


folders = st.builds(
    ModelFolder,
    name=names,
    description=texts,
    version_name=lines,
    version_description=texts,
    inference_type=st.sampled_from(["CLASSIFICATION", "MULTI"]),
    framework=st.sampled_from(["ONNX", "NOT_CONFIGURED"]),
    training=st.builds(
        TrainingRow,
        image=st.sampled_from(["", "a/b", "host:5000/c"]),
        flags=st.lists(lines.map("--{}".format), max_size=2),
        environment=st.dictionaries(st.sampled_from(["B", "A", "c"]), lines),
        command=lines,
    ),
    labelmap=st.lists(
        st.tuples(st.integers(0, 2**63 - 1), names), unique_by=(lambda pair: pair[0], lambda pair: pair[1]), max_size=4
    ),
    hyperparameters=st.lists(hyperparameters(), max_size=4, unique_by=lambda row: row.key),
    constraints=st.lists(
        st.builds(ConstraintRow, name=names, slots=st.lists(st.builds(SlotRow, alias=aliases, help=lines), max_size=3)),
        max_size=2,
    ),
)


@given(content=folders)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_is_read(content: ModelFolder):
    text = write_model_toml(content)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.toml").write_text(text, encoding="utf-8", newline="\n")
        again = read_model_folder(Path(folder))
    assert again == content
    assert write_model_toml(again) == text
    assert checked_hyperparameters(again.hyperparameters) == content.hyperparameters


def test_the_places_of_files_do_not_depend_on_their_order():
    files = [("b", "x"), ("a", "X"), ("c", "y")]
    assert paths_of(files) == paths_of(reversed(files))


@pytest.mark.django_db
def test_the_content_of_a_version(staff: User):
    call_command("import_model", str(EXAMPLE), public=True)
    assert content_of(ModelVersion.objects.get()) == read_model_folder(EXAMPLE)
