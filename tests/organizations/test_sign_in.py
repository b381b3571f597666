from collections.abc import Callable
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client

from organizations.models import User
from tests.factories import PASSWORD

PATH = "/sign-in/"


def enter(client: Client, password: str = PASSWORD, path: str = PATH, **more: str) -> int:
    return client.post(path, {"username": "alice", "password": password, **more}).status_code


def test_it_works(client: Client, alice: User) -> None:
    response = client.post(PATH, {"username": "alice", "password": PASSWORD})
    assert response["Location"] == "/projects/"
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_it_goes_where_the_user_was_going(client: Client, alice: User) -> None:
    asked = client.get("/registry/?q=digits")
    assert asked["Location"] == "/sign-in/?next=/registry/%3Fq%3Ddigits"
    assert 'value="/registry/?q=digits"' in client.get(asked["Location"]).text
    response = client.post(PATH, {"username": "alice", "password": PASSWORD, "next": "/registry/?q=digits"})
    assert response["Location"] == "/registry/?q=digits"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_it_goes_to_no_other_site(client: Client, alice: User, target: str) -> None:
    response = client.post(PATH, {"username": "alice", "password": PASSWORD, "next": target})
    assert response["Location"] == "/projects/"


def test_somebody_signed_in_goes_on(client_of: Callable[[User], Client], alice: User) -> None:
    assert client_of(alice).get(PATH)["Location"] == "/projects/"


def test_it_says_the_same_for_a_wrong_name_and_a_wrong_password(client: Client, alice: User) -> None:
    wrong_password = client.post(PATH, {"username": "alice", "password": "guess"}).text
    wrong_name = client.post(PATH, {"username": "malice", "password": "guess"}).text
    sentence = "Name and password do not match."
    assert sentence in wrong_password
    assert sentence in wrong_name


def test_a_person_who_left_can_not_sign_in(client: Client, alice: User) -> None:
    alice.is_active = False
    alice.save()
    assert "Name and password do not match." in client.post(PATH, {"username": "alice", "password": PASSWORD}).text


def test_the_session_gets_a_new_key(client: Client, alice: User) -> None:
    """A key that somebody planted before the sign-in is worth nothing after it."""
    client.get(PATH)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    enter(client)
    assert client.session.session_key != session.session_key


@pytest.mark.parametrize("path", [PATH, "/admin/login/"])
def test_guessing_is_stopped(client: Client, alice: User, path: str) -> None:
    guesses = [enter(client, "guess", path) for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert guesses[:-1] == [200] * (settings.AXES_FAILURE_LIMIT - 1)
    response = client.post(path, {"username": "alice", "password": PASSWORD})
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert "5 wrong passwords were given for this name." in response.text
    assert "15 minutes" in response.text
    assert "_auth_user_id" not in client.session


def test_guessing_one_name_does_not_stop_others(client: Client, alice: User, bob: User) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        enter(client, "guess")
    assert client.post(PATH, {"username": "bob", "password": PASSWORD}).status_code == 302


def test_it_works_again_after_the_rest(client: Client, alice: User) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        enter(client, "guess")
    for attempt in AccessAttempt.objects.all():
        attempt.attempt_time -= timedelta(hours=settings.AXES_COOLOFF_TIME, seconds=1)
        attempt.save()
    assert enter(client) == 302


def test_htmx_takes_the_whole_page_to_the_sign_in(client: Client) -> None:
    """The sign-in must not be drawn into a fragment, and leads back to the page, not to the fragment's address."""
    page = "http://testserver/projects/?q=digits"
    response = client.get("/projects/?q=di", headers={"HX-Request": "true", "HX-Current-URL": page})
    assert response["HX-Redirect"] == "/sign-in/?next=/projects/%3Fq%3Ddigits"
    assert response.content == b""


def test_htmx_from_another_site_leads_home(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/"}
    assert client.get("/projects/", headers=headers)["HX-Redirect"] == "/sign-in/?next=/"
