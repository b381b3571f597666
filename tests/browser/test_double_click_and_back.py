"""Bob is in a hurry.

Given a complete form, when Bob clicks Create twice, then there is one experiment; when he goes back from its overview,
he comes to the experiment and not to a form that is used up; and loading any page again does nothing twice.
"""

from playwright.sync_api import Page, expect

from experiments.models import Experiment, ExperimentDraft
from tests.browser.form import EVERYTHING, CreationForm
from tests.browser.world import World


def test_a_double_click_on_create_gives_one_experiment(complete_form: CreationForm, page: Page) -> None:
    complete_form.create.dblclick()
    expect(page.get_by_role("button", name="Use as base")).to_be_visible()
    assert Experiment.objects.count() == 1
    assert not ExperimentDraft.objects.exists()


def test_back_from_the_overview_leads_to_the_experiment(complete_form: CreationForm, page: Page, world: World) -> None:
    page.goto(world.address)
    page.get_by_role("link", name="Continue run 1").click()
    complete_form.submit()
    overview = page.url
    page.go_back()
    expect(page).to_have_url(overview)
    expect(page.get_by_role("heading", name="run 1", level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="run 1", level=1)).to_be_visible()
    page.go_back()
    expect(page).to_have_url(world.address)
    expect(page.get_by_role("link", name="run 1")).to_be_visible()
    assert Experiment.objects.count() == 1


def test_a_double_click_on_the_plus_gives_one_draft(page: Page, world: World, form: CreationForm) -> None:
    ExperimentDraft.objects.all().delete()
    page.goto(world.address)
    page.get_by_role("button", name="New experiment").dblclick()
    expect(page.get_by_role("heading", name="New experiment", level=1)).to_be_visible()
    assert ExperimentDraft.objects.count() == 1


def test_the_plus_again_after_going_back_gives_another_draft(form: CreationForm, page: Page) -> None:
    form.describe("the first")
    form.wait_until_kept()
    page.go_back()
    expect(page.get_by_role("link", name="Continue the first")).to_be_visible()
    page.get_by_role("button", name="New experiment").click()
    expect(form.name).to_have_value("")
    page.go_back()
    page.get_by_role("link", name="Continue the first").click()
    expect(form.name).to_have_value("the first")


def test_loading_the_form_again_changes_nothing(complete_form: CreationForm, page: Page) -> None:
    page.reload()
    expect(complete_form.name).to_have_value("run 1")
    expect(complete_form.create).to_have_accessible_description(EVERYTHING)


def test_a_double_click_on_use_as_base_gives_one_form(complete_form: CreationForm, page: Page) -> None:
    complete_form.submit()
    page.get_by_role("button", name="Use as base").dblclick()
    expect(page.get_by_role("heading", name="New experiment", level=1)).to_be_visible()
    assert ExperimentDraft.objects.count() == 1
    assert Experiment.objects.count() == 1
