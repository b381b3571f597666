"""Bob publishes what a training made, and starts the next one from it.

Given an experiment whose training stored a best model beside the weights that it started from, when Bob presses Publish
as model, then a dialog asks as what, with which files and under which names; it suggests that the result takes the
place of the old weights; whatever he does in between, nothing that he typed is lost; two clicks publish once; and the
version is a base for the next experiment at once, under the same constraint. It works by keyboard, without scripts, and
after an answer that never arrived.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from experiments.artifacts import store_artifact
from experiments.models import Experiment, Publication, Status
from organizations.models import Organization, User
from registry.models import ModelVersion
from tests.browser.conftest import Console
from tests.browser.form import CreationForm
from tests.browser.world import World, run
from tests.factories import BlobFactory, ModelVersionFactory

SignIn = Callable[[Page, User], None]
SUGGESTION = "Publish best-model as weights"


@pytest.fixture
def experiment(world: World, bob: User) -> Experiment:
    """`run 1`, which has ended; its base's file is called `weights`."""
    experiment = run(world, bob, epochs="40")
    blob = BlobFactory(content=b"learned")
    store_artifact(experiment=experiment, name="best-model", filename="best.onnx", blob=blob, by=bob)
    Experiment.objects.update(status=Status.SUCCESS)
    return experiment


@pytest.fixture
def overview(page: Page, sign_in: SignIn, experiment: Experiment, bob: User) -> Page:
    """Bob at the overview."""
    sign_in(page, bob)
    page.goto(experiment.get_absolute_url())
    return page


@pytest.fixture
def dialog(overview: Page) -> Locator:
    """The dialog, opened."""
    overview.get_by_role("link", name="Publish as model").click()
    dialog = overview.get_by_role("dialog", name="Publish as model")
    expect(name_of_the_model(dialog)).to_be_focused()
    return dialog


@pytest.fixture
def plain(browser: Browser, base_url: str, sign_in: SignIn, experiment: Experiment, bob: User) -> Iterator[Page]:
    """Bob at the overview, with a browser that runs no scripts."""
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    context.set_default_timeout(10_000)
    page = context.new_page()
    sign_in(page, bob)
    page.goto(experiment.get_absolute_url())
    yield page
    context.close()


def name_of_the_model(place: Page | Locator) -> Locator:
    return place.get_by_role("textbox", name="Name of the model")


def file_name(place: Page | Locator, artifact: str) -> Locator:
    return place.get_by_role("textbox", name=f"Name of {artifact} in the version")


def publish(place: Page | Locator) -> Locator:
    return place.get_by_role("button", name="Publish", exact=True)


def published() -> ModelVersion:
    """The version, of which there is one."""
    return Publication.objects.get().model_version


def test_a_new_model_that_the_next_experiment_starts_from(overview: Page, dialog: Locator, world: World) -> None:
    page = overview
    name_of_the_model(dialog).fill("fruit-sorter")
    dialog.get_by_role("button", name=SUGGESTION).click()
    expect(file_name(dialog, "best-model")).to_be_focused()
    expect(file_name(dialog, "best-model")).to_have_value("weights")
    expect(dialog.get_by_role("checkbox", name="weights")).not_to_be_checked()
    expect(name_of_the_model(dialog)).to_have_value("fruit-sorter")
    publish(dialog).click()
    expect(page.get_by_role("heading", name="fruit-sorter v1", level=1)).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("run 1 is published as fruit-sorter v1.")
    file = published().architecture.files.get()
    assert (file.name, file.filename) == ("weights", "best.onnx")
    page.get_by_role("region", name="About").get_by_role("link", name="run 1").click()
    page.get_by_role("region", name="About").get_by_role("link", name="fruit-sorter v1").click()
    expect(page.get_by_role("heading", name="fruit-sorter v1", level=1)).to_be_visible()

    form = CreationForm(page)
    form.open(world.address)
    form.describe("run 2")
    form.open_dialog("Attach a Model")
    form.dialog.get_by_role("tab", name="Private").click()
    form.dialog.get_by_role("link", name="fruit-sorter", exact=True).click()
    form.row("v1").get_by_role("button", name="Select").click()
    expect(form.value("epochs")).to_have_value("40")
    form.open_dialog("Add dataset versions")
    constraints = form.dialog.get_by_role("combobox", name="Dataset constraint").get_by_role("option")
    expect(constraints).to_have_text(["train + test", "train + val + test"])


def test_a_version_of_a_model(dialog: Locator, overview: Page, orchard: Organization) -> None:
    for number in range(7):
        ModelVersionFactory(model__organization=orchard, model__name=f"sorter {number}")
    file_name(dialog, "best-model").fill("learned")
    dialog.get_by_role("tab", name="New version of a model").click()
    search = dialog.get_by_role("searchbox", name="Search")
    expect(search).to_be_focused()
    expect(publish(dialog)).to_be_disabled()
    dialog.get_by_role("button", name="Older").click()
    expect(dialog.get_by_role("row", name="sorter 0")).to_be_visible()
    search.fill("sorter 3")
    expect(dialog.get_by_role("button", name="Select sorter 0")).to_be_hidden()
    dialog.get_by_role("button", name="Select sorter 3").click()
    expect(dialog.get_by_text("New version of sorter 3")).to_be_visible()
    expect(dialog.get_by_role("textbox", name="Name of the version")).to_be_focused()
    dialog.get_by_role("textbox", name="Name of the version").fill("better")
    dialog.get_by_role("button", name="Choose another model").click()
    dialog.get_by_role("button", name="Select sorter 6").click()
    expect(dialog.get_by_role("textbox", name="Name of the version")).to_have_value("better")
    expect(file_name(dialog, "best-model")).to_have_value("learned")
    publish(dialog).click()
    expect(overview.get_by_role("heading", name="sorter 6 v2 “better”", level=1)).to_be_visible()


def test_two_clicks_publish_once(dialog: Locator, overview: Page) -> None:
    name_of_the_model(dialog).fill("fruit-sorter")
    publish(dialog).dblclick()
    expect(overview.get_by_role("heading", name="fruit-sorter v1", level=1)).to_be_visible()
    assert str(published()) == "fruit-sorter v1"


def test_an_answer_that_never_came(dialog: Locator, overview: Page, console: Console) -> None:
    """The server publishes, the connection breaks, Bob presses again: the same version."""
    console.expect("net::ERR_FAILED")
    console.expect("htmx:")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    name_of_the_model(dialog).fill("fruit-sorter")
    overview.route("**/publish/", lose, times=1)
    publish(dialog).click()
    expect(overview.get_by_text("No connection. Try again.")).to_be_visible()
    expect(name_of_the_model(dialog)).to_have_value("fruit-sorter")
    publish(dialog).click()
    expect(overview.get_by_text("run 1 is published already as fruit-sorter v1.")).to_be_visible()
    assert str(published()) == "fruit-sorter v1"


def test_refused_at_its_place_with_everything_kept(dialog: Locator, overview: Page, console: Console) -> None:
    console.expect("status of 422")
    name_of_the_model(dialog).fill("orchard-net")
    dialog.get_by_role("textbox", name="Description of the model").fill("Two\nlines")
    file_name(dialog, "best-model").fill("weights")
    publish(dialog).click()
    expect(file_name(dialog, "best-model")).to_have_accessible_description(re.compile("^Two of the chosen files"))
    expect(file_name(dialog, "best-model")).to_be_focused()
    dialog.get_by_role("checkbox", name="weights").uncheck()
    publish(dialog).click()
    expect(name_of_the_model(dialog)).to_be_focused()
    expect(dialog.get_by_text("Orchard has a model of this name already")).to_be_visible()
    expect(dialog.get_by_role("textbox", name="Description of the model")).to_have_value("Two\nlines")
    expect(dialog.get_by_role("checkbox", name="weights")).not_to_be_checked()
    name_of_the_model(dialog).fill("fruit-sorter")
    overview.keyboard.press("Enter")
    expect(overview.get_by_role("heading", name="fruit-sorter v1", level=1)).to_be_visible()
    assert [file.name for file in published().architecture.files.all()] == ["weights"]


def test_published_already(overview: Page, console: Console, world: World) -> None:
    console.expect("status of 422")
    for again in (False, True):
        overview.get_by_role("link", name="Publish as model").click()
        dialog = overview.get_by_role("dialog")
        dialog.get_by_role("tab", name="New version of a model").click()
        dialog.get_by_role("button", name="Select orchard-net").click()
        publish(dialog).click()
        if again:
            expect(dialog.get_by_role("link", name="orchard-net v2")).to_be_visible()
            expect(dialog.get_by_role("checkbox", name="Publish it all the same")).to_be_focused()
            overview.keyboard.press("Space")
            publish(dialog).click()
        expect(overview.get_by_role("heading", name=f"orchard-net v{3 if again else 2}", level=1)).to_be_visible()
        overview.get_by_role("region", name="About").get_by_role("link", name="run 1").click()
    assert Publication.objects.count() == 2


def test_by_keyboard_and_back_to_the_button(dialog: Locator, overview: Page) -> None:
    overview.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(overview.get_by_role("link", name="Publish as model")).to_be_focused()
    overview.keyboard.press("Enter")
    expect(name_of_the_model(dialog)).to_be_focused()
    name_of_the_model(dialog).fill("fruit-sorter")
    overview.keyboard.press("Enter")
    expect(overview.get_by_role("heading", name="fruit-sorter v1", level=1)).to_be_visible()


def test_without_scripts(plain: Page) -> None:
    page = plain
    page.get_by_role("link", name="Publish as model").click()
    name_of_the_model(page).fill("typed before")
    page.get_by_role("button", name=SUGGESTION).click()
    expect(file_name(page, "best-model")).to_have_value("weights")
    page.get_by_role("tab", name="New version of a model").click()
    page.get_by_role("searchbox", name="Search").fill("orchard")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Select orchard-net").click()
    page.get_by_role("textbox", name="Name of the version").fill("better")
    page.get_by_role("tab", name="New model").click()
    expect(name_of_the_model(page)).to_have_value("typed before")
    expect(page.get_by_role("checkbox", name="weights")).not_to_be_checked()
    page.get_by_role("tab", name="New version of a model").click()
    expect(page.get_by_text("New version of orchard-net")).to_be_visible()
    publish(page).click()
    expect(page.get_by_role("heading", name="orchard-net v2 “better”", level=1)).to_be_visible()
    assert [file.name for file in published().architecture.files.all()] == ["weights"]


def test_who_reads_has_no_button(overview: Page, sign_in: SignIn, vera: User) -> None:
    sign_in(overview, vera)
    overview.reload()
    expect(overview.get_by_role("heading", name="run 1", level=1)).to_be_visible()
    expect(overview.get_by_role("link", name="Publish as model")).to_have_count(0)
