"""Acts on memberships. An organization that had an owner always keeps one."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from organizations.models import Membership, Organization, Role, User


@transaction.atomic
def add_member(*, organization: Organization, user: User, role: Role, by: User) -> Membership:
    """Make the user a member of the organization.

    Raises:
        PermissionDenied: unless `by` is an admin there, or an owner when the new member is to be one.
        ValidationError: when the user is a member already.
    """
    _may_give(role, organization, by)
    try:
        with transaction.atomic():
            return Membership.objects.create(organization=organization, user=user, role=role)
    except IntegrityError:
        raise ValidationError({"user": f"{user} is a member of {organization} already: change the role."}) from None


@transaction.atomic
def change_role(*, membership: Membership, role: Role, by: User) -> Membership:
    """Give the member another role.

    Raises:
        PermissionDenied: as for `add_member`; taking an owner's role away takes an owner as well.
        ValidationError: when it would leave the organization without an owner.
    """
    current = _locked(membership)
    _may_give(max(role, Role(current.role), key=lambda each: each.rank), current.organization, by)
    if role != Role.OWNER:
        refuse_the_last_owner(current)
    current.role = role
    current.save(update_fields=["role"])
    return current


@transaction.atomic
def remove_member(*, membership: Membership, by: User) -> None:
    """End the membership: from the next request on the user sees nothing of the organization.

    Raises:
        PermissionDenied: as for `change_role`.
        ValidationError: when it would leave the organization without an owner.
    """
    current = _locked(membership)
    _may_give(Role(current.role), current.organization, by)
    refuse_the_last_owner(current)
    current.delete()


def refuse_the_last_owner(membership: Membership) -> None:
    """The rule behind every loss of an owner.

    Raises:
        ValidationError: when the member is the organization's only owner.
    """
    owners = Membership.objects.filter(organization=membership.organization_id, role=Role.OWNER)
    if owners.filter(pk=membership.pk).exists() and not owners.exclude(pk=membership.pk).exists():
        raise ValidationError(
            f"{membership.user} is the last owner of {membership.organization}: make somebody else an owner first."
        )


def _locked(membership: Membership) -> Membership:
    """The membership as it is now. The organization is locked, so that two owners can't both be the first to leave."""
    Organization.objects.select_for_update().get(pk=membership.organization_id)
    return Membership.objects.select_related("organization", "user").get(pk=membership.pk)


def _may_give(role: Role, organization: Organization, by: User) -> None:
    """Admins see to members, only owners to owners. Whoever hosts the server may do it all, from the admin."""
    if not by.has_perm("organizations.change_membership"):
        by.must_be(Role.OWNER if role == Role.OWNER else Role.ADMIN, organization)
