"""Bob compares what he trained, and sends it to Vera.

Given a project with more experiments than a page of its list holds, when Bob ticks some of them, searches, turns the
page and ticks others, then the bar counts them all, and Compare shows them side by side; he sorts them by a row, looks
at another metric by time, leaves out what is the same; and whoever gets the address sees just that.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from experiments.models import Experiment
from organizations.models import User
from registry.hyperparameters import Kind
from tests.browser.world import World
from tests.factories import ExperimentFactory, HyperparameterFactory, LogFactory
from tracking.lines import add_points, read_line

ON_A_PAGE = 25
NARROW = {"width": 360, "height": 740}


@pytest.fixture
def experiments(world: World) -> list[Experiment]:
    """`run 00` to `run 29`, each with another learning rate; the lower its number, the faster it learned."""
    made: list[Experiment] = [ExperimentFactory(project=world.project, name=f"run {number:02}") for number in range(30)]
    for number, experiment in enumerate(made):
        rows = [("learning_rate", Kind.NUMBER, f"{0.1 / (number + 1)!r}"), ("epochs", Kind.INTEGER, "20")]
        for key, kind, value in rows:
            HyperparameterFactory(architecture=experiment.architecture, key=key, kind=kind, value=value)
        for name, scale in (("val/loss", 1.0), ("val/accuracy", 0.5)):
            curve = LogFactory(experiment=experiment, name=name, type="LINE", data=None)
            add_points(curve, read_line([scale, scale * (number + 1) / 40]))
    return made


@pytest.fixture
def list_page(page: Page, sign_in: Callable[[Page, User], None], world: World, bob: User, experiments: object) -> Page:
    """Bob at the project's list."""
    sign_in(page, bob)
    page.goto(world.address)
    page.wait_for_load_state()
    return page


@pytest.fixture
def compared(
    page: Page, sign_in: Callable[[Page, User], None], world: World, bob: User, experiments: list[Experiment]
) -> Page:
    """Bob at the comparison of `run 03`, `run 01` and `run 02`, in this order."""
    sign_in(page, bob)
    ids = "&".join(f"experiment={experiments[number].pk}" for number in (3, 1, 2))
    page.goto(f"{world.address}compare/?{ids}")
    page.wait_for_load_state()
    return page


@pytest.fixture
def plain(browser: Browser, base_url: str) -> Iterator[Page]:
    """A page that runs no scripts."""
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Compare {name}")


def bar(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("status").filter(has_text="chosen")


def side_by_side(page: Page) -> Locator:
    return page.get_by_role("table", name="The experiments side by side")


def columns(page: Page) -> Locator:
    """The experiments of the table, from left to right."""
    headers = side_by_side(page).get_by_role("columnheader")
    return headers.get_by_role("link", name=re.compile(r"^run \d\d$"))


def test_what_is_chosen_outlives_searching_and_paging(list_page: Page) -> None:
    page, search = list_page, list_page.get_by_role("searchbox", name="Search")
    expect(bar(page)).to_contain_text("0 chosen")
    box(page, "run 29").check()
    box(page, "run 28").check()
    expect(bar(page)).to_contain_text("2 chosen")
    search.fill("run 1")
    expect(page.get_by_text("with “run 1” in their name")).to_be_visible()
    expect(bar(page)).to_contain_text("2 chosen (2 of them not shown here)")
    box(page, "run 10").check()
    search.fill("")
    expect(box(page, "run 28")).to_be_checked()
    expect(box(page, "run 10")).to_be_checked()
    box(page, "run 28").uncheck()
    page.get_by_role("link", name="Older").click()
    expect(bar(page)).to_contain_text("2 chosen (2 of them not shown here)")
    box(page, "run 03").check()
    page.reload()
    expect(box(page, "run 03")).to_be_checked()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Compare 3 experiments", level=1)).to_be_visible()
    assert sorted(columns(page).all_inner_texts()) == ["run 03", "run 10", "run 29"]
    assert "q=" not in page.url
    page.go_back()
    expect(bar(page)).to_contain_text("3 chosen")
    page.get_by_role("link", name="Choose none").click()
    expect(bar(page)).to_have_text(re.compile(r"^\s*0 chosen\s+– two to 20 can be compared\s*$"))
    assert "experiment=" not in page.url


def test_fewer_than_two_and_more_than_twenty_are_explained(list_page: Page) -> None:
    page, compare = list_page, list_page.get_by_role("button", name="Compare", exact=True)
    compare.click()
    expect(page.get_by_role("heading", name="Choose at least two experiments")).to_be_visible()
    page.get_by_role("link", name="Choose experiments").click()
    page.wait_for_load_state()
    for number in range(29, 7, -1):
        box(page, f"run {number:02}").check()
    expect(bar(page)).to_contain_text("22 chosen")
    compare.click()
    expect(page.get_by_text("22 experiments are chosen, and at most 20 can be compared: leave out 2.")).to_be_visible()
    page.get_by_role("link", name="Choose fewer").click()
    expect(bar(page)).to_contain_text("chosen")


def test_a_comparison_is_sorted_turned_and_sent(
    compared: Page, browser: Browser, base_url: str, sign_in: Callable[[Page, User], None], vera: User
) -> None:
    page = compared
    expect(page.locator("canvas")).to_be_visible()
    expect(columns(page)).to_have_text(["run 03", "run 01", "run 02"])
    page.get_by_role("link", name="learning_rate").click()
    expect(columns(page)).to_have_text(["run 03", "run 02", "run 01"])
    expect(page.get_by_role("rowheader", name="learning_rate")).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("link", name="learning_rate")).to_be_focused()
    page.get_by_role("link", name="learning_rate").click()
    expect(columns(page)).to_have_text(["run 01", "run 02", "run 03"])
    page.get_by_role("combobox", name="Metric").select_option("val/loss (lowest)")
    expect(page.get_by_role("heading", name="Curves of val/loss")).to_be_visible()
    page.get_by_role("combobox", name="Curves by").select_option("Time")
    expect(page.get_by_text("by the time since each began")).to_be_visible()
    page.get_by_role("img", name="Curves of val/loss").scroll_into_view_if_needed()
    expect(page.locator("canvas")).to_be_visible()
    expect(page.locator(".u-legend")).to_contain_text("run 02")
    page.get_by_role("link", name="Take the highest value of val/loss as its best").click()
    expect(page.get_by_role("link", name="Take the lowest value of val/loss as its best")).to_be_visible()
    page.get_by_role("link", name="Only what differs").click()
    expect(page.get_by_role("rowheader", name="epochs")).to_have_count(0)
    context = browser.new_context(base_url=base_url)
    hers = context.new_page()
    sign_in(hers, vera)
    hers.goto(page.url)
    expect(side_by_side(hers)).to_have_text(side_by_side(page).inner_text(), use_inner_text=True)
    expect(columns(hers)).to_have_text(["run 01", "run 02", "run 03"])
    expect(hers.get_by_role("combobox", name="Metric")).to_have_value("best:val/loss")
    expect(hers.get_by_role("rowheader", name="epochs")).to_have_count(0)
    context.close()
    page.go_back()
    expect(page.get_by_role("rowheader", name="epochs")).to_be_visible()


def test_one_is_left_out_and_the_rest_downloaded(compared: Page) -> None:
    page = compared
    page.get_by_role("link", name="Leave run 01 out").click()
    expect(columns(page)).to_have_text(["run 03", "run 02"])
    expect(page.get_by_role("link", name=re.compile("Leave .* out"))).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename == "comparison.csv"
    lines = download.value.path().read_text().splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ['"run 03"', '"run 02"']


def test_it_can_be_looked_at_by_everybody(compared: Page, axe: Callable[[Page], None]) -> None:
    page = compared
    expect(page.locator("canvas")).to_be_visible()
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
        axe(page)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    # The table's name column stays in sight while the rest of it moves.
    region = page.get_by_role("region", name="Table of the experiments")
    region.scroll_into_view_if_needed()
    region.evaluate("region => region.scrollTo(region.scrollWidth, 0)")
    expect(page.get_by_role("rowheader", name="Status")).to_be_in_viewport()
    page.goto(re.sub(r"\?.*", "", page.url))
    axe(page)


def test_without_scripts(
    plain: Page, sign_in: Callable[[Page, User], None], world: World, bob: User, experiments: object
) -> None:
    page = plain
    sign_in(page, bob)
    page.goto(world.address)
    box(page, "run 29").check()
    page.get_by_role("searchbox", name="Search").fill("run")
    page.get_by_role("button", name="Search").click()
    expect(bar(page)).to_contain_text("1 chosen")
    box(page, "run 28").check()
    page.get_by_role("button", name="Older").click()
    expect(bar(page)).to_contain_text("2 chosen (2 of them not shown here)")
    box(page, "run 00").check()
    page.get_by_role("button", name="Newer").click()
    expect(box(page, "run 28")).to_be_checked()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Compare 3 experiments", level=1)).to_be_visible()
    page.get_by_role("link", name="learning_rate").click()
    expect(columns(page)).to_have_text(["run 29", "run 28", "run 00"])
    page.get_by_role("combobox", name="Metric").select_option("val/accuracy (highest)")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Curves of val/accuracy")).to_be_visible()
    expect(columns(page)).to_have_text(["run 29", "run 28", "run 00"])
