"""Bob launches a training, and follows it without touching the page.

Given an experiment that waits, when Bob launches it, then he is at its job, which says what it does; lines come and the
page follows them until he scrolls up; the overview shows how far it is, its curves and its artifacts; and when it ends,
the page says how, and asks no more.
"""

import math
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from experiments.artifacts import store_artifact
from experiments.models import Experiment
from organizations.models import User
from tests.browser.conftest import Console
from tests.browser.test_accessibility import Look, look  # noqa: F401 - a fixture
from tests.browser.world import World, run
from tests.factories import BlobFactory, JobFactory, LogFactory
from tracking.lines import add_points, read_line
from training.console import write_lines
from training.models import Job, JobStatus

PART = "--#--Training"


@pytest.fixture
def experiment(world: World, bob: User) -> Experiment:
    """`run 1`, of 20 epochs."""
    return run(world, bob)


@pytest.fixture
def job(experiment: Experiment, bob: User) -> Job:
    """It runs, and has printed 200 lines."""
    job: Job = JobFactory(
        experiment=experiment, status=JobStatus.RUNNING, started_at=timezone.now(), launcher="local", created_by=bob
    )
    Experiment.objects.filter(pk=experiment.pk).update(status="RUNNING")
    write_lines(run=job, part=PART, number=0, lines=[PART, *(f"step {step}" for step in range(1, 200))], by=bob)
    return job


@pytest.fixture
def bobs(page: Page, sign_in: Callable[[Page, User], None], bob: User) -> Page:
    sign_in(page, bob)
    return page


@pytest.fixture
def asked(page: Page) -> list[str]:
    """What was asked for news, in order."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/live/" in request.url:
            asked.append(request.url)

    page.on("request", note)
    return asked


def end(job: Job, status: JobStatus, **more: object) -> None:
    """As the worker does."""
    Experiment.objects.filter(pk=job.experiment_id).update(status="FAILED" if status == "FAILED" else "SUCCESS")
    Job.objects.filter(pk=job.pk).update(status=status, ended_at=timezone.now(), **more)


def test_it_is_launched(
    bobs: Page,
    experiment: Experiment,
    settings: LazySettings,
    look: Look,  # noqa: F811
) -> None:
    settings.LAUNCHERS = {"local": 1}
    experiment.architecture.command = "python train.py"
    experiment.architecture.save()
    bobs.goto(experiment.get_absolute_url())
    bobs.get_by_role("link", name="Launch").click()
    expect(bobs.get_by_text("Nothing stands in the way")).to_be_visible()
    expect(bobs.get_by_role("radio", name="This machine")).to_be_checked()
    look("a launch that nothing stands in the way of")
    bobs.get_by_role("button", name="Launch").click()
    expect(bobs.get_by_text("run 1 is launched.")).to_be_visible()
    expect(bobs.get_by_text("It is the next in the queue.")).to_be_visible()
    look("the console of a job that waits")

    bobs.get_by_role("link", name="Jobs", exact=True).click()
    expect(bobs.get_by_role("heading", name="Waiting")).to_be_visible()
    look("a job in the list")
    bobs.get_by_role("link", name="Take out of the queue run 1").click()
    expect(bobs.get_by_role("dialog", name="Stop run 1")).to_be_visible()
    look("Stop")
    bobs.get_by_role("dialog").get_by_role("button", name="Take out of the queue").click()
    expect(bobs.get_by_text("run 1 is out of the queue.")).to_be_visible()
    expect(bobs.get_by_role("heading", name="Ended")).to_be_visible()


def test_a_launch_that_something_stands_in_the_way_of(bobs: Page, experiment: Experiment, look: Look) -> None:  # noqa: F811
    bobs.goto(f"/experiments/{experiment.pk}/launch/")
    expect(bobs.get_by_text("1 thing stands in the way.")).to_be_visible()
    button = bobs.get_by_role("button", name="Launch")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description("1 thing stands in the way. Launch when it is mended.")
    look("a launch that something stands in the way of")


def test_lines_come_and_the_page_follows(bobs: Page, job: Job, bob: User, look: Look) -> None:  # noqa: F811
    bobs.goto(job.get_absolute_url())
    expect(bobs.get_by_text("step 199", exact=True)).to_be_in_viewport()
    write_lines(run=job, part=PART, number=200, lines=["50 % of it"], by=bob)
    expect(bobs.get_by_text("50 % of it")).to_be_in_viewport()
    write_lines(run=job, part=PART, number=200, lines=["all of it"], by=bob)
    expect(bobs.get_by_text("all of it")).to_be_in_viewport()
    expect(bobs.get_by_text("50 % of it")).to_have_count(0)
    look("a console that is followed")

    bobs.get_by_text("step 190", exact=True).hover()
    bobs.mouse.wheel(0, -1500)
    expect(bobs.get_by_role("checkbox", name="Follow the newest lines")).not_to_be_checked()
    screen = bobs.get_by_role("region", name="What the run printed")
    place = screen.evaluate("box => box.scrollTop")
    write_lines(run=job, part=PART, number=201, lines=[f"later {step}" for step in range(20)], by=bob)
    expect(bobs.get_by_text("later 19", exact=True)).to_be_attached()
    assert screen.evaluate("box => box.scrollTop") == place
    expect(bobs.get_by_text("later 19", exact=True)).not_to_be_in_viewport()
    bobs.get_by_role("button", name="Jump to the end").click()
    expect(bobs.get_by_text("later 19", exact=True)).to_be_in_viewport()
    expect(bobs.get_by_role("checkbox", name="Follow the newest lines")).to_be_checked()


def test_a_flood_of_lines(bobs: Page, job: Job, bob: User) -> None:
    bobs.goto(job.get_absolute_url())
    expect(bobs.get_by_text("step 199", exact=True)).to_be_in_viewport()
    write_lines(run=job, part=PART, number=200, lines=[f"more {step}" for step in range(1000)], by=bob)
    expect(bobs.get_by_text("more 999", exact=True)).to_be_in_viewport()
    screen = bobs.get_by_role("region", name="What the run printed")
    assert screen.locator("li").count() <= 501

    bobs.get_by_text("more 980", exact=True).hover()
    bobs.mouse.wheel(0, -1500)
    expect(bobs.get_by_role("checkbox", name="Follow the newest lines")).not_to_be_checked()
    with bobs.expect_response(lambda answer: "/live/" in answer.url and answer.status == 200):
        write_lines(run=job, part=PART, number=1200, lines=[f"still more {step}" for step in range(1000)], by=bob)
    expect(bobs.get_by_text("more 900", exact=True)).to_be_attached()
    bobs.get_by_role("button", name="Jump to the end").click()
    expect(bobs.get_by_text("still more 999", exact=True)).to_be_in_viewport()


def test_the_server_is_away(bobs: Page, job: Job, bob: User, console: Console) -> None:
    console.expect("net::ERR_FAILED")
    console.expect("htmx:sendError")
    console.expect("htmx:afterRequest")
    bobs.goto(job.get_absolute_url())
    bobs.route("**/live/**", lambda route: route.abort())
    expect(bobs.get_by_text("No connection: what you see may be old. Trying again…")).to_have_count(1)
    write_lines(run=job, part=PART, number=200, lines=["meanwhile"], by=bob)
    bobs.unroute("**/live/**")
    expect(bobs.get_by_text("meanwhile")).to_be_in_viewport()
    expect(bobs.get_by_text("No connection")).to_have_count(0)


def test_the_overview_shows_how_far_it_is(bobs: Page, job: Job, bob: User, look: Look) -> None:  # noqa: F811
    experiment = job.experiment
    loss = LogFactory(experiment=experiment, name="train/loss", type="LINE", data=None)
    bobs.goto(experiment.get_absolute_url())
    expect(bobs.get_by_role("heading", name="run 1 Running")).to_be_visible()
    for epoch in range(7):
        add_points(loss, read_line(math.exp(-epoch / 3)))
    expect(bobs.get_by_text("Epoch 7 of 20")).to_be_visible()
    expect(bobs.get_by_role("progressbar", name="Epochs")).to_have_attribute("value", "7")
    expect(bobs.get_by_role("listitem").filter(has_text="train/loss")).to_contain_text("0.135335")
    expect(bobs.get_by_text("step 199")).to_be_visible()
    look("the overview of a run")
    store_artifact(experiment=experiment, name="best-model", filename="best.onnx", blob=BlobFactory(), by=bob)
    expect(bobs.get_by_role("link", name="best-model")).to_be_visible()

    end(job, JobStatus.FAILED, exit_code=137, reason="It ran out of memory.", last_output="step 198\nstep 199")
    expect(bobs.get_by_role("heading", name="run 1 Failed")).to_be_visible()
    expect(bobs.get_by_text("It ran out of memory.")).to_be_visible()
    expect(bobs.get_by_text("Exit code 137")).to_be_visible()
    expect(bobs.get_by_role("link", name="Launch again")).to_be_visible()
    look("the overview of a run that failed")
    expect(bobs.locator("[data-live]")).to_have_count(0)


def test_curves_grow_and_stay_as_they_are_looked_at(bobs: Page, job: Job) -> None:
    loss = LogFactory(experiment=job.experiment, name="train/loss", type="LINE", data=None)
    add_points(loss, read_line([1.0, 0.5]))
    bobs.goto(f"/experiments/{job.experiment_id}/logs/")
    card = bobs.get_by_role("article", name="loss")
    expect(card.locator("canvas")).to_be_visible()
    card.locator("canvas").evaluate("canvas => canvas.classList.add('the-same')")
    add_points(loss, read_line([0.25, 0.125]))
    LogFactory(experiment=job.experiment, name="val/accuracy", data=0.9634)
    expect(bobs.get_by_text("0.9634")).to_be_visible()
    over = card.locator(".u-over")
    box = over.bounding_box()
    assert box is not None
    over.hover(position={"x": box["width"] - 2, "y": 50})
    expect(card.get_by_role("cell", name="0.125")).to_be_visible()
    expect(bobs.locator("canvas.the-same")).to_be_visible()


def test_it_is_stopped(bobs: Page, job: Job) -> None:
    bobs.goto(job.experiment.get_absolute_url())
    bobs.get_by_role("link", name="Stop run 1").click()
    expect(bobs.get_by_role("dialog")).to_contain_text("It can’t be taken up again")
    bobs.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(bobs.get_by_text("run 1 is asked to stop.")).to_be_visible()
    expect(bobs.get_by_text("Stopping…")).to_be_visible()


def pass_seconds(page: Page, seconds: int) -> None:
    """On the page's clock, and until what it asked for is noted."""
    page.clock.run_for(seconds * 1000)
    page.evaluate("fetch('/static/js/theme.js').then((answer) => answer.status)")


def test_it_asks_no_more_when_it_is_over(bobs: Page, job: Job, asked: list[str]) -> None:
    bobs.clock.install()
    bobs.goto(job.get_absolute_url())
    with bobs.expect_response(lambda answer: "/live/" in answer.url):
        pass_seconds(bobs, 3)
    assert len(asked) == 1
    end(job, JobStatus.SUCCEEDED)
    with bobs.expect_response(lambda answer: answer.url.endswith(job.get_absolute_url())):
        pass_seconds(bobs, 2)
    expect(bobs.get_by_role("heading", name="run 1 Success")).to_be_visible()
    for _ in range(5):
        pass_seconds(bobs, 2)
    assert len(asked) == 2, "It asks although it is over."


def test_nobody_looks(bobs: Page, job: Job, bob: User, asked: list[str]) -> None:
    bobs.clock.install()
    bobs.goto(job.get_absolute_url())
    expect(bobs.get_by_text("step 199", exact=True)).to_be_visible()
    pass_seconds(bobs, 3)
    assert len(asked) == 1
    hide = "hidden => Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })"
    bobs.evaluate(hide, True)
    for _ in range(5):
        pass_seconds(bobs, 2)
    assert len(asked) == 1, "It asks although nobody looks."
    write_lines(run=job, part=PART, number=200, lines=["while nobody looked"], by=bob)
    bobs.evaluate(hide, False)
    bobs.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(bobs.get_by_text("while nobody looked")).to_be_in_viewport()
