"""A real browser against a live server. A page that logs an error, or breaks its security policy, fails its test."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError, expect
from pytest_django.live_server_helper import LiveServer

from organizations.models import Organization, User
from tests.browser.form import CreationForm
from tests.browser.world import World, begin, build
from tools import browser

# Playwright's synchronous interface keeps an event loop, in which Django would refuse to touch the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

TIMEOUT = 10_000  # milliseconds: a wait ends at once when it is over, so this is only how long a failure takes
expect.set_options(timeout=TIMEOUT)

# Everything that it knows, and WCAG 2.2's size of targets, which it leaves out unless told.
AXE = {"rules": {"target-size": {"enabled": True}}}


@dataclass
class Console:
    """What the pages of a test complained about."""

    errors: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        """Let errors pass that hold this text, such as `status of 404` where the test asks for what isn't there."""
        self.expected.append(part)

    @property
    def surprises(self) -> list[str]:
        """The errors that no test expected."""
        return [error for error in self.errors if not any(part in error for part in self.expected)]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The browser that is there. Without one the tests fail: skipped tests would look like success."""
    executable = browser.find()
    if executable is None:
        pytest.fail(browser.MISSING, pytrace=False)
    return {**browser_type_launch_args, "executable_path": str(executable), "args": browser.ARGUMENTS}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """What addresses such as `/projects/` are relative to."""
    return live_server.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Nothing moves, so that what is asserted or looked at is the end of a transition."""
    return {**browser_context_args, "reduced_motion": "reduce", "viewport": {"width": 1280, "height": 800}}


@pytest.fixture(autouse=True)
def console(transactional_db: None, context: BrowserContext) -> Iterator[Console]:
    """Fails the test when a page logs an error, throws, or does what its Content-Security-Policy forbids."""
    console = Console()

    def on_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            console.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def on_exception(exception: WebError) -> None:
        console.errors.append(f"uncaught: {exception.error}")

    context.set_default_timeout(TIMEOUT)
    context.on("console", on_message)
    context.on("weberror", on_exception)
    yield console
    assert not console.surprises, "The browser reported errors:\n" + "\n".join(console.surprises)


@pytest.fixture
def sign_in(base_url: str, client_of: Callable[[User], Client]) -> Callable[[Page, User], None]:
    """`sign_in(page, alice)`: by the session's cookie, without going through the form each time."""

    def sign_in(page: Page, user: User) -> None:
        session = client_of(user).cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base_url}])

    return sign_in


@pytest.fixture
def world(orchard: Organization, alice: User, bob: User) -> World:
    """What the journeys are made in."""
    return build(orchard, alice, bob)


@pytest.fixture
def form(page: Page, sign_in: Callable[[Page, User], None], world: World, bob: User) -> CreationForm:
    """Bob at an empty creation form, which he opened by the + of his project."""
    sign_in(page, bob)
    form = CreationForm(page)
    form.open(world.address)
    return form


@pytest.fixture
def form_with_base(page: Page, sign_in: Callable[[Page, User], None], world: World, bob: User) -> CreationForm:
    """Bob at a form in which the experiment has its name and type, and the public model as its base."""
    sign_in(page, bob)
    form = CreationForm(page)
    form.resume(begin(world, bob))
    return form


@pytest.fixture
def complete_form(page: Page, sign_in: Callable[[Page, User], None], world: World, bob: User) -> CreationForm:
    """Bob at the same form, with a dataset version in each placeholder too."""
    sign_in(page, bob)
    form = CreationForm(page)
    form.resume(begin(world, bob, is_complete=True))
    return form


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """`axe(page)`: the page as it stands has nothing that axe, the accessibility checker, objects to."""

    def check(page: Page) -> None:
        violations = Axe().run(page, options=AXE).response["violations"]
        assert not violations, f"axe objects to {page.url}:\n" + "\n".join(map(_in_words, violations))

    return check


def _in_words(violation: dict[str, Any]) -> str:
    places = [f"    {' '.join(map(str, node['target']))}: {node['failureSummary']}" for node in violation["nodes"]]
    return "\n".join([f"  {violation['id']} ({violation['impact']}): {violation['help']}", *places])
