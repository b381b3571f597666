"""Publishing with files chosen and renamed, once for a form, and as a base for what comes next."""

import uuid
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from config.ids import new_id
from datasets.models import DatasetVersion
from experiments.artifacts import delete_artifacts, store_artifact
from experiments.creation import create_experiment
from experiments.models import Experiment, ExperimentDraft, Project, Publication
from experiments.parameters import set_parameters
from experiments.publishing import EVERYTHING, Wanted, publish_as_model, publish_in_model
from organizations.models import User
from registry.editing import add_file, remove_file, set_constraints, set_hyperparameters
from registry.models import Architecture, ModelVersion, RegisteredModel
from storage.models import Blob
from tests.experiments.making import fill, named_draft, queries_of
from tests.factories import (
    ArchitectureFileFactory,
    BlobFactory,
    ExperimentFactory,
    HyperparameterFactory,
    RegisteredModelFactory,
)
from tests.registry.test_concurrency import RUNS, at_once

Names = Callable[..., dict[uuid.UUID, str]]


@pytest.fixture
def experiment(ready: ExperimentDraft, bob: User) -> Experiment:
    """Of the form, from the version with everything, and with what its training made."""
    made = create_experiment(ready, by=bob)
    blob = BlobFactory(content=b"learned")
    store_artifact(experiment=made, name="best-model", filename="best.bin", blob=blob, by=bob)
    return found(made)


@pytest.fixture
def model(experiment: Experiment) -> RegisteredModel:
    return RegisteredModelFactory(organization=experiment.project.organization, name="sorter")


def found(experiment: Experiment) -> Experiment:
    """As the next request finds it."""
    return Experiment.objects.select_related("project__organization", "architecture").get(pk=experiment.pk)


def named(experiment: Experiment, **names: str) -> dict[uuid.UUID, str]:
    """Those artifacts, with `_` for `-`, and what they are called in the version."""
    ids = dict(experiment.architecture.files.values_list("name", "pk"))
    return {ids[name.replace("_", "-")]: called for name, called in names.items()}


def files_of(version: ModelVersion) -> dict[str, tuple[str, uuid.UUID]]:
    return {f.name: (f.filename, f.blob_id) for f in version.architecture.files.all()}


def content_of(architecture: Architecture) -> list[object]:
    """Everything in it."""
    architecture.refresh_from_db()
    return [
        sorted(architecture.files.values_list("name", "filename", "blob")),
        sorted(architecture.hyperparameters.values_list("key", "kind", "value", "minimum", "maximum", "required")),
        sorted(architecture.constraints.values_list("name", "slots__alias")),
        (architecture.labelmap, architecture.image, architecture.docker_flags, architecture.docker_environment),
        architecture.command,
    ]


def test_chosen_files_are_copied_under_their_new_names(experiment: Experiment, bob: User) -> None:
    blobs = Blob.objects.count()
    wanted = Wanted(name="tuned", files=named(experiment, best_model=" weights ", config="config"))
    version = publish_as_model(experiment, name="sorter", description="Sorts.", wanted=wanted, by=bob)
    own = {f.name: (f.filename, f.blob_id) for f in experiment.architecture.files.all()}
    assert files_of(version) == {"weights": own["best-model"], "config": own["config"]}
    assert Blob.objects.count() == blobs, "no bytes are copied"
    assert (version.name, version.model.description) == ("tuned", "Sorts.")
    assert version.publication.files == [["best-model", "weights"], ["config", "config"]]
    assert set(own) == {"best-model", "config", "weights"}, "the experiment keeps its names"


def test_everything_else_is_copied_too(experiment: Experiment, base: ModelVersion, bob: User) -> None:
    set_parameters(experiment, values={"epochs": 40, "optimizer": "sgd"}, by=bob)
    version = publish_as_model(experiment, name="sorter", wanted=Wanted(files={}), by=bob)
    mine, theirs = content_of(version.architecture), content_of(experiment.architecture)
    assert mine[1:] == theirs[1:]
    assert mine[0] == []
    rows = {row.key: row for row in version.architecture.hyperparameters.all()}
    assert (rows["epochs"].value, rows["epochs"].inherited_value, rows["epochs"].maximum) == ("40", None, "500")
    assert [c.name for c in version.architecture.constraints.all()] == ["two", "three"]
    assert (version.inference_type, version.framework) == (experiment.inference_type, base.framework)


def test_what_changes_on_one_side_stays_there(experiment: Experiment, bob: User) -> None:
    version = publish_as_model(
        experiment, name="sorter", wanted=Wanted(files=named(experiment, best_model="weights")), by=bob
    )
    before = content_of(version.architecture)
    set_parameters(experiment, values={"epochs": 1}, by=bob)
    delete_artifacts(experiment=experiment, ids=[f.pk for f in experiment.architecture.files.all()], by=bob)
    experiment.architecture.constraints.all().delete()
    Architecture.objects.filter(pk=experiment.architecture_id).update(labelmap=[[0, "x"]], docker_image="y")
    assert content_of(version.architecture) == before

    before = content_of(experiment.architecture)
    version = ModelVersion.objects.select_related("model__organization", "architecture").get(pk=version.pk)
    set_hyperparameters(version=version, rows=[], by=bob)
    set_constraints(version=version, rows=[], by=bob)
    remove_file(version=version, file=version.architecture.files.get(), by=bob)
    add_file(version=version, filename="new.bin", name="new", blob=BlobFactory(), by=bob)
    assert content_of(experiment.architecture) == before


def test_the_next_experiment_starts_from_it_under_the_same_constraint(
    experiment: Experiment, project: Project, train: DatasetVersion, test: DatasetVersion, bob: User
) -> None:
    wanted = Wanted(files=named(experiment, best_model="weights", config="config"))
    version = publish_as_model(experiment, name="sorter", wanted=wanted, by=bob)
    draft = named_draft(project, bob, "the next", version)
    fill(draft, train=train, test=test)
    following = create_experiment(draft, by=bob)
    assert following.dataset_constraint is not None
    assert following.dataset_constraint.name == "two"
    assert following.dataset_constraint.architecture_id == following.architecture_id
    assert {entry.alias for entry in following.dataset_versions.all()} == {"train", "test"}
    learned = experiment.architecture.files.get(name="best-model").blob
    assert following.architecture.files.get(name="weights").blob == learned


@pytest.mark.parametrize(
    ("names", "sentences"),
    [
        ({"best_model": "weights", "weights": "weights "}, {"best_model": "Two of the", "weights": "Two of the"}),
        ({"best_model": "  ", "config": "config"}, {"best_model": "Write a name"}),
        ({"best_model": "x" * 101}, {"best_model": "at most 100"}),
        ({"best_model": "a\nb"}, {"best_model": "one line"}),
        ({"best_model": "a\x00b"}, {"best_model": "control character"}),
    ],
)
def test_each_wrong_name_is_refused_at_its_place(
    experiment: Experiment, model: RegisteredModel, bob: User, names: dict[str, str], sentences: dict[str, str]
) -> None:
    files, places = named(experiment, **names), named(experiment, **{name: name for name in names})
    with pytest.raises(ValidationError) as refusal:
        publish_in_model(experiment, model=model, wanted=Wanted(files=files), by=bob)
    told = {places[uuid.UUID(place.removeprefix("file-"))]: said for place, said in refusal.value.message_dict.items()}
    assert told.keys() == sentences.keys()
    assert all(sentences[name] in said[0] for name, said in told.items())
    assert not model.versions.exists()


def test_a_file_that_is_gone_is_said(experiment: Experiment, model: RegisteredModel, bob: User) -> None:
    foreign = ArchitectureFileFactory()
    for pk in (foreign.pk, new_id()):
        with pytest.raises(ValidationError, match="removed meanwhile"):
            publish_in_model(experiment, model=model, wanted=Wanted(files={pk: "weights"}), by=bob)


def test_the_versions_name_is_told_from_the_models(experiment: Experiment, model: RegisteredModel, bob: User) -> None:
    publish_in_model(experiment, model=model, wanted=Wanted(name="best"), by=bob)
    for wanted, place in (
        (Wanted(name="best", again=True), "version_name"),
        (Wanted(description="x" * 1_001, again=True), "version_description"),
    ):
        with pytest.raises(ValidationError) as refusal:
            publish_in_model(experiment, model=model, wanted=wanted, by=bob)
        assert list(refusal.value.message_dict) == [place]
    with pytest.raises(ValidationError) as refusal:
        publish_as_model(experiment, name="sorter", by=bob)
    assert list(refusal.value.message_dict) == ["name"]


def test_a_key_publishes_once(experiment: Experiment, model: RegisteredModel, bob: User, alice: User) -> None:
    key = new_id()
    first = publish_as_model(experiment, name="fruit", wanted=Wanted(key=key), by=bob)
    assert publish_as_model(experiment, name="fruit", wanted=Wanted(key=key), by=bob) == first
    # From another tab, with something else typed in it.
    assert publish_in_model(experiment, model=model, wanted=Wanted(key=key, again=True), by=alice) == first
    set_parameters(experiment, values={"epochs": 9}, by=bob)
    assert publish_in_model(experiment, model=model, wanted=Wanted(key=key), by=bob) == first
    other = ExperimentFactory(project=experiment.project)
    with pytest.raises(ValidationError, match="open it anew"):
        publish_in_model(other, model=model, wanted=Wanted(key=key), by=bob)
    assert Publication.objects.count() == 1


def test_other_files_or_names_are_another_version(experiment: Experiment, model: RegisteredModel, bob: User) -> None:
    wanted = [
        EVERYTHING,
        Wanted(files=named(experiment, best_model="weights")),
        Wanted(files=named(experiment, best_model="other")),
        Wanted(files={}),
    ]
    versions = [publish_in_model(experiment, model=model, wanted=each, by=bob) for each in wanted]
    assert [version.number for version in versions] == [1, 2, 3, 4]
    assert [publish_in_model(experiment, model=model, wanted=each, by=bob) for each in wanted] == versions
    everything = {file.pk: file.name for file in experiment.architecture.files.all()}
    assert publish_in_model(experiment, model=model, wanted=Wanted(files=everything), by=bob) == versions[0]
    again = publish_in_model(experiment, model=model, wanted=Wanted(again=True), by=bob)
    assert again.number == 5


def test_many_files_cost_no_more_queries(experiment: Experiment, model: RegisteredModel, bob: User) -> None:
    def publish() -> int:
        mine = found(experiment)
        files = {file.pk: f"{file.name} again" for file in mine.architecture.files.all()}
        return queries_of(lambda: publish_in_model(mine, model=model, wanted=Wanted(files=files, again=True), by=bob))

    few = publish()
    blob = BlobFactory()
    for number in range(40):
        ArchitectureFileFactory(architecture=experiment.architecture, name=f"epoch-{number}", blob=blob)
        HyperparameterFactory(architecture=experiment.architecture, key=f"key-{number}")
    assert publish() == few


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_several_times_at_once_is_one_version(experiment: Experiment, bob: User) -> None:
    key = new_id()

    def publish(number: int) -> ModelVersion:
        # Two tabs of one form may differ by then.
        return publish_as_model(found(experiment), name=f"fruit-{number % 2}", wanted=Wanted(key=key), by=bob)

    assert len({str(version) for version in at_once(publish)}) == 1
    assert (Publication.objects.count(), RegisteredModel.objects.filter(name__startswith="fruit-").count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_one_key_for_several_experiments_at_once(experiment: Experiment, project: Project, bob: User) -> None:
    key = new_id()
    experiments: list[Experiment] = [experiment, *(ExperimentFactory(project=project) for _ in range(RUNS - 1))]
    before = Architecture.objects.count()

    def publish(number: int) -> ModelVersion:
        return publish_as_model(found(experiments[number]), name=f"fruit-{number}", wanted=Wanted(key=key), by=bob)

    made = at_once(publish)
    refusals = [each for each in made if isinstance(each, ValidationError)]
    assert all("open it anew" in refusal.messages[0] for refusal in refusals)
    assert len(refusals) == RUNS - 1
    assert Architecture.objects.count() == before + 1, "nothing is left of the refused ones"


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_with_one_name_for_a_model(experiment: Experiment, project: Project, bob: User) -> None:
    experiments: list[Experiment] = [experiment, *(ExperimentFactory(project=project) for _ in range(RUNS - 1))]

    def publish(number: int) -> ModelVersion:
        return publish_as_model(found(experiments[number]), name="fruit", wanted=Wanted(key=new_id()), by=bob)

    made = at_once(publish)
    refusals = [each for each in made if isinstance(each, ValidationError)]
    assert len(refusals) == RUNS - 1
    assert all("a model of this name already" in refusal.message_dict["name"][0] for refusal in refusals)
    assert RegisteredModel.objects.get(name="fruit").versions.count() == 1
