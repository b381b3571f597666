"""A request with its own types, and the one decision whether a view answers a page or a fragment of it."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest as DjangoHttpRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from organizations.models import Organization, User


class HttpRequest(DjangoHttpRequest):
    """What a view behind the sign-in gets."""

    user: User
    htmx: HtmxDetails
    organization: Organization | None


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of the page.

    A boosted link and a history restore want the whole page although htmx sends them.
    """
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request


def page_or_fragment(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    fragments: Sequence[str] | Mapping[str, str] = (),
    status: int = 200,
) -> HttpResponse:
    """Draw the whole template, or the partial that htmx targets when the view offers it.

    Args:
        request: as it came.
        template: the page, which defines each fragment as a partial of the same name.
        context: for either.
        fragments: the ids of elements that may be drawn alone, each a partial of the page of that name; or a template
            for each.
        status: the answer's status.
    """
    target = request.htmx.target if wants_fragment(request) else None
    templates = fragments if isinstance(fragments, Mapping) else {name: f"{template}#{name}" for name in fragments}
    response = render(request, templates.get(target or "", template), context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def client_address(request: DjangoHttpRequest) -> str | None:
    """Whose address it is that too many wrong passwords stop: the browser's, also behind a proxy.

    A proxy puts the address that it saw at the end of X-Forwarded-For. What stands before it is the visitor's own word,
    and without a proxy all of it is.
    """
    seen = request.META.get("REMOTE_ADDR") or None
    if not settings.BEHIND_PROXY:
        return seen
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return told if _is_address(told) else seen


def _is_address(text: str) -> bool:
    """An address without a zone, which databases don't take."""
    try:
        return "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        return False
