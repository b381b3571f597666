"""Behind the sign-in, and in one organization at a time."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from config.http import wants_fragment
from config.middleware import GetResponse
from organizations.current import current_organization


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Django's, which every view is behind; when htmx asked, the whole page goes to the sign-in, not a fragment."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Who asks is not looked up for views that everybody may use: a page's images cost no session query each."""
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        if not wants_fragment(request):  # type: ignore[arg-type]
            return super().handle_no_permission(request, view_func)
        page = request.htmx.current_url_abs_path or resolve_url("home")  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(redirect_to_login(page, resolve_url(self.get_login_url(view_func))).url)


class CurrentOrganizationMiddleware:
    """Gives every view behind the sign-in `request.organization`. Others are spared the query."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.organization = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        if getattr(view, "login_required", True):
            request.organization = current_organization(request)  # type: ignore[attr-defined]
