from collections.abc import Sequence
from typing import cast

from django.urls import URLPattern, URLResolver, path

from protocols.picsellia.api import api
from protocols.picsellia.docs import docs
from protocols.picsellia.requests import View, speaks_api


def _framed(patterns: Sequence[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    for pattern in patterns:
        pattern.callback = speaks_api(cast(View, pattern.callback))
    return list(patterns)


app_name = "api"
urlpatterns = [path("docs", docs, name="docs"), *_framed(api.urls[0])]
