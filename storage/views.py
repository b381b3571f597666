"""Handing files out at their signed addresses, when the store is a folder."""

import logging
import os
import time
from http import HTTPStatus
from typing import BinaryIO

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from storage.exceptions import DamagedBlob, Problem
from storage.links import BadLink, ExpiredLink, Link, read_link
from storage.models import Blob
from storage.services import open_verified
from storage.stores import CHUNK, current_store
from storage.streaming import CheckedBody, PartBody, UnsatisfiableRange, wanted_range

logger = logging.getLogger(__name__)

EXPIRED = "This link has expired. Go back to the page it came from, load it again, and follow the link there."
DAMAGED = "The stored file is damaged, so it is not handed out. Tell the administrator; the server's log names it."
# A file is never run, drawn as a page or read by another site, whatever its bytes are.
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@login_not_required
@require_safe
def serve(request: HttpRequest, token: str) -> HttpResponseBase:
    """A file, or the range of it that was asked for. The signature is the permission, so no sign-in is needed."""
    link = _link(token)
    blob = get_object_or_404(Blob, sha256=link.sha256)
    try:
        response = get_conditional_response(request, etag=_etag(blob)) or _content(request, blob)
    except DamagedBlob as error:
        logger.error("%s", error)
        return render(request, "503.html", {"sentence": DAMAGED}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    _describe(response, blob, link)
    return response


def _link(token: str) -> Link:
    try:
        return read_link(token)
    except BadLink as error:
        raise Http404 from error
    except ExpiredLink as error:
        raise PermissionDenied(EXPIRED) from error


def _content(request: HttpRequest, blob: Blob) -> HttpResponseBase:
    try:
        part = _asked_for(request, blob)
    except UnsatisfiableRange:
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        return HttpResponse(status=status, headers={"Content-Range": f"bytes */{blob.size}"})
    file = _open(blob)
    if request.method == "HEAD":
        file.close()
        return HttpResponse(headers={"Content-Length": blob.size})
    if part is None:
        return StreamingHttpResponse(CheckedBody(file, blob), headers={"Content-Length": blob.size})
    span = f"bytes {part.start}-{part.stop - 1}/{blob.size}"
    headers = {"Content-Length": len(part), "Content-Range": span}
    return StreamingHttpResponse(PartBody(file, part), status=HTTPStatus.PARTIAL_CONTENT, headers=headers)


def _asked_for(request: HttpRequest, blob: Blob) -> range | None:
    """The range to send, or None for the whole: also when the part the browser has is not of these bytes."""
    header = request.headers.get("Range", "")
    if request.method == "HEAD" or request.headers.get("If-Range", _etag(blob)) != _etag(blob):
        return None
    return wanted_range(header, blob.size)


def _open(blob: Blob) -> BinaryIO:
    """The file: a small one wholly checked, a large one by its size now and by its digest while it is sent."""
    if blob.size <= CHUNK:
        return open_verified(blob)
    try:
        file = current_store().open(blob.path)
    except FileNotFoundError as error:
        raise DamagedBlob(blob, Problem.MISSING) from error
    size = os.fstat(file.fileno()).st_size
    if size != blob.size:
        file.close()
        raise DamagedBlob(blob, Problem.CUT_SHORT if size < blob.size else Problem.WRONG_BYTES)
    return file


def _describe(response: HttpResponseBase, blob: Blob, link: Link) -> None:
    """What the browser may do with it: draw it if it is an image, keep it as a file otherwise."""
    left = max(link.expires - int(time.time()), 0)
    for name, value in HARMLESS.items():
        response[name] = value
    response["ETag"] = _etag(blob)
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = link.disposition
    response["Cache-Control"] = f"private, max-age={left}, immutable" if link.is_image else "private, no-cache"
    if response.status_code != HTTPStatus.NOT_MODIFIED:
        response["Content-Type"] = link.content_type


def _etag(blob: Blob) -> str:
    return f'"{blob.sha256}"'
