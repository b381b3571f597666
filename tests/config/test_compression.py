import gzip
from collections.abc import Callable

import pytest
from django.test import Client

from organizations.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.urls")]
ACCEPTED = {"Accept-Encoding": "gzip"}


def test_a_page_is_compressed(client_of: Callable[[User], Client], alice: User) -> None:
    response = client_of(alice).get("/frame/page/", headers=ACCEPTED)
    assert response["Content-Encoding"] == "gzip"
    assert b"leaf" in gzip.decompress(response.content)
    assert len(response.content) == int(response["Content-Length"]) < 3000


def test_a_page_is_padded_at_random(client_of: Callable[[User], Client], alice: User) -> None:
    """Equal pages of different lengths: the BREACH attack reads secrets from the length."""
    client = client_of(alice)
    assert len({len(client.get("/frame/page/", headers=ACCEPTED).content) for _ in range(8)}) > 1


def test_json_is_compressed(client: Client) -> None:
    assert client.get("/frame/data/", headers=ACCEPTED)["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("name", ["download", "report", "stream", "picture"])
def test_files_keep_their_length(client: Client, name: str) -> None:
    response = client.get(f"/frame/{name}/", headers=ACCEPTED)
    assert "Content-Encoding" not in response


def test_who_does_not_ask_gets_plain_text(client: Client) -> None:
    assert "Content-Encoding" not in client.get("/frame/data/")
