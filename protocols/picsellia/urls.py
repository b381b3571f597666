from collections.abc import Sequence
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path

from protocols.picsellia.api import api
from protocols.picsellia.errors import NOT_FOUND, refusal
from protocols.picsellia.requests import View, speaks_api


def _framed(patterns: Sequence[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    for pattern in patterns:
        pattern.callback = speaks_api(cast(View, pattern.callback))
    return list(patterns)


@speaks_api
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """No call of the SDK."""
    return refusal(404, NOT_FOUND)


app_name = "api"
urlpatterns = [*_framed(api.urls[0]), path("<path:rest>", unknown, name="unknown")]
