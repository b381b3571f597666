"""Creation against everything else, each on a connection of its own.

SQLite lets one writer in at a time, PostgreSQL several: what must hold is the same.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from config.ids import new_id
from datasets.models import DatasetVersion
from datasets.services import delete_dataset_version
from experiments import creation
from experiments.creation import DraftIncomplete, create_experiment, delete_experiment, save_changes
from experiments.drafts.hyperparameters import add_hyperparameter
from experiments.drafts.lifecycle import draft_of_changes, start_draft, start_from
from experiments.drafts.saving import save_form
from experiments.models import AttachedDatasetVersion, Experiment, ExperimentDraft, Project
from experiments.services import create_project, detach_dataset_version
from organizations.models import Organization, User
from registry.copying import copy_architecture
from registry.editing import set_constraints, set_hyperparameters
from registry.models import Architecture, Hyperparameter, ModelVersion
from registry.rows import ConstraintRow, HyperparameterRow, SlotRow
from registry.services import delete_model, delete_model_version
from tests.experiments.making import again, fill, named_draft
from tests.experiments.pages import DraftForm, htmx
from tests.factories import ExperimentFactory

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = "The project has an experiment of this name already: choose another."


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """Run the tasks in a thread each, started together; what each returned, or the refusal it raised."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=10)
            return task()
        except (ValidationError, ExperimentDraft.DoesNotExist) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, task) for task in tasks]]


def assert_whole(count: int, bases: int = 1) -> None:
    """So many experiments, each with everything, and nothing left over."""
    assert Experiment.objects.count() == count
    assert Architecture.objects.count() == count + bases
    for experiment in Experiment.objects.all():
        assert experiment.architecture.hyperparameters.count() == 5
        assert experiment.architecture.files.count() == 2
        assert experiment.dataset_versions.count() == 2
        assert experiment.dataset_constraint is not None
    connection.check_constraints()


def test_two_creates_of_one_draft_make_one_experiment(ready: ExperimentDraft, bob: User) -> None:
    results = at_once(*[lambda: create_experiment(again(ready), by=bob)] * 4)
    # One that only looked when all was over finds no draft to start with; the view sends it to the experiment.
    created = [result for result in results if isinstance(result, Experiment)]
    assert {experiment.pk for experiment in created} == {ready.pk}
    assert all(isinstance(result, Experiment | ExperimentDraft.DoesNotExist) for result in results)
    assert_whole(1)


def test_two_creates_that_both_saw_the_draft_give_the_same_experiment(ready: ExperimentDraft, bob: User) -> None:
    results = at_once(*[lambda: create_experiment(ready, by=bob)] * 4)
    assert {result.pk for result in results} == {ready.pk}
    assert_whole(1)


def test_two_clicks_on_create_lead_to_one_experiment(
    ready: ExperimentDraft, bob: User, client_of: Callable[[User], Client]
) -> None:
    clients = [client_of(bob), client_of(bob)]
    page = DraftForm(clients[0], ready).html()
    answers = at_once(*[lambda client=client: DraftForm(client, ready).press("create", on=page) for client in clients])
    assert {answer["Location"] for answer in answers} == {Experiment.objects.get().get_absolute_url()}
    assert_whole(1)


def test_two_drafts_of_one_name(
    ready: ExperimentDraft, project: Project, base: ModelVersion, bob: User, train: DatasetVersion
) -> None:
    rival = named_draft(project, bob, " based ", base)
    fill(rival, train=train, test=train)
    results = at_once(lambda: create_experiment(ready, by=bob), lambda: create_experiment(rival, by=bob))
    [refused] = [result for result in results if isinstance(result, DraftIncomplete)]
    assert [problem.sentence for problem in refused.problems] == [TAKEN]
    assert refused.problems[0].place == "id_name"
    assert ExperimentDraft.objects.count() == 1
    assert_whole(1)


def test_the_name_is_taken_while_creation_is_under_way(
    ready: ExperimentDraft, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the names and the insert; a database of one writer makes the rival wait, and lose."""
    looked, taken = Event(), Event()

    def copy_later(*args: Any, **values: Any) -> Architecture:
        looked.set()
        taken.wait(timeout=10 if connection.vendor == "postgresql" else 0.2)
        return copy_architecture(*args, **values)

    def take() -> bool:
        looked.wait(timeout=10)
        try:
            ExperimentFactory(project=ready.project, name="based", architecture=rival)
        except Exception:  # the name went to the draft
            return False
        finally:
            taken.set()
        return True

    rival = Architecture.objects.create()
    monkeypatch.setattr(creation, "copy_architecture", copy_later)
    result, was_taken = at_once(lambda: create_experiment(ready, by=bob), take)
    assert was_taken == (connection.vendor == "postgresql")
    if was_taken:
        assert [problem.sentence for problem in result.problems] == [TAKEN]
        assert again(ready).dataset_versions.count() == 2
    else:
        assert result.pk == ready.pk
    assert Experiment.objects.get().name == "based"


def test_changes_and_a_new_experiment_of_one_name(
    ready: ExperimentDraft, project: Project, bob: User, alice: User
) -> None:
    waiting = ExperimentFactory(project=project, name="waiting")
    changes = draft_of_changes(waiting, by=alice)
    save_form(changes, data={"name": "based"}, by=alice)
    results = at_once(lambda: create_experiment(ready, by=bob), lambda: save_changes(changes, by=alice))
    [refused] = [result for result in results if isinstance(result, DraftIncomplete)]
    assert [problem.sentence for problem in refused.problems] == [TAKEN]
    assert Experiment.objects.filter(name="based").count() == 1


def test_two_save_changes_at_once(ready: ExperimentDraft, bob: User, alice: User) -> None:
    experiment = create_experiment(ready, by=bob)
    drafts = [draft_of_changes(experiment, by=user) for user in (bob, alice)]
    for draft in drafts:
        save_form(draft, data={"name": f"of {draft.owner}"}, by=draft.owner)
    results = at_once(*[lambda draft=draft: save_changes(draft, by=draft.owner) for draft in drafts])
    [refused] = [result for result in results if isinstance(result, DraftIncomplete)]
    assert "Someone else changed the experiment since you began." in refused.problems[0].sentence
    assert_whole(1)


@pytest.mark.parametrize("turn", range(6))
def test_a_version_detached_while_creating(
    ready: ExperimentDraft, train: DatasetVersion, bob: User, alice: User, turn: int
) -> None:
    """Whoever comes second is refused: no experiment uses what is not attached."""
    created, detached = at_once(
        lambda: create_experiment(ready, by=bob),
        lambda: detach_dataset_version(project=ready.project, dataset_version=train, by=alice),
    )
    if isinstance(created, Experiment):
        assert f"{train} is used by based, so it stays attached." in detached.messages
        assert AttachedDatasetVersion.objects.filter(dataset_version=train).exists()
        assert_whole(1)
    else:
        assert detached is None
        assert [problem.place for problem in created.problems] == ["slot-train"]
        assert_whole(0)


@pytest.mark.parametrize("turn", range(6))
def test_a_version_deleted_while_creating(
    ready: ExperimentDraft, train: DatasetVersion, bob: User, alice: User, turn: int
) -> None:
    created, deleted = at_once(
        lambda: create_experiment(ready, by=bob), lambda: delete_dataset_version(version=train, by=alice)
    )
    assert isinstance(created, Experiment) == isinstance(deleted, ValidationError)
    assert_whole(1 if isinstance(created, Experiment) else 0)


@pytest.mark.parametrize("turn", range(6))
def test_the_base_edited_while_creating(
    ready: ExperimentDraft, base: ModelVersion, bob: User, alice: User, turn: int
) -> None:
    """The copy is of one state of the base: the one that was attached."""
    rows = [HyperparameterRow(key="new", kind="TEXT", value="")]
    # The constraint that the draft fills goes, which changes the draft.
    constraints = [ConstraintRow(name="one", slots=[SlotRow(alias="all")])]

    def edit() -> None:
        set_constraints(version=base, rows=constraints, by=alice)
        set_hyperparameters(version=base, rows=rows, by=alice)

    created, _ = at_once(lambda: create_experiment(ready, by=bob), edit)
    if isinstance(created, Experiment):
        assert_whole(1)
        assert created.dataset_constraint is not None
        assert created.dataset_constraint.slots.count() == 2
    else:
        assert created.problems[0].place == "base"
        assert not Experiment.objects.exists()
    assert [row.key for row in Hyperparameter.objects.filter(architecture=base.architecture)] == ["new"]


def delete_version(base: ModelVersion, alice: User) -> None:
    delete_model_version(version=base, by=alice)


def delete_line(base: ModelVersion, alice: User) -> None:
    delete_model(model=base.model, by=alice)


@pytest.mark.parametrize("turn", range(6))
@pytest.mark.parametrize("delete", [delete_version, delete_line])
def test_the_base_deleted_while_creating(
    ready: ExperimentDraft,
    base: ModelVersion,
    bob: User,
    alice: User,
    delete: Callable[[ModelVersion, User], None],
    turn: int,
) -> None:
    created, deleted = at_once(lambda: create_experiment(ready, by=bob), lambda: delete(base, alice))
    assert deleted is None
    if isinstance(created, Experiment):
        created.refresh_from_db()
        assert created.base_is_deleted
        assert_whole(1, bases=0)
    else:
        assert [problem.place for problem in created.problems] == ["base"]
        assert_whole(0, bases=0)


@pytest.mark.parametrize("turn", range(6))
def test_the_base_experiment_deleted_while_creating(ready: ExperimentDraft, bob: User, turn: int) -> None:
    first = create_experiment(ready, by=bob)
    draft = start_from(first, by=bob)
    save_form(draft, data={"name": "second"}, by=bob)
    created, deleted = at_once(
        lambda: create_experiment(again(draft), by=bob), lambda: delete_experiment(first, by=bob)
    )
    assert deleted is None
    if isinstance(created, Experiment):
        created.refresh_from_db()
        assert created.base_is_deleted
    else:
        assert [problem.place for problem in created.problems] == ["base"]
    assert_whole(1 if isinstance(created, Experiment) else 0)


@pytest.mark.parametrize("turn", range(6))
def test_the_base_deleted_while_it_is_attached(
    draft: ExperimentDraft,
    base: ModelVersion,
    bob: User,
    alice: User,
    client_of: Callable[[User], Client],
    turn: int,
) -> None:
    """Attached and then marked as deleted, or never found, or told that it went in this moment."""
    form = DraftForm(client_of(bob), draft, with_htmx=True)
    page = form.html()
    answer, _ = at_once(
        lambda: form.press(f"attach:model:{base.pk}", on=page), lambda: delete_model_version(version=base, by=alice)
    )
    assert answer.status_code in (200, 404)
    attached = again(draft)
    assert attached.base is None
    if answer.status_code == 200 and not attached.base_is_deleted:
        assert "What you chose was changed or deleted in this moment. Choose again." in answer.text
    connection.check_constraints()


@pytest.mark.parametrize("turn", range(6))
def test_a_version_deleted_while_it_is_chosen(
    draft: ExperimentDraft,
    train: DatasetVersion,
    bob: User,
    alice: User,
    client_of: Callable[[User], Client],
    turn: int,
) -> None:
    form = DraftForm(client_of(bob), draft, with_htmx=True)
    page = form.html()
    chosen = {"chosen": "on", "version": train.pk, f"alias-{train.pk}": "train"}
    answer, _ = at_once(
        lambda: form.press("set-datasets", chosen, on=page), lambda: delete_dataset_version(version=train, by=alice)
    )
    assert answer.status_code == 200
    assert not draft.dataset_versions.exclude(dataset_version=None).exists()
    connection.check_constraints()


def test_two_clicks_on_delete(ready: ExperimentDraft, bob: User, client_of: Callable[[User], Client]) -> None:
    path = f"{create_experiment(ready, by=bob).get_absolute_url()}delete/"
    clients = [client_of(bob), client_of(bob)]
    answers = at_once(*[lambda client=client: client.post(path) for client in clients])
    assert sorted(answer.status_code for answer in answers) == [302, 404]
    assert_whole(0)


def test_a_double_click_on_new_experiment(project: Project, bob: User) -> None:
    draft_id = new_id()
    results = at_once(*[lambda: start_draft(project=project, draft_id=draft_id, by=bob)] * 4)
    assert {draft.pk for draft in results} == {draft_id}
    assert ExperimentDraft.objects.count() == 1


def test_a_double_click_on_edit(project: Project, bob: User) -> None:
    experiment = ExperimentFactory(project=project)
    results = at_once(*[lambda: draft_of_changes(experiment, by=bob)] * 4)
    assert len({draft.pk for draft in results}) == 1


def test_two_tabs_add_the_same_key(draft: ExperimentDraft, bob: User) -> None:
    results = at_once(*[lambda: add_hyperparameter(draft, key="own", kind="TEXT", value="", by=bob)] * 3)
    assert sum(isinstance(result, ValidationError) for result in results) == 2
    assert draft.hyperparameters.count() == 1


def test_two_tabs_change_different_fields(draft: ExperimentDraft, bob: User) -> None:
    at_once(
        lambda: save_form(draft, data={"name": "tab one", "was-name": "first try"}, by=bob),
        lambda: save_form(draft, data={"description": "tab two", "was-description": ""}, by=bob),
    )
    assert (again(draft).name, again(draft).description) == ("tab one", "tab two")


def test_two_tabs_change_one_field(draft: ExperimentDraft, bob: User) -> None:
    results = at_once(
        *[
            lambda name=name: save_form(draft, data={"name": name, "was-name": "first try"}, by=bob)
            for name in ("tab one", "tab two")
        ]
    )
    [kept] = [result for result in results if not result.refusals]
    [told] = [result for result in results if result.refusals]
    assert kept.changed == {"name"}
    assert again(draft).name in told.refusals["name"]


def test_two_projects_of_one_name(orchard: Organization, bob: User) -> None:
    results = at_once(*[lambda: create_project(name="One", description="", organization=orchard, by=bob)] * 3)
    assert sum(isinstance(result, Project) for result in results) == 1
    assert Project.objects.filter(name="One").count() == 1


def test_a_slow_tab_saves_after_the_experiment_was_created(
    ready: ExperimentDraft, bob: User, client_of: Callable[[User], Client]
) -> None:
    """htmx's save of a field crosses with the click on Create: both lead to the experiment."""
    clients = [client_of(bob), client_of(bob)]
    page = DraftForm(clients[0], ready).html()
    forms = [DraftForm(client, ready, with_htmx=True) for client in clients]
    created, saved = at_once(lambda: forms[0].press("create", on=page), lambda: forms[1].press("save", on=page))
    path = Experiment.objects.get().get_absolute_url()
    assert created["HX-Redirect"] == path
    assert saved.status_code == 200
    assert forms[1].client.get(forms[1].address, headers=htmx("draft"))["HX-Redirect"] == path
