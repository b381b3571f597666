"""Bob finds out that he meant another kind of experiment.

Given a form with a base and dataset versions for classification,
when Bob changes the inference type to object detection,
then he is shown what no longer fits and would be dropped, and nothing goes until he confirms it; he may keep the type.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.form import CreationForm

CHANGE = "Change to Object detection and drop them"


@pytest.fixture
def full(complete_form: CreationForm) -> CreationForm:
    """A form with everything in it, in which another type was just chosen."""
    form = complete_form
    form.value("epochs").fill("40")
    form.inference_type.select_option("Object detection")
    expect(form.general.get_by_role("alert")).to_be_visible()
    return form


def test_what_would_be_dropped_is_listed_first(full: CreationForm) -> None:
    form = full
    dropped = form.general.get_by_role("alert").get_by_role("listitem")
    expect(dropped).to_have_text(["fruit-mlp v1", "fruit/train (train)", "fruit/test (test)"])
    expect(form.base).to_contain_text("fruit-mlp")
    expect(form.datasets).to_contain_text("fruit/train")


def test_the_type_can_be_kept(full: CreationForm, page: Page) -> None:
    form = full
    form.button("Keep Classification").click()
    expect(form.inference_type).to_have_value("CLASSIFICATION")
    expect(form.inference_type).to_be_focused()
    expect(form.general.get_by_role("alert")).to_have_count(0)
    expect(form.base).to_contain_text("fruit-mlp")
    page.reload()
    expect(form.inference_type).to_have_value("CLASSIFICATION")
    form.submit()


def test_the_type_is_changed_and_edits_stay(full: CreationForm, page: Page) -> None:
    form = full
    form.button(CHANGE).click()
    expect(form.general.get_by_role("alert")).to_have_count(0)
    expect(form.inference_type).to_have_value("OBJECT_DETECTION")
    expect(form.base.get_by_role("button", name="Detach")).to_have_count(0)
    expect(form.datasets).not_to_contain_text("fruit/train")
    expect(form.hyperparameters.get_by_role("row", name="epochs")).to_contain_text("Added")
    expect(form.value("epochs")).to_have_value("40")
    form.attach_model("crate-detector")
    form.submit()
    expect(page.get_by_role("region", name="About")).to_contain_text("Object detection")


def test_other_typing_goes_on_while_the_question_is_open(full: CreationForm) -> None:
    form = full
    form.description.fill("Boxes, perhaps.")
    form.name.fill("run 2")
    form.wait_until_kept()
    expect(form.general.get_by_role("alert")).to_be_visible()
    expect(form.inference_type).to_have_value("OBJECT_DETECTION")
    expect(form.description).to_have_value("Boxes, perhaps.")
    form.try_to_create()
    expect(form.inference_type).to_be_focused()
    form.button(CHANGE).click()
    expect(form.inference_type).to_have_value("OBJECT_DETECTION")
    expect(form.name).to_have_value("run 2")


def test_nothing_is_asked_when_nothing_goes(form: CreationForm) -> None:
    form.describe("run 1")
    form.wait_until_kept()
    form.inference_type.select_option("Segmentation")
    form.wait_until_kept()
    expect(form.inference_type).to_have_value("SEGMENTATION")
    expect(form.general.get_by_role("alert")).to_have_count(0)
