"""The user of the request's token, typed, and the organization of a path as that user may see it."""

import uuid

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from organizations.models import Organization, User


def caller(request: HttpRequest) -> User:
    """Who acts: what every query and service gets."""
    user: User = request.auth  # type: ignore[attr-defined]
    return user


def own_organization(request: HttpRequest, organization_id: uuid.UUID) -> Organization:
    """The organization, or 404."""
    return get_object_or_404(Organization.objects.visible_to(caller(request)), pk=organization_id)
