"""`manage.py create_experiment`: the creation form on the command line."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.ids import new_id
from experiments.models import Experiment, ExperimentDraft, Project, Status
from organizations.models import User
from registry.models import ModelVersion
from tests.experiments.create_experiment_command.written import FILE, create, dump, refusal, replaced, values_of


def test_it_works(world: Project, public_base: ModelVersion, olive: User, path: Path, capsys):
    experiment = create(path)
    assert f"from a file is created in Fruit: http://testserver/experiments/{experiment.pk}/" in capsys.readouterr().out
    assert (experiment.project, experiment.created_by, experiment.status) == (world, olive, Status.WAITING)
    assert (experiment.description, experiment.inference_type) == ("Written\nby hand.", "CLASSIFICATION")
    assert (experiment.base_kind, experiment.base) == ("PUBLIC_MODEL", public_base)
    assert values_of(experiment) == [
        ("epochs", "INTEGER", 22, "1", []),
        ("learning_rate", "NUMBER", 0.001, None, []),
        ("augment", "BOOLEAN", False, None, []),
        ("note", "TEXT", "22", None, []),
        ("schedule", "TEXT", "22", None, []),
        ("warm up", "NUMBER", 3.0, "0.0", []),
    ]
    assert [row["key"] for row in experiment.removed_hyperparameters] == ["optimizer"]
    assert [(entry.alias, str(entry.dataset_version)) for entry in experiment.dataset_versions.all()] == [
        ("train", "apples/train"),
        ("test", "apples/test"),
    ]
    assert str(experiment.dataset_constraint) == "two"
    assert experiment.architecture.files.count() == 2
    assert not ExperimentDraft.objects.exists()


def test_a_second_time_the_name_is_taken(world: Project, path: Path):
    create(path)
    expected = "try.toml: name: The project has an experiment of this name already: choose another."
    assert refusal(path, FILE) == expected


def test_dump_by_id_and_by_name(world: Project, path: Path, vera: User, charlie: User, capsys):
    experiment = create(path)
    capsys.readouterr()
    for name, options in (
        (str(experiment.pk), {}),
        (str(experiment.pk), {"by": "vera"}),
        ("from a file", {"organization": "Orchard", "project": "Fruit"}),
    ):
        call_command("create_experiment", dump=name, **options)
        assert capsys.readouterr().out == FILE


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        ((), {}, "Name a file to create an experiment from, or one experiment with --dump."),
        (("x.toml",), {"dump": "x"}, "Name a file to create an experiment from, or one experiment with --dump."),
        (("x.toml",), {"project": "Fruit"}, "The file itself says its organization and project."),
        (("none.toml",), {}, "Can't read none.toml: No such file or directory."),
        ((), {"dump": "from a file"}, "“from a file” is no id. A name needs --organization and --project."),
        ((), {"dump": "x", "project": "Fruit"}, "A name needs both --organization and --project."),
        ((), {"dump": "x", "project": "Fruit", "organization": "Orchard"}, "There is no experiment “x” in Fruit."),
        ((), {"dump": "x", "project": "Fruit", "organization": "Orchard", "by": "charlie"}, "charlie is a member of."),
        ((), {"dump": str(new_id())}, "There is no experiment of the id"),
    ],
)
def test_what_it_is_asked_wrongly(world: Project, charlie: User, arguments: Any, options: Any, sentence: str):
    with pytest.raises(CommandError) as refused:
        call_command("create_experiment", *arguments, **options)
    assert sentence in str(refused.value)


def test_a_stranger_finds_no_experiment_to_dump(world: Project, path: Path, charlie: User):
    experiment = create(path)
    with pytest.raises(CommandError, match="There is no experiment of the id"):
        call_command("create_experiment", dump=str(experiment.pk), by="charlie")


def test_a_viewer_may_not(world: Project, vera: User, path: Path):
    assert "This needs the role member in Orchard." in refusal(path, FILE, by="vera")


def test_a_stranger_sees_nothing(world: Project, charlie: User, path: Path):
    assert "There is no organization “Orchard” that charlie is a member of." in refusal(path, FILE, by="charlie")


def test_a_member_may(world: Project, bob: User, path: Path):
    assert create(path, by="bob").created_by == bob


def test_from_nothing(world: Project, path: Path):
    text = (
        FILE[: FILE.index("[base]")]
        + """\
[hyperparameters]
added = [
    { key = "epochs", type = "integer", value = 9223372036854775807 },
    { key = "optimizer", type = "choice", value = "sgd", choices = ["adam", "sgd"], help = "How it steps." },
]

[datasets.versions]
mine = "apples/train"
again = "apples/train"
"""
    )
    experiment = create(path, text)
    assert experiment.base is None
    assert values_of(experiment) == [
        ("epochs", "INTEGER", 2**63 - 1, None, []),
        ("optimizer", "CHOICE", "sgd", None, ["adam", "sgd"]),
    ]
    assert [entry.alias for entry in experiment.dataset_versions.all()] == ["mine", "again"]
    Experiment.objects.update(name="another")
    written = dump(experiment).replace('"another"', '"from a file"')
    assert dump(create(path, written)) == written


def test_without_a_type_it_is_the_bases(world: Project, path: Path):
    assert create(path, replaced('inference_type = "CLASSIFICATION"\n', "")).inference_type == "CLASSIFICATION"
