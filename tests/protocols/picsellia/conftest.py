"""The official SDK against a live server, and plain requests for what no SDK would send."""

from collections.abc import Callable
from typing import Any

import picsellia
import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from organizations.models import Membership, Organization, User
from organizations.tokens import create_token
from tests.protocols.picsellia.plain import PlainClient

ConnectAs = Callable[..., picsellia.Client]


def token_of(user: User, organization: Organization | None = None, **options: Any) -> str:
    """A token of the user's, in their first organization unless another is named."""
    organization = organization or Membership.objects.filter(user=user).earliest("pk").organization
    number = user.api_tokens.count()
    return create_token(organization=organization, name=f"token {number}", by=user, **options)[1]


@pytest.fixture
def connect_as(transactional_db: None, live_server: LiveServer) -> ConnectAs:
    """Makes the SDK's client for a user: `connect_as(bob)`, `connect_as(bob, is_read_only=True)`."""

    def connect(user: User, organization: Organization | None = None, **options: Any) -> picsellia.Client:
        return picsellia.Client(api_token=token_of(user, organization, **options), host=live_server.url)

    return connect


@pytest.fixture
def sdk(connect_as: ConnectAs, bob: User) -> picsellia.Client:
    """Bob's scripts: he is a member of the orchard."""
    return connect_as(bob)


@pytest.fixture
def admin_sdk(connect_as: ConnectAs, alice: User) -> picsellia.Client:
    """Alice's scripts: she is an admin of the orchard."""
    return connect_as(alice)


@pytest.fixture
def plain(bob: User) -> PlainClient:
    """Bob's token in plain requests, without a live server."""
    return PlainClient(Client(), token_of(bob))


@pytest.fixture
def plain_of(db: None) -> Callable[..., PlainClient]:
    """Plain requests with the token of any user."""
    return lambda user, organization=None, **options: PlainClient(Client(), token_of(user, organization, **options))
