"""Which of the user's organizations the pages speak of."""

from django.http import HttpRequest

from organizations.models import Organization

SESSION_KEY = "organization"


def organizations_of(request: HttpRequest) -> list[Organization]:
    """The user's organizations by name, asked for at most once a request. None for somebody not signed in."""
    known: list[Organization] | None = getattr(request, "_organizations", None)
    if known is None:
        user = getattr(request, "user", None)
        known = list(Organization.objects.visible_to(user)) if user and user.is_authenticated else []
        request._organizations = known  # type: ignore[attr-defined]
    return known


def current_organization(request: HttpRequest) -> Organization | None:
    """The one chosen in this session while the user still belongs to it, else the first by name."""
    own = organizations_of(request)
    if not own:
        return None
    chosen = request.session.get(SESSION_KEY)
    return next((organization for organization in own if str(organization.pk) == chosen), own[0])
