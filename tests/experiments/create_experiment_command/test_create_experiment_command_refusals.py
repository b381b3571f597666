"""What is wrong in the file of an experiment, and where: nothing is created."""

from pathlib import Path

import pytest

from datasets.models import DatasetVersion
from experiments.models import Experiment, Project
from organizations.models import Organization
from tests.experiments.create_experiment_command.written import FILE, dump, refusal, replaced
from tests.factories import DatasetVersionFactory, ExperimentFactory


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


def test_what_was_never_configured_is_written_and_refused(world: Project, path: Path):
    experiment = ExperimentFactory(project=world, name="made elsewhere", inference_type="NOT_CONFIGURED")
    written = dump(experiment)
    Experiment.objects.update(name="another")
    assert "try.toml: inference_type: Choose one of the inference types." in refusal(path, written)
