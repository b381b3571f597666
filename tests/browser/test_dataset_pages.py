"""Vera looks at the pictures that the trainings learn from, and Bob says what they are for.

Given datasets with classes, boxes, and no type yet, when Vera goes through their versions, then she sees the pictures
with their annotations drawn over them, and narrows them to one label; when Bob sets the type of a version that has
none, then it can be used in an experiment; and what an experiment uses can't be deleted.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from organizations.models import User
from tests.browser.conftest import Console
from tests.browser.form import CreationForm
from tests.browser.world import World, run


@pytest.fixture
def looking(page: Page, sign_in: Callable[[Page, User], None], world: World, vera: User) -> Page:
    """Vera at the datasets."""
    sign_in(page, vera)
    page.goto("/datasets/")
    return page


def gallery(page: Page) -> Locator:
    return page.get_by_role("region", name="Images").get_by_role("listitem")


def is_drawn(picture: Locator) -> None:
    """The bytes of the picture have arrived, and they are a picture."""
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0


def test_from_the_list_to_a_single_picture(looking: Page) -> None:
    page = looking
    expect(page.get_by_role("listitem").filter(has_text="fruit")).to_contain_text("3 versions · 12 images")
    page.get_by_role("searchbox", name="Search").fill("crat")
    expect(page.get_by_role("main")).to_contain_text("Showing the datasets with “crat” in their name.")
    expect(page.get_by_role("link", name="fruit")).to_have_count(0)
    page.get_by_role("link", name="crates").click()
    expect(page.get_by_role("listitem").filter(has_text="boxes")).to_contain_text("4 images · 4 objects · 2 labels")
    page.get_by_role("link", name="boxes").click()
    expect(page.get_by_role("heading", name="crates / boxes", level=1)).to_contain_text("Object detection")

    expect(gallery(page)).to_have_count(4)
    first = gallery(page).first
    expect(first.get_by_role("img", name="boxes-0.png: pear")).to_be_visible()
    is_drawn(first.get_by_role("img"))
    expect(first.locator("svg rect")).to_have_count(1)
    expect(first.locator("svg rect")).to_have_attribute("width", "8")
    expect(first.locator("svg text")).to_have_text("pear")

    first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="boxes-0.png", level=1)).to_be_visible()
    is_drawn(page.get_by_role("img", name="boxes-0.png: pear"))
    expect(page.get_by_role("region", name="Image", exact=True).locator("svg rect")).to_be_visible()
    expect(page.get_by_role("region", name="About")).to_contain_text("20 × 10 pixels")
    expect(page.get_by_role("region", name="Annotations").get_by_role("listitem")).to_have_text(
        re.compile(r"pear\s+.*8.*6")
    )
    expect(page.get_by_role("link", name="Previous image")).to_have_count(0)
    page.get_by_role("link", name="Next image").click()
    expect(page.get_by_role("heading", name="boxes-1.png", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Previous image")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "boxes-1.png"
    page.get_by_role("link", name="pear").click()
    expect(page.get_by_role("main")).to_contain_text("Showing 4 of 4 images, with the label pear.")


def test_a_version_is_narrowed_to_one_label(looking: Page) -> None:
    page = looking
    page.get_by_role("link", name="fruit").click()
    page.get_by_role("link", name="train").click()
    labels = page.get_by_role("table", name="Labels")
    expect(labels.get_by_role("row", name="apple")).to_contain_text("2")
    expect(labels.locator("svg rect")).to_have_count(2)
    expect(gallery(page)).to_have_count(4)
    expect(gallery(page).first).to_contain_text("apple")
    labels.get_by_role("link", name="pear").click()
    expect(page.get_by_role("main")).to_contain_text("Showing 2 of 4 images, with the label pear.")
    expect(page.get_by_role("combobox", name="Label").locator("option:checked")).to_have_text("pear")
    expect(gallery(page)).to_have_text([re.compile("pear"), re.compile("pear")])
    page.get_by_role("searchbox", name="Search").fill("train-3")
    expect(gallery(page)).to_have_count(1)
    expect(page.get_by_role("main")).to_contain_text(
        "Showing 1 of 4 images, with the label pear, with “train-3” in the file name."
    )
    page.get_by_role("combobox", name="Label").select_option("apple")
    expect(page.get_by_text("No image of this version is like that.")).to_be_visible()
    page.get_by_role("link", name="Show all images").click()
    expect(gallery(page)).to_have_count(4)


def test_who_only_reads_changes_nothing(looking: Page, world: World) -> None:
    looking.goto(f"/datasets/versions/{world.versions['scans/raw'].pk}/")
    expect(looking.get_by_role("heading", level=1)).to_contain_text("No type yet")
    expect(looking.get_by_text("Experiments can't use this version")).to_be_visible()
    for name in ("Set it", "Edit version", "Delete version"):
        expect(looking.get_by_role("link", name=name)).to_have_count(0)


def test_a_version_gets_its_type_and_can_be_used(form: CreationForm, page: Page) -> None:
    form.describe("raw at last")
    form.open_dialog("Add dataset versions")
    with page.context.expect_page() as opened:
        form.dialog.get_by_role("link", name="scans/raw").click(modifiers=["ControlOrMeta"])
    other = opened.value
    expect(other.get_by_role("combobox", name="Inference type")).to_have_value("NOT_CONFIGURED")
    other.get_by_role("combobox", name="Inference type").select_option("Classification")
    other.get_by_role("textbox", name="Description").fill("Straight from the camera.")
    other.get_by_role("button", name="Save version").click()
    expect(other.get_by_role("status")).to_contain_text("scans/raw is saved.")
    expect(other.get_by_role("heading", level=1)).to_contain_text("Classification")
    expect(other.get_by_role("region", name="About")).to_contain_text("Straight from the camera.")
    form.dialog.get_by_role("searchbox", name="Search").fill("raw")
    form.dialog.get_by_role("checkbox", name="scans/raw").check()
    form.dialog.get_by_role("button", name="Attach").click()
    expect(form.datasets.get_by_role("row", name="raw")).to_contain_text("scans/raw")
    form.submit()


def test_what_is_used_is_not_deleted(
    page: Page, console: Console, sign_in: Callable[[Page, User], None], world: World, alice: User, bob: User
) -> None:
    console.expect("status of 409")
    run(world, bob)
    sign_in(page, alice)
    page.goto(f"/datasets/versions/{world.versions['fruit/train'].pk}/")
    page.get_by_role("link", name="Delete version").click()
    page.get_by_role("button", name="Delete fruit/train").click()
    expect(page.get_by_role("main")).to_contain_text("run 1")
    page.get_by_role("link", name="Keep it").click()
    expect(page.get_by_role("heading", name="fruit / train", level=1)).to_be_visible()
    page.goto(f"/datasets/versions/{world.versions['fruit/val'].pk}/")
    page.get_by_role("link", name="Delete version").click()
    expect(page.get_by_role("main")).to_contain_text("its list of 4 images, its labels, and its 4 annotations")
    page.get_by_role("button", name="Delete fruit/val").click()
    expect(page.get_by_role("status")).to_contain_text("fruit/val is deleted.")
    expect(page.get_by_role("link", name="val")).to_have_count(0)
