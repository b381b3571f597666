"""The file of an experiment: what is written is read, and what is wrong is refused with its place."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.inference_types import InferenceType
from experiments import experiment_file
from experiments.experiment_file import (
    DeletedBase,
    ExperimentBase,
    ExperimentFile,
    ModelBase,
    read_experiment_file,
    write_experiment_file,
)
from registry.hyperparameters import Kind, kind_of, write
from registry.rows import HyperparameterRow

EXAMPLE = (experiment_file.__doc__ or "").split("\n\n", 1)[1]


def read(tmp_path: Path, text: str) -> ExperimentFile:
    path = tmp_path / "try.toml"
    path.write_text(text, encoding="utf-8", newline="\n")
    return read_experiment_file(path)


def test_the_example_of_the_help_is_read(tmp_path: Path):
    assert read(tmp_path, EXAMPLE) == ExperimentFile(
        organization="Orchard Vision",
        project="Handwriting",
        name="digits, for longer",
        description="Does it still learn?",
        inference_type="CLASSIFICATION",
        base=ModelBase(model="digits-mlp", version="v2", public=True),
        changed={"epochs": 22, "shuffle": False},
        added=[HyperparameterRow(key="schedule", kind=Kind.TEXT, value="22")],
        removed=["momentum"],
        constraint="train + test",
        versions={"train": "digits/train", "test": "digits/test"},
    )


def test_most_may_be_left_out(tmp_path: Path):
    content = read(tmp_path, 'organization = "O"\nproject = "P"\nname = "N"\n')
    assert content == ExperimentFile(organization="O", project="P", name="N")
    assert write_experiment_file(content) == 'organization = "O"\nproject = "P"\nname = "N"\n'


def test_it_is_written_as_people_write_it():
    content = ExperimentFile(
        organization="O",
        project="P",
        name="N",
        base=ExperimentBase(experiment="first"),
        changed={"note": "", "flip": False, "two words": 0},
        versions={"v1.0": "a/b", "train": "a/c"},
    )
    assert (
        write_experiment_file(content)
        == """\
organization = "O"
project = "P"
name = "N"

[base]
experiment = "first"

[hyperparameters.changed]
note = ""
flip = false
"two words" = 0

[datasets.versions]
"v1.0" = "a/b"
train = "a/c"
"""
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "digits, for longer"', "", "try.toml: name: it is missing."),
        ('name = "digits, for longer"', "name = 3", "try.toml: name: write a text in quotes."),
        ('name = "digits, for longer"', 'name = "a"\nnaem = "b"', "try.toml: naem: it is not known here."),
        ('"CLASSIFICATION"', '"SORTING"', "try.toml: inference_type: “SORTING” is not known. Write one of: CLASS"),
        ('"CLASSIFICATION"', "false", "try.toml: inference_type: write a text in quotes."),
        ("public = true", 'public = "yes"', "try.toml: base: public: write true or false without quotes."),
        ('version = "v2"', "", "try.toml: base: version: it is missing."),
        ("public = true", 'experiment = "x"', "try.toml: base: name a model or an experiment"),
        ("public = true", "pubic = true", "try.toml: base: pubic: it is not known here."),
        ("[base] ", "[[base]]", "try.toml: base: write a table: [base]."),
        ('["momentum"]', '"momentum"', "try.toml: hyperparameters: removed: write an array of texts"),
        ("[hyperparameters.changed]", "[hyperparameters.chnged]", "try.toml: hyperparameters: chnged: it is not known"),
        ('value = "22"', "value = 22", "try.toml: hyperparameters: added 1: value: write a text in quotes"),
        ('value = "22"', "default = 22", "try.toml: hyperparameters: added 1: value: it is missing."),
        ('type = "text"', 'type = "float"', "try.toml: hyperparameters: added 1: type: “float” is not known."),
        ('train = "digits/train"', "train = 1", "try.toml: datasets: versions: write a table of texts"),
        ('constraint = "train + test"', "constraint = 1", "try.toml: datasets: constraint: write a text"),
        ("[datasets.versions]", "[datasets.versions", "try.toml is not TOML"),
        ("epochs = 22", "epochs = 22\nepochs = 23", "try.toml is not TOML"),
    ],
)
def test_it_says_what_is_wrong_and_where(tmp_path: Path, old: str, new: str, sentence: str):
    assert old in EXAMPLE
    with pytest.raises(ValidationError) as refused:
        read(tmp_path, EXAMPLE.replace(old, new, 1))
    assert sentence in refused.value.messages[0]


def test_it_refuses_what_is_no_text_and_what_is_not_there(tmp_path: Path):
    path = tmp_path / "try.toml"
    with pytest.raises(ValidationError, match=r"Can't read .*: No such file"):
        read_experiment_file(path)
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(ValidationError, match=r"try\.toml is not UTF-8 text"):
        read_experiment_file(path)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = texts.filter(bool)
lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
keys = lines.filter(bool)
values = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0),
    st.booleans(),
    st.sampled_from(["", "22", "0.001", "true", "nan", '"', "a\nb\tc"]),
    lines,
)
rows = st.builds(
    lambda key, value, words: HyperparameterRow(key=key, kind=kind_of(value), value=write(value), help=words),
    keys,
    values,
    lines,
)
bases = st.one_of(
    st.none(),
    st.builds(ModelBase, model=names, version=names, public=st.booleans()),
    st.builds(ExperimentBase, experiment=names),
    st.builds(DeletedBase, deleted=names),
)
files = st.builds(
    ExperimentFile,
    organization=names,
    project=names,
    name=names,
    description=texts,
    inference_type=st.sampled_from(["", *InferenceType.values]),
    base=bases,
    changed=st.dictionaries(keys, values, max_size=4),
    added=st.lists(rows, max_size=3),
    removed=st.lists(keys, max_size=3),
    constraint=texts,
    versions=st.dictionaries(keys, texts, max_size=3),
)


@given(content=files)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(tmp_path: Path, content: ExperimentFile):
    text = write_experiment_file(content)
    again = read(tmp_path, text)
    assert again == content
    assert [type(value) for value in again.changed.values()] == [type(value) for value in content.changed.values()]
    assert list(again.versions) == list(content.versions)
    assert write_experiment_file(again) == text
