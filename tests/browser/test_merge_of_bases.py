"""Bob moves his edits to a newer version of the model.

Given a form with a public base, in which Bob changed, added and removed hyperparameters,
when he attaches a newer version of the model,
then what becomes of his edits is listed before anything happens, and he accepts it or keeps the base he has; no edit of
his is ever wiped.
"""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.form import CreationForm


@pytest.fixture
def edited(form_with_base: CreationForm) -> CreationForm:
    """Four edits to version 1; version 2 was just selected."""
    form = form_with_base
    form.value("epochs").fill("120")
    form.value("learning_rate").fill("0.01")
    form.button("Remove optimizer").click()
    form.hyperparameters.get_by_label("Key").fill("dropout")
    form.hyperparameters.get_by_label("Type").select_option("number")
    form.hyperparameters.get_by_label("Value").fill("0.5")
    form.button("Add hyperparameter").click()
    expect(form.value("dropout")).to_be_visible()
    form.attach_model("fruit-mlp", "v2")
    return form


def plan(page: Page) -> Locator:
    return page.get_by_role("group", name="With fruit-mlp v2 your hyperparameters become:")


def test_the_plan_is_listed_before_it_is_accepted(edited: CreationForm, page: Page) -> None:
    form = edited
    expect(plan(page)).to_be_focused()
    expect(plan(page).get_by_role("listitem")).to_have_text(
        [
            "Your edits stay: learning_rate = 0.01, optimizer (removed), dropout = 0.5.",
            "Your values that don’t fit and must be mended: epochs = 120.",
            "New: warmup = 2.",
            "Gone: shuffle, momentum, note.",
        ]
    )
    expect(form.base).to_contain_text("v1")
    expect(form.value("shuffle")).to_be_visible()
    expect(form.button("Restore optimizer")).to_be_visible()


def test_it_is_accepted(edited: CreationForm, page: Page) -> None:
    form = edited
    plan(page).get_by_role("button", name="Attach fruit-mlp v2").click()
    expect(plan(page)).to_have_count(0)
    expect(form.base).to_contain_text("v2")
    expect(form.value("epochs")).to_have_value("120")
    expect(form.value("epochs")).to_have_accessible_description("It must be between 1 and 50. 1 to 50")
    expect(form.value("learning_rate")).to_have_value("0.01")
    expect(form.button("Restore optimizer")).to_be_visible()
    expect(form.value("dropout")).to_have_value("0.5")
    expect(form.value("warmup")).to_have_value("2")
    expect(form.value("shuffle")).to_have_count(0)
    expect(form.hyperparameters).to_contain_text("1 value to mend, the rest saved")
    form.button("Reset epochs").click()
    expect(form.value("epochs")).to_have_value("30")
    expect(form.hyperparameters).to_contain_text("Saved")


def test_the_question_stays_and_counts_what_is_edited_meanwhile(edited: CreationForm, page: Page) -> None:
    form = edited
    form.value("momentum").fill("0.5")
    form.wait_until_kept()
    expect(plan(page)).to_contain_text("momentum = 0.5")
    expect(form.value("momentum")).to_be_focused()


def test_the_base_is_kept(edited: CreationForm, page: Page) -> None:
    form = edited
    plan(page).get_by_role("button", name="Keep fruit-mlp v1").click()
    expect(plan(page)).to_have_count(0)
    expect(form.base).to_contain_text("v1")
    expect(form.value("epochs")).to_have_value("120")
    expect(form.value("shuffle")).to_be_checked()


def test_detaching_asks_as_well(edited: CreationForm, page: Page) -> None:
    form = edited
    plan(page).get_by_role("button", name="Keep fruit-mlp v1").click()
    expect(plan(page)).to_have_count(0)
    form.button("Detach").click()
    without = page.get_by_role("group", name="Without a base your hyperparameters become:")
    expect(without).to_contain_text("Your edits stay: epochs = 120, learning_rate = 0.01, dropout = 0.5.")
    expect(without).to_contain_text("Gone: shuffle, momentum, note.")
    without.get_by_role("button", name="Detach fruit-mlp v1").click()
    expect(form.base.get_by_role("button", name="Detach")).to_have_count(0)
    expect(form.button("Attach a Model")).to_be_focused()
    expect(form.value("epochs")).to_have_value("120")
    expect(form.value("shuffle")).to_have_count(0)


def test_without_edits_nothing_is_asked(form_with_base: CreationForm) -> None:
    form = form_with_base
    form.attach_model("fruit-mlp", "v2")
    expect(form.base).to_contain_text("v2")
    expect(form.value("epochs")).to_have_value("30")
    expect(form.base.get_by_role("group")).to_have_count(0)
