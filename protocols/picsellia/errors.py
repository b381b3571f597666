"""What a refusal looks like: a JSON object with `message`, and the status that makes the SDK raise the right exception.

See the wire contract, section 2.
"""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as WrongBody

NOT_FOUND = "There is nothing of this id or name that the token can see."
UNKNOWN_CALLER = "The API token is unknown, expired or revoked. Make one on the page API tokens."
NOT_ALLOWED = "Your role does not allow this."
# What the codes of a service's ValidationError mean to a client; any other is a 400.
STATUS_OF_CODE = {"taken": HTTPStatus.CONFLICT, "unique": HTTPStatus.CONFLICT, "in_use": HTTPStatus.CONFLICT}


class Conflict(HttpError):
    """409: it exists already."""

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.CONFLICT, message)


class BadInput(HttpError):
    """400: what was sent makes no sense."""

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, message)


def refusal(status: int, message: str, detail: Any = None) -> HttpResponse:
    """An error as the SDK reads it."""
    body = {"message": message} if detail is None else {"message": message, "detail": detail}
    return JsonResponse(body, status=status)


def install(api: NinjaAPI) -> None:
    """Give the API an answer for everything that services and ninja raise."""
    # The second: it was deleted after the router found it and before the service locked it.
    for absence in (Http404, ObjectDoesNotExist):
        api.add_exception_handler(absence, lambda request, error: refusal(HTTPStatus.NOT_FOUND, NOT_FOUND))
    api.add_exception_handler(
        AuthenticationError, lambda request, error: refusal(HTTPStatus.UNAUTHORIZED, UNKNOWN_CALLER)
    )
    api.add_exception_handler(PermissionDenied, _forbidden)
    api.add_exception_handler(ValidationError, _refused)
    api.add_exception_handler(WrongBody, _wrong_body)
    api.add_exception_handler(HttpError, _http_error)


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    return refusal(error.status_code, str(error))


def _forbidden(request: HttpRequest, error: Any) -> HttpResponse:
    return refusal(HTTPStatus.FORBIDDEN, str(error) or NOT_ALLOWED)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    """A service's ValidationError: its sentences, by field where it names one."""
    codes = {one.code for one in _flat(error)}
    status = next((STATUS_OF_CODE[code] for code in codes if code in STATUS_OF_CODE), HTTPStatus.BAD_REQUEST)
    if not hasattr(error, "error_dict"):
        return refusal(status, " ".join(error.messages))
    by_field = error.message_dict
    sentences = [
        sentence if field == NON_FIELD_ERRORS else f"{field}: {sentence}"
        for field, sentences in by_field.items()
        for sentence in sentences
    ]
    return refusal(status, " ".join(sentences), by_field)


def _flat(error: ValidationError) -> list[ValidationError]:
    if hasattr(error, "error_dict"):
        return [one for errors in error.error_dict.values() for one in errors]
    return list(error.error_list)


def _wrong_body(request: HttpRequest, error: Any) -> HttpResponse:
    """422 when the body or the query is not what the call takes: where, and what was expected there."""
    detail = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors]
    return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not what this call takes.", detail)
