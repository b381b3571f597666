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
    # Set when a script acts for the user: it sees and does no more than its token allows.
    token: "ApiToken | None" = None

    def role_in(self, organization: "Organization") -> "Role | None":
        """The user's role there, or None for a stranger. A token has none but in its organization."""
        if self.token and self.token.organization_id != organization.pk:
            return None
        role = (self.token and self.token.role) or self._asked_role_in(organization)
        return Role.VIEWER if role and self.token and self.token.is_read_only else role

    def _asked_role_in(self, organization: "Organization") -> "Role | None":
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
            if self.token and self.token.is_read_only:
                raise PermissionDenied("This token only reads. Make one that may write.")
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
        """Those the user is a member of; through a token, the one that it is for."""
        own = self.filter(memberships__user=user)
        return own.filter(pk=user.token.organization_id) if user.token else own


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


class ApiToken(models.Model):
    """A key with which scripts act for a user in one organization. It is shown once; its digest is what is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="api_tokens")
    name = NameField()
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="How the token begins.")
    is_read_only = models.BooleanField(default=False)
    # A training's own token: the id of the one experiment that it sees and writes to. It is in no list of the user's.
    experiment_id = models.UUIDField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    # Its user's in its organization, where the two were looked up together: a request with a token asks once who it is.
    role: Role | None = None

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization", "name"],
                name="one_token_per_name",
                violation_error_message="You have a token of this name already.",
            ),
            tidy_name("api_token_name_is_tidy"),
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"), name="token_digest_is_64_hexadecimal_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def of_own_organizations(user: User, path: str = "organization") -> dict[str, Any]:
    """The filter with which every query starts: rows whose organization the user is a member of."""
    if user.token and user.token.role:
        return {path: user.token.organization_id}
    return {f"{path}__in": Organization.objects.visible_to(user)}
