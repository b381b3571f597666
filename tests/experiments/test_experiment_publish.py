"""The dialog in which an experiment is published, as a dialog and as a page."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.ids import new_id
from experiments.artifacts import delete_artifacts, store_artifact
from experiments.creation import create_experiment
from experiments.models import Experiment, ExperimentDraft, Publication, Status
from experiments.publishing import publish_as_model, publish_in_model
from organizations.models import Organization, User
from registry.models import ArchitectureFile, ModelVersion, RegisteredModel
from tests.experiments.making import CANARIES, queries_of
from tests.experiments.pages import htmx
from tests.factories import ArchitectureFileFactory, BlobFactory, ModelVersionFactory, RegisteredModelFactory
from tests.registry.test_concurrency import at_once

ClientOf = Callable[[User], Client]


@pytest.fixture
def experiment(ready: ExperimentDraft, bob: User) -> Experiment:
    """With `config` and `weights` of its base, and what its training made."""
    made = create_experiment(ready, by=bob)
    blob = BlobFactory(content=b"learned")
    store_artifact(experiment=made, name="best-model", filename="best.bin", blob=blob, by=bob)
    Experiment.objects.update(status=Status.SUCCESS)
    return Experiment.objects.get(pk=made.pk)


@pytest.fixture
def model(orchard: Organization) -> RegisteredModel:
    return ModelVersionFactory(model__organization=orchard, model__name="sorter").model


@pytest.fixture
def bobs(client_of: ClientOf, bob: User) -> Client:
    return client_of(bob)


def address(experiment: Experiment) -> str:
    return reverse("experiments:experiment_publish", args=[experiment.pk])


def filled(experiment: Experiment, **values: Any) -> dict[str, Any]:
    """What the form sends: every artifact under its name, unless `files` says which and how."""
    artifacts = list(ArchitectureFile.objects.filter(architecture=experiment.architecture_id))
    files = values.pop("files", {artifact.name: artifact.name for artifact in artifacts})
    names = {f"name-{artifact.pk}": files.get(artifact.name, artifact.name) for artifact in artifacts}
    take = [str(artifact.pk) for artifact in artifacts if artifact.name in files]
    return {"key": str(new_id()), "tab": "new", "act": "publish", "take": take, **names, **values}


def file_names(version: ModelVersion) -> list[str]:
    return [file.name for file in version.architecture.files.all()]


def page_of(version: ModelVersion) -> str:
    return reverse("registry:model_version_detail", args=[version.pk])


def test_it_works(bobs: Client, experiment: Experiment) -> None:
    html = bobs.get(address(experiment)).text
    assert len(re.findall(r'name="take"[^>]*\schecked>', html)) == 3, "all are chosen at first"
    for text in (
        "Publish as model</h1>",
        "5, with this experiment’s values as defaults",
        "Classification",
        "as in the",
    ):
        assert text in html
    files = {"config": "config", "best-model": "weights"}
    sent = filled(experiment, name=" fruit ", description="Sorts.", version_name="tuned", files=files)
    answer = bobs.post(address(experiment), sent, follow=True)
    version = ModelVersion.objects.get(name="tuned")
    assert answer.redirect_chain == [(page_of(version), 302)]
    assert "is published as fruit v1 “tuned”." in answer.text
    assert f'<a href="{experiment.get_absolute_url()}">' in answer.text
    assert (version.model.name, version.model.description) == ("fruit", "Sorts.")
    assert file_names(version) == ["config", "weights"]
    assert version.description == experiment.description
    assert f'href="{page_of(version)}">fruit v1 “tuned”</a>' in bobs.get(experiment.get_absolute_url()).text


def test_a_version_of_a_model(bobs: Client, experiment: Experiment, model: RegisteredModel) -> None:
    sent = filled(experiment, tab="version", model=str(model.pk), version_description="Better.", files={})
    bobs.post(address(experiment), sent)
    version = model.versions.get(number=2)
    assert (version.name, version.description, file_names(version)) == ("v2", "Better.", [])


@pytest.mark.parametrize(
    ("theirs", "is_said"), [("OBJECT_DETECTION", True), ("CLASSIFICATION", False), ("NOT_CONFIGURED", False)]
)
def test_a_model_for_something_else_is_said(
    bobs: Client, experiment: Experiment, model: RegisteredModel, theirs: str, is_said: bool
) -> None:
    ModelVersionFactory(model=model, number=2, inference_type=theirs)
    html = bobs.post(address(experiment), {"tab": "version", "act": f"model:{model.pk}"}).text
    assert ("Its newest version is for object detection, and this experiment for classification." in html) == is_said
    assert 'placeholder="v3"' in html


def test_with_htmx_it_is_a_dialog(bobs: Client, experiment: Experiment) -> None:
    html = bobs.get(address(experiment), headers=htmx("dialog")).text
    assert "<html" not in html
    assert "data-close" in html
    answer = bobs.post(address(experiment), filled(experiment, name="fruit"), headers=htmx("dialog"))
    assert answer["HX-Redirect"] == page_of(ModelVersion.objects.get(model__name="fruit"))
    results = bobs.post(address(experiment), {"tab": "version", "act": "page:"}, headers=htmx("results")).text
    assert "<header" not in results
    assert "No model yet" not in results


@pytest.mark.parametrize("act", ["tab:new", "tab:version", "model:", "page:", "succession", "nonsense:1", "model:x"])
def test_nothing_typed_is_lost(bobs: Client, experiment: Experiment, model: RegisteredModel, act: str) -> None:
    files = {"config": "settings", "best-model": "best"}
    typed = {"name": "x\x00", "description": "two\nlines", "version_name": "y", "version_description": "z"}
    sent = filled(experiment, **typed, files=files, act=act, model=str(model.pk))
    form = bobs.post(address(experiment), sent).context["form"]
    assert {name: form[name].value() for name in typed} == typed
    assert form["key"].value() == sent["key"]
    left = {row.file.name: (row.name, row.is_taken) for row in form.rows}
    expected = {"config": ("settings", True), "best-model": ("best", True), "weights": ("weights", False)}
    if act == "succession":
        expected["best-model"] = ("weights", True)
    assert left == expected
    assert not Publication.objects.exists()


@pytest.mark.parametrize(
    ("values", "place", "sentence"),
    [
        ({}, "name", "Write a name"),
        ({"name": "taken"}, "name", "Orchard has a model of this name already"),
        ({"name": "x", "description": "y" * 1_001}, "description", "at most 1,000"),
        ({"name": "x", "version_name": "y" * 101}, "version_name", "at most 100"),
        ({"tab": "version"}, "model", "Choose the model first"),
        ({"tab": "version", "model": str(new_id())}, "model", "not there any more"),
        ({"tab": "version", "model": "nonsense"}, "model", "not a valid UUID"),
        ({"name": "x", "key": ""}, "key", "required"),
        ({"name": "x", "key": "nonsense"}, "key", "UUID"),
    ],
)
def test_it_refuses_at_the_place(
    bobs: Client, experiment: Experiment, orchard: Organization, values: dict[str, str], place: str, sentence: str
) -> None:
    RegisteredModelFactory(organization=orchard, name="taken")
    files = {"best-model": "renamed"}
    answer = bobs.post(address(experiment), filled(experiment, files=files, **values))
    form = answer.context["form"]
    assert answer.status_code == 422
    assert sentence in form.errors[place][0]
    assert [row.name for row in form.rows if row.is_taken] == ["renamed"]
    assert (Publication.objects.count(), RegisteredModel.objects.filter(name="x").count()) == (0, 0)


def test_a_wrong_name_of_a_file_is_said_beside_it(bobs: Client, experiment: Experiment) -> None:
    files = {"best-model": "weights", "weights": "weights", "config": ""}
    answer = bobs.post(address(experiment), filled(experiment, name="fruit", files=files))
    assert answer.status_code == 422
    for artifact in ArchitectureFile.objects.filter(architecture=experiment.architecture_id):
        told = re.search(rf'id="name-{artifact.pk}-error">\s*([^<]+)', answer.text)
        assert told
        assert told[1].startswith("Write a name" if artifact.name == "config" else "Two of the chosen files")
    assert answer.text.count("autofocus") == 1
    both = bobs.post(address(experiment), filled(experiment, name="", files=files))
    assert both.text.count("Two of the chosen files") == 2, "everything is said at once"
    assert both.context["form"].errors["name"]
    assert not RegisteredModel.objects.filter(name="fruit").exists(), "nothing of it is kept"


def test_sent_twice_it_is_one_version(bobs: Client, experiment: Experiment, model: RegisteredModel, bob: User) -> None:
    sent = filled(experiment, name="fruit")
    first = bobs.post(address(experiment), sent)
    store_artifact(experiment=experiment, name="late", filename="late.bin", blob=BlobFactory(), by=bob)
    for changed in ({}, {"name": ""}, {"tab": "version", "model": str(model.pk)}):
        again = bobs.post(address(experiment), sent | changed, follow=True)
        assert again.redirect_chain == [(first["Location"], 302)]
        assert "is published already as fruit v1" in again.text
    assert Publication.objects.count() == 1


def test_what_has_not_changed_is_published_again_only_on_demand(
    bobs: Client, experiment: Experiment, model: RegisteredModel, alice: User
) -> None:
    there = publish_in_model(experiment, model=model, by=alice)
    html = bobs.get(address(experiment)).text
    assert "Nothing has changed since it was published as" in html
    assert f'href="{page_of(there)}"' in html
    sent = filled(experiment, tab="version", model=str(model.pk), version_name="mine")
    answer = bobs.post(address(experiment), sent)
    assert answer.status_code == 422
    assert f'Published already as <a href="{page_of(there)}">sorter v2</a>' in answer.text
    assert answer.context["form"]["version_name"].value() == "mine"
    assert model.versions.count() == 2
    # Another tab and back: it was not asked for yet.
    assert 'name="again"' not in bobs.post(address(experiment), sent | {"act": "tab:version"}).text
    bobs.post(address(experiment), sent | {"again": "on"})
    assert str(model.versions.get(number=3)) == "sorter v3 “mine”"
    taken = bobs.post(address(experiment), sent | {"again": "on", "key": str(new_id())})
    assert "a version of this name already" in taken.context["form"].errors["version_name"][0]
    assert '<input type="hidden" name="again"' in taken.text, "it was asked for, and need not be again"


def test_files_that_came_meanwhile_are_shown_first(bobs: Client, experiment: Experiment, bob: User) -> None:
    sent = filled(experiment, name="fruit", files={"best-model": "renamed"})
    store_artifact(experiment=experiment, name="late", filename="late.bin", blob=BlobFactory(), by=bob)
    answer = bobs.post(address(experiment), sent)
    assert answer.status_code == 422
    assert "Files came since this was opened, and are chosen now: late." in answer.text
    rows = {row.file.name: (row.name, row.is_taken) for row in answer.context["form"].rows}
    assert rows["late"] == ("late", True)
    assert rows["best-model"] == ("renamed", True)
    assert rows["config"] == ("config", False)


def test_files_that_went_meanwhile_are_not_missed(bobs: Client, experiment: Experiment, bob: User) -> None:
    sent = filled(experiment, name="fruit")
    gone = experiment.architecture.files.get(name="config")
    delete_artifacts(experiment=experiment, ids=[gone.pk], by=bob)
    bobs.post(address(experiment), sent)
    assert file_names(ModelVersion.objects.get(model__name="fruit")) == ["best-model", "weights"]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (Status.RUNNING, "It is still running"),
        (Status.WAITING, "It has not run yet"),
        (Status.FAILED, "ended as “Failed”"),
        (Status.CANCELED, "ended as “Canceled”"),
        (Status.SUCCESS, None),
    ],
)
def test_in_any_status_with_a_word_about_it(
    bobs: Client, experiment: Experiment, status: Status, text: str | None
) -> None:
    Experiment.objects.update(status=status)
    html = bobs.get(address(experiment)).text
    assert text in html if text else 'class="notice warn' not in html
    bobs.post(address(experiment), filled(experiment, name="fruit"))
    assert Publication.objects.count() == 1


def test_without_a_file(bobs: Client, experiment: Experiment) -> None:
    experiment.architecture.files.all().delete()
    assert "has no files, so the version gets none" in bobs.get(address(experiment)).text
    bobs.post(address(experiment), filled(experiment, name="fruit"))
    assert file_names(ModelVersion.objects.get(model__name="fruit")) == []


def test_with_too_many_files_all_are_taken(
    bobs: Client, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.publishing_forms.CHOOSABLE_MAX", 2)
    html = bobs.get(address(experiment)).text
    assert "3 files are too many to choose from" in html
    assert 'name="take"' not in html
    bobs.post(address(experiment), filled(experiment, name="fruit", files={}))
    assert len(file_names(ModelVersion.objects.get(model__name="fruit"))) == 3


def test_the_models_to_choose_from(
    bobs: Client, experiment: Experiment, orchard: Organization, harbor: Organization
) -> None:
    for number in range(8):
        RegisteredModelFactory(organization=orchard, name=f"own {number}", description=f"kind {number}")
    RegisteredModelFactory(organization=harbor, name="own of others")
    RegisteredModelFactory(public=True, name="own of all")

    def names(**sent: str) -> list[str]:
        context = bobs.post(address(experiment), {"tab": "version", **sent}).context
        return [card.model.name for card in context["cards"]]

    assert names(act="tab:version") == [f"own {number}" for number in (7, 6, 5, 4, 3, 2)]
    older = bobs.post(address(experiment), {"tab": "version", "act": "page:"}).context["page"].older
    assert names(act=f"page:{older}")[:2] == ["own 1", "own 0"]
    assert names(act="page:", q="KIND 3") == ["own 3"]
    assert names(act="page:", q="own of") == []
    assert names(act="page:", q="\x00") == names(act="page:?older=nonsense") == names(act="tab:version")


def test_a_strangers_model_is_none(bobs: Client, experiment: Experiment, harbor: Organization) -> None:
    for model in (RegisteredModelFactory(organization=harbor), RegisteredModelFactory(public=True)):
        shown = bobs.post(address(experiment), {"tab": "version", "act": f"model:{model.pk}"})
        assert str(model) not in [str(card.model) for card in shown.context["cards"]]
        assert shown.context["form"].is_choosing
        answer = bobs.post(address(experiment), filled(experiment, tab="version", model=str(model.pk)))
        assert answer.status_code == 422
        assert not model.versions.exists()


def test_what_is_suggested(bobs: Client, experiment: Experiment) -> None:
    html = bobs.get(address(experiment)).text
    assert 'value="succession"' in html
    answer = bobs.post(address(experiment), filled(experiment, act="succession"))
    rows = {row.file.name: (row.name, row.is_taken) for row in answer.context["form"].rows}
    assert rows == {"best-model": ("weights", True), "config": ("config", True), "weights": ("weights", False)}
    assert 'value="succession"' not in answer.text
    best = experiment.architecture.files.get(name="best-model")
    assert answer.context["focus"] == f"name-{best.pk}"


def test_it_checks_who_asks(experiment: Experiment, vera: User, charlie: User, client_of: ClientOf) -> None:
    for person, status in ((vera, 403), (charlie, 404)):
        mine = client_of(person)
        assert mine.get(address(experiment)).status_code == status
        assert mine.post(address(experiment), filled(experiment, name="hers")).status_code == status
    assert address(experiment) not in client_of(vera).get(experiment.get_absolute_url()).text
    assert not Publication.objects.exists()


def test_another_organizations_origin_stays_its_own(
    experiment: Experiment, bob: User, harbor: Organization, bobs: Client
) -> None:
    """A model that was taken to another organization is no longer named."""
    version = publish_as_model(experiment, name="fruit", by=bob)
    assert "Nothing has changed since" in bobs.get(address(experiment)).text
    RegisteredModel.objects.filter(pk=version.model_id).update(organization=harbor)
    assert "Nothing has changed since" not in bobs.get(address(experiment)).text


def test_deleted_meanwhile(bobs: Client, experiment: Experiment, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: object, **values: object) -> None:
        raise Experiment.DoesNotExist

    monkeypatch.setattr("experiments.publishing.lock", gone)
    assert bobs.post(address(experiment), filled(experiment, name="fruit")).status_code == 404


def test_names_are_text(bobs: Client, experiment: Experiment, orchard: Organization) -> None:
    for canary in CANARIES:
        ArchitectureFileFactory(architecture=experiment.architecture, name=canary, filename=canary)
        RegisteredModelFactory(organization=orchard, name=canary, description=canary)
        sent = filled(experiment, name=canary, version_name=canary, act="tab:version")
        for html in (bobs.get(address(experiment)).text, bobs.post(address(experiment), sent).text):
            assert canary not in html


def test_it_asks_as_often_whatever_there_is(
    bobs: Client, experiment: Experiment, orchard: Organization, bob: User
) -> None:
    publish_as_model(experiment, name="fruit", by=bob)
    ModelVersionFactory(model__organization=orchard)
    sent = {"tab": "version", "act": "page:"}
    few = [queries_of(lambda: bobs.get(address(experiment))), queries_of(lambda: bobs.post(address(experiment), sent))]
    for number in range(5):
        ModelVersionFactory(model__organization=orchard)
        ArchitectureFileFactory(architecture=experiment.architecture)
        publish_as_model(experiment, name=f"fruit {number}", by=bob)
    with CaptureQueriesContext(connection) as queries:
        bobs.get(address(experiment))
    assert len(queries) == few[0]
    assert queries_of(lambda: bobs.post(address(experiment), sent)) == few[1]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_lead_to_one_version(experiment: Experiment, bob: User, client_of: ClientOf) -> None:
    sent = filled(experiment, name="fruit")
    clients = [client_of(bob) for _ in range(4)]
    answers = at_once(lambda number: clients[number].post(address(experiment), sent)["Location"])
    assert len(set(answers)) == 1
    assert (Publication.objects.count(), RegisteredModel.objects.filter(name="fruit").count()) == (1, 1)
