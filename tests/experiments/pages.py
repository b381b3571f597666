"""What a browser does with a page: read its forms, press a button with everything in the form, ask for a fragment."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

from experiments.models import ExperimentDraft


def htmx(target: str) -> dict[str, str]:
    """The headers with which htmx asks for the element of that id."""
    return {"HX-Request": "true", "HX-Target": target}


class _Fields(HTMLParser):
    """The fields of the form of that id, as a browser would send them."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.is_inside = form, False
        self.fields: dict[str, list[str]] = {}
        self.textarea, self.select, self.options = "", "", 0
        self.option: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name, value = values.get("name") or "", values.get("value") or ""
        if tag == "form":
            self.is_inside = values.get("id") == self.form
        if not self.is_inside or "disabled" in values:
            return
        if tag == "textarea":
            self.textarea = name
            self.fields.setdefault(name, []).append("")
        elif tag == "select":
            self.select, self.options = name, 0
        elif tag == "option" and ("selected" in values or not self.options):
            # The first option, until one is selected.
            self.fields[self.select] = [value]
            self.options, self.option = 1, None if "value" in values else self.select
        elif tag == "input" and name and (values.get("type") != "checkbox" or "checked" in values):
            self.fields.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.fields[self.textarea][-1] += data
        elif self.option:
            self.fields[self.option] = [data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        elif tag == "textarea":
            self.textarea = ""
        elif tag == "option":
            self.option = None


def fields_of(html: str, form: str = "draft") -> dict[str, list[str]]:
    """Field name → what it would send."""
    parser = _Fields(form)
    parser.feed(html)
    return parser.fields


class DraftForm:
    """The creation form in a browser, with htmx or without JavaScript."""

    def __init__(self, client: Client, draft: ExperimentDraft, *, with_htmx: bool = False) -> None:
        self.client = client
        self.address = reverse("experiments:draft_detail", args=[draft.pk])
        self.headers = htmx("draft") if with_htmx else {}
        self.with_htmx = with_htmx

    def html(self) -> str:
        """The page as it is now."""
        return self.client.get(self.address).text

    def press(self, action: str, typed: Mapping[str, Any] | None = None, *, on: str = "") -> Any:
        """Press a button of the page, or of an earlier one, after typing something."""
        fields = fields_of(on or self.html()) | dict(typed or {}) | {"action": action}
        return self.client.post(self.address, fields, headers=self.headers)

    def html_after(self, action: str, typed: Mapping[str, Any] | None = None, *, on: str = "") -> str:
        """What is seen after pressing: the fragment, the page, or the page that the answer leads to."""
        response = self.press(action, typed, on=on)
        if response.status_code == 302:
            assert not self.with_htmx
            assert response["Location"].startswith(self.address)
            return self.html()
        assert response.status_code == 200
        assert response.text.lstrip().lower().startswith("<!doctype") != self.with_htmx
        return response.text


def element(html: str, place: str) -> str:
    """The opening tag of the element with that id, then what follows up to the next tag."""
    found = re.search(rf'<[^>]*\sid="{re.escape(place)}"[^>]*>[^<]*', html)
    assert found, f"nothing has the id {place}"
    return found[0]


def error_at(html: str, place: str) -> str:
    return element(html, f"{place}-error").partition(">")[2].strip()


def address(draft: ExperimentDraft) -> str:
    """Where its form is."""
    return reverse("experiments:draft_detail", args=[draft.pk])
