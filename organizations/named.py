"""Whom management commands call by name.

Each raises ValidationError, with a sentence, when there is nobody of the name.
"""

from django.core.exceptions import ValidationError

from config.names import as_stored
from organizations.models import Organization, Role, User


def organization_named(name: str) -> Organization:
    """The organization of that name."""
    organization = Organization.objects.filter(name=as_stored(name)).first()
    if organization is None:
        raise ValidationError(f"There is no organization “{name}”. Give its name as the pages show it.")
    return organization


def user_named(username: str) -> User:
    """The user who signs in with that name."""
    user = User.objects.filter(username=as_stored(username)).first()
    if user is None:
        raise ValidationError(f"There is no user “{username}”. Give the name with which they sign in.")
    return user


def acting_user(username: str | None, *, organization: Organization) -> User:
    """The user of that name; without one the organization's first owner."""
    if username is not None:
        return user_named(username)
    owner = organization.memberships.filter(role=Role.OWNER).select_related("user").order_by("pk").first()
    if owner is None:
        raise ValidationError(f"{organization.name} has no owner. Say who does it with --by USERNAME.")
    return owner.user
