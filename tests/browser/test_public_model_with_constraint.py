"""Bob trains a public model on the sets of pictures that its script asks for.

Given a project with dataset versions attached, and a public model whose script takes train + test or train + val +
test, when Bob opens the form by the +, says what the experiment is, attaches the model, changes its hyperparameters,
and puts a dataset version into every placeholder of one of its constraints, then he creates the experiment, and its
overview shows everything he said.
"""

import re

from playwright.sync_api import Page, expect

from tests.browser.form import EVERYTHING, CreationForm


def test_from_the_plus_to_the_overview(form: CreationForm, page: Page) -> None:
    # Part A
    expect(form.create).to_have_attribute("aria-disabled", "true")
    expect(form.create).to_have_accessible_description("2 things are missing: name, inference type")
    form.describe("mlp, slower", description="Half the learning rate.")

    # Part B
    dialog = form.open_dialog("Attach a Model")
    expect(dialog.get_by_role("tab", name="Public")).to_have_attribute("aria-selected", "true")
    expect(dialog).to_contain_text("Showing the 1 model for Classification; 1 of other types is left out.")
    dialog.get_by_role("searchbox", name="Search").fill("perceptron")
    dialog.get_by_role("link", name="fruit-mlp", exact=True).click()
    expect(form.row("v1")).to_contain_text("train + test; train + val + test")
    form.row("v1").get_by_role("button", name="Select").click()
    expect(dialog).to_be_hidden()
    expect(form.base).to_contain_text(re.compile(r"fruit-mlp\s+· v1"))
    expect(form.base).to_contain_text("Hyperparameters 6")
    expect(form.base).to_contain_text("trainers/fruit:1.4")

    # Part C
    expect(form.hyperparameters).to_contain_text("We recommend that you change values, and neither add nor remove any.")
    form.value("learning_rate").fill("0.0005")
    form.value("optimizer").select_option("sgd")
    form.value("shuffle").uncheck()
    form.button("Remove momentum").click()
    form.hyperparameters.get_by_label("Key").fill("warmup")
    form.hyperparameters.get_by_label("Type").select_option("integer")
    form.hyperparameters.get_by_label("Value").fill("2")
    form.button("Add hyperparameter").click()
    expect(form.value("warmup")).to_be_focused()
    expect(form.hyperparameters).to_contain_text("You removed momentum and added warmup; the training may fail.")

    # Part D
    form.attach_versions(train="fruit/train", test="fruit/test")
    expect(form.datasets).to_contain_text("Constraint train + test")
    expect(form.create).to_have_accessible_description(EVERYTHING)
    form.submit()

    expect(page.get_by_role("heading", name="mlp, slower", level=1)).to_contain_text("Waiting")
    overview = page.get_by_role("main")
    for text in ("Half the learning rate.", "Classification", "fruit-mlp v1", "Public", "trainers/fruit:1.4", "by bob"):
        expect(overview).to_contain_text(text)
    values = page.get_by_role("region", name="Hyperparameters")
    for row in (
        "epochs 20",
        "learning_rate changed from 0.001 0.0005",
        "optimizer changed from adam sgd",
        "shuffle changed from yes no",
        "note “”",
        "warmup 2 Added",
        "momentum 0.9 Removed",
    ):
        expect(values.get_by_role("row", name=row, exact=True)).to_be_visible()
    datasets = page.get_by_role("region", name="Dataset versions")
    expect(datasets).to_contain_text("constraint train + test")
    expect(datasets.get_by_role("listitem").filter(has_text="train")).to_contain_text("fruit/train")
    expect(datasets.get_by_role("listitem").filter(has_text="fruit/test")).to_be_visible()
    expect(page.get_by_role("region", name="Files").get_by_role("link", name="weights")).to_be_visible()
    expect(page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Sorting")).to_be_visible()


def test_attach_waits_until_every_placeholder_is_full(form_with_base: CreationForm) -> None:
    form = form_with_base
    dialog = form.open_dialog("Add dataset versions")
    attach = dialog.get_by_role("button", name="Attach")
    for alias in ("train", "test"):
        expect(attach).to_be_disabled()
        form.fill_constraint(**{alias: f"fruit/{alias}"})
    expect(dialog).to_contain_text("All 2 are filled")
    expect(attach).to_be_enabled()


def test_switching_the_constraint_keeps_what_has_the_same_alias(form_with_base: CreationForm) -> None:
    form = form_with_base
    dialog = form.open_dialog("Add dataset versions")
    form.fill_constraint(train="fruit/train", test="fruit/test")
    dialog.get_by_role("combobox", name="Dataset constraint").select_option("train + val + test")
    expect(form.placeholder("train")).to_have_accessible_description(re.compile("fruit/train"))
    expect(form.placeholder("test")).to_have_accessible_description(re.compile("fruit/test"))
    expect(form.placeholder("val")).to_have_attribute("aria-pressed", "true")
    expect(dialog.get_by_role("button", name="Attach")).to_be_disabled()
    form.row("fruit/val").get_by_role("button", name="Select").click()
    expect(dialog).to_contain_text("All 3 are filled")
    dialog.get_by_role("combobox", name="Dataset constraint").select_option("train + test")
    expect(form.placeholder("val")).to_have_count(0)
    expect(dialog).to_contain_text("All 2 are filled")
    dialog.get_by_role("button", name="Attach").click()
    expect(form.datasets).to_contain_text("Constraint train + test")


def test_only_what_fits_is_offered_and_the_rest_is_counted(form_with_base: CreationForm) -> None:
    form = form_with_base
    dialog = form.open_dialog("Add dataset versions")
    expect(form.row("fruit/train")).to_be_visible()
    expect(form.row("crates/boxes")).to_have_count(0)
    expect(dialog).to_contain_text("1 version of other types is left out. 1 has no type yet: scans/raw.")
    dialog.get_by_role("searchbox", name="Search").fill("fruit/v")
    expect(form.row("fruit/train")).to_have_count(0)
    expect(form.row("fruit/val")).to_be_visible()


def test_a_click_on_a_placeholder_of_the_form_opens_the_dialog_on_it(form_with_base: CreationForm) -> None:
    form = form_with_base
    form.datasets.get_by_role("button", name="test").click()
    expect(form.placeholder("test")).to_have_attribute("aria-pressed", "true")
    form.row("fruit/test").get_by_role("button", name="Select").click()
    form.row("fruit/train").get_by_role("button", name="Select").click()
    form.dialog.get_by_role("button", name="Attach").click()
    expect(form.create).to_have_accessible_description(EVERYTHING)
    expect(form.datasets.get_by_role("button", name="test")).to_contain_text("fruit/test")
