"""Whatever no other router knows: the calls of the SDK that are not answered here, and what is no call at all."""

import re
from http import HTTPStatus

from django.http import Http404, HttpRequest
from ninja import Router
from ninja.errors import HttpError

from protocols.picsellia.unserved import UNSERVED

router = Router()

NOT_DONE = "Espalier has nothing that {call} could work with: {method} {path} is not one of its calls."

CALLS = [(method, re.compile(re.escape(path).replace(r"\{\}", "[^/]+")), call) for method, path, call in UNSERVED]


@router.api_operation(
    ["GET", "XGET", "POST", "PUT", "PATCH", "DELETE"], "/{path:rest}", response={204: None}, include_in_schema=False
)
def unanswered(request: HttpRequest, rest: str) -> None:
    """501 with the name of the call, or 404."""
    for method, pattern, call in CALLS:
        if method == request.method and pattern.fullmatch(f"/{rest}"):
            raise HttpError(HTTPStatus.NOT_IMPLEMENTED, NOT_DONE.format(call=call, method=method, path=f"/api/{rest}"))
    raise Http404
