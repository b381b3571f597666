"""The page that describes the API, for whoever writes a script."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from config.http import HttpRequest, page_or_fragment
from protocols.picsellia.described import matching
from protocols.picsellia.unserved import UNSERVED


@login_not_required
@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """Every call that is answered, narrowed to those with the words of `?q=`."""
    words = request.GET.get("q", "").strip()[:100]
    resources = matching(words)
    context = {
        "resources": resources,
        "count": sum(len(resource.calls) for resource in resources),
        "is_open": bool(words),
        "unserved": UNSERVED,
        "host": request.build_absolute_uri("/").rstrip("/"),
    }
    return page_or_fragment(request, "picsellia/docs.html", context, fragments=("results",))
