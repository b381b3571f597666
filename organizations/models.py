"""Who may see what: users, organizations, and the role a user has in each."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db import models

from config.ids import new_id
from config.names import NameField, tidy_name


class User(AbstractUser):
    """A person who signs in. What they may see follows from their memberships alone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    def role_in(self, organization: "Organization") -> "Role | None":
        """The user's role there, or None for a stranger."""
        roles = Membership.objects.filter(user=self, organization=organization).values_list("role", flat=True)
        return next((Role(role) for role in roles), None)

    def can(self, role: "Role", organization: "Organization") -> bool:
        """Whether the user has at least this role in the organization."""
        own = self.role_in(organization)
        return own is not None and own.rank >= role.rank

    def must_be(self, role: "Role", organization: "Organization") -> None:
        """The gate of every service that writes.

        Raises:
            PermissionDenied: with a sentence that names the role that is needed.
        """
        if not self.can(role, organization):
            raise PermissionDenied(
                f"This needs the role {role.label.lower()} in {organization.name}. Ask one of its owners."
            )

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        names = self.get_full_name().split()
        return "".join(name[0] for name in names[:2]).upper() if len(names) > 1 else self.username[:2].upper()


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, user: User) -> "OrganizationQuerySet":
        """Those the user is a member of."""
        return self.filter(memberships__user=user)


class Organization(models.Model):
    """The tenant: owns everything except public models."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = NameField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="organizations")

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [tidy_name("organization_name_is_tidy")]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """Viewers read, members create, admins edit what is shared, owners also delete the organization."""

    VIEWER = "VIEWER", "Viewer"
    MEMBER = "MEMBER", "Member"
    ADMIN = "ADMIN", "Admin"
    OWNER = "OWNER", "Owner"

    @property
    def rank(self) -> int:
        """Roles are nested: a higher rank may do all that a lower one may."""
        return list(Role).index(self)


class Membership(models.Model):
    """A user's role in an organization."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_membership_per_user"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"


def of_own_organizations(user: User, path: str = "organization") -> dict[str, Any]:
    """The filter with which every query starts: rows whose organization the user is a member of."""
    return {f"{path}__in": Organization.objects.visible_to(user)}
