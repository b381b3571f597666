"""Where the SDK begins: who am I, and where is home."""

import re
import uuid

from django.http import HttpRequest
from ninja import Router, Schema

from organizations.models import User

router = Router()

USER_AGENT = re.compile(r"Picsellia-SDK/(\S{1,20})")
LOWEST_VERSION = "6.0.0"


class Ping(Schema):
    sdk_version: str
    username: str
    default_organization: uuid.UUID


@router.get("/home/ping", response=Ping)
def ping(request: HttpRequest) -> Ping:
    """The token's user and organization. The version is the caller's own: it is never asked to upgrade."""
    user: User = request.auth  # type: ignore[attr-defined]
    assert user.token is not None
    known = USER_AGENT.match(request.headers.get("User-Agent", ""))
    version = known[1] if known else LOWEST_VERSION
    return Ping(sdk_version=version, username=user.username, default_organization=user.token.organization_id)
