"""The pages on which people make API tokens, see what they are used for, and revoke them."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from organizations.models import ApiToken, Organization, User
from organizations.tokens import create_token, user_of
from tests.factories import MembershipFactory

ClientOf = Callable[[User], Client]
LIST, NEW = "/tokens/", "/tokens/new/"


def answers(organization: Organization, **others: str) -> dict[str, str]:
    return {"name": "Nightly", "organization": str(organization.pk), **others}


def test_it_is_made_and_shown_once(client_of: ClientOf, bob: User, orchard: Organization) -> None:
    client = client_of(bob)
    page = client.post(NEW, answers(orchard))
    text = re.search(r'value="(esp_[\w-]{43})"', page.text)
    assert text
    assert page["Cache-Control"] == "private, no-store"
    assert 'Client(host="http://testserver")' in page.text
    user = user_of(text[1])
    assert user == bob
    assert user.token
    assert user.token.name == "Nightly"
    listed = client.get(LIST).text
    assert text[1] not in listed
    assert f"{text[1][:8]}…" in listed
    assert client.post(NEW, answers(orchard)).status_code == 422


def test_it_says_what_is_wrong(client_of: ClientOf, bob: User, orchard: Organization, harbor: Organization) -> None:
    client = client_of(bob)
    assert "Select a valid choice" in client.post(NEW, answers(harbor)).text
    assert "still to come" in client.post(NEW, answers(orchard, expires_at="2020-01-01")).text
    assert "Choose a nearer day." in client.post(NEW, answers(orchard, expires_at="9999-12-31")).text
    assert "control character" in client.post(NEW, answers(orchard, name="bell \a")).text
    assert not ApiToken.objects.exists()


def test_the_last_day_is_a_whole_one(client_of: ClientOf, bob: User, orchard: Organization) -> None:
    today = timezone.localdate()
    client_of(bob).post(NEW, answers(orchard, expires_at=today.isoformat(), is_read_only="on"))
    token = ApiToken.objects.get()
    assert token.is_read_only
    assert token.expires_at
    assert timezone.localtime(token.expires_at).isoformat()[:19] == f"{today + timedelta(days=1)}T00:00:00"


def test_the_list_is_the_users_own(
    client_of: ClientOf, alice: User, bob: User, orchard: Organization, harbor: Organization
) -> None:
    create_token(organization=orchard, name="Alice's", by=alice)
    create_token(organization=orchard, name="Notebook", by=bob)
    create_token(organization=MembershipFactory(organization=harbor, user=bob).organization, name="Ship", by=bob)
    page = client_of(bob).get(LIST).text
    assert "Notebook" in page
    assert "Ship" in page
    assert "Alice" not in page
    assert "Ship" not in client_of(bob).get(LIST, {"q": "note"}).text
    assert "No token has" in client_of(bob).get(LIST, {"q": "plum"}).text
    bob.memberships.filter(organization=harbor).delete()
    assert "Ship" not in client_of(bob).get(LIST).text


def test_the_list_says_what_each_may(client_of: ClientOf, bob: User, orchard: Organization) -> None:
    token, _ = create_token(organization=orchard, name="Reader", is_read_only=True, by=bob)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(days=1))
    page = client_of(bob).get(LIST).text
    assert "only reads" in page
    assert "expired" in page


@pytest.mark.parametrize("count", [1, 12])
def test_it_asks_the_database_as_often_however_long_the_list(
    client_of: ClientOf, bob: User, orchard: Organization, count: int, django_assert_num_queries: Callable[..., object]
) -> None:
    for number in range(count):
        create_token(organization=orchard, name=f"Token {number}", by=bob)
    client = client_of(bob)
    client.get(LIST)
    with django_assert_num_queries(4):  # type: ignore[attr-defined]
        client.get(LIST)


def test_it_is_revoked_after_asking(client_of: ClientOf, bob: User, orchard: Organization) -> None:
    token, text = create_token(organization=orchard, name="Nightly", by=bob)
    path = f"/tokens/{token.pk}/revoke/"
    assert "It was never used." in client_of(bob).get(path).text
    assert user_of(text)
    assert client_of(bob).post(path)["Location"] == LIST
    assert user_of(text) is None


def test_without_an_organization_there_is_nothing_to_open(client_of: ClientOf, staff: User) -> None:
    assert client_of(staff).get(NEW)["Location"] == LIST
    assert "you are in none" in client_of(staff).get(LIST).text
