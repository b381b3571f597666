"""A script connects with a token, and sees what its token is for."""

import picsellia
import picsellia.exceptions
import pytest
from pytest_django.live_server_helper import LiveServer

from organizations.models import Organization, User
from tests.factories import MembershipFactory
from tests.protocols.picsellia.conftest import ConnectAs, token_of
from tests.protocols.picsellia.plain import PlainClient


def test_by_default_it_is_in_the_tokens_organization(sdk: picsellia.Client, orchard: Organization) -> None:
    assert str(sdk.id) == str(orchard.pk)
    assert sdk.name == "Orchard"
    assert str(sdk.connection.connector_id) == str(orchard.pk)


def test_by_name_and_by_id(live_server: LiveServer, bob: User, orchard: Organization) -> None:
    token = token_of(bob)
    by_name = picsellia.Client(api_token=token, organization_name="Orchard", host=live_server.url)
    by_id = picsellia.Client(api_token=token, organization_id=orchard.pk, host=live_server.url)
    assert str(by_name.id) == str(by_id.id) == str(orchard.pk)


def test_another_organization_of_the_same_user_is_out_of_reach(
    live_server: LiveServer, bob: User, orchard: Organization, harbor: Organization
) -> None:
    MembershipFactory(organization=harbor, user=bob)
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        picsellia.Client(api_token=token_of(bob, orchard), organization_name="Harbor", host=live_server.url)


def test_a_wrong_token(live_server: LiveServer, transactional_db: None) -> None:
    with pytest.raises(picsellia.exceptions.PicselliaError, match="unknown, expired or revoked"):
        picsellia.Client(api_token="esp_nothing", host=live_server.url)


def test_a_member_who_left(connect_as: ConnectAs, bob: User, plain: PlainClient) -> None:
    assert plain("GET", "/api/home/ping")[0] == 200
    bob.memberships.all().delete()
    assert plain("GET", "/api/home/ping")[0] == 401


@pytest.mark.parametrize("path", ["/api/nothing", "/api/organization/x", "/api/home/ping/"])
def test_what_there_is_not(plain: PlainClient, path: str) -> None:
    status, body = plain("GET", path)
    assert status == 404
    assert body == {"message": "There is nothing of this id or name that the token can see."}


def test_a_method_there_is_not(plain: PlainClient) -> None:
    assert plain("DELETE", "/api/home/ping") == (405, {"message": "DELETE is not a method of /api/home/ping."})
