"""A newcomer's first hour, in a minute: from a public model to the next experiment's base, with the real training.

Given the demo's digits and its public model, and a worker, when Ana creates an experiment with train, val and test,
launches it, and looks on, then accuracy rises epoch by epoch; the logs show which digits were taken for which, and the
wrongly read ones; she publishes the result, and it is the base of the next experiment, under the same constraint.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from demo import content, world
from organizations.models import User
from registry.models import ModelVersion
from tests.browser.form import CreationForm
from tests.training.running import Worker
from tracking.lines import line_of
from tracking.models import Log
from training.models import Job

TRAINING_MS = 90_000


@pytest.fixture
def demo(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the demo what the story needs: its people, all its digits, and the model that reads them."""
    digits = tuple(one for one in content.ORCHARD if one.dataset == "digits")
    monkeypatch.setattr(world, "_PLANS", {world.ORCHARD: digits, world.HARBOR: content.HARBOR})
    monkeypatch.setattr(world, "PUBLIC", ("digits_mlp/balanced",))
    monkeypatch.setattr(world, "HANDWRITING", tuple(f"digits/{one.version}" for one in digits))
    monkeypatch.setattr(world, "EXPERIMENTS", {})
    monkeypatch.setattr(content, "SCENES", dict.fromkeys(content.SCENES, 1))
    monkeypatch.setattr(content, "RAW_SCENES", 1)
    world.World(password="espalier-demo", say=lambda line: None).build()


@pytest.fixture
def worker(runs_dir: Path, base_url: str) -> Iterator[Worker]:
    """As `make demo` starts it."""
    worker = Worker(runs_dir, url=base_url)
    yield worker
    worker.end()


def attach_the_digits(form: CreationForm) -> None:
    form.open_dialog("Add dataset versions")
    form.dialog.get_by_role("combobox", name="Dataset constraint").select_option("train + val + test")
    form.fill_constraint(train="digits/train", val="digits/val", test="digits/test")
    form.dialog.get_by_role("button", name="Attach").click()
    expect(form.dialog).to_be_hidden()


@pytest.mark.usefixtures("demo", "worker")
def test_from_a_public_model_to_the_next_base(page: Page, sign_in: Callable[[Page, User], None]) -> None:
    sign_in(page, User.objects.get(username=world.DEMO_USER))
    page.goto("/projects/")
    page.get_by_role("link", name="Handwriting").click()
    project = page.url

    form = CreationForm(page)
    form.open(project)
    form.describe("reads digits")
    form.attach_model("digits-mlp", "v1")
    attach_the_digits(form)
    form.submit()

    page.get_by_role("link", name="Launch", exact=True).click()
    page.wait_for_load_state()
    expect(page.get_by_text("Nothing stands in the way")).to_be_visible()
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_role("region", name="What the run printed")).to_contain_text("val/accuracy", timeout=TRAINING_MS)
    job = Job.objects.get()
    page.goto(job.experiment.get_absolute_url())
    expect(page.get_by_text(re.compile(r"Epoch \d+ of 20"))).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Success", timeout=TRAINING_MS)

    rises = line_of(Log.objects.get(name="val/accuracy")).values
    assert rises[-1] > rises[0]
    page.get_by_role("link", name="Logs", exact=True).click()
    page.wait_for_load_state()
    expect(page.get_by_text("Confusion matrix")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("wrongly read"))).to_be_visible()

    page.goto(job.experiment.get_absolute_url())
    page.get_by_role("link", name="Publish as model").click()
    dialog = page.get_by_role("dialog", name="Publish as model")
    dialog.get_by_role("textbox", name="Name of the model").fill("our reader")
    dialog.get_by_role("button", name="Publish best-model as pretrained-weights").click()
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("our reader v1"), level=1)).to_be_visible()
    assert "pretrained-weights" in ModelVersion.objects.get(model__name="our reader").architecture.files.values_list(
        "name", flat=True
    )

    form.open(project)
    form.describe("reads digits better")
    form.attach_model("our reader", "v1", tab="Private")
    attach_the_digits(form)
    form.submit()
    expect(page.get_by_text("our reader")).not_to_have_count(0)
