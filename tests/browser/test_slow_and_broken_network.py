"""Bob works in a train.

Given a connection whose answers take their time, when Bob goes on writing and clicking while they are on their way,
then nothing that he typed is lost and no click is forgotten; and when the connection breaks, the form says so and saves
as soon as it is back.
"""

from threading import Semaphore

import pytest
from django.http import HttpResponse
from playwright.sync_api import Page, Route, expect

from config.http import HttpRequest
from experiments.models import Experiment, ExperimentDraft
from experiments.views import drafts
from tests.browser.conftest import TIMEOUT, Console
from tests.browser.form import CreationForm


class Tunnel:
    """What the form sends arrives, and is answered when the test lets it."""

    def __init__(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        self.page = page
        self.arrived, self.answers = Semaphore(0), Semaphore(0)
        self.act = drafts._act
        monkeypatch.setattr(drafts, "_act", self._wait_and_act)

    def _wait_and_act(self, request: HttpRequest, draft: ExperimentDraft) -> HttpResponse:
        self.arrived.release()
        self.answers.acquire(timeout=TIMEOUT / 1_000)
        return self.act(request, draft)

    def expect_request(self) -> None:
        """Something has arrived, and its answer is on its way."""
        assert self.arrived.acquire(timeout=TIMEOUT / 1_000)
        expect(self.page.get_by_text("Saving…")).to_be_visible()

    def let_one_through(self) -> None:
        self.answers.release()

    def leave(self) -> None:
        """Everything that waits, and everything from now on, is answered."""
        self.answers.release(1_000)


@pytest.fixture
def tunnel(page: Page, monkeypatch: pytest.MonkeyPatch) -> Tunnel:
    return Tunnel(page, monkeypatch)


@pytest.fixture
def form(form_with_base: CreationForm) -> CreationForm:
    return form_with_base


def expect_answer(form: CreationForm, text: str) -> None:
    """The rail shows what the answer brought."""
    expect(form.page.get_by_role("navigation", name="Parts of the form")).to_contain_text(text)


def test_typing_goes_on_while_an_answer_is_on_its_way(tunnel: Tunnel, form: CreationForm, page: Page) -> None:
    form.name.fill("run 2")
    form.name.blur()
    tunnel.expect_request()
    # A text, another one, a select and a switch, none of them known to the answer
    form.name.fill("run 2, again")
    form.value("epochs").fill("40")
    form.value("optimizer").select_option("sgd")
    form.value("shuffle").uncheck()
    form.description.press_sequentially("In the middle of a wo")
    tunnel.let_one_through()
    expect_answer(form, "run 2")
    expect(form.name).to_have_value("run 2, again")
    expect(form.value("epochs")).to_have_value("40")
    expect(form.value("optimizer")).to_have_value("sgd")
    expect(form.value("shuffle")).not_to_be_checked()
    expect(form.description).to_have_value("In the middle of a wo")
    expect(form.description).to_be_focused()
    page.keyboard.type("rd")
    tunnel.leave()
    form.wait_until_kept()
    page.reload()
    expect(form.name).to_have_value("run 2, again")
    expect(form.value("epochs")).to_have_value("40")
    expect(form.value("optimizer")).to_have_value("sgd")
    expect(form.value("shuffle")).not_to_be_checked()
    expect(form.description).to_have_value("In the middle of a word")


def test_an_answer_does_not_tidy_up_what_is_being_typed(tunnel: Tunnel, form: CreationForm, page: Page) -> None:
    form.value("momentum").fill("0.")
    tunnel.expect_request()
    tunnel.let_one_through()
    expect(form.hyperparameters.get_by_role("row", name="momentum")).to_contain_text("Changed")
    page.keyboard.type("5")
    expect(form.value("momentum")).to_have_value("0.5")
    tunnel.leave()
    form.wait_until_kept()
    page.reload()
    expect(form.value("momentum")).to_have_value("0.5")


def test_a_new_hyperparameter_half_written_survives_an_answer(tunnel: Tunnel, form: CreationForm) -> None:
    form.name.fill("run 2")
    form.name.blur()
    tunnel.expect_request()
    form.hyperparameters.get_by_label("Key").fill("dropout")
    form.hyperparameters.get_by_label("Type").select_option("number")
    form.hyperparameters.get_by_label("Value").fill("0.5")
    tunnel.let_one_through()
    expect_answer(form, "run 2")
    expect(form.hyperparameters.get_by_label("Key")).to_have_value("dropout")
    expect(form.hyperparameters.get_by_label("Type")).to_have_value("NUMBER")
    expect(form.hyperparameters.get_by_label("Value")).to_have_value("0.5")
    tunnel.leave()
    form.button("Add hyperparameter").click()
    expect(form.value("dropout")).to_have_value("0.5")


def test_a_click_while_a_save_is_on_its_way_is_not_lost(tunnel: Tunnel, form: CreationForm) -> None:
    form.value("epochs").fill("40")
    form.value("epochs").blur()
    tunnel.expect_request()
    form.button("Remove momentum").click()
    form.button("Remove shuffle").click()
    tunnel.leave()
    expect(form.button("Restore momentum")).to_be_visible()
    expect(form.button("Restore shuffle")).to_be_visible()
    expect(form.value("epochs")).to_have_value("40")


def test_an_answer_does_not_take_the_focus_from_who_went_on(tunnel: Tunnel, form: CreationForm, page: Page) -> None:
    form.button("Remove momentum").click()
    tunnel.expect_request()
    form.description.press_sequentially("In the middle of a wo")
    tunnel.let_one_through()
    expect(form.button("Restore momentum")).to_be_visible()
    expect(form.description).to_be_focused()
    page.keyboard.type("rd")
    tunnel.leave()
    expect(form.description).to_have_value("In the middle of a word")


def test_a_dialog_opens_after_the_save_that_it_depends_on(tunnel: Tunnel, form: CreationForm) -> None:
    form.button("Detach").click()
    tunnel.expect_request()
    form.inference_type.select_option("Object detection")
    form.button("Attach a Model").click()
    tunnel.leave()
    expect(form.dialog).to_contain_text("Showing the 1 model for Object detection; 1 of other types is left out.")


def test_create_while_a_save_is_on_its_way(tunnel: Tunnel, complete_form: CreationForm, page: Page) -> None:
    form = complete_form
    form.name.fill("the last word")
    form.name.blur()
    tunnel.expect_request()
    form.create.click()
    form.create.click()
    tunnel.leave()
    expect(page.get_by_role("heading", name="the last word", level=1)).to_be_visible()
    assert Experiment.objects.count() == 1


def test_the_connection_is_lost_and_comes_back(form: CreationForm, page: Page, console: Console) -> None:
    console.expect("net::ERR")
    console.expect("htmx:")
    page.context.set_offline(True)
    form.name.fill("run 2")
    form.name.blur()
    lost = page.get_by_role("status").filter(has_text="Not saved: no connection. Trying again…")
    expect(lost).to_be_visible()
    expect(page.locator("#kept")).to_have_text("Not saved")
    form.value("epochs").fill("40")
    form.value("shuffle").uncheck()
    page.context.set_offline(False)
    form.wait_until_kept()
    expect(lost).to_have_count(0)
    page.reload()
    expect(form.name).to_have_value("run 2")
    expect(form.value("epochs")).to_have_value("40")
    expect(form.value("shuffle")).not_to_be_checked()


def test_a_dialog_without_connection_can_be_tried_again(form: CreationForm, page: Page, console: Console) -> None:
    console.expect("net::ERR")
    console.expect("htmx:")
    page.context.set_offline(True)
    form.button("Attach a Model").click()
    expect(page.locator(".notice").filter(has_text="no connection").or_(page.get_by_role("alert"))).to_be_visible()
    page.context.set_offline(False)
    form.attach_model("fruit-mlp", "v2")
    expect(form.base).to_contain_text("v2")


def test_a_server_that_fails_is_said_and_nothing_is_lost(form: CreationForm, page: Page, console: Console) -> None:
    console.expect("500")
    page.route("**/experiments/drafts/**", lambda route: route.fulfill(status=500, body="broken"))
    form.name.fill("run 2")
    form.name.blur()
    expect(page.get_by_role("alert")).to_contain_text("That did not work: the server refused it. Load the page again.")
    expect(page.locator("#kept")).to_have_text("Not saved")
    page.unroute("**/experiments/drafts/**")
    form.description.fill("It works again.")
    form.wait_until_kept()
    page.reload()
    expect(form.name).to_have_value("run 2")


def test_a_server_that_is_not_ready_is_asked_again(form: CreationForm, page: Page, console: Console) -> None:
    console.expect("503")
    page.route("**/experiments/drafts/**", lambda route: route.fulfill(status=503, body="away"), times=2)
    form.name.fill("run 2")
    form.name.blur()
    waiting = page.get_by_role("status").filter(has_text="Not saved: the server is not ready. Trying again…")
    expect(waiting).to_be_visible()
    form.wait_until_kept()
    expect(waiting).to_have_count(0)
    page.reload()
    expect(form.name).to_have_value("run 2")


def test_what_is_typed_before_the_scripts_arrive_is_kept(form: CreationForm, page: Page) -> None:
    scripts: list[Route] = []
    page.route("**/js/draft.js", lambda route: scripts.append(route), times=1)
    with page.expect_request("**/js/draft.js"):
        page.goto(page.url, wait_until="commit")
    form.name.fill("typed early")
    form.inference_type.select_option("Classification")
    scripts[0].continue_()
    expect_answer(form, "typed early")
    form.wait_until_kept()
    page.reload()
    expect(form.inference_type).to_have_value("CLASSIFICATION")
