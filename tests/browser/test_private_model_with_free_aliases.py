"""Bob trains his organization's own model, whose script takes any dataset versions under any aliases.

Given a private model without dataset constraints,
when Bob attaches it and adds dataset versions, each under an alias that he writes himself,
then an alias that breaks the rule or repeats is refused beside its field, the same version under two aliases gets a
notice, and the experiment is created with what he chose.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.form import EVERYTHING, CreationForm


@pytest.fixture
def choosing(form: CreationForm) -> CreationForm:
    """The private model is attached, and the dialog of the dataset versions is open."""
    form.describe("our own net")
    form.attach_model("orchard-net", tab="Private")
    form.open_dialog("Add dataset versions")
    return form


def take(form: CreationForm, version: str, alias: str) -> None:
    form.dialog.get_by_role("checkbox", name=version, exact=True).check()
    form.dialog.get_by_role("textbox", name=f"Alias for {version}", exact=True).fill(alias)


def test_versions_under_aliases_of_ones_own(choosing: CreationForm, page: Page) -> None:
    form, dialog = choosing, choosing.dialog
    expect(dialog.get_by_role("combobox", name="Dataset constraint")).to_have_count(0)
    expect(dialog.get_by_role("button", name="Attach")).to_be_disabled()
    expect(dialog.get_by_role("textbox", name="Alias for fruit/train")).to_have_value("train")
    take(form, "fruit/train", "learn-from")
    take(form, "fruit/val", "check.on")
    expect(dialog).to_contain_text("2 versions chosen")
    dialog.get_by_role("button", name="Attach").click()
    expect(dialog).to_be_hidden()
    expect(form.datasets.get_by_role("row", name="learn-from")).to_contain_text("fruit/train")
    form.button("Remove check.on").click()
    expect(form.datasets.get_by_role("row", name="check.on")).to_have_count(0)
    expect(form.button("Add dataset versions")).to_be_focused()
    expect(form.create).to_have_accessible_description(EVERYTHING)
    form.submit()
    expect(page.get_by_role("region", name="Dataset versions").get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("region", name="Dataset versions")).to_contain_text("learn-from")
    expect(page.get_by_role("region", name="About")).to_contain_text(re.compile(r"orchard-net v1\s+Private"))


@pytest.mark.parametrize(
    ("alias", "sentence"),
    [
        ("-train", "begins with a letter or a digit"),
        ("train set", "letters, digits"),
        ("", "1 to 50"),
        ("TEST", "is used twice; case is ignored"),
    ],
)
def test_an_alias_that_will_not_do_is_refused_beside_it(choosing: CreationForm, alias: str, sentence: str) -> None:
    form, dialog = choosing, choosing.dialog
    take(form, "fruit/test", "test")
    take(form, "fruit/train", alias)
    attach = dialog.get_by_role("button", name="Attach")
    expect(form.row("fruit/train").get_by_role("status")).to_contain_text(sentence)
    expect(dialog.get_by_role("textbox", name="Alias for fruit/train", exact=True)).to_have_accessible_description(
        re.compile(re.escape(sentence))
    )
    expect(attach).to_be_disabled()
    take(form, "fruit/train", "train")
    expect(form.row("fruit/train").get_by_role("status")).to_be_empty()
    expect(attach).to_be_enabled()


def test_a_version_that_is_not_taken_needs_no_alias(choosing: CreationForm) -> None:
    form, dialog = choosing, choosing.dialog
    take(form, "fruit/train", "not valid")
    expect(dialog.get_by_role("button", name="Attach")).to_be_disabled()
    dialog.get_by_role("checkbox", name="fruit/train", exact=True).uncheck()
    take(form, "fruit/test", "test")
    expect(form.row("fruit/train").get_by_role("status")).to_be_hidden()
    expect(dialog.get_by_role("button", name="Attach")).to_be_enabled()


def test_the_same_version_under_two_aliases_is_noticed(choosing: CreationForm) -> None:
    form, dialog = choosing, choosing.dialog
    take(form, "fruit/train", "train")
    form.row("fruit/train").get_by_text("Under a second alias too").click()
    dialog.get_by_role("textbox", name="Second alias for fruit/train").fill("also-train")
    expect(dialog).to_contain_text("2 versions chosen")
    dialog.get_by_role("button", name="Attach").click()
    expect(form.datasets).to_contain_text("fruit/train is used under more than one alias.")
    expect(form.create).to_have_accessible_description(EVERYTHING)
    form.open_dialog("Add dataset versions")
    expect(dialog.get_by_role("textbox", name="Alias for fruit/train", exact=True)).to_have_count(2)


def test_what_was_written_is_attached_even_by_a_hasty_click(choosing: CreationForm) -> None:
    form, dialog = choosing, choosing.dialog
    take(form, "fruit/train", "train")
    expect(dialog.get_by_role("button", name="Attach")).to_be_enabled()
    take(form, "fruit/train", "hasty")
    dialog.get_by_role("button", name="Attach").click()
    expect(dialog).to_be_hidden()
    expect(form.datasets.get_by_role("row", name="hasty")).to_contain_text("fruit/train")


def test_a_search_keeps_what_is_chosen(choosing: CreationForm) -> None:
    form, dialog = choosing, choosing.dialog
    take(form, "fruit/train", "learn")
    dialog.get_by_role("searchbox", name="Search").fill("val")
    expect(form.row("fruit/test")).to_have_count(0)
    take(form, "fruit/val", "check")
    expect(dialog.get_by_role("textbox", name="Alias for fruit/train", exact=True)).to_have_value("learn")
    expect(dialog).to_contain_text("2 versions chosen")
    dialog.get_by_role("button", name="Attach").click()
    expect(form.datasets.get_by_role("row", name="learn")).to_contain_text("fruit/train")
    expect(form.datasets.get_by_role("row", name="check")).to_contain_text("fruit/val")
