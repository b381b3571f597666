"""What a refusal looks like to the SDK, whoever made it: a service, ninja, or Django itself."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import picsellia
import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client
from ninja.errors import HttpError
from picsellia import exceptions
from pytest_django.live_server_helper import LiveServer

from datasets.models import Annotation
from organizations.models import ApiToken, Organization, User
from protocols.picsellia.auth import WRONG_TOKENS_MAX
from protocols.picsellia.routers import organizations
from tests.factories import ProjectFactory
from tests.protocols.picsellia.conftest import ConnectAs, token_of
from tests.protocols.picsellia.plain import PlainClient
from tests.protocols.picsellia.test_annotations import BOXES, coco, drawn, seen_by, version_of, written

PlainOf = Callable[..., PlainClient]
PING = "/api/home/ping"

# The SDK's own text, or that of protocols/picsellia/requests.py, whatever a router says.
FIXED_TEXT = {405, 413, 502}
# The contract's section 2.
RAISES = {
    400: exceptions.BadRequestError,
    401: exceptions.UnauthorizedError,
    402: exceptions.InsufficientResourcesError,
    403: exceptions.ForbiddenError,
    404: exceptions.ResourceNotFoundError,
    405: exceptions.PicselliaError,
    409: exceptions.ResourceConflictError,
    413: exceptions.RequestTooLargeError,
    418: exceptions.PicselliaError,
    422: exceptions.BadRequestError,
    423: exceptions.ResourceLockedError,
    429: exceptions.TooManyRequestError,
    500: exceptions.InternalServerError,
    501: exceptions.PicselliaError,
    502: exceptions.BadGatewayError,
    503: exceptions.PicselliaError,
}


def test_every_status_is_the_sdks_exception(sdk: picsellia.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for status, expected in RAISES.items():

        def refuse(request: HttpRequest, organization_id: object, status: int = status) -> None:
            raise HttpError(status, "Because the pears are green.")

        monkeypatch.setattr(organizations, "own_organization", refuse)
        with pytest.raises(exceptions.PicselliaError) as raised:
            sdk.sync()
        assert type(raised.value) is expected, status
        assert status in FIXED_TEXT or "Because the pears are green." in str(raised.value)


def test_what_really_happens(sdk: picsellia.Client, connect_as: ConnectAs, vera: User, orchard: Organization) -> None:
    """Each by a script's mistake."""
    with pytest.raises(exceptions.BadRequestError, match="Nothing here is ordered by 'organization__members'"):
        sdk.list_datasets(order_by=["organization__members"])
    with pytest.raises(exceptions.BadRequestError, match="The request is not what this call takes"):
        sdk.connection.post(f"/api/organization/{orchard.pk}/datasets", data=b'{"name": 7}')
    with pytest.raises(exceptions.ForbiddenError, match="This needs the role member in Orchard"):
        connect_as(vera).create_dataset("apples")
    with pytest.raises(exceptions.ForbiddenError, match="This token only reads"):
        connect_as(vera, is_read_only=True).create_dataset("apples")
    with pytest.raises(exceptions.ResourceNotFoundError, match="There is nothing of this id or name"):
        sdk.get_dataset("apples")
    sdk.create_dataset("apples")
    with pytest.raises(exceptions.ResourceConflictError):
        sdk.create_dataset("apples")
    with pytest.raises(exceptions.PicselliaError, match="XGET is not a method of /api/home/ping"):
        sdk.connection.xget(PING, data=b"{}")
    ApiToken.objects.all().delete()
    with pytest.raises(exceptions.UnauthorizedError, match="unknown, expired or revoked"):
        sdk.list_datasets()


def test_too_many_wrong_tokens(live_server: LiveServer, sdk: picsellia.Client) -> None:
    cache.clear()
    sdk.connection.headers["Authorization"] = "Bearer esp_wrong"
    for _ in range(WRONG_TOKENS_MAX):
        with pytest.raises(exceptions.UnauthorizedError):
            sdk.sync()
    with pytest.raises(exceptions.TooManyRequestError, match="Too many wrong tokens"):
        sdk.sync()
    cache.clear()


def test_a_body_that_is_too_large_is_sent_in_parts(
    sdk: picsellia.Client, orchard: Organization, settings: LazySettings, tmp_path: Path
) -> None:
    """The SDK sends the annotations one by one after a 413, and after nothing else."""
    settings.API_BODY_LIMIT_BYTES = 700
    version = version_of(orchard)
    boxes = [{**BOXES[0], "image_id": n % 3} for n in range(6)]
    seen_by(sdk, version).import_annotations_coco_file(written(tmp_path, coco(*boxes)))
    assert len(drawn(version)) == 6
    assert Annotation.objects.values("labelling").distinct().count() == 3


@pytest.mark.django_db
class TestWhatDjangoAnswers:
    """In JSON as well, with a sentence and without a traceback."""

    def test_a_failure(self, plain: PlainClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*args: Any) -> None:
            raise RuntimeError("secret detail")

        plain.client.raise_request_exception = False
        monkeypatch.setattr(organizations, "own_organization", fail)
        status, body = plain("GET", f"/api/organization/{ApiToken.objects.get().organization_id}")
        assert status == 500
        assert body["message"].startswith("Something went wrong on the server")
        assert "secret" not in str(body)

    def test_the_database_is_away(self, plain: PlainClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*args: Any) -> None:
            raise OperationalError("secret detail")

        plain.client.raise_request_exception = False
        for place in ("protocols.picsellia.auth.user_of", "protocols.picsellia.routers.projects.own_organization"):
            with monkeypatch.context() as away:
                away.setattr(place, fail)
                status, body = plain("GET", f"/api/organization/{ApiToken.objects.get().organization_id}/projects")
            assert status == 503
            assert body["message"].startswith("The database can't be reached")
            assert "secret" not in str(body)

    def test_a_foreign_host(self, plain: PlainClient) -> None:
        status, body = plain("GET", PING, host="evil.example")
        assert status == 400
        assert list(body) == ["message"]
        assert "evil" not in body["message"]

    def test_nothing_there(self, client: Client) -> None:
        answer = client.get("/api/")
        assert answer.status_code == 404
        assert list(answer.json()) == ["message"]

    def test_too_large(self, plain: PlainClient, settings: LazySettings) -> None:
        settings.API_BODY_LIMIT_BYTES = 2 * 2**20
        status, body = plain("POST", "/api/organization/x", b" " * (2 * 2**20 + 1))
        assert (status, body["message"]) == (
            413,
            "The body is larger than 2 MB, the most that is read at once: send it in parts.",
        )

    def test_what_is_too_large_is_read_to_its_end(self, bob: User, settings: LazySettings) -> None:
        """A client that still sends does not see the answer: its connection breaks, and it tries again for nothing."""
        settings.API_BODY_LIMIT_BYTES = 10
        for size, left in ((60, 0), (200, 120)):
            stream = io.BytesIO(b" " * size)
            sent: Any = {"CONTENT_LENGTH": str(size), "wsgi.input": stream}
            assert Client().generic("POST", PING, b"x", "application/json", **sent).status_code == 413
            assert len(stream.read()) == left

    def test_more_than_a_page_may_send(self, plain: PlainClient, bob: User, settings: LazySettings) -> None:
        """Django's own limit is for forms."""
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
        organization = bob.organizations.get()
        status, _ = plain("POST", f"/api/organization/{organization.pk}/datasets", {"name": "apples and pears"})
        assert status == 200

    @pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff\xfe", b"null", b"[" * 5_000, b'{"name": "a\\u0000"}'])
    def test_a_broken_body(self, plain: PlainClient, bob: User, body: bytes) -> None:
        status, answer = plain("POST", f"/api/organization/{bob.organizations.get().pk}/datasets", body)
        assert status in (400, 422)
        assert isinstance(answer["message"], str)

    @pytest.mark.parametrize("length", ["9", "-1", "x", "9" * 30, ""])
    def test_a_length_that_is_not_true(self, bob: User, length: str) -> None:
        headers = {"authorization": f"Bearer {token_of(bob)}"}
        path = f"/api/organization/{bob.organizations.get().pk}/datasets"
        sent: Any = {"CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(b"{}")}
        answer = Client().generic("POST", path, b"{}", "application/json", headers=headers, **sent)
        assert answer.status_code in (400, 422)
        assert isinstance(answer.json()["message"], str)

    def test_a_token_over_plain_http(self, plain: PlainClient, settings: LazySettings) -> None:
        """A redirect would lose what was sent, and the token was seen on its way."""
        settings.SECURE_SSL_REDIRECT, settings.SITE_URL = True, "https://espalier.example.org"
        status, body = plain("POST", "/api/organization/x")
        assert status == 400
        assert "Connect to https://espalier.example.org" in body["message"]

    def test_a_form_page_elsewhere_is_html_as_ever(self, client: Client) -> None:
        assert "<html" in client.get("/nowhere/").text


@pytest.mark.django_db
def test_no_session_opens_it(client_of: Callable[[User], Client], bob: User, orchard: Organization) -> None:
    """Who is signed in has no token: a page of another site can't make the browser call."""
    ProjectFactory(organization=orchard)
    answer = client_of(bob).get(f"/api/organization/{orchard.pk}/projects")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
