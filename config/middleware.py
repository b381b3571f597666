"""What holds for every answer."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.utils.cache import patch_cache_control

GetResponse = Callable[[HttpRequest], HttpResponseBase]

PRIVATE = ("text/html", "application/json")


class PrivatePagesMiddleware:
    """No page is kept by the browser: after signing out, Back shows the sign-in, not what was seen before.

    It costs a request on Back, and pays twice: a form whose parts save themselves is never shown in an old state.
    Files and static assets say for themselves how long they may be kept.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        content_type = response.get("Content-Type", "").partition(";")[0]
        if content_type in PRIVATE and "Cache-Control" not in response:
            patch_cache_control(response, private=True, no_store=True)
        return response


class TellRedirectsMiddleware:
    """A script that sent a form is told where the browser should go, instead of being taken there itself.

    The script asks with `X-Redirects: told`. Were it to follow, the page would be drawn twice, and the message
    that belongs on it would be gone the second time.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.headers.get("X-Redirects") != "told" or not isinstance(response, HttpResponseRedirectBase):
            return response
        told = HttpResponse(status=204, headers={"X-Location": response.url})
        told.cookies = response.cookies
        return told
