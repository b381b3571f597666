"""What scripts do shows in the pages, and what people do in the pages reaches the scripts.

Given Alice with a browser and a script, when her script creates, logs, tags and publishes, then her pages show it;
and when she creates an experiment in the form, then her script reads the hyperparameters that she set there.
"""

from collections.abc import Callable
from pathlib import Path

import picsellia
import pytest
from picsellia.types.enums import LogType
from PIL import Image
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from experiments.models import Experiment
from organizations.models import Organization, User
from organizations.tokens import create_token
from registry.models import ModelVersion
from tests.browser.form import CreationForm
from tests.browser.world import World, begin


@pytest.fixture
def script(
    page: Page,
    sign_in: Callable[[Page, User], None],
    world: World,
    live_server: LiveServer,
    orchard: Organization,
    alice: User,
) -> picsellia.Client:
    """Alice is signed in, and her script is connected."""
    sign_in(page, alice)
    token = create_token(organization=orchard, name="notebook", by=alice)[1]
    return picsellia.Client(api_token=token, host=live_server.url)


def test_an_experiment_of_a_script(script: picsellia.Client, page: Page, world: World) -> None:
    project = script.get_project("Sorting")
    base = script.get_public_model("fruit-mlp").get_version("v1")
    experiment = project.create_experiment("scripted", base_model_version=base, parameters={"epochs": 7, "seed": 3})
    train = script.get_dataset("fruit").get_version("train")
    experiment.attach_dataset("train", train)
    for epoch in range(5):
        experiment.log("train/loss", 1 / (epoch + 1), LogType.LINE)
    experiment.log("accuracy", 0.93, LogType.VALUE)
    experiment.update(status="SUCCESS")

    page.goto(world.address)
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="scripted"))
    expect(row).to_contain_text("Success")
    expect(row).to_contain_text("fruit-mlp")
    row.get_by_role("link", name="scripted").click()
    values = page.get_by_role("region", name="Hyperparameters")
    expect(values.get_by_role("row", name="epochs changed from 20 7", exact=True)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("fruit/train")
    page.get_by_role("link", name="Logs", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("0.93")
    expect(page.locator(".uplot")).to_be_visible()


def test_what_a_script_publishes(script: picsellia.Client, page: Page, world: World) -> None:
    base = script.get_public_model("fruit-mlp").get_version("v1")
    experiment = script.get_project("Sorting").create_experiment("winner", base_model_version=base)
    experiment.export_as_model("fruit-winner")
    version = ModelVersion.objects.get(model__name="fruit-winner")

    page.goto("/registry/")
    page.get_by_role("tab", name="Private").or_(page.get_by_role("link", name="Private")).first.click()
    page.get_by_role("link", name="fruit-winner", exact=True).click()
    page.get_by_role("link", name=version.label).first.click()
    expect(page.get_by_role("main")).to_contain_text("winner")
    expect(page.get_by_role("main")).to_contain_text("learning_rate")


def test_pictures_of_a_script(script: picsellia.Client, page: Page, tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), "seagreen").save(tmp_path / "kiwi.png")
    data = script.get_datalake().upload_data(tmp_path / "kiwi.png", tags=["unripe"])
    version = script.create_dataset("kiwis").create_version("first")
    version.add_data(data)

    page.goto("/datasets/")
    page.get_by_role("link", name="kiwis", exact=True).click()
    page.get_by_role("link", name="first").click()
    expect(page.get_by_role("img", name="kiwi.png")).to_be_visible()
    page.goto("/datasets/")
    page.get_by_role("link", name="Images", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("kiwi.png")


def test_an_experiment_of_the_form_reaches_the_script(
    script: picsellia.Client, page: Page, world: World, alice: User
) -> None:
    form = CreationForm(page)
    form.resume(begin(world, alice, "by hand", is_complete=True))
    form.value("epochs").fill("11")
    form.wait_until_kept()
    form.submit()
    experiment = script.get_project("Sorting").get_experiment("by hand")
    parameters = experiment.get_log("parameters").data
    assert parameters["epochs"] == 11
    assert {version.version for version in experiment.list_attached_dataset_versions()} == {"train", "test"}
    assert experiment.get_base_model_version().id == script.get_public_model("fruit-mlp").get_version("v1").id
    assert Experiment.objects.get(name="by hand").created_by == alice
