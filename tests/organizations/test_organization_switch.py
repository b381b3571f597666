from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.asserts import assertInHTML

from organizations.models import Membership, Organization, User
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.urls("tests.config.urls")
PATH = "/organizations/switch/"
PAGE = "/frame/page/"


def shown(client: Client, path: str = PAGE) -> str:
    html = client.get(path).text
    return html.split('<span class="name">')[1].split("</span>")[0] if '<span class="name">' in html else ""


@pytest.fixture
def both(alice: User, harbor: Organization) -> User:
    """Alice, who is in the harbor as well."""
    MembershipFactory(user=alice, organization=harbor)
    return alice


def test_it_works(client_of: Callable[[User], Client], both: User, orchard: Organization) -> None:
    client = client_of(both)
    assert shown(client) == "Harbor"
    assert client.post(PATH, {"organization": orchard.pk})["Location"] == "/projects/"
    assert shown(client) == "Orchard"


def test_it_checks_membership(client_of: Callable[[User], Client], alice: User, harbor: Organization) -> None:
    client = client_of(alice)
    assert client.post(PATH, {"organization": harbor.pk}).status_code == 404
    assert shown(client) == "Orchard"


@pytest.mark.parametrize("value", ["", "no-id", "0190d0c5-0000-7000-8000-000000000000", "' OR 1=1"])
def test_it_knows_no_such_organization(client_of: Callable[[User], Client], alice: User, value: str) -> None:
    assert client_of(alice).post(PATH, {"organization": value}).status_code == 404


def test_it_rejects_get(client_of: Callable[[User], Client], alice: User) -> None:
    assert client_of(alice).get(PATH).status_code == 405


def test_a_member_who_was_removed_is_out_at_once(
    client_of: Callable[[User], Client], both: User, orchard: Organization
) -> None:
    client = client_of(both)
    client.post(PATH, {"organization": orchard.pk})
    Membership.objects.filter(user=both, organization=orchard).delete()
    assert shown(client) == "Harbor"


def test_somebody_without_an_organization_still_gets_the_page(client_of: Callable[[User], Client], db: None) -> None:
    client = client_of(UserFactory())
    assert client.get(PAGE).status_code == 200
    assert shown(client) == ""


def test_a_page_of_another_organization_shows_that_one(client_of: Callable[[User], Client], both: User) -> None:
    """A link from a colleague leads there without a switch; the choice of the session stays."""
    client = client_of(both)
    assert shown(client, f"{PAGE}?of=Orchard") == "Orchard"
    assert shown(client) == "Harbor"


def test_the_frame_asks_for_the_organizations_once(
    client_of: Callable[[User], Client], both: User, django_assert_num_queries: Any
) -> None:
    client = client_of(both)
    with django_assert_num_queries(3):  # session, user, organizations
        client.get(PAGE)


def test_the_section_is_marked(client_of: Callable[[User], Client], alice: User) -> None:
    html = client_of(alice).get(PAGE).text
    assertInHTML('<a href="/registry/" aria-current="true">Registry</a>', html)
    assertInHTML('<a href="/projects/">Projects</a>', html)
