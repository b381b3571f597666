"""What the frame of every page shows."""

from typing import Any

from django.http import HttpRequest

from organizations.current import current_organization, organizations_of


def organizations(request: HttpRequest) -> dict[str, Any]:
    """The current organization and all of the user's, asked for when a template does."""
    return {
        "organization": lambda: current_organization(request),
        "organizations": lambda: organizations_of(request),
    }
