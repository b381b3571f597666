"""Signing in and out, and the organization in use."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import Http404, HttpResponse
from django.http import HttpRequest as DjangoHttpRequest
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from config.http import HttpRequest
from organizations.current import SESSION_KEY, organizations_of
from organizations.forms import SignInForm

# Django's views take a PUT for a POST, and send whoever is signed in on with any method.
with_form = require_http_methods(["GET", "HEAD", "POST"])

sign_in = with_form(
    LoginView.as_view(
        template_name="organizations/sign_in.html",
        authentication_form=SignInForm,
        redirect_authenticated_user=True,
    )
)

sign_out = require_POST(LogoutView.as_view())


class PasswordChange(PasswordChangeView):
    """Ends the user's other sessions; this one goes on."""

    template_name = "organizations/password_change.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form):  # type: ignore[no-untyped-def]
        messages.success(self.request, "Password changed. Your other sessions are signed out.")
        return super().form_valid(form)


password_change = with_form(PasswordChange.as_view())


@require_POST
def organization_switch(request: HttpRequest) -> HttpResponse:
    """Speak of another of the user's organizations from now on, in this session."""
    chosen = request.POST.get("organization", "")
    if not any(str(organization.pk) == chosen for organization in organizations_of(request)):
        raise Http404
    request.session[SESSION_KEY] = chosen
    return redirect("experiments:project_list")


def locked_out(request: DjangoHttpRequest, response: HttpResponse, credentials: dict[str, str]) -> HttpResponse:
    """What django-axes answers after too many wrong passwords, in the admin's sign-in as well."""
    rest = timedelta(hours=settings.AXES_COOLOFF_TIME)
    context = {
        "limit": settings.AXES_FAILURE_LIMIT,
        "minutes": round(rest.total_seconds() / 60),
        "again_at": timezone.now() + rest,
    }
    answer = render(request, "organizations/locked_out.html", context, status=429)
    answer["Retry-After"] = str(int(rest.total_seconds()))
    return answer
