"""Bob leaves in the middle, and goes on another day, from another machine.

Given a half-written form with a base, edits right and wrong, and dataset versions,
when Bob signs out and in again, or signs in with another browser, or just leaves the page in the middle of a word,
then the project lists the draft, and the form is as he left it, invalid values included; or he discards it.
"""

from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from experiments.models import ExperimentDraft
from organizations.models import User
from tests.browser.conftest import Console
from tests.browser.form import CreationForm
from tests.browser.world import World, begin
from tests.factories import PASSWORD

DESCRIPTION = "Two lines,\nand “quotes” <b>unbroken</b>."
MISSING = "3 things are missing: epochs, learning_rate, weight_decay"


@pytest.fixture
def half(page: Page, sign_in: Callable[[Page, User], None], world: World, bob: User) -> CreationForm:
    """A form in which everything was touched, some of it wrongly."""
    sign_in(page, bob)
    form = CreationForm(page)
    form.resume(begin(world, bob, "half written", is_complete=True))
    form.description.fill(DESCRIPTION)
    form.value("epochs").fill("many")
    form.value("learning_rate").fill("1,5")
    form.value("optimizer").select_option("sgd")
    form.value("shuffle").uncheck()
    form.button("Remove momentum").click()
    form.hyperparameters.get_by_label("Key").fill("dropout")
    form.hyperparameters.get_by_label("Type").select_option("yes / no")
    form.hyperparameters.get_by_role("combobox", name="Value").select_option("yes")
    form.button("Add hyperparameter").click()
    expect(form.value("dropout")).to_be_checked()
    form.hyperparameters.get_by_label("Key").fill("weight_decay")
    form.hyperparameters.get_by_label("Type").select_option("number")
    form.hyperparameters.get_by_role("textbox", name="Value").fill("0.")
    expect(form.create).to_have_accessible_description(MISSING)
    form.wait_until_kept()
    return form


def expect_as_it_was(form: CreationForm) -> None:
    expect(form.name).to_have_value("half written")
    expect(form.description).to_have_value(DESCRIPTION)
    expect(form.inference_type).to_have_value("CLASSIFICATION")
    expect(form.base).to_contain_text("fruit-mlp")
    expect(form.value("epochs")).to_have_value("many")
    expect(form.value("epochs")).to_have_attribute("aria-invalid", "true")
    expect(form.value("learning_rate")).to_have_value("1,5")
    expect(form.hyperparameters.get_by_role("row", name="learning_rate")).to_contain_text("Not a number: write 1.5.")
    expect(form.value("optimizer")).to_have_value("sgd")
    expect(form.value("shuffle")).not_to_be_checked()
    expect(form.button("Restore momentum")).to_be_visible()
    expect(form.value("dropout")).to_be_checked()
    expect(form.hyperparameters.get_by_label("Key")).to_have_value("weight_decay")
    expect(form.hyperparameters.get_by_label("Type")).to_have_value("NUMBER")
    expect(form.hyperparameters.get_by_role("textbox", name="Value")).to_have_value("0.")
    expect(form.datasets.get_by_role("button", name="test")).to_contain_text("fruit/test")
    expect(form.create).to_have_accessible_description(MISSING)


def sign_in_as(page: Page, user: User) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Projects", level=1)).to_be_visible()


def go_on(page: Page) -> None:
    page.get_by_role("link", name="Sorting", exact=True).click()
    drafts = page.get_by_role("region", name="Drafts to continue")
    expect(drafts.get_by_role("row", name="half written")).to_contain_text("fruit-mlp v1")
    drafts.get_by_role("link", name="Continue half written").click()


def test_after_signing_out_and_in(half: CreationForm, page: Page, bob: User) -> None:
    page.get_by_role("button", name="Account of bob").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in_as(page, bob)
    go_on(page)
    expect_as_it_was(half)


def test_in_another_browser(half: CreationForm, browser: Browser, base_url: str, bob: User) -> None:
    context = browser.new_context(base_url=base_url)
    page = context.new_page()
    sign_in_as(page, bob)
    go_on(page)
    expect_as_it_was(CreationForm(page))
    context.close()


def test_after_leaving_in_the_middle_of_a_word(form: CreationForm, page: Page, world: World) -> None:
    form.describe("run 1")
    form.wait_until_kept()
    form.description.press_sequentially("In the middle of a wo")
    # The browser sends the word after it has left the page, so the next page may be there before it.
    for _ in range(20):
        page.goto(world.address)
        if page.get_by_role("link", name="Continue run 1").count() == 0:
            continue
        page.get_by_role("link", name="Continue run 1").click()
        page.wait_for_load_state()
        if form.description.input_value() == "In the middle of a wo":
            break
    expect(form.description).to_have_value("In the middle of a wo")


def test_the_session_ends_while_the_form_is_open(half: CreationForm, page: Page, bob: User) -> None:
    form = half
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    form.description.fill("too late")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Username").fill(bob.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(form.description).to_have_value("too late")
    form.wait_until_kept()
    page.reload()
    expect(form.description).to_have_value("too late")
    expect(form.value("epochs")).to_have_value("many")


def test_the_session_ends_before_a_tick(half: CreationForm, page: Page, bob: User) -> None:
    form = half
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    form.value("shuffle").check()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Username").fill(bob.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(form.value("shuffle")).to_be_checked()
    form.wait_until_kept()
    assert ExperimentDraft.objects.get().hyperparameters.get(key="shuffle").value == "true"


def test_a_new_sign_in_elsewhere_does_not_disturb_the_form(
    half: CreationForm, page: Page, bob: User, console: Console
) -> None:
    console.expect("status of 403")
    form, elsewhere = half, page.context.new_page()
    elsewhere.goto("/projects/")
    elsewhere.get_by_role("button", name="Account of bob").click()
    elsewhere.get_by_role("button", name="Sign out").click()
    sign_in_as(elsewhere, bob)
    form.name.fill("not disturbed")
    form.value("epochs").fill("30")
    form.value("learning_rate").fill("0.01")
    form.button("Add hyperparameter").click()
    form.wait_until_kept()
    form.submit()
    expect(page.get_by_role("heading", name="not disturbed", level=1)).to_be_visible()


def test_it_is_discarded(half: CreationForm, page: Page, world: World) -> None:
    page.goto(world.address)
    page.get_by_role("link", name="Discard half written").click()
    expect(page.get_by_role("heading", name="Discard half written?")).to_be_visible()
    page.get_by_role("link", name="Keep").click()
    expect_as_it_was(half)
    page.get_by_role("link", name="Discard").click()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("half written was discarded.")).to_be_visible()
    expect(page.get_by_role("region", name="Drafts to continue")).to_have_count(0)
    assert not ExperimentDraft.objects.exists()


def test_nobody_elses_drafts_are_listed(
    half: CreationForm, page: Page, world: World, sign_in: Callable[[Page, User], None], alice: User
) -> None:
    page.context.clear_cookies()
    sign_in(page, alice)
    page.goto(world.address)
    expect(page.get_by_role("heading", name="No experiment yet")).to_be_visible()
    expect(page.get_by_role("region", name="Drafts to continue")).to_have_count(0)
