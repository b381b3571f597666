"""Alice brings a model of her own into the registry, and improves it while Bob is about to use it.

Given nothing but files on her disk, when she creates a model and its first version, uploads its weights, and writes its
hyperparameters, labelmap, image and constraints, then the model can be trained; a second version starts as a copy of
another one, found in the chooser; and when she edits what Bob's draft is based on, his form says so and takes the
changes over, with his own edits kept.
"""

import re
from collections.abc import Callable
from threading import Semaphore
from typing import Any

import pytest
from django.http import HttpResponse
from playwright.sync_api import Locator, Page, Route, expect

from organizations.models import User
from registry.models import ModelVersion
from registry.views import editors
from storage.services import open_verified
from tests.browser.conftest import TIMEOUT, Console
from tests.browser.form import EVERYTHING, CreationForm
from tests.browser.world import World

WEIGHTS: Any = {"name": "weights.onnx", "mimeType": "application/octet-stream", "buffer": b"w" * 200_000}
SCRIPT: Any = {"name": "train.py", "mimeType": "text/x-python", "buffer": b"print('trained')\n"}


@pytest.fixture
def registry(page: Page, sign_in: Callable[[Page, User], None], world: World, alice: User) -> Page:
    """Alice in the registry."""
    sign_in(page, alice)
    page.goto("/registry/")
    return page


@pytest.fixture
def version(registry: Page, world: World) -> Page:
    """Alice at the page of `orchard-net v1`, which is hers."""
    registry.goto(f"/registry/versions/{world.private.pk}/")
    return registry


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def row(page: Page, name: str) -> Locator:
    """A fieldset of an editor."""
    return page.get_by_role("group", name=name)


def said(page: Page, sentence: str) -> None:
    expect(page.get_by_role("status").filter(has_text=sentence)).to_be_visible()


def test_a_model_and_its_first_version(registry: Page) -> None:
    page = registry
    expect(page.get_by_role("listitem").filter(has_text="orchard-net")).to_contain_text("no constraint")
    page.get_by_role("link", name="New model").click()
    page.get_by_role("textbox", name="Name").fill("grader")
    page.get_by_role("textbox", name="Description").fill("Sorts by size.")
    page.get_by_role("button", name="Create model").click()
    said(page, "grader is created. Give it its first version.")
    expect(page.get_by_role("heading", name="No version yet")).to_be_visible()
    page.get_by_role("link", name="New version").click()
    page.get_by_role("combobox", name="Inference type").select_option("Classification")
    page.get_by_role("combobox", name="Framework").select_option("ONNX")
    page.get_by_role("button", name="Create version").click()
    said(page, "grader v1 is created.")
    expect(page.get_by_role("heading", name="grader v1", level=1)).to_contain_text("Weights only")

    page.get_by_role("link", name="Edit image").click()
    page.get_by_role("textbox", name="Image").fill("trainers/grader")
    page.get_by_role("textbox", name="Tag").fill("0.1")
    page.get_by_role("textbox", name="Environment").fill("OMP_NUM_THREADS=2")
    page.get_by_role("button", name="Save image and command").click()
    expect(region(page, "Training")).to_contain_text("trainers/grader:0.1")
    expect(region(page, "Training")).to_contain_text("OMP_NUM_THREADS=2")
    page.get_by_role("link", name="Edit labelmap").click()
    page.get_by_role("textbox", name="Labelmap").fill("0: small\n1: large")
    page.get_by_role("button", name="Save labelmap").click()
    expect(region(page, "Labelmap").get_by_role("listitem")).to_have_text(["0 → small", "1 → large"])
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Weights only")


def test_files_are_uploaded_with_a_progress_bar(version: Page, world: World) -> None:
    page, held = version, []

    def hold(route: Route) -> None:
        held.append(route) if route.request.method == "POST" else route.continue_()

    page.get_by_role("link", name="Edit files").click()
    page.route("**/files/", hold)
    page.get_by_label("Files").set_input_files([WEIGHTS, SCRIPT])
    page.get_by_role("button", name="Upload files").click()
    expect(page.get_by_role("progressbar", name="Upload")).to_be_visible()
    expect(page.get_by_role("button", name="Upload files")).to_be_disabled()
    held[0].continue_()
    said(page, "Added weights, train.")
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.unroute("**/files/")
    page.get_by_role("textbox", name="Name of train").fill("script")
    page.get_by_role("button", name="Rename train").click()
    said(page, "The file is called script now.")
    page.get_by_role("link", name="Back to v1").click()
    files = region(page, "Files")
    expect(files).to_contain_text("2 files")
    expect(files.get_by_role("listitem").filter(has_text="script")).to_contain_text("train.py")
    with open_verified(world.private.architecture.files.get(name="weights").blob) as stored:
        assert stored.read() == WEIGHTS["buffer"]


def test_a_file_is_never_replaced_by_another_of_its_name(version: Page, console: Console) -> None:
    console.expect("status of 422")
    page = version

    def upload() -> None:
        page.get_by_label("Files").set_input_files([WEIGHTS])
        page.get_by_role("button", name="Upload files").click()

    page.get_by_role("link", name="Edit files").click()
    for name in ("weights", "weights.onnx"):
        upload()
        said(page, f"Added {name}.")
    upload()
    expect(page.get_by_text("There is a file “weights.onnx” already. Rename or remove it first.")).to_be_visible()
    expect(page.get_by_label("Files")).to_be_focused()
    page.get_by_role("button", name="Remove weights.onnx", exact=True).click()
    said(page, "weights.onnx is removed from orchard-net v1.")
    expect(page.get_by_role("button", name="Rename")).to_have_count(1)


def test_hyperparameters_are_written(version: Page, console: Console) -> None:
    console.expect("status of 422")
    page = version
    page.get_by_role("link", name="Edit hyperparameters").click()
    page.get_by_role("button", name="Add hyperparameter").click()
    new = row(page, "Hyperparameter 3")
    expect(new.get_by_label("Key")).to_be_focused()
    new.get_by_label("Key").fill("rate")
    new.get_by_label("Type").select_option("number")
    new.get_by_label("Value").locator("visible=true").fill("2")
    new.get_by_label("Maximum").fill("1")
    page.get_by_role("button", name="Move depth up").click()
    expect(page.get_by_role("button", name="Move depth down")).to_be_focused()
    page.get_by_role("button", name="Save hyperparameters").click()
    mistakes = page.get_by_role("alert")
    expect(mistakes).to_be_focused()
    expect(mistakes).to_contain_text("Nothing is saved yet: 1 thing to mend.")
    mistakes.get_by_role("link", name="Hyperparameter 3, value").click()
    value = new.get_by_label("Value").locator("visible=true")
    expect(value).to_be_focused()
    value.fill("0.5")
    page.get_by_role("button", name="Save hyperparameters").click()
    said(page, "The hyperparameters of orchard-net v1 are saved.")
    expect(region(page, "Hyperparameters").get_by_role("rowheader")).to_have_text(["depth", "epochs", "rate"])
    expect(region(page, "Hyperparameters").get_by_role("row", name="rate")).to_contain_text("0.5")


def test_constraints_are_written(version: Page, console: Console) -> None:
    console.expect("status of 422")
    page = version
    page.get_by_role("link", name="Edit constraints").click()
    expect(page.get_by_role("heading", name="No constraint")).to_be_visible()
    page.get_by_role("button", name="Add constraint").click()
    constraint = row(page, "Constraint 1")
    expect(constraint.get_by_label("Name")).to_be_focused()
    constraint.get_by_label("Name").fill("train + test")
    aliases = constraint.get_by_role("textbox", name="Alias")
    aliases.fill("train")
    constraint.get_by_role("textbox", name="Help").fill("Learned from.")
    constraint.get_by_role("button", name="Add alias").click()
    expect(aliases.nth(1)).to_be_focused()
    aliases.nth(1).fill("TRAIN")
    page.get_by_role("button", name="Save constraints").click()
    expect(aliases.nth(1)).to_have_accessible_description("This alias is in the constraint twice (case is ignored).")
    aliases.nth(1).fill("test")
    page.get_by_role("button", name="Save constraints").click()
    said(page, "The constraints of orchard-net v1 are saved.")
    written = region(page, "Dataset constraints").get_by_role("listitem").filter(has_text="train + test")
    expect(written.get_by_role("listitem")).to_have_text([re.compile(r"train\s+Learned from\."), "test"])


def test_two_editors_do_not_overwrite_each_other(version: Page, console: Console) -> None:
    console.expect("status of 422")
    page, other = version, version.context.new_page()
    page.get_by_role("link", name="Edit labelmap").click()
    other.goto(page.url)
    page.get_by_role("textbox", name="Labelmap").fill("0: first")
    other.get_by_role("textbox", name="Labelmap").fill("0: second")
    page.get_by_role("button", name="Save labelmap").click()
    said(page, "The labelmap of orchard-net v1 is saved.")
    other.get_by_role("button", name="Save labelmap").click()
    expect(other.get_by_role("main")).to_contain_text("Somebody changed this version after you opened this page")
    expect(other.get_by_role("textbox", name="Labelmap")).to_have_value("0: second")
    other.get_by_role("button", name="Save labelmap").click()
    said(other, "The labelmap of orchard-net v1 is saved.")


def test_a_version_starts_as_a_copy_of_another(registry: Page, world: World) -> None:
    page = registry
    page.get_by_role("link", name="orchard-net").click()
    page.get_by_role("link", name="New version").click()
    page.get_by_role("textbox", name="Description").fill("Written before anything was chosen.")
    page.get_by_role("link", name="Choose a model version").click()
    dialog = page.get_by_role("dialog", name="Choose a model version")
    dialog.get_by_role("searchbox", name="Search").fill("mlp")
    dialog.get_by_role("link", name="fruit-mlp", exact=True).click()
    dialog.get_by_role("row").filter(has_text="v1").get_by_role("button", name="Select").click()
    expect(dialog).to_be_hidden()
    copied = page.get_by_role("group", name="Start as a copy of")
    expect(copied).to_contain_text("fruit-mlp v1")
    copied.get_by_role("link", name="Clear").click()
    expect(copied).not_to_contain_text("fruit-mlp v1")
    copied.get_by_role("link", name="Choose a model version").click()
    dialog.get_by_role("tab", name="Private").click()
    dialog.get_by_role("link", name="orchard-net", exact=True).click()
    dialog.get_by_role("link", name="All models").click()
    dialog.get_by_role("tab", name="Public").click()
    dialog.get_by_role("link", name="fruit-mlp", exact=True).click()
    dialog.get_by_role("row").filter(has_text="v1").get_by_role("button", name="Select").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("textbox", name="Description")).to_have_value("Written before anything was chosen.")
    page.get_by_role("textbox", name="Name").fill("from fruit")
    page.get_by_role("combobox", name="Inference type").select_option("Classification")
    page.get_by_role("button", name="Create version").click()
    said(page, "orchard-net v2 “from fruit” is created.")
    expect(region(page, "Hyperparameters").get_by_role("rowheader")).to_have_count(6)
    expect(region(page, "Dataset constraints")).to_contain_text("train + val + test")
    expect(region(page, "Files")).to_contain_text("weights")
    expect(region(page, "Training")).to_contain_text("trainers/fruit:1.4")
    copy = ModelVersion.objects.get(name="from fruit").architecture
    assert copy.files.get().blob == world.public.architecture.files.get().blob


def test_rows_that_are_being_drawn_anew_take_no_typing(version: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    page, answers, draw = version, Semaphore(0), editors._rows_page
    page.get_by_role("link", name="Edit hyperparameters").click()

    def wait_and_draw(*args: Any) -> HttpResponse:
        answers.acquire(timeout=TIMEOUT / 1_000)
        return draw(*args)

    monkeypatch.setattr(editors, "_rows_page", wait_and_draw)
    epochs = row(page, "Hyperparameter 1 epochs").get_by_label("Help")
    page.get_by_role("button", name="Add hyperparameter").click()
    expect(page.locator("#rows")).to_have_attribute("inert", "")
    answers.release()
    expect(row(page, "Hyperparameter 3").get_by_label("Key")).to_be_focused()
    epochs.fill("Rounds.")
    expect(epochs).to_have_value("Rounds.")


def test_the_draft_of_a_colleague_takes_the_changes_over(
    version: Page, sign_in: Callable[[Page, User], None], world: World, bob: User, browser_context_args: dict[str, Any]
) -> None:
    browser = version.context.browser
    assert browser is not None
    context = browser.new_context(**browser_context_args)
    his = CreationForm(context.new_page())
    sign_in(his.page, bob)
    his.open(world.address)
    his.describe("our own net")
    his.attach_model("orchard-net", tab="Private")
    his.value("depth").fill("5")
    his.wait_until_kept()
    expect(his.create).to_have_accessible_description(EVERYTHING)

    page = version
    page.get_by_role("link", name="Edit hyperparameters").click()
    row(page, "Hyperparameter 1 epochs").get_by_label("Value").locator("visible=true").fill("12")
    page.get_by_role("button", name="Add hyperparameter").click()
    expect(row(page, "Hyperparameter 3").get_by_label("Key")).to_be_focused()
    row(page, "Hyperparameter 3").get_by_label("Key").fill("augment")
    row(page, "Hyperparameter 3").get_by_label("Type").select_option("yes / no")
    page.get_by_role("button", name="Save hyperparameters").click()
    said(page, "are saved.")
    page.get_by_role("link", name="Edit constraints").click()
    page.get_by_role("button", name="Add constraint").click()
    expect(row(page, "Constraint 1").get_by_label("Name")).to_be_focused()
    row(page, "Constraint 1").get_by_label("Name").fill("train alone")
    row(page, "Constraint 1").get_by_role("textbox", name="Alias").fill("train")
    page.get_by_role("button", name="Save constraints").click()
    said(page, "are saved.")

    his.description.fill("He goes on writing.")
    expect(his.base.get_by_role("alert")).to_contain_text(
        "orchard-net v1 was changed since you attached it. Take its changes over."
    )
    his.try_to_create()
    expect(his.page.get_by_role("heading", name="New experiment", level=1)).to_be_visible()
    his.button("Take its changes over").click()
    plan = his.base.get_by_role("group", name="With orchard-net v1 your hyperparameters become:")
    expect(plan.get_by_role("listitem")).to_have_text(
        ["Your edits stay: depth = 5.", "New: augment = false.", "Another default: epochs = 12."]
    )
    plan.get_by_role("button", name="Attach orchard-net v1").click()
    expect(his.value("epochs")).to_have_value("12")
    expect(his.value("depth")).to_have_value("5")
    expect(his.base.get_by_role("alert")).to_have_count(0)
    expect(his.datasets).to_contain_text("Constraint train alone")
    his.attach_versions(train="fruit/train")
    his.submit()
    context.close()


def test_public_models_are_read_and_copied(registry: Page) -> None:
    page = registry
    page.get_by_role("navigation", name="Registries").get_by_role("link", name="Public").click()
    page.get_by_role("combobox", name="Inference type").select_option("Object detection")
    expect(page.get_by_role("main")).to_contain_text("Showing the 1 model with a version for Object detection; 1 is")
    page.get_by_role("link", name="Show all models").click()
    page.get_by_role("searchbox", name="Search").fill("perceptron")
    expect(page.get_by_role("link", name="crate-detector")).to_have_count(0)
    page.get_by_role("link", name="fruit-mlp").click()
    page.get_by_role("link", name="v1").click()
    expect(page.get_by_role("main").get_by_role("link", name=re.compile("^Edit"))).to_have_count(0)
    page.get_by_role("link", name="New version from this one").click()
    page.get_by_role("textbox", name="Name").fill("our fruit-mlp")
    page.get_by_role("button", name="Create model").click()
    expect(page.get_by_role("group", name="Start as a copy of")).to_contain_text("fruit-mlp v1")
    page.get_by_role("button", name="Create version").click()
    said(page, "our fruit-mlp v1 is created.")
    page.get_by_role("link", name="Edit hyperparameters").click()
    expect(page.get_by_role("group", name=re.compile("^Hyperparameter"))).to_have_count(6)
