"""The fixtures of the browser tests notice what they promise to notice."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from organizations.models import User
from tests.browser.conftest import Console


def test_an_error_of_a_page_is_noticed(page: Page, console: Console) -> None:
    page.goto("/sign-in/")
    with page.expect_event("console"):
        page.evaluate("console.error('broken')")
    assert "broken" in console.surprises[0]
    console.expect("broken")
    assert not console.surprises


def test_an_exception_of_a_page_is_noticed(page: Page, console: Console) -> None:
    page.goto("/sign-in/")
    with page.context.expect_event("weberror"):
        page.evaluate("setTimeout(() => { throw new Error('broken') })")
    assert "broken" in console.surprises[0]
    console.expect("broken")


def test_a_script_in_a_page_is_refused_by_its_policy(page: Page, console: Console) -> None:
    page.goto("/sign-in/")
    with page.expect_event("console"):
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert page.evaluate("window.ran") is None
    assert "Content Security Policy" in console.surprises[0]
    console.expect("Content Security Policy")


def test_axe_objects_to_a_picture_without_a_text(page: Page, axe: Callable[[Page], None]) -> None:
    page.goto("/sign-in/")
    page.evaluate("document.body.append(document.createElement('img'))")
    with pytest.raises(AssertionError, match="image-alt"):
        axe(page)


def test_a_user_is_signed_in(page: Page, sign_in: Callable[[Page, User], None], alice: User) -> None:
    sign_in(page, alice)
    page.goto("/password/")
    expect(page).to_have_url("/password/")
