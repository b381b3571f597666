"""Bob looks at an experiment that he created, and starts the next one from it.

Given an experiment made from a public model with one of its hyperparameters changed, one added and one removed, when
Bob opens its overview, then everything that was defined is there and leads on to where it comes from; he can look at
only what differs from the base, download its files byte for byte, and open a new form that starts from it. Vera, who
only reads, sees the same without the buttons.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from experiments.creation import save_changes
from experiments.drafts.hyperparameters import add_hyperparameter, remove_hyperparameter
from experiments.drafts.lifecycle import draft_of_changes
from experiments.models import Experiment
from organizations.models import User
from registry.hyperparameters import Kind
from storage.services import open_verified
from tests.browser.form import CreationForm
from tests.browser.world import World, run


@pytest.fixture
def experiment(world: World, bob: User) -> Experiment:
    """`run 1`, with every kind of difference to its base."""
    experiment = run(world, bob, epochs="40")
    draft = draft_of_changes(experiment, by=bob)
    add_hyperparameter(draft, key="warmup", kind=Kind.INTEGER, value="2", by=bob)
    remove_hyperparameter(draft, row_id=draft.hyperparameters.get(key="momentum").pk, by=bob)
    return save_changes(draft, by=bob)


@pytest.fixture
def overview(page: Page, sign_in: Callable[[Page, User], None], experiment: Experiment, bob: User) -> Page:
    """Bob at the overview."""
    sign_in(page, bob)
    page.goto(experiment.get_absolute_url())
    return page


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def test_everything_that_was_defined_is_there_and_leads_on(overview: Page) -> None:
    page = overview
    expect(page.get_by_role("heading", name="run 1", level=1)).to_contain_text("Waiting")
    for text in ("fruit-mlp v1", "Public", "Classification", "by bob", "trainers/fruit:1.4", "python train.py"):
        expect(region(page, "About")).to_contain_text(text)
    expect(region(page, "Labelmap").get_by_role("listitem")).to_have_text(["0 → apple", "1 → pear"])
    expect(region(page, "Dataset versions")).to_contain_text("constraint train + test")
    train = region(page, "Dataset versions").get_by_role("listitem").filter(has_text="fruit/train")
    expect(train).to_contain_text("4 images · Classification")
    expect(train.locator("img")).to_have_count(4)
    train.get_by_role("link", name="fruit/train").click()
    expect(page.get_by_role("heading", name="fruit / train", level=1)).to_be_visible()
    page.go_back()
    region(page, "About").get_by_role("link", name="fruit-mlp v1").click()
    started = region(page, "Experiments that started from it")
    started.get_by_role("link", name="run 1").click()
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Sorting").click()
    expect(page.get_by_role("row", name="run 1")).to_contain_text("fruit-mlp v1")


def test_only_what_differs(overview: Page) -> None:
    values = region(overview, "Hyperparameters")
    expect(values.get_by_role("row", name="optimizer adam")).to_be_visible()
    values.get_by_role("link", name="Only what differs").click()
    expect(values.get_by_role("rowheader")).to_have_text(["epochs", "warmup", "momentum"])
    expect(values.get_by_role("row", name="epochs changed from 20 40", exact=True)).to_be_visible()
    expect(values.get_by_role("row", name="warmup 2 Added", exact=True)).to_be_visible()
    expect(values.get_by_role("row", name="momentum 0.9 Removed", exact=True)).to_be_visible()
    values.get_by_role("link", name="All", exact=True).click()
    expect(values.get_by_role("rowheader", name="optimizer")).to_be_visible()


def test_a_file_is_downloaded_as_it_was_stored(overview: Page, experiment: Experiment, tmp_path: Path) -> None:
    with overview.expect_download() as download:
        region(overview, "Files").get_by_role("link", name="weights").click()
    assert download.value.suggested_filename == "weights.onnx"
    download.value.save_as(tmp_path / "weights.onnx")
    with open_verified(experiment.architecture.files.get().blob) as stored:
        assert (tmp_path / "weights.onnx").read_bytes() == stored.read()


def test_the_next_one_starts_from_its_values(overview: Page) -> None:
    overview.get_by_role("button", name="Use as base").click()
    form = CreationForm(overview)
    expect(form.base).to_contain_text("run 1")
    expect(form.value("epochs")).to_have_value("40")
    expect(form.hyperparameters.get_by_role("row", name="epochs")).not_to_contain_text("from 20")
    expect(form.value("warmup")).to_have_value("2")
    expect(form.hyperparameters.get_by_role("row", name="warmup")).not_to_contain_text("Added")
    expect(form.value("momentum")).to_have_count(0)
    expect(form.datasets).to_contain_text("fruit/train")


def test_who_only_reads_has_no_buttons(
    overview: Page, sign_in: Callable[[Page, User], None], experiment: Experiment, vera: User
) -> None:
    sign_in(overview, vera)
    overview.reload()
    expect(region(overview, "Hyperparameters").get_by_role("rowheader", name="epochs")).to_be_visible()
    expect(overview.get_by_role("main").get_by_role("button")).to_have_count(0)
    expect(overview.get_by_role("link", name="Delete")).to_have_count(0)


def test_it_is_deleted_by_name_or_kept(overview: Page) -> None:
    overview.get_by_role("link", name="Delete").click()
    expect(overview.get_by_role("main")).to_contain_text("The experiment run 1 goes")
    overview.get_by_role("link", name="Keep").click()
    overview.get_by_role("link", name="Delete").click()
    overview.get_by_role("button", name="Delete experiment").click()
    expect(overview.get_by_role("status")).to_contain_text("run 1 was deleted.")
    expect(overview.get_by_role("heading", name="No experiment yet")).to_be_visible()
