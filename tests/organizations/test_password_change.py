from collections.abc import Callable

import pytest
from django.test import Client

from organizations.models import User
from tests.factories import PASSWORD

PATH = "/password/"
NEW = "plums and quinces in a row"


def answers(old: str = PASSWORD, new: str = NEW, again: str = NEW) -> dict[str, str]:
    return {"old_password": old, "new_password1": new, "new_password2": again}


def test_it_works(client_of: Callable[[User], Client], alice: User) -> None:
    client, elsewhere = client_of(alice), client_of(alice)
    assert client.post(PATH, answers()).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert "Password changed." in client.get("/password/").text
    assert elsewhere.get(PATH)["Location"] == "/sign-in/?next=/password/"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (answers(old="guess"), "Your old password was entered incorrectly."),
        (answers(again="something else"), "The two password fields didn’t match."),
        (answers(new="short", again="short"), "This password is too short."),
        (answers(new="alice@example.org", again="alice@example.org"), "The password is too similar"),
    ],
)
def test_it_says_what_is_wrong(
    client_of: Callable[[User], Client], alice: User, given: dict[str, str], sentence: str
) -> None:
    assert sentence in client_of(alice).post(PATH, given).text
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_it_asks_to_sign_in(client: Client, db: None) -> None:
    assert client.get(PATH)["Location"] == "/sign-in/?next=/password/"
