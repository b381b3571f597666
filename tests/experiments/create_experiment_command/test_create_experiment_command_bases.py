"""What the file of an experiment names as its base, and what becomes of it when that changes."""

from pathlib import Path

import pytest

from experiments.creation import create_experiment, delete_experiment
from experiments.drafts.base import attach_base, detach_base
from experiments.drafts.hyperparameters import remove_hyperparameter
from experiments.drafts.lifecycle import start_from
from experiments.models import Experiment, Project
from organizations.models import Organization, User
from registry.hyperparameters import Kind
from registry.models import ModelVersion
from registry.services import delete_model_version
from tests.experiments.create_experiment_command.written import FILE, create, dump, refusal, replaced, values_of
from tests.experiments.making import again, change, full_version, named_draft, row_of
from tests.factories import ExperimentFactory, HyperparameterFactory, ModelVersionFactory, ProjectFactory


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
