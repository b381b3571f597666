"""What is done to every request before a router sees it, and to every answer that is not the router's own."""

import contextlib
import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from config.errors import is_away
from protocols.picsellia import retries
from protocols.picsellia.errors import refusal
from protocols.picsellia.patience import lets_repeat, wait_for_database

View = Callable[..., HttpResponseBase]

CHUNK_BYTES = 1024 * 1024
# How many times the limit is read in order to be refused.
DISCARDED_LIMITS = 8

TOO_LARGE = "The body is larger than {:,.0f} MB, the most that is read at once: send it in parts."
CUT_OFF = "The body ended before its announced length."
NOT_SECURE = "The token travelled where others can read it. Connect to {}, and make another token."
NOT_ALLOWED = "{method} is not a method of {path}."


def speaks_api(view: View) -> View:
    """A view of the API: no session, no form token, a body of its own limit, and JSON whatever happens."""

    @login_not_required
    @csrf_exempt
    @functools.wraps(view)
    def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            # The SDK follows a redirect of a POST with a GET, and takes its answer for success.
            return refusal(HTTPStatus.BAD_REQUEST, NOT_SECURE.format(settings.SITE_URL))
        length = _length(request)
        if length > settings.API_BODY_LIMIT_BYTES:
            # The SDK sends less at a time after this answer, and after no other. It reads none while it still sends.
            _discard(request, length)
            sentence = TOO_LARGE.format(settings.API_BODY_LIMIT_BYTES / 2**20)
            return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
        # Read here, past the limit that Django sets for the forms of pages.
        request._body = request.read(length)
        if len(request._body) < length:
            return refusal(HTTPStatus.BAD_REQUEST, CUT_OFF)
        wait_for_database()
        try:
            response = view(request, *args, **kwargs)
        except BaseException as error:
            with lets_repeat(request) if is_away(error) else contextlib.nullcontext():
                retries.abandon(request)
            raise
        retries.finish(request, response)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, NOT_ALLOWED.format(method=request.method, path=request.path))
        return response

    return framed


def _discard(request: HttpRequest, length: int) -> None:
    """Read the body without keeping it; of one that is far too large, only the beginning."""
    left = min(length, DISCARDED_LIMITS * settings.API_BODY_LIMIT_BYTES)
    while left > 0 and (content := request.read(min(left, CHUNK_BYTES))):
        left -= len(content)


def _length(request: HttpRequest) -> int:
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 16 else 0
