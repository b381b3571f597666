from collections.abc import Callable

from django.test import Client

from organizations.models import User

PATH = "/sign-out/"


def test_it_works(client_of: Callable[[User], Client], alice: User) -> None:
    client = client_of(alice)
    assert client.post(PATH)["Location"] == "/sign-in/"
    assert client.get("/projects/")["Location"] == "/sign-in/?next=/projects/"


def test_it_rejects_get(client_of: Callable[[User], Client], alice: User) -> None:
    """A picture on another site must not sign anybody out."""
    client = client_of(alice)
    assert client.get(PATH).status_code == 405
    assert "_auth_user_id" in client.session
