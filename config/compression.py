"""Pages are compressed on their way; files are not, because a download needs its length and its ranges."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

COMPRESSED = ("text/html", "application/json")


class CompressPages(GZipMiddleware):
    """Django's compression, with its random padding against BREACH, for whole pages, fragments and JSON only."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        content_type = response.get("Content-Type", "").partition(";")[0]
        if not isinstance(response, HttpResponse) or content_type not in COMPRESSED:
            return response
        if "Content-Disposition" in response:
            return response
        return super().process_response(request, response)
