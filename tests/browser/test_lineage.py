"""Bob follows an experiment to where it came from, and to what became of it.

Given an experiment that was published, and others that started from what was published, when Bob opens the tab Lineage,
then a picture shows from left to right what led here and what came of it, each box leads to its page, also with the
keyboard alone, and lists below say the same. On a small screen there are the lists alone. What was deleted is there by
its name and leads nowhere; what did not fit is counted, and one click away.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from organizations.models import User
from tests.browser.histories import History, lineage
from tests.browser.world import World


@pytest.fixture
def history(world: World, bob: User) -> History:
    return lineage(world, bob)


@pytest.fixture
def at_the_experiment(page: Page, sign_in: Callable[[Page, User], None], history: History, bob: User) -> Page:
    """Bob at the lineage of `first`, which he reached by its tab."""
    sign_in(page, bob)
    page.goto(history.first.get_absolute_url())
    page.get_by_role("navigation", name="Experiment", exact=True).get_by_role("link", name="Lineage").click()
    expect(picture(page)).to_be_visible()
    return page


def picture(page: Page) -> Locator:
    return page.get_by_role("group", name="What led to what")


def listed(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title)


def left_of(box: Locator) -> float:
    found = box.bounding_box()
    assert found
    return found["x"]


def test_the_picture_leads_to_everything(at_the_experiment: Page) -> None:
    page = at_the_experiment
    names = ("fruit-mlp v1", "This experiment: first", "orchard-mlp v1", "Experiment · Waiting: second")
    boxes = [picture(page).locator("svg.box").filter(has=page.locator("title", has_text=name)) for name in names]
    assert [left_of(box) for box in boxes] == sorted({left_of(box) for box in boxes})
    expect(picture(page).get_by_role("link", name="fruit/train")).to_be_visible()
    expect(picture(page).get_by_role("link", name="This experiment")).to_have_count(0)
    picture(page).get_by_role("link", name="orchard-mlp v1").click()
    expect(page.get_by_role("heading", name="orchard-mlp v1", level=1)).to_be_visible()
    page.get_by_role("navigation", name="Model version").get_by_role("link", name="Lineage").click()
    expect(page.get_by_role("heading", name="orchard-mlp v1", level=1)).to_be_visible()
    expect(picture(page)).to_contain_text("This version")
    picture(page).get_by_role("link", name="Experiment · Waiting: first").click()
    expect(page.get_by_role("heading", name="first", level=1)).to_be_visible()


def test_the_keyboard_reaches_every_box_and_sees_where_it_is(at_the_experiment: Page) -> None:
    page = at_the_experiment
    picture(page).get_by_role("link", name="fruit-mlp v1").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    frame = picture(page).get_by_role("link", name="fruit-mlp v1").locator("rect")
    expect(frame).to_have_css("stroke-width", "2.5px")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="fruit-mlp v1", level=1)).to_be_visible()


def test_what_is_deleted_is_a_name_and_what_does_not_fit_is_one_click_away(at_the_experiment: Page) -> None:
    page = at_the_experiment
    gone = picture(page).locator("svg.gone")
    expect(gone).to_contain_text("Experiment · deleted")
    expect(gone).to_contain_text("short-lived")
    expect(picture(page).get_by_role("link", name="short-lived")).to_have_count(0)
    expect(picture(page).get_by_role("link", name="orphan")).to_be_visible()
    picture(page).get_by_role("link", name=re.compile(r"\d more experiments")).click()
    expect(page.get_by_role("heading", name="Experiments that started from it")).to_be_in_viewport()
    expect(page.get_by_role("row", name="other 1")).to_be_visible()


def test_lists_say_the_same(at_the_experiment: Page) -> None:
    page = at_the_experiment
    before = listed(page, "What led here")
    expect(before.get_by_role("listitem").filter(has_text="fruit-mlp v1")).to_contain_text("Base · Public model")
    expect(before.get_by_role("listitem").filter(has_text="fruit/train")).to_contain_text("Dataset version train")
    after = listed(page, "What came of it").get_by_role("listitem")
    nested = after.filter(has_text="orchard-mlp v1").get_by_role("listitem").filter(has_text="second")
    expect(nested).to_contain_text("Started from it · Experiment in Sorting · Waiting")
    nested.get_by_role("link", name="second").click()
    expect(page.get_by_role("heading", name="second", level=1)).to_be_visible()


def test_a_small_screen_has_the_lists_alone(at_the_experiment: Page) -> None:
    page = at_the_experiment
    page.set_viewport_size({"width": 360, "height": 740})
    expect(picture(page)).to_be_hidden()
    expect(listed(page, "What led here").get_by_role("link", name="fruit-mlp v1")).to_be_visible()


def test_a_wide_picture_moves_within_its_own_frame(at_the_experiment: Page) -> None:
    page = at_the_experiment
    page.set_viewport_size({"width": 800, "height": 740})
    scrolls = "node => node.scrollWidth > node.clientWidth"
    assert listed(page, "Lineage").evaluate(scrolls)
    assert not page.locator("html").evaluate(scrolls)
