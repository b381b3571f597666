"""Bob looks at what his training wrote.

Given an experiment with curves, figures, a table, bars, a heatmap, a picture and an evaluated image, when Bob opens its
logs, then the curves are drawn in the theme's colours, a button gives each curve's values to those who see no chart,
and he finds a log by its name; and the evaluated images show what was found over what is there.
"""

import math
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from config.inference_types import InferenceType
from datasets.models import Asset
from experiments.models import Experiment
from organizations.models import User
from tests.browser.world import World, run
from tests.factories import BlobFactory, EvaluationFactory, LogFactory, PredictionFactory, png
from tracking.lines import add_points, read_line
from tracking.metrics import compute_metrics

CONFUSED = {"categories": ["apple", "pear"], "values": [[41, 3], [0, 38]]}


@pytest.fixture
def experiment(world: World, bob: User) -> Experiment:
    """`run 1`, trained and evaluated."""
    experiment = run(world, bob)
    for name, phase in ((0.9, "train"), (1.1, "val")):
        curve = LogFactory(experiment=experiment, name=f"{phase}/loss", type="LINE", data=None)
        add_points(curve, read_line([name * math.exp(-step / 60) for step in range(200)]))
    LogFactory(experiment=experiment, name="val/accuracy", data=0.9634)
    LogFactory(experiment=experiment, name="val/confusion", type="HEATMAP", data=CONFUSED)
    LogFactory(experiment=experiment, name="train/objects", type="BAR", data={"x": ["apple", "pear"], "y": [44, 38]})
    LogFactory(experiment=experiment, name="settings", type="TABLE", data={"optimizer": "adam", "batch": 16})
    picture = {"object_name": "log_image/curve.png", "filename": "curve.png"}
    LogFactory(
        experiment=experiment,
        name="val/worst",
        type="IMAGE",
        data=picture,
        blob=BlobFactory(content=png(0x2A6A4D, 120, 80)),
        content_type="image/png",
    )
    asset = Asset.objects.filter(dataset_version=world.versions["fruit/train"]).earliest("position")
    evaluation = EvaluationFactory(experiment=experiment, asset=asset)
    PredictionFactory(evaluation=evaluation, label=asset.dataset_version.labels.earliest("position"), score=0.7)
    compute_metrics(experiment=experiment, inference_type=InferenceType.CLASSIFICATION, by=bob)
    return experiment


@pytest.fixture
def logs(page: Page, sign_in: Callable[[Page, User], None], experiment: Experiment, bob: User) -> Page:
    """Bob at the logs, which he opened by their tab."""
    sign_in(page, bob)
    page.goto(experiment.get_absolute_url())
    page.get_by_role("navigation", name="Experiment").get_by_role("link", name="Logs").click()
    expect(page.get_by_role("heading", name="train", level=2)).to_be_visible()
    page.wait_for_load_state()
    return page


def log(page: Page, group: str, name: str) -> Locator:
    """The log's card."""
    heading = page.get_by_role("heading", name=group, level=2, exact=True)
    return heading.locator("xpath=following-sibling::div[1]").get_by_role("article", name=name, exact=True)


def test_curves_are_drawn_and_their_values_told(logs: Page, axe: Callable[[Page], None]) -> None:
    curve = log(logs, "train", "loss")
    expect(curve.locator("canvas")).to_be_visible()
    expect(curve.get_by_role("img")).to_have_accessible_name(
        "Line chart of train/loss. The table of its values is behind the button below."
    )
    for theme in ("light", "dark"):
        logs.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
        axe(logs)
    curve.get_by_text("Table of values").click()
    expect(curve.get_by_role("table", name="train/loss").get_by_role("row")).to_have_count(201)
    expect(curve.get_by_role("row", name="0 0.9", exact=True)).to_be_visible()
    axe(logs)


def test_every_other_type_is_there(logs: Page) -> None:
    expect(log(logs, "val", "accuracy")).to_contain_text("0.9634")
    expect(log(logs, "val", "confusion").get_by_role("row", name="apple 41")).to_have_text(
        "apple 41 3", use_inner_text=True
    )
    expect(log(logs, "train", "objects").get_by_role("row", name="pear")).to_contain_text("38")
    expect(log(logs, "val", "worst").get_by_role("img", name="val/worst")).to_be_visible()
    expect(logs.get_by_role("article", name="settings")).to_contain_text("adam")
    expect(logs.get_by_role("region", name="Evaluation: Classification")).to_contain_text("Accuracy")


def test_a_log_is_found_by_its_name_and_its_chart_drawn_again(logs: Page) -> None:
    logs.get_by_role("searchbox").fill("val/loss")
    expect(logs.get_by_text("with “val/loss” in their name")).to_be_visible()
    expect(logs.locator("canvas")).to_have_count(1)


def test_the_evaluated_images(logs: Page, axe: Callable[[Page], None]) -> None:
    logs.get_by_role("link", name="Look at the evaluated images").click()
    expect(logs.get_by_role("heading", name="Evaluated images", level=1)).to_be_visible()
    expect(logs.get_by_role("main").get_by_role("listitem").filter(has_text="Agreement")).to_have_count(1)
    axe(logs)


def test_without_scripts_the_values_are_a_page(
    browser: Browser, base_url: str, sign_in: Callable[[Page, User], None], experiment: Experiment, bob: User
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    sign_in(page, bob)
    page.goto(f"/experiments/{experiment.pk}/logs/")
    curve = log(page, "train", "loss")
    curve.get_by_text("Table of values").click()
    curve.get_by_role("link", name="Open the values of train/loss").click()
    expect(page.get_by_role("table", name="train/loss").get_by_role("row")).to_have_count(201)
    context.close()
