"""Every page and dialog, as people with other eyes and hands than ours meet it.

Given the orchard with projects, models and pictures, when somebody opens any page, dialog or state of a form, by day or
by night, then axe, the accessibility checker, finds nothing to object to, every target is large enough to hit, and on
a screen of 360 pixels nothing scrolls sideways.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from experiments.models import Experiment, Status
from experiments.publishing import publish_in_model
from organizations.models import User
from registry.editing import set_hyperparameters
from registry.exchange import hyperparameter_rows
from tests.browser.conftest import Console
from tests.browser.form import CreationForm
from tests.browser.histories import lineage
from tests.browser.world import World, run
from tests.factories import ArchitectureFileFactory, ExperimentFactory, TagFactory

WIDE: Any = {"width": 1280, "height": 800}
NARROW: Any = {"width": 360, "height": 740}
# What sticks out of the page or of the dialog, or moves sideways inside of it. A field's own text may.
SIDEWAYS = """() => {
    const moves = (node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowX);
    const isField = (node) => node.matches("input, textarea, select, pre");
    return [...document.querySelectorAll("html, body *")]
        .filter((node) => node.scrollWidth > node.clientWidth && (node === document.documentElement || moves(node)))
        .filter((node) => !isField(node))
        .map((node) => `${node.tagName} ${node.className} ${node.scrollWidth} > ${node.clientWidth}`);
}"""


@dataclass
class Look:
    """`look("a page")`: the page as it stands is looked at on a wide screen by day, and on a narrow one by night.

    What is found is gathered, so that a test tells everything at once.
    """

    page: Page
    axe: Callable[[Page], None]
    found: list[str] = field(default_factory=list)

    def __call__(self, state: str) -> None:
        self._check(state)
        self.page.emulate_media(color_scheme="dark")
        self.page.set_viewport_size(NARROW)
        self._check(f"{state}, narrow and dark")
        self.found += [f"{state}: scrolls sideways: {place}" for place in self.page.evaluate(SIDEWAYS)]
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(WIDE)

    def at(self, path: str, title: str | None = None) -> None:
        """Go there, see that it is the page of that title, and look."""
        self.page.goto(path)
        if title:
            expect(self.page.get_by_role("heading", name=title, level=1)).to_be_visible()
        self(title or path)

    def _check(self, state: str) -> None:
        try:
            self.axe(self.page)
        except AssertionError as complaint:
            self.found.append(f"{state}: {complaint}")


@pytest.fixture
def look(page: Page, axe: Callable[[Page], None]) -> Iterator[Look]:
    look = Look(page, axe)
    yield look
    assert not look.found, "\n".join(look.found)


@pytest.fixture
def alices(page: Page, sign_in: Callable[[Page, User], None], world: World, alice: User) -> Page:
    """Alice, who may do most."""
    sign_in(page, alice)
    return page


def press(page: Page, button: str, leads_to: str | Locator) -> None:
    """Click the button, and wait for what comes of it: text of the page, or an element."""
    page.get_by_role("main").get_by_role("button", name=button).click()
    expect(page.get_by_text(leads_to).first if isinstance(leads_to, str) else leads_to).to_be_visible()


def test_the_pages_of_projects(alices: Page, look: Look, world: World, bob: User, console: Console) -> None:
    console.expect("status of 422")
    run(world, bob, epochs="40")
    for status in Status:
        ExperimentFactory(project=world.project, name=f"one with the status {status}", status=status)
    look.at("/projects/")
    look.at("/projects/?q=nothing")
    look.at("/projects/new/")
    alices.get_by_role("textbox", name="Name").fill("Sorting")
    press(alices, "Create project", "already")
    look("a project of a name that is taken")
    look.at(world.address)
    look.at(f"{world.address}?q=run&status=WAITING")
    look.at(f"{world.address}edit/")
    look.at(f"{world.address}dataset-versions/")
    alices.get_by_role("link", name="Attach a dataset version").click()
    expect(alices.get_by_role("dialog")).to_be_visible()
    look("Attach a dataset version, with everything attached")
    alices.goto("/projects/new/")
    alices.get_by_role("textbox", name="Name").fill("Grading")
    press(alices, "Create project", "No experiment yet")
    look("a project without experiments")
    alices.get_by_role("link", name="Dataset versions").click()
    expect(alices.get_by_role("heading", name="No dataset version attached")).to_be_visible()
    look("a project without dataset versions")
    alices.get_by_role("link", name="Attach a dataset version").click()
    expect(alices.get_by_role("dialog").get_by_role("button", name="Select").first).to_be_visible()
    look("Attach a dataset version")


def test_the_form_from_empty_to_complete(form: CreationForm, look: Look, world: World) -> None:
    look("an empty form")
    form.describe("run 1", description="Half the learning rate.")
    form.open_dialog("Attach a Model")
    look("Attach a Model")
    form.dialog.get_by_role("searchbox", name="Search").fill("nothing")
    expect(form.dialog.get_by_role("heading", name="Nothing found")).to_be_visible()
    look("Attach a Model, nothing found")
    form.dialog.get_by_role("searchbox", name="Search").fill("")
    form.dialog.get_by_role("link", name="fruit-mlp", exact=True).click()
    expect(form.row("v1")).to_be_visible()
    look("Attach a Model, its versions")
    form.row("v1").get_by_role("button", name="Select").click()
    expect(form.dialog).to_be_hidden()
    form.value("epochs").fill("40")
    form.button("Remove momentum").click()
    form.hyperparameters.get_by_label("Key").fill("warmup")
    form.hyperparameters.get_by_label("Value").fill("2")
    form.button("Add hyperparameter").click()
    form.value("learning_rate").fill("fast")
    form.try_to_create()
    expect(form.page.get_by_role("alert").first).to_be_visible()
    look("a form half filled, with what is wrong said on top")
    form.button("Reset learning_rate").click()
    form.open_dialog("Add dataset versions")
    look("Add dataset versions, with a constraint")
    form.fill_constraint(train="fruit/train", test="fruit/test")
    look("Add dataset versions, full")
    form.dialog.get_by_role("button", name="Attach").click()
    expect(form.dialog).to_be_hidden()
    look("a complete form")
    form.page.goto(world.address)
    look("a project with a draft")
    form.page.get_by_role("link", name="Discard").click()
    expect(form.page.get_by_role("heading", name="Discard run 1?")).to_be_visible()
    look("a draft to discard")


def test_the_form_when_things_change(
    form: CreationForm, look: Look, world: World, alice: User, bob: User, console: Console
) -> None:
    run(world, bob, "yesterday")
    form.describe("run 1")
    form.open_dialog("Attach an Experiment")
    look("Attach an Experiment")
    form.page.keyboard.press("Escape")
    form.attach_model("orchard-net", tab="Private")
    form.open_dialog("Add dataset versions")
    form.dialog.get_by_role("checkbox", name="fruit/train").check()
    form.dialog.get_by_role("textbox", name="Alias for fruit/train").fill("not valid")
    expect(form.row("fruit/train").get_by_role("status")).to_contain_text("letters")
    look("Add dataset versions, without a constraint and with a mistake")
    form.dialog.get_by_role("textbox", name="Alias for fruit/train").fill("train")
    form.dialog.get_by_role("button", name="Attach").click()
    expect(form.dialog).to_be_hidden()
    form.value("epochs").fill("40")
    form.attach_model("fruit-mlp")
    expect(form.base.get_by_role("group")).to_be_visible()
    look("what becomes of the hyperparameters with another base")
    form.button("Keep orchard-net v1").click()
    form.inference_type.select_option("Segmentation")
    expect(form.general.get_by_role("alert")).to_be_visible()
    look("what goes with another type")
    form.button("Keep Classification").click()
    rows = [row for row in hyperparameter_rows(world.private) if row.key != "depth"]
    set_hyperparameters(version=world.private, rows=rows, by=alice)
    form.page.reload()
    expect(form.button("Take its changes over")).to_be_visible()
    look("a form whose base was changed")


def test_the_overview(alices: Page, look: Look, world: World, bob: User) -> None:
    experiment = run(world, bob, epochs="40")
    look.at(experiment.get_absolute_url())
    look.at(f"{experiment.get_absolute_url()}?show=differences")
    look.at(f"{experiment.get_absolute_url()}delete/")
    alices.goto(experiment.get_absolute_url())
    press(alices, "Edit", alices.get_by_role("heading", name="Edit run 1"))
    look("the form of a waiting experiment")
    Experiment.objects.update(status=Status.RUNNING)
    bare = ExperimentFactory(project=world.project, name="bare", description="", architecture__labelmap=[])
    look.at(bare.get_absolute_url())


def test_the_lineage(alices: Page, look: Look, world: World, bob: User) -> None:
    history = lineage(world, bob)
    look.at(f"{history.second.get_absolute_url()}lineage/", "second")
    for version in (history.version, world.private):
        look.at(f"/registry/versions/{version.pk}/lineage/", str(version))


def test_publish_as_model(alices: Page, look: Look, world: World, bob: User, console: Console) -> None:
    console.expect("status of 422")
    experiment = run(world, bob)
    ArchitectureFileFactory(architecture=experiment.architecture, name="best-model", filename="best.onnx")
    Experiment.objects.update(status=Status.RUNNING)
    page, dialog = alices, alices.get_by_role("dialog")
    look.at(f"{experiment.get_absolute_url()}publish/", "Publish as model")
    page.get_by_role("tab", name="New version of a model").click()
    expect(page.get_by_role("button", name="Search")).to_be_visible()
    look("the models to choose from, on a page")
    page.goto(experiment.get_absolute_url())
    page.get_by_role("link", name="Publish as model").click()
    expect(dialog.get_by_role("button", name="Publish best-model as weights")).to_be_visible()
    look("Publish as model, with a suggestion")
    dialog.get_by_role("textbox", name="Name of best-model").fill("weights")
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(dialog.get_by_text("Two of the chosen files").first).to_be_visible()
    look("Publish as model, refused")
    dialog.get_by_role("tab", name="New version of a model").click()
    dialog.get_by_role("searchbox").fill("nothing")
    expect(dialog.get_by_role("heading", name="Nothing found")).to_be_visible()
    look("no model of that name")
    dialog.get_by_role("searchbox").fill("orchard")
    dialog.get_by_role("button", name="Select orchard-net").click()
    dialog.get_by_role("textbox", name="Name of best-model").fill("best-model")
    look("Publish as model, a version")
    publish_in_model(experiment, model=world.private.model, by=bob)
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(dialog.get_by_role("checkbox", name="Publish it all the same")).to_be_visible()
    look("Publish as model, published already")
    look.at(f"{ExperimentFactory(project=world.project).get_absolute_url()}publish/", "Publish as model")


def test_the_pages_of_the_registry(alices: Page, look: Look, world: World, bob: User) -> None:
    run(world, bob)
    for path in ("", "?tab=public", "?tab=public&type=SEGMENTATION", "new/"):
        look.at(f"/registry/{path}")
    for path in ("", "edit/", "delete/", "versions/new/"):
        look.at(f"/registry/models/{world.private.model_id}/{path}")
    alices.get_by_role("link", name="Choose a model version").click()
    expect(alices.get_by_role("dialog")).to_be_visible()
    look("Choose a model version")
    look.at(f"/registry/models/{world.public.model_id}/")
    look.at(f"/registry/versions/{world.public.pk}/")
    for path in ("", "edit/", "delete/", "labelmap/", "image/"):
        look.at(f"/registry/versions/{world.private.pk}/{path}")


def test_the_editors_of_the_registry(alices: Page, look: Look, world: World, console: Console) -> None:
    console.expect("status of 422")
    page, address = alices, f"/registry/versions/{world.private.pk}/"
    page.goto(f"{address}files/")
    page.get_by_label("Files").set_input_files({"name": "w.onnx", "mimeType": "x/y", "buffer": b"weights"})
    press(page, "Upload files", "Added w.")
    look("a file, and room for more")
    page.get_by_role("textbox", name="Name of w").fill(" ")
    press(page, "Rename w", "Write a name")
    look("a file without a name")
    page.goto(f"{address}hyperparameters/")
    look("hyperparameters")
    for number, kind in enumerate(("yes / no", "choice"), start=3):
        new = page.get_by_role("group", name=f"Hyperparameter {number}")
        press(page, "Add hyperparameter", new)
        new.get_by_label("Type").select_option(kind)
    press(page, "Save hyperparameters", page.get_by_role("alert"))
    look("hyperparameters with mistakes")
    page.goto(f"{address}constraints/")
    look("no constraint")
    press(page, "Add constraint", page.get_by_role("group", name="Constraint 1"))
    press(page, "Save constraints", page.get_by_role("alert"))
    look("constraints with mistakes")


def test_the_pages_of_datasets(alices: Page, look: Look, world: World) -> None:
    boxes, raw = world.versions["crates/boxes"], world.versions["scans/raw"]
    look.at("/datasets/")
    look.at("/datasets/?q=nothing")
    look.at(f"/datasets/{boxes.dataset_id}/")
    look.at(f"/datasets/{boxes.dataset_id}/delete/")
    look.at(f"/datasets/versions/{boxes.pk}/?label={boxes.labels.first().pk}")  # type: ignore[union-attr]
    look.at(f"/datasets/versions/{raw.pk}/")
    look.at(f"/datasets/versions/{raw.pk}/edit/")
    look.at(f"/datasets/versions/{raw.pk}/delete/")
    asset = boxes.assets.get(position=0)
    look.at(f"/datasets/assets/{asset.pk}/")
    asset.data.tags.add(TagFactory(organization=asset.data.organization))
    look.at("/datasets/images/?q=boxes", "Images")
    look.at(f"/datasets/images/{asset.data_id}/")
    look.at(f"/datasets/images/{asset.data_id}/delete/")


def test_an_organization_with_nothing_in_it(
    page: Page, look: Look, sign_in: Callable[[Page, User], None], charlie: User
) -> None:
    sign_in(page, charlie)
    for path in ("/projects/", "/registry/", "/registry/?tab=public", "/datasets/"):
        look.at(path)


def test_wrong_passwords(page: Page, look: Look, console: Console, client: Client, alice: User) -> None:
    console.expect("status of 429")
    page.goto("/sign-in/")
    page.get_by_role("textbox", name="Username").fill("alice")
    page.get_by_label("Password").fill("wrong")
    press(page, "Sign in", "Name and password do not match.")
    look("a wrong password")
    for _ in range(settings.AXES_FAILURE_LIMIT - 2):
        client.post("/sign-in/", {"username": "alice", "password": "wrong"})
    page.get_by_label("Password").fill("wrong again")
    press(page, "Sign in", "Too many attempts")
    look("too many wrong passwords")


def test_a_new_password_that_will_not_do(alices: Page, look: Look) -> None:
    alices.goto("/password/")
    for entry in alices.get_by_role("main").get_by_label("password").all():
        entry.fill("x")
    press(alices, "Change password", "too short")
    look("a password that won't do")


def test_the_pages_of_tokens_and_of_the_api(alices: Page, look: Look) -> None:
    look.at("/tokens/", "API tokens")
    look.at("/tokens/new/", "Make a token")
    alices.get_by_label("Name").fill("Nightly")
    press(alices, "Make token", "the only time")
    look("a token that was made")
    # The clipboard is the browser's to give: either it has the token, or the token is selected.
    alices.get_by_role("button", name="Copy token").click()
    expect(alices.get_by_role("status").filter(has_text=re.compile("Copied|selected"))).to_be_visible()
    look.at("/tokens/")
    alices.get_by_role("link", name="Revoke Nightly").click()
    expect(alices.get_by_role("button", name="Revoke Nightly")).to_be_visible()
    look("whether to revoke it")
    look.at("/api/docs?q=labels", "The API")
    alices.locator("summary").first.click()
    look("a call of the API")


def test_choosers_without_a_dialog(alices: Page, look: Look, world: World) -> None:
    look.at("/choose/model-version/?field=copy_from")
    look.at(f"/choose/project-dataset-version/?project={world.project.pk}")


def test_what_went_wrong(alices: Page, look: Look, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    console.expect("status of 400")
    console.expect("status of 50")
    look.at(f"/projects/?{'a=&' * (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}", "The request could not be read")
    for error, title in (
        (RuntimeError("for the test"), "Something went wrong"),
        (OperationalError("for the test"), "Back in a moment"),
    ):
        monkeypatch.setattr("experiments.views.projects.page_of", Mock(side_effect=error))
        look.at("/projects/", title)
