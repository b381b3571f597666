"""Receiving files at their signed addresses, when the store is a folder."""

import functools
import logging
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from storage.addresses import WHOLE, Destination, read_address
from storage.folder_uploads import CUT_OFF, FolderReceiver
from storage.links import BadLink
from storage.stores import CHUNK, FolderStore, current_store
from storage.uploads import NO_ROOM, StoredFile, streams_to_store

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest, str], HttpResponse]

REFUSED = "This address was not made here, or it has expired: ask for a new one."
NO_FILE = "The form has no file in a field named “file”."
NO_LENGTH = "Say in Content-Length how many bytes come."
STATUS_OF_CODE = {"too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "taken": HTTPStatus.CONFLICT}


def _tells_refusals(view: View) -> View:
    """No session, no form's token, and for the scripts that send here every refusal in a sentence of JSON."""

    @login_not_required
    @csrf_exempt
    @functools.wraps(view)
    def telling(request: HttpRequest, token: str) -> HttpResponse:
        try:
            return view(request, token)
        except PermissionDenied:
            return JsonResponse({"message": REFUSED}, status=HTTPStatus.FORBIDDEN)
        except UnreadablePostError:
            return JsonResponse({"message": CUT_OFF}, status=HTTPStatus.BAD_REQUEST)
        except OSError:
            logger.exception("An upload could not be kept.")
            return JsonResponse({"message": NO_ROOM}, status=HTTPStatus.INSUFFICIENT_STORAGE)
        except ValidationError as refusal:
            status = STATUS_OF_CODE.get(getattr(refusal, "code", None) or "", HTTPStatus.BAD_REQUEST)
            return JsonResponse({"message": " ".join(refusal.messages)}, status=status)

    return telling


def _gate(request: HttpRequest, token: str) -> None:
    _refuse_expired(_destination(token, is_part=False))


@require_POST
@_tells_refusals
@streams_to_store(gate=_gate, is_signed=True)
def receive_file(request: HttpRequest, token: str) -> HttpResponse:
    """A whole file, in a form. The signature is the permission, so no sign-in is needed."""
    file = request.FILES.get("file")
    if file is None:
        raise ValidationError(NO_FILE)
    destination = _destination(token, is_part=False)
    _receiver().take_file(destination.upload_id, cast(StoredFile, file).blob)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@require_http_methods(["PUT"])
@_tells_refusals
def receive_part(request: HttpRequest, token: str) -> HttpResponse:
    """A part of a file, which may be empty."""
    destination = _destination(token, is_part=True)
    _refuse_expired(destination)
    length = request.META.get("CONTENT_LENGTH", "")
    if not length.isdigit():
        return JsonResponse({"message": NO_LENGTH}, status=HTTPStatus.LENGTH_REQUIRED)
    etag = _receiver().take_part(destination.upload_id, destination.number, _chunks(request), int(length))
    return HttpResponse(headers={"ETag": f'"{etag}"'})


def _destination(token: str, *, is_part: bool) -> Destination:
    try:
        destination = read_address(token)
    except BadLink as error:
        raise PermissionDenied from error
    if (destination.number != WHOLE) is not is_part:
        raise PermissionDenied
    return destination


def _refuse_expired(destination: Destination) -> None:
    if destination.is_expired:
        raise PermissionDenied


def _receiver() -> FolderReceiver:
    store = current_store()
    # The store became a bucket since the address was given.
    if not isinstance(store, FolderStore):
        raise PermissionDenied
    return FolderReceiver(store)


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    while chunk := request.read(CHUNK):
        yield chunk
