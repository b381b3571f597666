"""Who asks: the user of the bearer token, limited to what the token allows."""

from http import HTTPStatus

from django.core.cache import cache
from django.http import Http404, HttpRequest
from django.views.decorators.debug import sensitive_variables
from ninja.errors import HttpError
from ninja.security import HttpBearer

from config.http import client_address
from organizations.models import User
from organizations.tokens import user_of
from protocols.picsellia.retries import begin
from protocols.picsellia.trainings import refuse_what_is_not_its_own

# Wrong tokens from one address, counted by each process of the server, before it has to rest.
WRONG_TOKENS_MAX = 20
REST_SECONDS = 60

ORGANIZATION_HEADER = "X-Picsellia-Organization"


class BearerToken(HttpBearer):
    """`Authorization: Bearer esp_…`. The SDK sends it with every call; nobody is asked for a session."""

    openapi_bearerFormat = "Espalier API token"  # noqa: N815 - ninja calls it so

    @sensitive_variables()
    def __call__(self, request: HttpRequest) -> User | None:
        """Here and below, no report of a failure shows a variable: one of them is the token."""
        user: User | None = super().__call__(request)
        return user

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """The user, who is also `request.user` from here on.

        Raises:
            HttpError: 429 after too many wrong tokens from one address.
            Http404: when the header names an organization that the token is not for.
            PermissionDenied: when it is a training's, and the call is none of its business.
            AnsweredBefore: when the call repeats one that was answered (see retries.py).
        """
        key = f"wrong-tokens:{client_address(request)}"
        if cache.get(key, 0) >= WRONG_TOKENS_MAX:
            raise HttpError(HTTPStatus.TOO_MANY_REQUESTS, f"Too many wrong tokens. Wait {REST_SECONDS} seconds.")
        user = user_of(token)
        if user is None:
            cache.add(key, 0, REST_SECONDS)
            cache.incr(key)
            return None
        assert user.token is not None
        if request.headers.get(ORGANIZATION_HEADER, str(user.token.organization_id)) != str(user.token.organization_id):
            raise Http404
        if user.token.experiment_id:
            refuse_what_is_not_its_own(request, user.token.experiment_id)
        request.user = user
        begin(request, user)
        return user
