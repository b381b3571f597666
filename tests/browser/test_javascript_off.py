"""Bob's browser runs no scripts.

Given a browser with JavaScript switched off, when Bob does the whole job through full pages, with the placeholders of a
constraint or with aliases of his own, then every control works by a button, and whatever he had typed is still there
after each of them.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.form import EVERYTHING, CreationForm


@pytest.fixture
def page(browser: Browser, base_url: str) -> Iterator[Page]:
    """A page that runs no scripts."""
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def select(page: Page, row: str) -> None:
    page.get_by_role("row").filter(has_text=row).get_by_role("button", name="Select").click()


def attach_model(form: CreationForm, model: str, tab: str, version: str = "v1") -> None:
    form.button("Attach a Model").click()
    expect(form.page.get_by_role("heading", name="Attach a Model", level=1)).to_be_visible()
    form.page.get_by_role("tab", name=tab).click()
    form.page.get_by_role("link", name=model, exact=True).click()
    select(form.page, version)
    expect(form.base).to_contain_text(model)


def test_the_whole_job_with_a_constraint(form: CreationForm, page: Page) -> None:
    form.describe("no scripts", description="Through full pages.")
    attach_model(form, "fruit-mlp", "Public")
    form.value("epochs").fill("40")
    form.value("optimizer").select_option("sgd")
    form.value("shuffle").uncheck()
    form.button("Remove momentum").click()
    expect(form.button("Restore momentum")).to_be_visible()
    expect(form.value("epochs")).to_have_value("40")
    expect(form.value("shuffle")).not_to_be_checked()

    form.button("Add dataset versions").click()
    page.get_by_role("combobox", name="Dataset constraint").select_option("train + val + test")
    page.get_by_role("button", name="Show").click()
    for alias in ("train", "val", "test"):
        page.get_by_role("button", name=alias, exact=True).click()
        select(page, f"fruit/{alias}")
    expect(page.get_by_text("All 3 are filled")).to_be_visible()
    page.get_by_role("combobox", name="Dataset constraint").select_option("train + test")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("All 2 are filled")).to_be_visible()
    page.get_by_role("button", name="Attach").click()
    expect(form.datasets).to_contain_text("Constraint train + test")
    expect(form.create).to_have_accessible_description(EVERYTHING)
    form.submit()
    values = page.get_by_role("region", name="Hyperparameters")
    expect(values.get_by_role("row", name="epochs changed from 20 40", exact=True)).to_be_visible()
    expect(values.get_by_role("row", name="shuffle changed from yes no", exact=True)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Through full pages.")


def test_the_whole_job_with_free_aliases(form: CreationForm, page: Page) -> None:
    form.describe("free")
    attach_model(form, "orchard-net", "Private")
    form.button("Add dataset versions").click()
    page.get_by_role("checkbox", name="fruit/train").check()
    page.get_by_role("textbox", name="Alias for fruit/train", exact=True).fill("learn from")
    page.get_by_role("searchbox", name="Search").fill("val")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("checkbox", name="fruit/test")).to_have_count(0)
    page.get_by_role("checkbox", name="fruit/val").check()
    page.get_by_role("button", name="Attach").click()
    row = page.get_by_role("row").filter(has_text="fruit/train")
    expect(row.get_by_role("status")).to_contain_text("An alias has 1 to 50 letters, digits")
    expect(page.get_by_role("textbox", name="Alias for fruit/train", exact=True)).to_have_value("learn from")
    expect(page.get_by_role("checkbox", name="fruit/val")).to_be_checked()
    page.get_by_role("textbox", name="Alias for fruit/train", exact=True).fill("learn")
    page.get_by_role("button", name="Attach").click()
    expect(form.datasets.get_by_role("row", name="learn")).to_contain_text("fruit/train")
    form.button("Remove val").click()
    expect(form.datasets.get_by_role("row", name="val")).to_have_count(0)
    form.submit()
    expect(page.get_by_role("heading", name="free", level=1)).to_be_visible()


BUTTONS = [
    "Save general information",
    "Save hyperparameters",
    "Remove momentum",
    "Reset optimizer",
    "Add hyperparameter",
    "Attach a Model",
    "Attach an Experiment",
    "Add dataset versions",
    "test Choose a version",
    "Create experiment",
    "Keep fruit-mlp v1",
]


@pytest.mark.parametrize("button", BUTTONS)
def test_no_button_loses_what_was_typed(form_with_base: CreationForm, page: Page, button: str) -> None:
    form = form_with_base
    form.value("optimizer").select_option("sgd")
    form.button("Save hyperparameters").click()
    if button.startswith("Keep"):
        attach_then_ask(form)
    draft = page.url
    form.name.fill("typed, not saved")
    form.description.fill("Two\nlines")
    form.value("epochs").fill("forty")
    form.value("note").fill(" spaces ")
    page.get_by_role("button", name=button).click(force=button == "Create experiment")
    if page.get_by_role("link", name="Cancel").count():
        page.get_by_role("link", name="Cancel").click()
    elif button.startswith("Attach"):
        page.goto(draft)
    expect(form.name).to_have_value("typed, not saved")
    expect(form.description).to_have_value("Two\nlines")
    expect(form.value("epochs")).to_have_value("forty")
    expect(form.value("epochs")).to_have_attribute("aria-invalid", "true")
    expect(form.value("note")).to_have_value(" spaces ")


def attach_then_ask(form: CreationForm) -> None:
    """Another base is chosen, and the page asks what shall become of the edits."""
    form.button("Attach a Model").click()
    form.page.get_by_role("link", name="fruit-mlp", exact=True).click()
    select(form.page, "v2")
    expect(form.page.get_by_role("group", name="With fruit-mlp v2")).to_be_visible()


def test_a_new_hyperparameter_that_is_refused_stays_to_be_mended(form: CreationForm) -> None:
    new = form.hyperparameters
    new.get_by_label("Key").fill("dropout")
    new.get_by_label("Type").select_option("number")
    new.get_by_label("Value").fill("half")
    form.button("Add hyperparameter").click()
    expect(new.get_by_label("Value")).to_have_accessible_description("Not a number.")
    expect(new.get_by_label("Key")).to_have_value("dropout")
    expect(new.get_by_label("Type")).to_have_value("NUMBER")
    form.button("Save general information").click()
    expect(new.get_by_label("Key")).to_have_value("dropout")
    new.get_by_label("Value").fill("0.5")
    form.button("Add hyperparameter").click()
    expect(form.value("dropout")).to_have_value("0.5")
    expect(new.get_by_label("Key")).to_have_value("")


def test_the_type_is_changed_after_a_question(form_with_base: CreationForm) -> None:
    form = form_with_base
    form.inference_type.select_option("Object detection")
    form.name.fill("run 2")
    form.button("Save general information").click()
    expect(form.general.get_by_role("alert").get_by_role("listitem")).to_have_text(["fruit-mlp v1"])
    expect(form.name).to_have_value("run 2")
    form.button("Keep Classification").click()
    expect(form.inference_type).to_have_value("CLASSIFICATION")
    form.inference_type.select_option("Object detection")
    form.button("Save general information").click()
    form.button("Change to Object detection and drop them").click()
    expect(form.inference_type).to_have_value("OBJECT_DETECTION")
    expect(form.base.get_by_role("button", name="Detach")).to_have_count(0)


def test_enter_in_a_field_creates_nothing(form: CreationForm, page: Page) -> None:
    form.describe("run 1")
    form.name.press("Enter")
    expect(page.get_by_role("heading", name="New experiment", level=1)).to_be_visible()
    expect(form.inference_type).to_have_value("CLASSIFICATION")


def test_create_too_early_says_what_is_missing(form: CreationForm, page: Page) -> None:
    form.try_to_create()
    summary = page.get_by_role("alert")
    expect(summary.get_by_role("listitem")).to_have_text(
        ["name: Give the experiment a name.", "inference type: Choose an inference type."]
    )
    expect(form.name).to_have_accessible_description("Give the experiment a name.")
