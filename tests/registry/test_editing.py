"""What an architecture is given, all of it or nothing, and counted."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from organizations.models import User
from registry.editing import (
    ChangedMeanwhile,
    add_file,
    add_files,
    remove_file,
    rename_file,
    set_constraints,
    set_hyperparameters,
    set_labelmap,
    set_training_image,
)
from registry.hyperparameters import Kind
from registry.models import ArchitectureFile, ModelVersion
from registry.rows import ConstraintRow, HyperparameterRow, SlotRow, in_words
from registry.training import TrainingRow, checked_training, read_environment, write_environment
from tests.factories import (
    ArchitectureFileFactory,
    BlobFactory,
    DatasetConstraintFactory,
    ExperimentDraftFactory,
    ModelVersionFactory,
    RegisteredModelFactory,
)

ROW = HyperparameterRow(key="epochs", kind=Kind.INTEGER, value="20", minimum="1", maximum="500")


@pytest.fixture
def version(alice: User, orchard) -> ModelVersion:
    return ModelVersionFactory(model__organization=orchard, created_by=alice)


def told_by(act, *args, **options) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        act(*args, **options)
    return refused.value.message_dict


def constraint(name: str, *aliases: str) -> ConstraintRow:
    return ConstraintRow(name=name, slots=[SlotRow(alias=alias, help=f"about {alias}") for alias in aliases])


def test_hyperparameters_are_kept_in_canonical_text_and_order(version: ModelVersion, alice: User):
    rows = [
        HyperparameterRow(key=" rate ", kind=Kind.NUMBER, value=" 1 ", minimum=".5", required=True, help=" how fast "),
        HyperparameterRow(key="epochs", kind=Kind.INTEGER, value="+07"),
        HyperparameterRow(key="shuffle", kind=Kind.BOOLEAN, value="Yes"),
        HyperparameterRow(key="empty", kind=Kind.TEXT, value=""),
    ]
    set_hyperparameters(version=version, rows=rows, by=alice)
    kept = list(version.architecture.hyperparameters.all())
    assert [(row.key, row.value) for row in kept] == [
        ("rate", "1.0"),
        ("epochs", "7"),
        ("shuffle", "true"),
        ("empty", ""),
    ]
    assert (kept[0].minimum, kept[0].maximum, kept[0].required, kept[0].help) == ("0.5", None, True, "how fast")
    set_hyperparameters(version=version, rows=rows[:1], by=alice)
    assert version.architecture.hyperparameters.count() == 1
    assert version.architecture.revision == 2


@pytest.mark.parametrize(
    ("row", "place", "sentence"),
    [
        ({"key": ""}, "key", "A key can't be empty or only spaces."),
        ({"key": "x" * 101}, "key", "A key has at most 100 characters; this one has 101."),
        ({"kind": "COMPLEX"}, "kind", "Choose one of the types."),
        ({"value": "501"}, "value", "It must be between 1 and 500."),
        ({"value": "nan"}, "value", "Not a whole number. It must be between 1 and 500."),
        ({"minimum": "one"}, "minimum", "Not a whole number."),
        ({"minimum": "501"}, "maximum", "The minimum is greater than the maximum."),
        ({"kind": Kind.TEXT}, "minimum", "Only integers and numbers have a range: leave it empty."),
        (
            {"kind": Kind.CHOICE, "minimum": "", "maximum": ""},
            "choices",
            "A choice needs at least one thing to choose.",
        ),
        ({"choices": ["a"]}, "choices", "Only a choice has choices."),
        ({"help": "x" * 201}, "help", "A help text has at most 200 characters; this one has 201."),
    ],
)
def test_a_wrong_hyperparameter_is_named_by_place(version: ModelVersion, alice: User, row, place: str, sentence: str):
    wrong = HyperparameterRow(**(vars(ROW) | {"key": "second"} | row))
    told = told_by(set_hyperparameters, version=version, rows=[ROW, wrong], by=alice)
    assert told[f"hyperparameters-1-{place}"] == [sentence]
    assert not version.architecture.hyperparameters.exists()


def test_everything_wrong_is_told_at_once(version: ModelVersion, alice: User):
    rows = [ROW, ROW, HyperparameterRow(key="a", kind=Kind.NUMBER, value="x", help="a\x00b")]
    told = told_by(set_hyperparameters, version=version, rows=rows, by=alice)
    assert set(told) == {
        "hyperparameters-0-key",
        "hyperparameters-1-key",
        "hyperparameters-2-value",
        "hyperparameters-2-help",
    }


@pytest.mark.parametrize("choice", ["", " adam", "a\nb"])
def test_choices_can_be_written_a_line_each(version: ModelVersion, alice: User, choice: str):
    row = HyperparameterRow(key="a", kind=Kind.CHOICE, value="sgd", choices=["sgd", choice])
    told = told_by(set_hyperparameters, version=version, rows=[row], by=alice)
    assert "A choice is one line" in told["hyperparameters-0-choices"][0]


def test_too_many_rows_are_refused_with_the_figure(version: ModelVersion, alice: User):
    with pytest.raises(ValidationError, match="at most 1,000 hyperparameters; these are 1,001"):
        set_hyperparameters(version=version, rows=[ROW] * 1_001, by=alice)
    with pytest.raises(ValidationError, match="at most 100 constraints; these are 101"):
        set_constraints(version=version, rows=[constraint("a", "b")] * 101, by=alice)
    row = HyperparameterRow(key="a", kind=Kind.CHOICE, value="0", choices=[str(n) for n in range(1_001)])
    told = told_by(set_hyperparameters, version=version, rows=[row], by=alice)
    assert "At most 1,000 choices" in told["hyperparameters-0-choices"][0]
    told = told_by(set_constraints, version=version, rows=[constraint("a", *[f"a{n}" for n in range(101)])], by=alice)
    assert "at most 100 aliases" in told["constraints-0-name"][0]


def test_a_thousand_hyperparameters_cost_few_queries(version: ModelVersion, alice: User, django_assert_max_num_queries):
    rows = [HyperparameterRow(key=f"key {n}", value="x") for n in range(1_000)]
    with django_assert_max_num_queries(40):
        set_hyperparameters(version=version, rows=rows, by=alice)


def test_constraints_keep_the_row_that_a_draft_chose(version: ModelVersion, alice: User):
    kept = DatasetConstraintFactory(architecture=version.architecture, name="kept", aliases=["train"])
    gone = DatasetConstraintFactory(architecture=version.architecture, name="gone", aliases=["train"])
    chose = ExperimentDraftFactory(dataset_constraint=kept)
    lost = ExperimentDraftFactory(dataset_constraint=gone)
    rows = [constraint("new", "test"), constraint(" kept ", "train", "val")]
    set_constraints(version=version, rows=rows, by=alice)
    chose.refresh_from_db()
    lost.refresh_from_db()
    assert (chose.dataset_constraint, lost.dataset_constraint) == (kept, None)
    found = list(version.architecture.constraints.prefetch_related("slots"))
    assert [[row.name, *(slot.alias for slot in row.slots.all())] for row in found] == [
        ["new", "test"],
        ["kept", "train", "val"],
    ]
    assert found[1].slots.all()[1].help == "about val"
    assert version.architecture.revision == 1


@pytest.mark.parametrize(
    ("rows", "place", "sentence"),
    [
        ([constraint("", "train")], "constraints-0-name", "Write a name: it can't be empty or only spaces."),
        ([constraint("a", "b"), constraint("a ", "b")], "constraints-1-name", "This name is there twice."),
        ([constraint("a")], "constraints-0-name", "A constraint needs at least one alias."),
        ([constraint("a", "train", "Train")], "constraints-0-slots-1-alias", "This alias is in the constraint twice"),
        ([constraint("a", "")], "constraints-0-slots-0-alias", "An alias has 1 to 50"),
        ([constraint("a", "tr/in")], "constraints-0-slots-0-alias", "An alias has 1 to 50"),
        (
            [ConstraintRow(name="a", slots=[SlotRow(alias="b", help="x\ny")])],
            "constraints-0-slots-0-help",
            "A name is one line",
        ),
    ],
)
def test_a_wrong_constraint_is_named_by_place(version: ModelVersion, alice: User, rows, place: str, sentence: str):
    DatasetConstraintFactory(architecture=version.architecture, name="as it was", aliases=["train"])
    assert told_by(set_constraints, version=version, rows=rows, by=alice)[place][0].startswith(sentence)
    assert version.architecture.constraints.get().name == "as it was"


def test_constraints_can_swap_their_places(version: ModelVersion, alice: User):
    set_constraints(version=version, rows=[constraint("a", "x"), constraint("b", "x")], by=alice)
    set_constraints(version=version, rows=[constraint("b", "x"), constraint("a", "x")], by=alice)
    assert [row.name for row in version.architecture.constraints.all()] == ["b", "a"]


def test_a_labelmap_is_kept_in_order(version: ModelVersion, alice: User):
    set_labelmap(version=version, labelmap=[(3, "pear "), (1, "apple")], by=alice)
    version.refresh_from_db()
    assert version.architecture.labelmap == [[3, "pear"], [1, "apple"]]
    assert version.architecture.revision == 1


def test_a_training_image_is_kept(version: ModelVersion, alice: User):
    row = TrainingRow(
        image=" registry.example.org:5000/team/fruit ", tag="1.4", flags=[" -it ", ""], environment={"A": "b"}
    )
    set_training_image(version=version, training=row, by=alice)
    version.refresh_from_db()
    architecture = version.architecture
    assert architecture.image == "registry.example.org:5000/team/fruit:1.4"
    assert (architecture.docker_flags, architecture.docker_environment) == (["-it"], {"A": "b"})
    assert (architecture.command, architecture.is_trainable, architecture.revision) == ("", True, 1)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"image": "a b"}, "image"),
        ({"image": "team/Upper"}, "image"),
        ({"image": "a:1.2"}, "image"),
        ({"image": "../etc"}, "image"),
        ({"image": "x" * 301}, "image"),
        ({"image": "a\x00"}, "image"),
        ({"tag": "1.2"}, "tag"),
        ({"image": "a", "tag": "-1"}, "tag"),
        ({"image": "a", "tag": "x" * 129}, "tag"),
        ({"image": f"a@sha256:{'0' * 64}", "tag": "1"}, "tag"),
        ({"flags": ["rm -rf"]}, "flags"),
        ({"flags": ["-x\ny"]}, "flags"),
        ({"flags": ["-x"] * 101}, "flags"),
        ({"flags": ["-" + "x" * 1_000]}, "flags"),
        ({"environment": {"1A": "x"}}, "environment"),
        ({"environment": {"A=B": "x"}}, "environment"),
        ({"environment": {"A": "x\ny"}}, "environment"),
        ({"environment": {"A": " x"}}, "environment"),
        ({"environment": {f"A{n}": "" for n in range(201)}}, "environment"),
        ({"command": "a\nb"}, "command"),
        ({"command": "x" * 1_001}, "command"),
        ({"command": "a\x07"}, "command"),
    ],
)
def test_a_wrong_training_image_is_refused_by_field(options, field: str):
    assert list(told_by(checked_training, TrainingRow(**options))) == [field]


@pytest.mark.parametrize("image", ["a", "a/b-c/d_e", "localhost:5000/a", f"a@sha256:{'0' * 64}", "a__b", "a--b.c"])
def test_names_of_images(image: str):
    assert checked_training(TrainingRow(image=image)).image == image


def test_an_environment_is_written_and_read():
    environment = {"B": "x=y", "A": ""}
    assert write_environment(environment) == "A=\nB=x=y"
    assert read_environment(write_environment(environment) + "\r\n\r\n") == environment
    with pytest.raises(ValidationError) as refused:
        read_environment("A\nB=1\nB=2")
    assert [message[:7] for message in refused.value.messages] == ["Line 1:", "Line 3:"]


def test_files_are_called_by_their_stem(version: ModelVersion, alice: User):
    blob = BlobFactory()
    names = ["model.onnx", "model.json", ".env", "LICENSE", f"{'x' * 120}.bin"]
    files = add_files(version=version, files=[("", name, blob) for name in names], by=alice)
    assert [file.name for file in files] == ["model", "model.json", ".env", "LICENSE", "x" * 100]
    assert version.architecture.revision == 1


def test_files_come_all_or_none(version: ModelVersion, alice: User):
    blob = BlobFactory()
    add_file(version=version, name="weights", filename="w.bin", blob=blob, by=alice)
    with pytest.raises(ValidationError, match="There is a file “weights” already"):
        add_files(version=version, files=[("", "new.bin", blob), (" weights ", "x.bin", blob)], by=alice)
    assert ArchitectureFile.objects.count() == 1
    assert version.architecture.revision == 1


@pytest.mark.parametrize("filename", ["../x", "a/b", "a\\b", "C:x", "a\x00b", "..", "", "x ", "con"])
def test_a_filename_that_could_lead_astray_is_refused(version: ModelVersion, alice: User, filename: str):
    with pytest.raises(ValidationError):
        add_file(version=version, name="a", filename=filename, blob=BlobFactory(), by=alice)
    assert not ArchitectureFile.objects.exists()


def test_more_files_than_ten_thousand_are_refused(version: ModelVersion, alice: User, monkeypatch):
    monkeypatch.setattr("registry.editing.FILES_MAX", 1)
    blob = BlobFactory()
    with pytest.raises(ValidationError, match="at most 1 files"):
        add_files(version=version, files=[("a", "a", blob), ("b", "b", blob)], by=alice)


def test_a_file_is_renamed_and_removed(version: ModelVersion, alice: User):
    file = ArchitectureFileFactory(architecture=version.architecture, name="old")
    ArchitectureFileFactory(architecture=version.architecture, name="taken")
    assert rename_file(version=version, file=file, name=" new ", by=alice).name == "new"
    assert rename_file(version=version, file=file, name="new", by=alice).name == "new"
    for name in ("taken", " ", "x" * 101):
        with pytest.raises(ValidationError):
            rename_file(version=version, file=file, name=name, by=alice)
    remove_file(version=version, file=file, by=alice)
    assert [row.name for row in version.architecture.files.all()] == ["taken"]
    assert version.architecture.revision == 3


ACTS = [
    lambda version, by, **more: set_hyperparameters(version=version, rows=[ROW], by=by, **more),
    lambda version, by, **more: set_labelmap(version=version, labelmap=[(0, "cat")], by=by, **more),
    lambda version, by, **more: set_training_image(version=version, training=TrainingRow(), by=by, **more),
    lambda version, by, **more: set_constraints(version=version, rows=[constraint("a", "b")], by=by, **more),
]


@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_gated_and_counted(version: ModelVersion, alice, bob, vera, charlie, staff, act):
    for user in (bob, vera, charlie):
        with pytest.raises(PermissionDenied):
            act(version, user)
    act(version, alice)
    act(version, staff)
    version.refresh_from_db()
    assert version.architecture.revision == 2


@pytest.mark.parametrize("act", ACTS)
def test_public_versions_are_edited_by_staff_alone(alice: User, staff: User, act):
    version = ModelVersionFactory(model=RegisteredModelFactory(public=True), created_by=alice)
    with pytest.raises(PermissionDenied):
        act(version, alice)
    act(version, staff)


@pytest.mark.parametrize("act", ACTS)
def test_an_act_on_what_changed_meanwhile_is_refused(version: ModelVersion, alice: User, act):
    act(version, alice, revision=0)
    with pytest.raises(ChangedMeanwhile, match="Somebody changed this version"):
        act(version, alice, revision=0)
    act(version, alice, revision=1)


@pytest.mark.parametrize("act", ACTS)
def test_an_act_on_a_deleted_version_is_refused(version: ModelVersion, alice: User, act):
    stale = ModelVersion.objects.select_related("model__organization", "architecture").get(pk=version.pk)
    version.delete()
    version.architecture.delete()
    with pytest.raises(ValidationError, match="deleted meanwhile"):
        act(stale, alice)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("hyperparameters-3-maximum", "hyperparameter 4, maximum"),
        ("hyperparameters-0-kind", "hyperparameter 1, type"),
        ("constraints-0-slots-1-alias", "constraint 1, slot 2, alias"),
    ],
)
def test_a_place_in_words(place: str, words: str):
    assert in_words(place) == words
