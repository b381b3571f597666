"""`manage.py create_experiment`: the creation form on the command line, and the file of an experiment."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.ids import new_id
from datasets.models import DatasetVersion
from experiments.creation import create_experiment, delete_experiment
from experiments.drafts.base import attach_base, detach_base
from experiments.drafts.hyperparameters import add_hyperparameter, remove_hyperparameter
from experiments.drafts.lifecycle import start_from
from experiments.exchange import content_of, create_from_file
from experiments.experiment_file import read_experiment_file, write_experiment_file
from experiments.models import Experiment, ExperimentDraft, Project, Status
from organizations.models import Organization, User
from registry.hyperparameters import Kind, kind_of, write
from registry.models import ModelVersion
from registry.services import delete_model_version
from tests.experiments.making import again, change, everything, full_version, named_draft, row_of
from tests.factories import (
    AttachedDatasetVersionFactory,
    DatasetFactory,
    DatasetVersionFactory,
    ExperimentFactory,
    HyperparameterFactory,
    ModelVersionFactory,
    ProjectFactory,
)

FILE = """\
organization = "Orchard"
project = "Fruit"
name = "from a file"
description = "Written\\nby hand."
inference_type = "CLASSIFICATION"

[base]
model = "Public classifier"
version = "v1"
public = true

[hyperparameters]
removed = [
    "optimizer",
]
added = [
    { key = "schedule", type = "text", value = "22" },
    { key = "warm up", type = "number", value = 3.0, minimum = 0.0 },
]

[hyperparameters.changed]
epochs = 22
augment = false
note = "22"

[datasets]
constraint = "two"

[datasets.versions]
train = "apples/train"
test = "apples/test"
"""


@pytest.fixture
def world(project: Project, public_base: ModelVersion, orchard: Organization, olive: User) -> Project:
    """The project with the public model to start from, and three versions of one dataset attached."""
    apples = DatasetFactory(organization=orchard, name="apples")
    for name in ("train", "test", "val"):
        AttachedDatasetVersionFactory(project=project, dataset_version=DatasetVersionFactory(dataset=apples, name=name))
    return project


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "try.toml"


def create(path: Path, text: str = FILE, **options: str) -> Experiment:
    path.write_text(text, encoding="utf-8", newline="\n")
    known = set(Experiment.objects.values_list("pk"))
    call_command("create_experiment", str(path), **options)
    return Experiment.objects.exclude(pk__in=[pk for (pk,) in known]).get()


def refusal(path: Path, text: str, **options: str) -> str:
    before = everything()
    with pytest.raises(CommandError) as refused:
        create(path, text, **options)
    assert everything() == before
    return str(refused.value)


def dump(experiment: Experiment) -> str:
    return write_experiment_file(content_of(Experiment.objects.get(pk=experiment.pk)))


def values_of(experiment: Experiment) -> list[tuple[str, str, Any, str | None, list[str]]]:
    rows = experiment.architecture.hyperparameters.all()
    return [(row.key, row.kind, row.typed_value, row.minimum, row.choices) for row in rows]


def replaced(old: str, new: str, text: str = FILE) -> str:
    assert old in text
    return text.replace(old, new, 1)


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


def test_out_in_and_out_again_is_the_same(world: Project, path: Path, olive: User):
    first = create(path)
    assert dump(first) == FILE
    Experiment.objects.filter(pk=first.pk).update(name="another")
    second = create(path, FILE)
    assert dump(second) == FILE
    assert values_of(second) == values_of(first)
    delete_experiment(second, by=olive)
    assert dump(create(path, FILE)) == FILE


def test_into_another_project(world: Project, orchard: Organization, path: Path):
    other = ProjectFactory(organization=orchard, name="Vegetables")
    for attachment in world.attachments.all():
        AttachedDatasetVersionFactory(project=other, dataset_version=attachment.dataset_version)
    text = replaced("Fruit", "Vegetables", dump(create(path)))
    assert dump(create(path, text)) == text


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


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"Orchard"', '"Orchid"', "There is no organization “Orchid”."),
        ('"Fruit"', '"Vegetables"', "try.toml: There is no project “Vegetables” in Orchard."),
        ('"Fruit"', '"Fr\\u0000uit"', "try.toml: Character 3 is a control character (U+0000)"),
        ('"from a file"', '"  "', "try.toml: name: A name can't be only spaces."),
        ('"from a file"', f'"{"x" * 101}"', "try.toml: name: Ensure this value has at most 100 characters"),
        ('"from a file"', f'"{"x" * 20_001}"', "try.toml: name: Too long to be saved"),
        ('"from a file"', '"a\\u0000b"', "try.toml: name: Remove the NUL character"),
        ('"from a file"', '"a\\u0007b"', "try.toml: name: Character 2 is a control character"),
        ('"Written\\nby hand."', f'"{"x" * 1001}"', "try.toml: description: Ensure this value has at most 1000"),
        ('"CLASSIFICATION"', '"NOT_CONFIGURED"', "try.toml: inference_type: Choose one of the inference types."),
        ('"CLASSIFICATION"', '"SEGMENTATION"', "try.toml: base: Public classifier v1 is for classification."),
        ('"v1"', '"v2"', "try.toml: base: There is no version “v2” of a model “Public classifier” in the Public Regis"),
        ("public = true", "public = false", "in the Private Registry of Orchard."),
        ("epochs = 22", "epochs = 501", "try.toml: hyperparameters: changed: epochs: It must be between 1 and 500."),
        ("epochs = 22", 'epochs = "22"', "try.toml: hyperparameters: changed: epochs: write a whole number without"),
        ("epochs = 22", "epochs = 22.0", "try.toml: hyperparameters: changed: epochs: write a whole number without"),
        ("epochs = 22", "epochs = true", "try.toml: hyperparameters: changed: epochs: write a whole number without"),
        ("epochs = 22", f"epochs = {2**63}", "try.toml: hyperparameters: changed: epochs: Too large"),
        ("epochs = 22", f"epochs = 0x{'f' * 5000}", "try.toml: hyperparameters: changed: epochs: it is too large."),
        ("epochs = 22", "epochs = 22\nlearning_rate = nan", "changed: learning_rate: Not a finite number."),
        ("epochs = 22", "epochs = 22\nlearning_rate = -inf", "changed: learning_rate: Not a finite number."),
        ("epochs = 22", "epochs = 22\nmomentum = 1", "changed: momentum: the base has no such hyperparameter."),
        ("epochs = 22", 'optimizer = "sgd"', "changed: optimizer: it is under removed too."),
        ("epochs = 22", "epochs = 2020-01-01", "changed: epochs: write a whole number without quotes"),
        ("augment = false", "augment = 0", "try.toml: hyperparameters: changed: augment: write true or false without"),
        ('note = "22"', "note = 22", "try.toml: hyperparameters: changed: note: write a text in quotes"),
        ('note = "22"', 'note = "\\u0000"', "try.toml: hyperparameters: changed: note: "),
        ('"optimizer",', '"epochs",', "removed: epochs: epochs is required by the training script"),
        ('"optimizer",', '"momentum",', "removed: momentum: the base has no such hyperparameter."),
        ('"schedule"', '"note"', "try.toml: hyperparameters: added 1: key: note is there already."),
        ('"schedule"', '"optimizer"', "added 1: key: optimizer was removed: restore it instead."),
        ('"schedule"', '"warm up"', "added 1: key: This key is there twice."),
        ('"schedule"', '" "', "added 1: key: A key can't be empty or only spaces."),
        ("value = 3.0", "value = -1.0", "added 2: value: It must be at least 0."),
        ("value = 3.0", "value = nan", "added 2: value: Not a finite number."),
        ('type = "text", value = "22"', 'type = "choice", value = "22"', "added 1: choices: A choice needs at least"),
        ('"two"', '"four"', "datasets: constraint: The base has no dataset constraint “four”. It has: two, three."),
        ('"two"', '"three"', "try.toml: datasets: Still empty: val."),
        ('constraint = "two"', "", "try.toml: datasets: Choose one of the base's dataset constraints."),
        ('test = "apples/test"', "", "try.toml: datasets: Still empty: test."),
        ('test = "apples/test"', 'test = "apples/test"\nval = "apples/val"', "datasets: two takes just train, test."),
        (
            "apples/test",
            "apples/none",
            "datasets: versions: test: There is no dataset version “apples/none” in Orchard",
        ),
        ("apples/test", "apples/loose", "datasets: apples/loose is not attached to the project"),
        ("apples/test", "ships/all", "datasets: versions: test: There is no dataset version “ships/all” in Orchard."),
        ('test = "', '"te st" = "', "datasets: versions: te st: An alias has 1 to 50 letters"),
        ('test = "', 'Train = "', "datasets: versions: Train: “Train” is used twice; case is ignored."),
    ],
)
def test_it_says_what_is_wrong_and_where(
    world: Project, harbor: Organization, path: Path, old: str, new: str, sentence: str
):
    DatasetVersionFactory(dataset__organization=harbor, dataset__name="ships", name="all")
    DatasetVersionFactory(dataset=DatasetVersion.objects.get(name="train").dataset, name="loose")
    assert sentence in refusal(path, replaced(old, new))


def test_it_says_everything_at_once(world: Project, path: Path):
    told = refusal(path, replaced("epochs = 22", 'epochs = "22"\nmomentum = 1', replaced("apples/test", "x/y")))
    assert [line.split(": ")[1:4] for line in told.splitlines()] == [
        ["hyperparameters", "changed", "epochs"],
        ["hyperparameters", "changed", "momentum"],
        ["datasets", "versions", "test"],
    ]


def test_too_many_additions(world: Project, path: Path):
    rows = "".join(f'{{ key = "k{n}", type = "boolean", value = true }}, ' for n in range(2_001))
    sentence = "try.toml: hyperparameters: added: An architecture has at most 2,000 hyperparameters; these are 2,001."
    text = FILE[: FILE.index("added = [")] + f"added = [{rows}]\n" + FILE[FILE.index("[hyperparameters.changed]") :]
    assert refusal(path, text) == sentence
    fewer = text.replace('{ key = "k1", type = "boolean", value = true },', "")
    assert refusal(path, fewer) == "try.toml: hyperparameters: added: An experiment has at most 2,000 hyperparameters."


def test_without_dataset_versions_it_says_which_are_missing(world: Project, path: Path):
    told = refusal(path, FILE[: FILE.index("[datasets]")])
    assert told.splitlines() == [
        "try.toml: datasets: versions: train: train is still empty.",
        "try.toml: datasets: versions: test: test is still empty.",
    ]


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


@pytest.mark.parametrize("version", ["v2", "2", "balanced"])
def test_a_private_base_by_number_or_name(world: Project, base: ModelVersion, path: Path, version: str):
    wanted = ModelVersionFactory(model=base.model, number=2, name="balanced")
    text = FILE[: FILE.index("[base]")] + f'[base]\nmodel = "Fruit classifier"\nversion = "{version}"\n'
    experiment = create(path, text)
    assert (experiment.base_kind, experiment.base) == ("PRIVATE_MODEL", wanted)
    assert 'version = "balanced"' in dump(experiment)


def test_a_name_goes_before_a_number(world: Project, base: ModelVersion, path: Path):
    ModelVersionFactory(model=base.model, number=2, name="balanced")
    wanted = ModelVersionFactory(model=base.model, number=3, name="v2")
    text = FILE[: FILE.index("[base]")] + '[base]\nmodel = "Fruit classifier"\nversion = "v2"\n'
    experiment = create(path, text)
    assert experiment.base == wanted
    assert 'version = "v2"' in dump(experiment)


def test_another_organizations_model_is_no_base(world: Project, harbor: Organization, path: Path):
    full_version(harbor, name="Secret")
    text = replaced('"Public classifier"', '"Secret"', replaced("public = true\n", ""))
    assert "There is no version “v1” of a model “Secret” in the Private Registry of Orchard." in refusal(path, text)


def test_an_experiment_as_base(world: Project, bob: User, path: Path):
    first = create(path)
    draft = again(start_from(first, by=bob))
    change(draft, epochs="30", schedule="23")
    remove_hyperparameter(draft, row_id=row_of(draft, "warm up").pk, by=bob)
    draft.name = "second"
    draft.save()
    second = create_experiment(draft, by=bob)
    written = dump(second)
    assert 'experiment = "from a file"' in written
    assert 'removed = [\n    "warm up",\n]' in written
    assert 'epochs = 30\nschedule = "23"\n' in written
    assert "note" not in written
    delete_experiment(second, by=bob)
    assert dump(create(path, written)) == written


def test_an_experiment_of_another_project_is_no_base(world: Project, orchard: Organization, path: Path):
    ExperimentFactory(project=ProjectFactory(organization=orchard), name="elsewhere")
    text = FILE[: FILE.index("[base]")] + '[base]\nexperiment = "elsewhere"\n'
    assert refusal(path, text) == "try.toml: base: There is no experiment “elsewhere” in Fruit."


def test_an_edit_that_outlived_its_base_keeps_its_rule(world: Project, base: ModelVersion, bob: User, path: Path):
    draft = named_draft(world, bob, "rebased", base)
    change(draft, optimizer="sgd", epochs="7")
    detach_base(draft, by=bob)
    experiment = create_experiment(draft, by=bob)
    written = dump(experiment)
    delete_experiment(experiment, by=bob)
    second = create(path, written)
    assert values_of(second) == [
        ("epochs", "INTEGER", 7, "1", []),
        ("optimizer", "CHOICE", "sgd", None, ["adam", "sgd"]),
    ]
    assert dump(second) == written


def test_of_a_changed_base_the_file_says_the_difference_of_today(world: Project, public_base: ModelVersion, path: Path):
    first = create(path)
    theirs = public_base.architecture.hyperparameters
    theirs.filter(key="epochs").update(value="22")
    theirs.filter(key="learning_rate").update(value="0.5")
    theirs.filter(key="note").delete()
    HyperparameterFactory(architecture=public_base.architecture, key="momentum", position=9)
    written = dump(first)
    Experiment.objects.filter(pk=first.pk).update(name="another")
    second = create(path, written)
    assert dump(second) == written
    assert sorted(values_of(second)) == sorted(values_of(first))


def test_a_whole_number_becomes_the_number_that_the_base_wants_now(
    world: Project, public_base: ModelVersion, path: Path
):
    first = create(path)
    public_base.architecture.hyperparameters.filter(key="epochs").update(
        kind=Kind.NUMBER, value="20.0", minimum=None, maximum=None
    )
    written = dump(first)
    assert "epochs = 22.0\n" in written
    Experiment.objects.filter(pk=first.pk).update(name="another")
    assert dump(create(path, written)) == written


def test_a_text_is_not_taken_for_the_number_that_the_base_wants_now(
    world: Project, public_base: ModelVersion, path: Path
):
    written = dump(create(path))
    public_base.architecture.hyperparameters.filter(key="note").update(kind=Kind.INTEGER, value="22")
    assert dump(Experiment.objects.get()) == written
    told = refusal(path, replaced('"from a file"', '"another"', written))
    assert "changed: note: write a whole number without quotes" in told


def test_of_a_deleted_base_everything_is_written_and_nothing_created(
    world: Project, base: ModelVersion, olive: User, bob: User, path: Path
):
    draft = named_draft(world, bob, "orphan", base)
    change(draft, epochs="7")
    base.architecture.constraints.all().delete()
    attach_base(draft, base=base, by=bob)
    first = create_experiment(draft, by=bob)
    delete_model_version(version=base, by=olive)
    written = dump(first)
    assert '[base]\ndeleted = "Fruit classifier v1"\n' in written
    delete_experiment(first, by=bob)
    expected = (
        "try.toml: base: Fruit classifier v1 was deleted. Name another base, or take [base] out to start from nothing."
    )
    assert refusal(path, written) == expected
    second = create(path, replaced('[base]\ndeleted = "Fruit classifier v1"\n', "", written))
    assert values_of(second) == [
        ("epochs", "INTEGER", 7, "1", []),
        ("learning_rate", "NUMBER", 0.001, None, []),
        ("augment", "BOOLEAN", True, None, []),
        ("optimizer", "CHOICE", "adam", None, ["adam", "sgd"]),
        ("note", "TEXT", "", None, []),
    ]


def test_what_was_never_configured_is_written_and_refused(world: Project, path: Path):
    experiment = ExperimentFactory(project=world, name="made elsewhere", inference_type="NOT_CONFIGURED")
    written = dump(experiment)
    Experiment.objects.update(name="another")
    assert "try.toml: inference_type: Choose one of the inference types." in refusal(path, written)


# The round trip on random edits, made as people make them: through the form's services.

texts = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=10)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.TEXT: st.one_of(st.sampled_from(["", "22", "0.001", "true", "nan", '"""']), texts),
}
changes = st.fixed_dictionaries(
    {},
    optional={
        "epochs": st.integers(1, 500),
        "learning_rate": VALUES[Kind.NUMBER],
        "augment": VALUES[Kind.BOOLEAN],
        "optimizer": st.sampled_from(["adam", "sgd"]),
        "note": VALUES[Kind.TEXT],
    },
)
keys = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8).map(str.strip).filter(bool)
additions = st.dictionaries(
    keys.filter(lambda key: key not in ("epochs", "learning_rate", "augment", "optimizer", "note")),
    st.one_of(*VALUES.values()),
    max_size=4,
)
removals = st.sets(st.sampled_from(["learning_rate", "augment", "optimizer", "note"]), max_size=3)


@given(changed=changes, added=additions, removed=removals)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_edits_come_back(
    world: Project,
    base: ModelVersion,
    bob: User,
    path: Path,
    changed: dict[str, Any],
    added: dict[str, Any],
    removed: set[str],
):
    base.architecture.constraints.all().delete()
    with transaction.atomic():
        draft = named_draft(world, bob, "random", base)
        change(draft, **{key: write(value) for key, value in changed.items()})
        for key, value in added.items():
            add_hyperparameter(draft, key=key, kind=kind_of(value), value=write(value), by=bob)
        for key in removed:
            remove_hyperparameter(draft, row_id=row_of(draft, key).pk, by=bob)
        first = create_experiment(draft, by=bob)
        written = dump(first)
        path.write_text(written, encoding="utf-8", newline="\n")
        Experiment.objects.filter(pk=first.pk).update(name="another")
        second = create_from_file(read_experiment_file(path), place=path.name, by=bob)
        assert dump(second) == written
        assert values_of(second) == values_of(first)
        assert second.removed_hyperparameters == first.removed_hyperparameters
        transaction.set_rollback(True)
