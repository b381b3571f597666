"""Bob makes the next experiment out of yesterday's.

Given an experiment of the project, with a changed hyperparameter and its dataset versions,
when Bob attaches it in the form, or presses *Use as base* on its overview,
then the new experiment starts from what that one had, its values are the ones to differ from, and both its base and the
model behind it are on record.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from experiments.models import Experiment
from organizations.models import User
from tests.browser.form import EVERYTHING, CreationForm
from tests.browser.world import World, run


@pytest.fixture
def yesterday(form: CreationForm, world: World, bob: User) -> Experiment:
    return run(world, bob, "yesterday", epochs="40")


def test_an_experiment_is_attached_in_the_form(form: CreationForm, yesterday: Experiment, page: Page) -> None:
    form.describe("today")
    dialog = form.open_dialog("Attach an Experiment")
    expect(dialog).to_contain_text("Showing the 1 experiment of this project for Classification.")
    expect(form.row("yesterday")).to_contain_text("Waiting")
    expect(form.row("yesterday")).to_contain_text("fruit-mlp v1")
    expect(form.row("yesterday")).to_contain_text("by bob")
    dialog.get_by_role("searchbox", name="Search").fill("tomorrow")
    expect(dialog.get_by_role("heading", name="Nothing found")).to_be_visible()
    dialog.get_by_role("searchbox", name="Search").fill("yester")
    form.row("yesterday").get_by_role("button", name="Select").click()
    expect(dialog).to_be_hidden()
    expect(form.base).to_contain_text(re.compile(r"yesterday\s+Experiment"))
    expect(form.value("epochs")).to_have_value("40")
    form.value("epochs").fill("60")
    form.attach_versions(train="fruit/train", test="fruit/test")
    expect(form.hyperparameters.get_by_role("row", name="epochs")).to_contain_text("from 40")
    form.submit()
    about = page.get_by_role("region", name="About")
    expect(about).to_contain_text(re.compile(r"yesterday\s+Experiment\s+which started from\s+fruit-mlp v1"))
    values = page.get_by_role("region", name="Hyperparameters")
    expect(values.get_by_role("row", name="epochs changed from 40 60")).to_be_visible()


def test_use_as_base_brings_everything_but_the_name(page: Page, yesterday: Experiment, form: CreationForm) -> None:
    page.goto(yesterday.get_absolute_url())
    page.get_by_role("button", name="Use as base").click()
    expect(page.get_by_role("heading", name="New experiment", level=1)).to_be_visible()
    expect(form.name).to_have_value("")
    expect(form.inference_type).to_have_value("CLASSIFICATION")
    expect(form.value("epochs")).to_have_value("40")
    expect(form.datasets).to_contain_text("Constraint train + test")
    expect(form.datasets.get_by_role("button", name="train")).to_contain_text("fruit/train")
    expect(form.create).to_have_accessible_description("1 thing is missing: name")
    form.name.fill("yesterday")
    form.try_to_create()
    expect(form.name).to_have_accessible_description(re.compile("has an experiment of this name already"))
    expect(form.name).to_be_focused()
    form.name.fill("today")
    form.wait_until_kept()
    expect(form.create).to_have_accessible_description(EVERYTHING)
    form.submit()
    expect(page.get_by_role("heading", name="today", level=1)).to_be_visible()


def test_only_experiments_that_fit_are_offered(form: CreationForm, yesterday: Experiment) -> None:
    form.describe("boxes", "Object detection")
    dialog = form.open_dialog("Attach an Experiment")
    expect(dialog).to_contain_text(
        "Showing the 0 experiments of this project for Object detection; 1 of other types is left out."
    )
    expect(dialog.get_by_role("heading", name="No experiment to start from")).to_be_visible()
