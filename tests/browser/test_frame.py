"""What the frame does around every page: the dialog, notices, uploads, the theme, and the bar on a narrow screen.

Alice opens a dialog and comes back to where she was, chooses in it, is refused, loses her connection and types on,
sends a form twice in her haste, uploads a file and thinks better of it. She reads at night, on a telephone,
with scripts switched off, and signs out on a machine that is not hers.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from organizations.models import User
from tests.browser import frame_pages
from tests.browser.conftest import Console

pytestmark = pytest.mark.urls("tests.browser.frame_pages")


@pytest.fixture
def frame(page: Page, sign_in: Callable[[Page, User], None], alice: User) -> Page:
    """Alice at a page of the frame."""
    sign_in(page, alice)
    page.goto("/frame/")
    return page


def open_dialog(page: Page) -> None:
    page.get_by_role("button", name="Attach a Model").click()
    expect(page.get_by_role("dialog", name="Attach a Model")).to_be_visible()


def test_the_dialog_opens_on_its_search_and_gives_the_focus_back(frame: Page, axe: Callable[[Page], None]) -> None:
    open_dialog(frame)
    expect(frame.get_by_role("searchbox", name="Search")).to_be_focused()
    axe(frame)
    frame.keyboard.press("Escape")
    expect(frame.get_by_role("dialog")).to_be_hidden()
    expect(frame.get_by_role("button", name="Attach a Model")).to_be_focused()
    expect(frame.locator("#dialog")).to_be_empty()


def test_the_dialog_closes_by_its_button_and_beside_it(frame: Page) -> None:
    open_dialog(frame)
    frame.get_by_role("button", name="Close").click()
    expect(frame.get_by_role("dialog")).to_be_hidden()
    open_dialog(frame)
    frame.mouse.click(5, 5)
    expect(frame.get_by_role("dialog")).to_be_hidden()


def test_a_selection_dragged_out_of_the_dialog_does_not_close_it(frame: Page) -> None:
    open_dialog(frame)
    frame.get_by_text("Two models.").hover()
    frame.mouse.down()
    frame.mouse.move(5, 5)
    frame.mouse.up()
    expect(frame.get_by_role("dialog")).to_be_visible()


def test_a_choice_closes_the_dialog_and_the_focus_is_where_it_was(frame: Page) -> None:
    open_dialog(frame)
    frame.get_by_role("button", name="Select").click()
    expect(frame.get_by_role("dialog")).to_be_hidden()
    expect(frame.get_by_text("digits-mlp")).to_be_visible()
    expect(frame.get_by_role("button", name="Change")).to_be_focused()


def test_a_refusal_is_said(frame: Page, console: Console) -> None:
    console.expect("403")
    frame.get_by_role("button", name="Refuse").click()
    notice = frame.get_by_role("alert")
    expect(notice).to_contain_text("That did not work: This needs the role admin in Orchard.")
    notice.get_by_role("button", name="Close notice").click()
    expect(notice).to_be_hidden()


def test_a_refusal_is_said_inside_the_dialog(frame: Page, console: Console) -> None:
    console.expect("403")
    open_dialog(frame)
    frame.get_by_role("button", name="Refuse here").click()
    expect(frame.get_by_role("dialog").get_by_role("alert")).to_contain_text("This needs the role admin")


def test_a_fragment_with_its_element_replaces_and_another_fills(frame: Page) -> None:
    frame.get_by_role("button", name="Fill").click()
    expect(frame.locator("#box:not([data-new]) > p")).to_have_text("New")
    frame.get_by_role("button", name="Replace").click()
    expect(frame.locator("#box[data-new] > p")).to_have_text("Newer")
    expect(frame.locator("#box")).to_have_count(1)


@pytest.mark.parametrize("status", [409, 422])
def test_a_form_that_is_not_valid_is_drawn_again(frame: Page, console: Console, status: int) -> None:
    console.expect(f"status of {status}")
    console.expect("htmx:")
    frame.get_by_role("button", name=f"Answer {status}").click()
    expect(frame.locator("#box > p")).to_have_text("Not a number: write 1.5.")
    expect(frame.get_by_role("alert")).to_have_count(0)


def test_what_was_not_saved_is_sent_again(frame: Page, console: Console) -> None:
    console.expect("net::ERR")
    console.expect("htmx:")
    frame.context.set_offline(True)
    frame.get_by_label("Name").fill("run 1")
    frame.get_by_label("Name").blur()
    expect(frame.get_by_role("status").filter(has_text="Not saved: no connection. Trying again…")).to_be_visible()
    frame.get_by_label("Name").fill("run 12")
    frame.context.set_offline(False)
    expect(frame.locator("#saved")).to_have_text("Saved run 12")
    expect(frame.get_by_text("Not saved")).to_have_count(0)


def test_what_does_not_save_says_that_there_is_no_connection(frame: Page, console: Console) -> None:
    console.expect("net::ERR")
    console.expect("htmx:")
    frame.context.set_offline(True)
    frame.get_by_role("button", name="Fill").click()
    expect(frame.get_by_role("alert")).to_contain_text("No connection. Try again.")


def test_a_form_is_sent_once(frame: Page) -> None:
    frame_pages.sent.clear()
    frame.get_by_role("button", name="Send").dblclick()
    frame.wait_for_url("**/frame/")
    expect(frame.get_by_role("button", name="Send")).to_be_enabled()
    assert frame_pages.sent == ["once"]


def test_an_upload_leads_on(frame: Page) -> None:
    frame.goto("/frame/upload/")
    frame.get_by_label("File").set_input_files({"name": "w.onnx", "mimeType": "x/y", "buffer": b"x" * 100_000})
    frame.get_by_role("button", name="Upload").click()
    expect(frame.get_by_role("button", name="Attach a Model")).to_be_visible()


def test_an_upload_that_is_refused_says_why(frame: Page) -> None:
    frame.goto("/frame/upload/")
    frame.get_by_label("File").set_input_files({"name": "w.onnx", "mimeType": "x/y", "buffer": b""})
    frame.get_by_role("button", name="Upload").click()
    expect(frame.get_by_text("The file is empty.")).to_be_visible()
    expect(frame.get_by_role("progressbar")).to_have_count(0)
    expect(frame.get_by_role("button", name="Upload")).to_be_enabled()


def test_an_upload_can_be_stopped(frame: Page) -> None:
    def hold(route: Route) -> None:
        """The upload goes on for ever."""

    frame.goto("/frame/upload/")
    frame.route("**/frame/upload/", hold)
    frame.get_by_label("File").set_input_files({"name": "w.onnx", "mimeType": "x/y", "buffer": b"x"})
    frame.get_by_role("button", name="Upload").click()
    expect(frame.get_by_role("progressbar", name="Upload")).to_be_visible()
    frame.get_by_role("button", name="Cancel upload").click()
    expect(frame.get_by_role("status").filter(has_text="Upload canceled. Nothing was saved.")).to_be_visible()
    expect(frame.get_by_role("progressbar")).to_have_count(0)


def test_the_theme_follows_the_system_until_one_is_chosen(frame: Page) -> None:
    paper = {"light": "rgb(246, 246, 242)", "dark": "rgb(18, 22, 20)"}
    body = frame.locator("body")
    frame.emulate_media(color_scheme="dark")
    expect(body).to_have_css("background-color", paper["dark"])
    frame.get_by_role("button", name="Theme").click()
    frame.get_by_label("Light").check()
    expect(body).to_have_css("background-color", paper["light"])
    frame.reload()
    expect(body).to_have_css("background-color", paper["light"])
    frame.get_by_role("button", name="Theme").click()
    frame.get_by_label("As the system").check()
    expect(body).to_have_css("background-color", paper["dark"])


def test_the_navigation_of_a_narrow_screen_by_keyboard(frame: Page) -> None:
    frame.set_viewport_size({"width": 360, "height": 700})
    registry = frame.get_by_role("link", name="Registry")
    expect(registry).to_be_hidden()
    frame.get_by_role("button", name="Menu").press("Enter")
    expect(registry).to_be_visible()
    frame.keyboard.press("Escape")
    expect(registry).to_be_hidden()
    expect(frame.get_by_role("button", name="Menu")).to_be_focused()


def test_the_skip_link_comes_first(frame: Page) -> None:
    frame.keyboard.press("Tab")
    skip = frame.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    skip.press("Enter")
    expect(frame.locator("main")).to_be_focused()


def test_after_signing_out_back_shows_nothing_private(frame: Page) -> None:
    frame.get_by_role("button", name="Account of alice").click()
    frame.get_by_role("button", name="Sign out").click()
    frame.wait_for_url("**/sign-in/")
    frame.go_back()
    expect(frame.get_by_role("heading", name="Sign in to Espalier")).to_be_visible()
    expect(frame.get_by_text("Attach a Model")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/frame/", "/frame/upload/", "/password/", "/nowhere/", "/frame/refused/"])
def test_pages_are_accessible_and_fit(
    frame: Page, axe: Callable[[Page], None], console: Console, path: str, scheme: str
) -> None:
    console.expect("status of 40")
    frame.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    frame.goto(path)
    for width in (360, 1280, 1600):
        frame.set_viewport_size({"width": width, "height": 800})
        assert frame.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), width
        axe(frame)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_menus_and_the_sign_in_are_accessible(frame: Page, axe: Callable[[Page], None], scheme: str) -> None:
    frame.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for name in ("Organization: Orchard", "Theme", "Account of alice"):
        frame.get_by_role("button", name=name).click()
        axe(frame)
        frame.keyboard.press("Escape")
    frame.context.clear_cookies()
    frame.goto("/sign-in/")
    axe(frame)


def test_without_scripts_the_bar_works(
    browser: Browser, base_url: str, sign_in: Callable[[Page, User], None], alice: User
) -> None:
    context = browser.new_context(base_url=base_url, java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    sign_in(page, alice)
    page.goto("/frame/")
    expect(page.locator("body")).to_have_css("background-color", "rgb(18, 22, 20)")
    expect(page.get_by_role("button", name="Theme")).to_be_hidden()
    page.get_by_role("button", name="Account of alice").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Espalier")).to_be_visible()
    context.close()
