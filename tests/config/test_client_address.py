"""Whose address is counted when passwords are guessed: a proxy must not make one visitor of all."""

import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings
from django.conf import settings as configured
from django.test import Client, RequestFactory

from config.http import client_address
from organizations.models import User
from tests.factories import PASSWORD

PROXY = "10.0.0.1"
WRONG = "guess"


def address_of(forwarded: str | None, seen: str = PROXY) -> str | None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory(REMOTE_ADDR=seen).get("/", headers=headers))


def test_without_a_proxy_it_is_the_connections() -> None:
    assert address_of("203.0.113.7") == PROXY


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 198.51.100.2", "198.51.100.2"),
        ("2001:db8::7", "2001:db8::7"),
        (None, PROXY),
        ("", PROXY),
        ("unknown", PROXY),
        ("203.0.113.7, <script>", PROXY),
        ("203.0.113.7:51234", PROXY),
        ("fe80::1%eth0", PROXY),
        ("203.0.113.7,", PROXY),
    ],
)
def test_behind_a_proxy_it_is_what_the_proxy_saw(settings: LazySettings, forwarded: str | None, address: str) -> None:
    """The last entry is the proxy's; those before it are what the visitor wrote."""
    settings.BEHIND_PROXY = True
    assert address_of(forwarded) == address


def test_a_connection_without_an_address_has_none() -> None:
    """Of a server that listens on a socket of the file system."""
    assert address_of(None, seen="") is None


def guess(client: Client, address: str, password: str = WRONG) -> int:
    data = {"username": "alice", "password": password}
    return client.post("/sign-in/", data, REMOTE_ADDR=PROXY, headers={"X-Forwarded-For": address}).status_code


def test_who_guesses_behind_a_proxy_locks_nobody_else_out(settings: LazySettings, client: Client, alice: User) -> None:
    settings.BEHIND_PROXY = True
    for _ in range(configured.AXES_FAILURE_LIMIT):
        guess(client, "203.0.113.7")
    assert guess(client, "203.0.113.7", PASSWORD) == 429
    assert guess(client, "198.51.100.2", PASSWORD) == 302
    assert [attempt.ip_address for attempt in AccessAttempt.objects.all()] == ["203.0.113.7"]


def test_who_changes_what_they_say_is_still_stopped(settings: LazySettings, client: Client, alice: User) -> None:
    """The proxy appends; whatever a visitor put in front of it does not count."""
    settings.BEHIND_PROXY = True
    for number in range(configured.AXES_FAILURE_LIMIT):
        guess(client, f"192.0.2.{number}, 203.0.113.7")
    assert guess(client, "192.0.2.99, 203.0.113.7", PASSWORD) == 429
