"""What people see when something went wrong: a sentence in the product's style, and never how the code failed."""

import logging
import sqlite3
import sys
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string

from config.http import wants_fragment
from config.middleware import GetResponse

logger = logging.getLogger(__name__)

UNREADABLE = "The server could not read what the browser sent. Go back, load the page again, and repeat the last step."
FORGED = "This form is not valid any more: it was open for long, or you signed in again meanwhile. Load the page again."
TOO_LARGE = "More than {:,.0f} MB of text came at once, which is the most that is read: shorten it, and send it again."
TOO_MANY_FIELDS = "More than {:,} fields came at once, which is the most that is read: send them in several steps."
NOT_ALLOWED = "Your role does not allow this. Ask an owner of the organization."
NOT_FOUND = "There is nothing here that you can see."
FAILED = "Something went wrong on the server, and it was written to its log. Nothing was half saved. Try again."
AWAY = "The database can't be reached at the moment. Nothing was half saved. Try again in a few seconds."

RETRY_AFTER_SECONDS = 5
READ_ONLY_TRANSACTION = "25006"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400. The exception's own sentence when our code refused the request; when Django did, the limit if it was one."""
    sentence = _said(exception) if isinstance(exception, BadRequest) else _limit(exception)
    return _plain(request, HTTPStatus.BAD_REQUEST, sentence or UNREADABLE)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a valid token. The reason is for the log, which has it already.

    It brings the token that is valid now, which only our own pages can read: static/js/draft.js tries again with it.
    """
    response = _framed(request, HTTPStatus.FORBIDDEN, FORGED)
    response["X-CSRF-Token"] = get_token(request)
    return response


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the sentence that the gate gave."""
    return _framed(request, HTTPStatus.FORBIDDEN, _said(exception) or NOT_ALLOWED)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, the same whether a thing does not exist or is somebody else's."""
    return _framed(request, HTTPStatus.NOT_FOUND, NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 when a middleware, where no exception hook reaches, could not ask the database."""
    error = sys.exc_info()[1]
    if is_away(error):
        return database_away(request, error)
    return _plain(request, HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)


def database_away(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """503, drawn without the database."""
    logger.error("The database is away: %s", error)
    response = _plain(request, HTTPStatus.SERVICE_UNAVAILABLE, AWAY)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def is_away(error: BaseException | None) -> bool:
    """Whether the database is gone, locked, full or read-only, as opposed to asked for something it has not.

    SQLite reports a missing table with the same class as a missing disk: only its error code tells them apart.
    """
    if isinstance(error, OperationalError):
        code = getattr(error.__cause__, "sqlite_errorcode", None)
        return code is None or code & 0xFF != sqlite3.SQLITE_ERROR
    if isinstance(error, InternalError):
        return getattr(error.__cause__, "sqlstate", None) == READ_ONLY_TRANSACTION
    return isinstance(error, InterfaceError)


class DatabaseAwayMiddleware:
    """Answers 503 instead of a traceback while the database is away or fails over."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return database_away(request, exception) if is_away(exception) else None


def _limit(exception: Exception) -> str:
    """How much is read, if that is what was refused."""
    if isinstance(exception, RequestDataTooBig):
        return TOO_LARGE.format((settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) / 2**20)
    if isinstance(exception, TooManyFieldsSent):
        return TOO_MANY_FIELDS.format(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)
    return ""


def _said(exception: Exception) -> str:
    return str(exception.args[0]) if exception.args else ""


def _framed(request: HttpRequest, status: HTTPStatus, sentence: str) -> HttpResponse:
    """A page with the navigation around it."""
    return _short(request, status, sentence) or render(
        request, f"{status.value}.html", {"sentence": sentence}, status=status
    )


def _plain(request: HttpRequest, status: HTTPStatus, sentence: str) -> HttpResponse:
    """A page that asks nobody for anything: neither session nor user nor database may be there."""
    return _short(request, status, sentence) or HttpResponse(
        render_to_string(f"{status.value}.html", {"sentence": sentence}), status=status
    )


def _short(request: HttpRequest, status: HTTPStatus, sentence: str) -> HttpResponse | None:
    """The sentence alone, for whoever can't show a page."""
    if request.path.startswith("/api/"):
        # As the API's clients read it: protocols/picsellia/errors.py.
        return JsonResponse({"message": sentence}, status=status)
    return _fragment(status, sentence) if _is_fragment(request) else None


def _is_fragment(request: HttpRequest) -> bool:
    return hasattr(request, "htmx") and wants_fragment(request)  # type: ignore[arg-type]


def _fragment(status: HTTPStatus, sentence: str) -> HttpResponse:
    """htmx gets the sentence alone, as text; static/js/forms.js shows it in a notice."""
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
