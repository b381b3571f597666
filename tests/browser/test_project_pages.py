"""Alice makes a project, puts dataset versions into it, and finds her way among many experiments.

Given pictures in the organization, when she creates a project, edits it, and attaches dataset versions through the
chooser, then they can be used in its experiments, and what an experiment uses stays; and the list of experiments is
searched, filtered and paged by key, with each of these said in words.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from config.inference_types import InferenceType
from experiments.models import Status
from organizations.models import User
from tests.browser.conftest import Console
from tests.browser.form import CreationForm
from tests.browser.world import World, run
from tests.factories import ExperimentFactory

ON_A_PAGE = 25


@pytest.fixture
def signed_in(page: Page, sign_in: Callable[[Page, User], None], world: World, alice: User) -> Page:
    """Alice, about to look at her organization's projects."""
    sign_in(page, alice)
    return page


@pytest.fixture
def many(signed_in: Page, world: World) -> Page:
    """Alice at a project with more experiments than a page holds: 30 of which every tenth failed."""
    for n in range(30):
        status = Status.FAILED if n % 10 == 0 else Status.SUCCESS
        kind = InferenceType.SEGMENTATION if n in (0, 1) else InferenceType.CLASSIFICATION
        ExperimentFactory(project=world.project, name=f"run {n:02}", status=status, inference_type=kind)
    signed_in.goto(world.address)
    return signed_in


def names(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("rowheader")


def tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Project").get_by_role("link", name=name).click()


def test_a_project_is_made_and_renamed(signed_in: Page, console: Console) -> None:
    console.expect("status of 422")
    page, name = signed_in, signed_in.get_by_role("textbox", name="Name")
    page.goto("/projects/")
    expect(page.get_by_role("listitem").filter(has_text="Sorting")).to_contain_text("5 dataset versions")
    page.get_by_role("link", name="New project").click()
    name.fill(" Sorting ")
    page.get_by_role("textbox", name="Description").fill("By size.")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("Sorting.* already|already.* Sorting|of this name"))
    expect(page.get_by_role("textbox", name="Description")).to_have_value("By size.")
    name.fill("Grading")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="Grading", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="No experiment yet")).to_be_visible()
    page.get_by_role("link", name="Edit project").click()
    name.fill("Grading by size")
    page.get_by_role("button", name="Save project").click()
    expect(page.get_by_role("heading", name="Grading by size", level=1)).to_be_visible()
    page.get_by_role("link", name="Projects").first.click()
    page.get_by_role("searchbox", name="Search").fill("grad")
    expect(page.get_by_text("Showing the projects with “grad” in their name or description.")).to_be_visible()
    expect(page.get_by_role("link", name="Sorting")).to_have_count(0)
    page.get_by_role("link", name="Show all projects").click()
    expect(page.get_by_role("link", name="Sorting")).to_be_visible()


def test_versions_are_attached_and_detached(signed_in: Page, world: World) -> None:
    page = signed_in
    page.goto("/projects/new/")
    page.get_by_role("textbox", name="Name").fill("Grading")
    page.get_by_role("button", name="Create project").click()
    tab(page, "Dataset versions")
    expect(page.get_by_role("heading", name="No dataset version attached")).to_be_visible()
    for version in ("fruit/train", "crates/boxes"):
        page.get_by_role("link", name="Attach a dataset version").click()
        dialog = page.get_by_role("dialog", name="Attach a dataset version")
        dialog.get_by_role("searchbox", name="Search").fill(version[:8])
        expect(dialog.get_by_role("row").filter(has_text="scans/raw")).to_have_count(0)
        dialog.get_by_role("row").filter(has_text=version).get_by_role("button", name="Select").click()
        expect(page.get_by_role("status").filter(has_text=f"{version} is attached.")).to_be_visible()
    expect(page.get_by_role("row", name="fruit/train")).to_contain_text("Classification")
    page.get_by_role("link", name="Attach a dataset version").click()
    expect(dialog.get_by_role("row").filter(has_text="fruit/val")).to_be_visible()
    expect(dialog.get_by_role("row").filter(has_text="fruit/train")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Detach crates/boxes").click()
    expect(page.get_by_role("status").filter(has_text="crates/boxes is detached.")).to_be_visible()
    expect(names(page)).to_have_text([re.compile("fruit/train")])
    tab(page, "Experiments")
    page.get_by_role("button", name="New experiment").click()
    form = CreationForm(page)
    form.open_dialog("Add dataset versions")
    expect(form.dialog.get_by_role("checkbox")).to_have_count(1)


def test_what_an_experiment_uses_stays(signed_in: Page, world: World, bob: User) -> None:
    run(world, bob)
    signed_in.goto(f"{world.address}dataset-versions/")
    expect(signed_in.get_by_role("row", name="fruit/train")).to_contain_text("in use")
    expect(signed_in.get_by_role("button", name="Detach fruit/train")).to_have_count(0)
    expect(signed_in.get_by_role("button", name="Detach fruit/val")).to_be_visible()
    signed_in.get_by_role("searchbox", name="Search").fill("raw")
    expect(signed_in.get_by_text("Showing the attached versions with “raw” in their name.")).to_be_visible()
    expect(names(signed_in)).to_have_text([re.compile("scans/raw")])
    signed_in.get_by_role("link", name="Set the type of scans/raw").click()
    expect(signed_in.get_by_role("heading", name="Edit scans/raw", level=1)).to_be_visible()


def test_members_don_t_attach(page: Page, sign_in: Callable[[Page, User], None], world: World, bob: User) -> None:
    sign_in(page, bob)
    page.goto(f"{world.address}dataset-versions/")
    expect(page.get_by_role("main")).to_contain_text("An admin of the organization can attach more.")
    expect(page.get_by_role("link", name="Attach a dataset version")).to_have_count(0)
    expect(page.get_by_role("button", name="Detach")).to_have_count(0)


def test_many_experiments_are_searched_and_filtered(many: Page) -> None:
    page = many
    page.get_by_role("searchbox", name="Search").fill("run 1")
    expect(names(page)).to_have_text([f"run {n}" for n in range(19, 9, -1)])
    expect(page.get_by_text("Showing the experiments with “run 1” in their name.")).to_be_visible()
    page.get_by_role("combobox", name="Status").select_option("Failed")
    expect(names(page)).to_have_text(["run 10"])
    expect(
        page.get_by_text("Showing the experiments with the status Failed, with “run 1” in their name.")
    ).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=run(%20|\+)1&status=FAILED"))
    page.reload()
    expect(page.get_by_role("combobox", name="Status")).to_have_value("FAILED")
    page.get_by_role("combobox", name="Inference type").select_option("Segmentation")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("")
    expect(page.get_by_text("Showing the experiments with the status Failed, for Segmentation.")).to_be_visible()
    expect(names(page)).to_have_text(["run 00"])
    page.get_by_role("link", name="Show all experiments").click()
    expect(names(page)).to_have_count(ON_A_PAGE)
    expect(page.get_by_text("Showing the")).to_have_count(0)


def test_many_experiments_are_paged_by_key(many: Page, world: World) -> None:
    page, older, newer = many, many.get_by_role("link", name="Older"), many.get_by_role("link", name="Newer")
    expect(names(page)).to_have_text([f"run {n:02}" for n in range(29, 4, -1)])
    expect(newer).to_have_count(0)
    ExperimentFactory(project=world.project, name="came meanwhile")
    older.click()
    expect(names(page)).to_have_text([f"run {n:02}" for n in range(4, -1, -1)])
    expect(page).to_have_url(re.compile(r"\?older="))
    expect(older).to_have_count(0)
    newer.click()
    expect(names(page).first).to_have_text("run 29")
    page.go_back()
    expect(names(page)).to_have_text([f"run {n:02}" for n in range(4, -1, -1)])
    page.get_by_role("combobox", name="Status").select_option("Success")
    expect(names(page)).to_have_count(ON_A_PAGE)
    older.click()
    expect(names(page)).to_have_text(["run 02", "run 01"])
    expect(page).to_have_url(re.compile(r"status=SUCCESS&type=&older="))
