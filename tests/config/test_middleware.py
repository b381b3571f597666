import re
from collections.abc import Callable

import pytest
from django.test import Client

from organizations.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.urls")]


@pytest.mark.parametrize("path", ["/frame/page/", "/frame/data/", "/password/", "/admin/", "/nowhere/"])
def test_no_page_is_kept_by_the_browser(client_of: Callable[[User], Client], staff: User, path: str) -> None:
    kept = client_of(staff).get(path)["Cache-Control"]
    assert {"no-store", "private"} <= set(kept.split(", "))


def test_a_view_may_say_otherwise(client: Client) -> None:
    assert client.get("/frame/minute/")["Cache-Control"] == "private, max-age=60"


def test_files_are_left_alone(client: Client) -> None:
    assert "Cache-Control" not in client.get("/frame/picture/")


def test_a_script_is_told_where_to_go(client_of: Callable[[User], Client], alice: User) -> None:
    client = client_of(alice)
    response = client.post("/frame/form/", headers={"X-Redirects": "told"})
    assert (response.status_code, response["X-Location"], response.content) == (204, "/frame/page/", b"")
    assert "Three files were added." in client.get(response["X-Location"]).text


def test_a_browser_is_taken_there(client_of: Callable[[User], Client], alice: User) -> None:
    response = client_of(alice).post("/frame/form/")
    assert (response.status_code, response["Location"]) == (302, "/frame/page/")


@pytest.mark.parametrize("path", ["/sign-in/", "/frame/page/", "/admin/", "/nowhere/", "/frame/data/"])
def test_every_answer_has_the_strict_policy(client_of: Callable[[User], Client], staff: User, path: str) -> None:
    response = client_of(staff).get(path)
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["style-src"] == policy["default-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


def test_pages_have_nothing_inline(client_of: Callable[[User], Client], alice: User) -> None:
    html = client_of(alice).get("/frame/page/").text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)
    assert html.count("<script") == html.count("<script src=") + html.count('<script type="module" src=')
