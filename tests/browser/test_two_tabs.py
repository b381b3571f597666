"""Bob has the same form open in two tabs.

Given one draft in two tabs, when he writes in both, then different fields don't disturb each other, the same field says
what it became and keeps what he typed until he has chosen, a base that was changed in the other tab is seen here, and
once the experiment is created, or discarded, in the other tab this one says so.
"""

import pytest
from playwright.sync_api import Page, expect

from experiments.models import Experiment
from tests.browser.conftest import Console
from tests.browser.form import CreationForm

Tabs = tuple[CreationForm, CreationForm]


@pytest.fixture
def tabs(complete_form: CreationForm, page: Page) -> Tabs:
    """The same draft twice."""
    other = page.context.new_page()
    other.goto(page.url)
    return complete_form, CreationForm(other)


def save(form: CreationForm) -> None:
    """Go on in this tab: whatever it is told about the other one, it is told now."""
    form.hyperparameters.get_by_label("Key").press("Enter")
    form.wait_until_kept()


def test_different_fields_do_not_disturb_each_other(tabs: Tabs) -> None:
    one, two = tabs
    one.name.fill("from the first tab")
    one.value("epochs").fill("40")
    one.wait_until_kept()
    two.description.fill("From the second tab.")
    two.value("optimizer").select_option("sgd")
    two.value("shuffle").uncheck()
    two.wait_until_kept()
    expect(two.name).to_have_value("from the first tab")
    expect(two.value("epochs")).to_have_value("40")
    save(one)
    expect(one.description).to_have_value("From the second tab.")
    expect(one.value("optimizer")).to_have_value("sgd")
    expect(one.value("shuffle")).not_to_be_checked()
    expect(one.name).to_have_value("from the first tab")


def test_the_same_field_says_so_and_loses_nothing(tabs: Tabs, page: Page) -> None:
    one, two = tabs
    one.name.fill("from the first tab")
    one.wait_until_kept()
    two.name.fill("from the second tab")
    two.name.blur()
    expect(two.name).to_have_accessible_description("In another tab this became “from the first tab”.")
    save(two)
    expect(two.name).to_have_accessible_description("In another tab this became “from the first tab”.")
    expect(two.name).to_have_value("from the second tab")
    save(one)
    expect(one.name).to_have_value("from the first tab")
    two.button("Keep mine").click()
    expect(two.name).to_have_accessible_description("")
    expect(two.name).to_be_focused()
    page.reload()
    expect(one.name).to_have_value("from the second tab")


def test_the_other_text_is_taken(tabs: Tabs) -> None:
    one, two = tabs
    one.value("epochs").fill("40")
    one.wait_until_kept()
    two.value("epochs").fill("50")
    two.value("epochs").blur()
    two.button("Take the other").click()
    expect(two.value("epochs")).to_have_value("40")
    expect(two.value("epochs")).to_be_focused()


def test_create_waits_for_a_word_about_the_same_field(tabs: Tabs) -> None:
    one, two = tabs
    one.name.fill("from the first tab")
    one.wait_until_kept()
    two.name.fill("from the second tab")
    two.try_to_create()
    expect(two.page.get_by_role("alert")).to_contain_text("The experiment can't be created yet.")
    expect(two.name).to_have_accessible_description("In another tab this became “from the first tab”.")
    expect(two.name).to_be_focused()
    assert not Experiment.objects.exists()
    two.button("Keep mine").click()
    expect(two.name).to_have_accessible_description("")
    two.submit()
    expect(two.page.get_by_role("heading", name="from the second tab", level=1)).to_be_visible()


def test_the_base_was_changed_in_the_other_tab(tabs: Tabs) -> None:
    one, two = tabs
    one.page.bring_to_front()
    one.attach_model("fruit-mlp", "v2")
    expect(one.base).to_contain_text("v2")
    two.value("learning_rate").fill("0.01")
    two.value("momentum").fill("0.5")
    two.wait_until_kept()
    expect(two.base).to_contain_text("v2")
    expect(two.value("learning_rate")).to_have_value("0.01")
    expect(two.value("momentum")).to_have_count(0)
    lost = "“0.5” was not saved: its hyperparameter was removed in another tab."
    expect(two.page.get_by_role("status").filter(has_text=lost)).to_be_visible()


def test_a_hyperparameter_was_removed_in_the_other_tab(tabs: Tabs) -> None:
    one, two = tabs
    one.button("Remove momentum").click()
    expect(one.button("Restore momentum")).to_be_visible()
    two.value("momentum").fill("0.5")
    two.wait_until_kept()
    expect(two.page.get_by_role("status").filter(has_text="“0.5” was not saved")).to_be_visible()
    two.button("Restore momentum").click()
    expect(two.value("momentum")).to_have_value("0.9")


def test_the_button_of_a_row_that_is_gone_says_so(tabs: Tabs) -> None:
    one, two = tabs
    one.button("Detach").click()
    expect(one.base.get_by_role("button", name="Detach")).to_have_count(0)
    two.button("Remove momentum").click()
    expect(two.hyperparameters.get_by_role("alert")).to_contain_text("That hyperparameter is gone")


def test_created_in_the_other_tab_leads_to_the_experiment(tabs: Tabs) -> None:
    one, two = tabs
    one.submit()
    two.description.fill("Too late.")
    two.description.blur()
    expect(two.page.get_by_role("heading", name="run 1", level=1)).to_be_visible()
    expect(two.page.get_by_role("button", name="Use as base")).to_be_visible()
    assert Experiment.objects.count() == 1


def test_discarded_in_the_other_tab_is_said(tabs: Tabs, console: Console) -> None:
    console.expect("404")
    one, two = tabs
    one.page.get_by_role("link", name="Discard").click()
    one.page.get_by_role("button", name="Discard").click()
    expect(one.page.get_by_text("run 1 was discarded.")).to_be_visible()
    two.name.fill("too late")
    two.name.blur()
    expect(two.page.get_by_role("alert")).to_contain_text("There is nothing here that you can see.")
    expect(two.page.get_by_text("Not saved")).to_be_visible()
    expect(two.name).to_have_value("too late")
