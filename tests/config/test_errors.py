import logging
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from django.db import InternalError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from config.errors import FORGED, NOT_ALLOWED, NOT_FOUND, is_away
from organizations.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.urls")]
HTMX = {"HX-Request": "true", "HX-Target": "results"}


@pytest.fixture
def visitor(client_of: Callable[[User], Client], alice: User) -> Client:
    """Alice, with a client that shows what a browser would see."""
    client = client_of(alice)
    client.raise_request_exception = False
    return client


def test_400_says_what_our_code_said(visitor: Client) -> None:
    response = visitor.get("/frame/fail/bad-request/")
    assert response.status_code == 400
    assert "The page number is not a number." in response.text


def test_400_for_a_foreign_host(client: Client) -> None:
    response = client.get("/sign-in/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "evil" not in response.text


def test_403_says_what_is_needed(visitor: Client) -> None:
    response = visitor.get("/frame/fail/denied/")
    assert response.status_code == 403
    assert "This needs the role admin in Orchard." in response.text


def test_403_without_words_has_some(visitor: Client) -> None:
    assert NOT_ALLOWED in visitor.get("/frame/fail/denied-without-words/").text


def test_403_for_a_form_without_its_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in/", {"username": "alice", "password": "guess"})
    assert response.status_code == 403
    assert FORGED in response.text


def test_404_is_the_same_for_nothing_and_for_what_is_somebody_elses(visitor: Client) -> None:
    response = visitor.get("/nowhere/")
    assert response.status_code == 404
    assert NOT_FOUND in response.text
    assert "nowhere" not in response.text


def test_404_does_not_ask_a_stranger_to_sign_in_first(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert 'href="/sign-in/"' in response.text


def test_500_tells_nothing_of_the_failure(visitor: Client) -> None:
    response = visitor.get("/frame/fail/broken/")
    assert response.status_code == 500
    assert "Something went wrong" in response.text
    assert "secret detail" not in response.text


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("denied", 403, "This needs the role admin in Orchard."),
        ("bad-request", 400, "The page number is not a number."),
        ("broken", 500, "Something went wrong on the server"),
        ("away", 503, "The database can't be reached"),
    ],
)
def test_htmx_gets_the_sentence_alone(visitor: Client, name: str, status: int, sentence: str) -> None:
    response = visitor.get(f"/frame/fail/{name}/", headers=HTMX)
    assert response.status_code == status
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text.startswith(sentence)


def test_a_history_restore_gets_the_page(visitor: Client) -> None:
    response = visitor.get("/frame/fail/denied/", headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<html" in response.text


@pytest.mark.parametrize("name", ["away", "closed"])
def test_503_while_the_database_is_away(visitor: Client, caplog: pytest.LogCaptureFixture, name: str) -> None:
    response = visitor.get(f"/frame/fail/{name}/")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "secret detail" not in response.text
    assert "The database is away: secret detail" in caplog.text


def test_503_also_when_the_session_can_not_be_read(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sign-in is looked up before any view is called, where no exception hook of a middleware reaches."""

    def refuse(self: BaseDatabaseWrapper, *args: Any, **options: Any) -> None:
        raise OperationalError("secret detail")

    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", refuse)
    response = visitor.get("/projects/")
    assert response.status_code == 503
    assert "secret detail" not in response.text


def test_500_for_a_table_that_is_missing(visitor: Client, caplog: pytest.LogCaptureFixture) -> None:
    """A database that lacks a migration is a mistake to mend, not to wait for."""
    caplog.set_level(logging.CRITICAL)
    assert visitor.get("/frame/missing-table/").status_code == 500


def test_500_for_an_internal_error(visitor: Client) -> None:
    assert visitor.get("/frame/fail/inconsistent/").status_code == 500


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL])
def test_a_sqlite_that_can_not_write_is_away(code: int) -> None:
    assert is_away(_caused(OperationalError(), sqlite_errorcode=code))


def test_a_postgresql_that_fails_over_is_away() -> None:
    assert is_away(_caused(InternalError("cannot execute INSERT in a read-only transaction"), sqlstate="25006"))
    assert is_away(OperationalError("connection refused"))


def _caused(error: Exception, **attributes: object) -> Exception:
    error.__cause__ = type("DriverError", (Exception,), attributes)()
    return error
