"""Bob changes his mind about an experiment that still waits.

Given an experiment that waits, when he edits it, then he writes in the same form as when he created it; his changes
reach the experiment when he saves them, and not before; discarded ones leave it as it was; and once it has started, or
somebody else has changed it, he is told instead of overwriting anything.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from experiments.creation import save_changes
from experiments.drafts.lifecycle import draft_of_changes
from experiments.models import Experiment, Status
from organizations.models import User
from tests.browser.form import EVERYTHING, CreationForm
from tests.browser.world import World, run


@pytest.fixture
def experiment(world: World, bob: User) -> Experiment:
    return run(world, bob, epochs="40")


@pytest.fixture
def editing(page: Page, sign_in: Callable[[Page, User], None], experiment: Experiment, bob: User) -> CreationForm:
    """Bob in the form of his changes, which he opened from the overview."""
    sign_in(page, bob)
    page.goto(experiment.get_absolute_url())
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_role("heading", name="Edit run 1", level=1)).to_be_visible()
    return CreationForm(page)


def save(form: CreationForm) -> None:
    form.button("Save changes").click()


def test_changes_are_saved(editing: CreationForm, experiment: Experiment, page: Page) -> None:
    form = editing
    expect(form.value("epochs")).to_have_value("40")
    form.name.fill("run 1, longer")
    form.description.fill("Twice as long.")
    form.value("epochs").fill("80")
    form.button("Remove momentum").click()
    form.open_dialog("Add dataset versions")
    form.dialog.get_by_role("combobox", name="Dataset constraint").select_option("train + val + test")
    form.row("fruit/val").get_by_role("button", name="Select").click()
    form.dialog.get_by_role("button", name="Attach").click()
    expect(form.datasets).to_contain_text("Constraint train + val + test")
    experiment.refresh_from_db()
    assert experiment.name == "run 1"  # nothing reaches it before it is saved
    save(form)
    expect(page.get_by_role("heading", name="run 1, longer", level=1)).to_contain_text("Waiting")
    expect(page).to_have_url(experiment.get_absolute_url())
    values = page.get_by_role("region", name="Hyperparameters")
    expect(values.get_by_role("row", name="epochs changed from 20 80", exact=True)).to_be_visible()
    expect(values.get_by_role("row", name="momentum 0.9 Removed", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="About")).to_contain_text("Twice as long.")
    expect(page.get_by_role("region", name="Dataset versions").get_by_role("listitem")).to_have_count(3)


def test_its_type_and_its_base_stay(editing: CreationForm) -> None:
    form = editing
    expect(form.page.get_by_label("Inference type")).to_be_disabled()
    expect(form.base).to_contain_text("fruit-mlp")
    expect(form.base.get_by_role("button")).to_have_count(0)
    expect(form.button("Save changes")).to_have_accessible_description(EVERYTHING)


def test_changes_wait_until_one_comes_back(editing: CreationForm, experiment: Experiment, page: Page) -> None:
    editing.value("epochs").fill("80")
    editing.wait_until_kept()
    page.goto(experiment.project.get_absolute_url())
    expect(page.get_by_text("Drafts to continue")).to_have_count(0)
    page.get_by_role("link", name="run 1").click()
    expect(page.get_by_role("row", name="epochs changed from 20 40", exact=True)).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    expect(editing.value("epochs")).to_have_value("80")


def test_changes_are_discarded(editing: CreationForm, experiment: Experiment, page: Page) -> None:
    editing.name.fill("something else")
    editing.wait_until_kept()
    page.get_by_role("link", name="Discard").click()
    expect(page.get_by_role("heading", name="Discard the changes to run 1?", level=1)).to_be_visible()
    page.get_by_role("link", name="Keep").click()
    expect(editing.name).to_have_value("something else")
    page.get_by_role("link", name="Discard").click()
    page.get_by_role("button", name="Discard").click()
    expect(page).to_have_url(experiment.get_absolute_url())
    expect(page.get_by_role("status")).to_contain_text("The changes were discarded.")
    expect(page.get_by_role("heading", name="run 1", level=1)).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    expect(editing.name).to_have_value("run 1")


def test_a_mistake_keeps_him_in_the_form(editing: CreationForm, experiment: Experiment, page: Page) -> None:
    form = editing
    form.value("epochs").fill("many")
    form.value("epochs").blur()
    expect(form.hyperparameters).to_contain_text("1 value to mend, the rest saved")
    form.button("Save changes").click(force=True)
    expect(page.get_by_role("alert")).to_contain_text("The changes can't be saved yet.")
    expect(form.value("epochs")).to_be_focused()
    form.value("epochs").fill("50")
    form.wait_until_kept()
    save(form)
    expect(page.get_by_role("row", name="epochs changed from 20 50", exact=True)).to_be_visible()


def test_once_it_has_started_nothing_is_written(editing: CreationForm, experiment: Experiment, page: Page) -> None:
    editing.value("epochs").fill("80")
    editing.wait_until_kept()
    Experiment.objects.update(status=Status.RUNNING)
    save(editing)
    expect(page.get_by_role("alert")).to_contain_text("The experiment has started: it can't be changed.")
    page.goto(experiment.get_absolute_url())
    expect(page.get_by_role("row", name="epochs changed from 20 40", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Edit")).to_have_count(0)


def test_what_somebody_else_saved_is_not_overwritten(
    editing: CreationForm, experiment: Experiment, page: Page, alice: User
) -> None:
    hers = draft_of_changes(experiment, by=alice)
    hers.hyperparameters.filter(key="epochs").update(value="60")
    save_changes(hers, by=alice)
    editing.value("epochs").fill("80")
    editing.wait_until_kept()
    editing.button("Save changes").click(force=True)
    expect(page.get_by_role("alert").first).to_contain_text("Someone else changed the experiment since you began.")
    page.goto(experiment.get_absolute_url())
    expect(page.get_by_role("row", name="epochs changed from 20 60", exact=True)).to_be_visible()
