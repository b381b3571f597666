"""Bob has no mouse.

Given a keyboard alone, when Bob opens the form, describes the experiment, attaches a model, changes, removes and
restores hyperparameters, fills the placeholders, and creates, then he never loses the focus: it is always on something
that shows it, it stays inside an open dialog, returns to what opened it, and Enter in a field creates nothing.
"""

from playwright.sync_api import Locator, Page, expect

from experiments.models import Experiment
from tests.browser.form import EVERYTHING, CreationForm

STEPS = 80


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the target has the focus; wherever the focus is meanwhile, it shows."""
    for _ in range(STEPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
        assert shows_focus(page), page.evaluate("document.activeElement.outerHTML")
    raise AssertionError(f"Tab never reaches {target}")


def shows_focus(page: Page) -> bool:
    """Whether something has the focus and is outlined or shadowed for it."""
    focused = page.locator(":focus")
    if not focused.count():
        return True  # on the browser's own bar, between the last element and the first
    style = "element => { const s = getComputedStyle(element); return [s.outlineStyle, s.boxShadow] }"
    outline, shadow = focused.evaluate(style)
    return bool(outline != "none" or shadow != "none")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def write(page: Page, target: Locator, text: str) -> None:
    tab_to(page, target)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def choose(page: Page, select: Locator, letter: str) -> None:
    """In a select that has the focus, a letter goes to the next option that begins with it."""
    tab_to(page, select)
    page.keyboard.press(letter)


def test_the_whole_job(form: CreationForm, page: Page) -> None:
    # Part A, with an arrow in the select
    write(page, form.name, "by keyboard")
    tab_to(page, form.inference_type)
    page.keyboard.press("ArrowDown")
    expect(form.inference_type).to_have_value("CLASSIFICATION")
    write(page, form.description, "No mouse.")

    # Part B: into the dialog, through it, and back to the button
    press(page, form.button("Attach a Model"))
    search = form.dialog.get_by_role("searchbox", name="Search")
    expect(search).to_be_focused()
    page.keyboard.type("fruit")
    expect(form.dialog.get_by_role("link", name="fruit-mlp", exact=True)).to_be_visible()
    press(page, form.dialog.get_by_role("link", name="fruit-mlp", exact=True))
    expect(form.dialog.get_by_role("link", name="All models")).to_be_focused()
    press(page, form.row("v1").get_by_role("button", name="Select"))
    expect(form.dialog).to_be_hidden()
    expect(form.button("Attach a Model")).to_be_focused()
    expect(form.base).to_contain_text("fruit-mlp")

    # Part C
    write(page, form.value("epochs"), "40")
    choose(page, form.value("optimizer"), "s")
    expect(form.value("optimizer")).to_have_value("sgd")
    press(page, form.value("shuffle"), "Space")
    expect(form.value("shuffle")).not_to_be_checked()
    press(page, form.button("Remove momentum"))
    expect(form.button("Restore momentum")).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.value("momentum")).to_be_focused()
    tab_to(page, form.button("Reset epochs"), "Shift+Tab")
    page.keyboard.press("Space")
    expect(form.value("epochs")).to_have_value("20")
    expect(form.value("epochs")).to_be_focused()
    write(page, form.hyperparameters.get_by_label("Key"), "warmup")
    write(page, form.hyperparameters.get_by_label("Value"), "2")
    press(page, form.button("Add hyperparameter"))
    expect(form.value("warmup")).to_be_focused()

    # Part D
    press(page, form.button("Add dataset versions"))
    expect(form.placeholder("train")).to_have_attribute("aria-pressed", "true")
    press(page, form.row("fruit/train").get_by_role("button", name="Select"))
    expect(form.placeholder("test")).to_have_attribute("aria-pressed", "true")
    press(page, form.row("fruit/test").get_by_role("button", name="Select"))
    expect(form.dialog.get_by_role("button", name="Attach")).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.dialog).to_be_hidden()
    expect(form.button("Add dataset versions")).to_be_focused()
    expect(form.create).to_have_accessible_description(EVERYTHING)
    expect(page.locator(".htmx-settling")).to_have_count(0)  # nobody presses a key within these milliseconds
    tab_to(page, form.create, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="by keyboard", level=1)).to_be_visible()


def test_enter_in_a_field_saves_and_creates_nothing(complete_form: CreationForm, page: Page) -> None:
    form = complete_form
    for field in (form.name, form.value("epochs"), form.value("learning_rate"), form.value("shuffle")):
        field.press("Enter")
        form.wait_until_kept()
        expect(field).to_be_focused()
    form.hyperparameters.get_by_label("Key").press("Enter")
    form.wait_until_kept()
    form.description.press_sequentially("One line")
    form.description.press("Enter")
    expect(form.description).to_have_value("One line\n")
    expect(page.get_by_role("heading", name="New experiment", level=1)).to_be_visible()
    assert not Experiment.objects.exists()


def test_enter_in_a_search_searches(form_with_base: CreationForm) -> None:
    form = form_with_base
    form.button("Add dataset versions").press("Enter")
    search = form.dialog.get_by_role("searchbox", name="Search")
    search.fill("test")
    search.press("Enter")
    expect(form.row("fruit/train")).to_have_count(0)
    expect(search).to_be_focused()
    expect(search).to_have_value("test")
    expect(form.placeholder("train")).to_have_attribute("aria-pressed", "true")


def test_escape_closes_and_the_focus_returns_to_the_opener(form: CreationForm, page: Page) -> None:
    form.describe("escape")
    for name in ("Attach a Model", "Attach an Experiment", "Add dataset versions"):
        form.button(name).press("Enter")
        expect(form.dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(form.dialog).to_be_hidden()
        expect(form.button(name)).to_be_focused()


def test_the_focus_stays_inside_an_open_dialog(form: CreationForm, page: Page) -> None:
    form.describe("inside")
    form.button("Attach a Model").press("Enter")
    expect(form.dialog).to_be_visible()
    for _ in range(15):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert not focused.count() or form.dialog.locator(":focus").count()


def test_tabs_of_the_registry(form: CreationForm, page: Page) -> None:
    form.describe("tabs")
    form.button("Attach a Model").press("Enter")
    tab_to(page, form.dialog.get_by_role("tab", name="Private"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(form.dialog.get_by_role("tab", name="Private")).to_have_attribute("aria-selected", "true")
    expect(form.dialog.get_by_role("tab", name="Private")).to_be_focused()
    expect(form.dialog.get_by_role("link", name="orchard-net")).to_be_visible()


def test_what_is_missing_leads_to_its_place(form: CreationForm, page: Page) -> None:
    tab_to(page, form.create)
    page.keyboard.press("Enter")
    expect(form.name).to_be_focused()
    expect(form.name).to_have_accessible_description("Give the experiment a name.")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("The experiment can't be created yet.")
    press_link = summary.get_by_role("link", name="inference type")
    tab_to(page, press_link, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(form.inference_type).to_be_focused()


def test_a_part_of_the_rail_leads_to_its_part(form: CreationForm, page: Page) -> None:
    rail = page.get_by_role("navigation", name="Parts of the form")
    tab_to(page, rail.get_by_role("link", name="Dataset versions"))
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(form.button("Add dataset versions")).to_be_focused()
    expect(rail.get_by_role("link", name="Dataset versions")).to_have_attribute("aria-current", "step")
