"""The registry in a modal; what it lists and refuses is tested with every chooser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from organizations.models import Organization, User
from tests.experiments.making import full_version
from tests.experiments.pages import htmx
from tests.factories import ModelVersionFactory, RegisteredModelFactory

pytestmark = pytest.mark.django_db

PATH = "/choose/model-version/"


@pytest.fixture
def client(client_of: Callable[[User], Client], bob: User) -> Client:
    return client_of(bob)


def ask(client: Client, target: str = "dialog", **query: Any) -> str:
    return " ".join(client.get(PATH, query, headers=htmx(target)).text.split())


def selected_tab(html: str) -> str:
    found = re.search(r'<a role="tab" id="tab-(\w+)"[^>]*aria-selected="true"', html)
    assert found
    return found[1]


def test_the_public_tab_comes_first(client: Client, orchard: Organization) -> None:
    full_version(None, "Public one")
    full_version(orchard, "Private one")
    html = ask(client)
    assert selected_tab(html) == "public"
    assert ("Public one" in html, "Private one" in html) == (True, False)
    html = ask(client, tab="private")
    assert selected_tab(html) == "private"
    assert ("Public one" in html, "Private one" in html) == (False, True)


def test_a_model_opens_by_its_name_in_its_tab(client: Client, orchard: Organization) -> None:
    version = full_version(orchard, "Private one")
    html = ask(client, tab="private")
    assert re.search(rf'<a[^>]*href="{PATH}\?[^"]*model={version.model_id}[^"]*"[^>]*>\s*Private one', html)
    html = ask(client, model=version.model_id)
    assert selected_tab(html) == "private"
    for words in ("v1", "Files</dt><dd>2", "apple", "trainers/fruit:1.4", "two; three", "epochs=20"):
        assert words in html
    assert "All models" in html


def test_links_keep_what_narrows_and_let_go_of_the_model(client: Client, orchard: Organization) -> None:
    version = full_version(orchard)
    html = ask(client, model=version.model_id, type="CLASSIFICATION", field="thing")
    tabs = re.findall(r'role="tab"[^>]*href="([^"]*)"', html)
    assert len(tabs) == 2
    for address in tabs:
        assert "type=CLASSIFICATION" in address
        assert "field=thing" in address
        assert "model=" not in address


def test_a_model_is_listed_for_any_version_that_fits(client: Client) -> None:
    """Also when its newest is for something else; only those that fit are offered then."""
    model = RegisteredModelFactory(organization=None, name="Both")
    ModelVersionFactory(model=model, name="old", inference_type="CLASSIFICATION")
    ModelVersionFactory(model=model, name="new", inference_type="MASK")
    assert "Both" in ask(client, type="CLASSIFICATION")
    html = ask(client, type="CLASSIFICATION", model=model.pk)
    assert ("“old”" in html, "“new”" in html) == (True, False)
    assert "Showing its versions for <strong>Classification</strong>." in html
    assert "Showing all its versions." in ask(client, model=model.pk)


def test_multi_fits_every_type(client: Client) -> None:
    full_version(None, "Everything", inference_type="MULTI")
    assert "Everything" in ask(client, type="MASK")


def test_one_without_a_type_fits_none(client: Client) -> None:
    full_version(None, "Untyped", inference_type="NOT_CONFIGURED")
    assert "Untyped" not in ask(client, type="MASK")
    assert "Untyped" in ask(client)


def test_weights_only_says_so(client: Client) -> None:
    version = ModelVersionFactory(
        model__organization=None, architecture__docker_image="", architecture__command="", framework="NOT_CONFIGURED"
    )
    assert "Weights only" in ask(client, model=version.model_id)


@pytest.mark.parametrize(("tab", "words"), [("public", "No public model fits"), ("private", "No private model fits")])
def test_an_empty_tab_says_what_it_is_for(client: Client, tab: str, words: str) -> None:
    assert words in ask(client, tab=tab)


@pytest.mark.parametrize("query", [{"tab": "other"}, {"type": "PLANT"}, {"type": "NOT_CONFIGURED"}])
def test_nonsense_is_a_404(client: Client, query: dict[str, str]) -> None:
    assert client.get(PATH, query).status_code == 404


def test_a_choice_goes_into_the_field(client: Client, orchard: Organization) -> None:
    version = full_version(orchard)
    html = ask(client, model=version.model_id, field="thing", back="/registry/")
    assert f'href="/registry/?thing={version.pk}"' in html
    assert f"/choose/model-version/chosen/?field=thing&amp;pk={version.pk}" in html
