"""The creation form as its users know it: by the names of its fields, buttons and regions."""

import re
from dataclasses import dataclass

from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from experiments.models import ExperimentDraft

EVERYTHING = "Everything is there."


@dataclass(frozen=True)
class CreationForm:
    """The form on a page, and the dialogs that it opens."""

    page: Page

    def open(self, project: str) -> None:
        """By the + beside the project's experiments."""
        self.page.goto(project)
        self.page.get_by_role("button", name="New experiment").click()
        expect(self.page.get_by_role("heading", name="New experiment", level=1)).to_be_visible()

    def resume(self, draft: ExperimentDraft) -> None:
        """At the draft's own address."""
        self.page.goto(reverse("experiments:draft_detail", args=[draft.pk]))

    @property
    def name(self) -> Locator:
        return self.page.get_by_role("textbox", name="Name", exact=True)

    @property
    def description(self) -> Locator:
        return self.page.get_by_role("textbox", name="Description")

    @property
    def inference_type(self) -> Locator:
        return self.page.get_by_role("combobox", name="Inference type")

    @property
    def general(self) -> Locator:
        return self.page.get_by_role("region", name="General information")

    @property
    def base(self) -> Locator:
        return self.page.get_by_role("region", name="Base architecture")

    @property
    def hyperparameters(self) -> Locator:
        return self.page.get_by_role("region", name="Hyperparameters")

    @property
    def datasets(self) -> Locator:
        return self.page.get_by_role("region", name="Dataset versions")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def create(self) -> Locator:
        return self.page.get_by_role("button", name="Create experiment")

    def value(self, key: str) -> Locator:
        """The input of a hyperparameter."""
        return self.hyperparameters.get_by_label(key, exact=True)

    def button(self, name: str) -> Locator:
        """A button of the form, by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def row(self, text: str) -> Locator:
        """A row of the dialog's list."""
        return self.dialog.get_by_role("row").filter(has_text=text)

    def placeholder(self, alias: str) -> Locator:
        """In the dialog: the button of a placeholder of the constraint."""
        return self.dialog.get_by_role("button", name=alias, exact=True)

    def describe(self, name: str, inference_type: str = "Classification", description: str = "") -> None:
        """Part A."""
        self.name.fill(name)
        if description:
            self.description.fill(description)
        self.inference_type.select_option(inference_type)

    def open_dialog(self, button: str) -> Locator:
        """Click the button, and see the dialog of the same name."""
        self.button(button).click()
        dialog = self.page.get_by_role("dialog", name=button, exact=True)
        expect(dialog).to_be_visible()
        return dialog

    def attach_model(self, model: str, version: str = "v1", tab: str = "Public") -> None:
        """Part B, from the registry."""
        self.open_dialog("Attach a Model")
        self.dialog.get_by_role("tab", name=tab).click()
        self.dialog.get_by_role("link", name=model, exact=True).click()
        self.row(version).get_by_role("button", name="Select").click()
        expect(self.dialog).to_be_hidden()

    def attach_experiment(self, name: str) -> None:
        """Part B, from the project."""
        self.open_dialog("Attach an Experiment")
        self.row(name).get_by_role("button", name="Select").click()
        expect(self.dialog).to_be_hidden()

    def fill_constraint(self, **versions: str) -> None:
        """Part D with a constraint: in the open dialog, a version for each alias; without a click on Attach."""
        for alias, version in versions.items():
            self.placeholder(alias).click()
            expect(self.placeholder(alias)).to_have_attribute("aria-pressed", "true")
            self.row(version).get_by_role("button", name="Select").click()
            expect(self.placeholder(alias)).to_have_accessible_description(re.compile(version))

    def attach_versions(self, **versions: str) -> None:
        """Part D with a constraint, whole."""
        self.open_dialog("Add dataset versions")
        self.fill_constraint(**versions)
        self.dialog.get_by_role("button", name="Attach").click()
        expect(self.dialog).to_be_hidden()

    def wait_until_kept(self) -> None:
        """Everything typed has reached the server."""
        expect(self.page.get_by_text("Draft kept")).to_be_visible()

    def try_to_create(self) -> None:
        """Press Create although something is missing: it can be pressed, and says what."""
        self.create.click(force=True)

    def submit(self) -> None:
        """Create, and arrive at the overview."""
        self.create.click()
        expect(self.page.get_by_role("button", name="Use as base")).to_be_visible()
