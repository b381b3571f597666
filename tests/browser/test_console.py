"""Vera watches a training.

Given a job that has printed more than a page of lines, when Vera opens the Console, then she sees the last line without
scrolling; older ones come by a button, a chapter and a search lead to theirs, long lines wrap or not as she likes, and
what is printed meanwhile appears by itself.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from organizations.models import User
from tests.browser.test_accessibility import Look, look  # noqa: F401 - a fixture
from tests.browser.world import World, run
from tests.factories import JobFactory
from training.console import write_lines
from training.models import Job, JobStatus

PART = "--#--Set up training"
LONG = "https://example.org/" + "x" * 300


@pytest.fixture
def job(world: World, bob: User) -> Job:
    """600 lines in three chapters, and it goes on."""
    job: Job = JobFactory(experiment=run(world, bob), status=JobStatus.RUNNING, created_by=bob)
    lines = [PART, *(f"loading {number}" for number in range(80)), LONG, "--#--Training"]
    lines += [f"step {number}" for number in range(600 - len(lines))]
    write_lines(run=job, part=PART, number=0, lines=lines, by=bob)
    return job


@pytest.fixture
def console_page(page: Page, sign_in: Callable[[Page, User], None], job: Job, vera: User) -> Page:
    """Vera, who came by the overview."""
    sign_in(page, vera)
    page.goto(job.experiment.get_absolute_url())
    page.get_by_role("link", name="Show what it prints").click()
    return page


def test_it_is_read(console_page: Page, look: Look) -> None:  # noqa: F811
    page = console_page
    expect(page.get_by_text("step 516", exact=True)).to_be_in_viewport()
    look("a console at its end")

    page.get_by_role("link", name="Older lines").click()
    expect(page.get_by_text("loading 0", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Newer lines")).to_be_visible()
    expect(page.get_by_text("of 600 lines.")).to_be_visible()
    screen = page.get_by_role("region", name="What the run printed")
    fits = "(node) => node.scrollWidth <= node.clientWidth"
    assert screen.evaluate(fits)
    page.get_by_role("checkbox", name="Wrap long lines").uncheck()
    assert not screen.evaluate(fits)
    page.get_by_role("checkbox", name="Wrap long lines").check()
    look("a console at its beginning")

    page.get_by_role("link", name="Training", exact=True).click()
    expect(page.get_by_text("step 0", exact=True)).to_be_in_viewport()
    page.wait_for_load_state()
    page.get_by_role("searchbox", name="Search").fill("loading 79")
    expect(page.get_by_role("listitem").filter(has_text="loading")).to_have_count(1)
    look("a console in which was searched")


def test_it_goes_on_by_itself(console_page: Page, job: Job, bob: User) -> None:
    expect(console_page.get_by_text("step 516", exact=True)).to_be_in_viewport()
    write_lines(run=job, part=PART, number=600, lines=["and now this"], by=bob)
    expect(console_page.get_by_text("and now this")).to_be_in_viewport()
