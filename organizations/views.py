"""Signing in and out, the organization in use, and API tokens."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.http import HttpRequest as DjangoHttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.http import HttpRequest, page_or_fragment
from config.paging import page_of
from config.search import matching
from organizations.current import SESSION_KEY, organizations_of
from organizations.forms import SignInForm, TokenForm
from organizations.tokens import create_token, revoke_token, tokens_of

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


@require_GET
def token_list(request: HttpRequest) -> HttpResponse:
    """The user's own API tokens: what each may do, and when it was used last."""
    found = matching(tokens_of(request.user), request.GET.get("q", ""), ["name", "organization__name"])
    context = {"page": page_of(found, request.GET), "now": timezone.now()}
    return page_or_fragment(request, "organizations/token_list.html", context, fragments=("results",))


@require_http_methods(["GET", "POST"])
def token_create(request: HttpRequest) -> HttpResponse:
    """A new token. Its text stands on the answer to this form, and nowhere else, ever."""
    if request.organization is None:
        return redirect("organizations:token_list")
    form = TokenForm(request.POST or None, user=request.user, initial={"organization": request.organization})
    if form.is_valid():
        try:
            return _made(request, form)
        except ValidationError as refusal:
            form.add_error(None, refusal)
    status = 422 if request.method == "POST" else 200
    return render(request, "organizations/token_create.html", {"form": form}, status=status)


@sensitive_variables("text", "context")
def _made(request: HttpRequest, form: TokenForm) -> HttpResponse:
    token, text = create_token(by=request.user, **form.cleaned_data)
    context = {"token": token, "text": text, "host": request.build_absolute_uri("/").rstrip("/")}
    return render(request, "organizations/token_made.html", context)


@require_http_methods(["GET", "POST"])
def token_revoke(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """End one of the user's tokens, after asking."""
    token = get_object_or_404(tokens_of(request.user), pk=pk)
    if request.method == "POST":
        revoke_token(token=token, by=request.user)
        messages.success(request, f"{token} is revoked: what uses it is refused from now on.")
        return redirect("organizations:token_list")
    return render(request, "organizations/token_revoke.html", {"token": token})


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
