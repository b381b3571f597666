from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from organizations import services
from organizations.models import Membership, Organization, Role, User
from tests.factories import MembershipFactory, UserFactory


def membership_of(user: User) -> Membership:
    return Membership.objects.get(user=user)


def test_an_admin_adds_members(alice: User, orchard: Organization) -> None:
    newcomer = UserFactory()
    services.add_member(organization=orchard, user=newcomer, role=Role.MEMBER, by=alice)
    assert newcomer.role_in(orchard) == Role.MEMBER


def test_only_an_owner_adds_owners(alice: User, olive: User, orchard: Organization) -> None:
    newcomer = UserFactory()
    with pytest.raises(PermissionDenied, match="needs the role owner in Orchard"):
        services.add_member(organization=orchard, user=newcomer, role=Role.OWNER, by=alice)
    services.add_member(organization=orchard, user=newcomer, role=Role.OWNER, by=olive)
    assert newcomer.role_in(orchard) == Role.OWNER


@pytest.mark.parametrize("who", ["bob", "vera", "charlie"])
def test_others_add_nobody(request: pytest.FixtureRequest, orchard: Organization, who: str) -> None:
    with pytest.raises(PermissionDenied, match="needs the role admin in Orchard"):
        services.add_member(organization=orchard, user=UserFactory(), role=Role.VIEWER, by=request.getfixturevalue(who))


def test_nobody_is_a_member_twice(alice: User, bob: User, orchard: Organization) -> None:
    with pytest.raises(ValidationError) as refused:
        services.add_member(organization=orchard, user=bob, role=Role.ADMIN, by=alice)
    assert refused.value.message_dict == {"user": ["bob is a member of Orchard already: change the role."]}
    assert bob.role_in(orchard) == Role.MEMBER


def test_an_admin_changes_roles(alice: User, bob: User) -> None:
    services.change_role(membership=membership_of(bob), role=Role.VIEWER, by=alice)
    assert membership_of(bob).role == Role.VIEWER


def test_an_admin_touches_no_owner(alice: User, olive: User) -> None:
    with pytest.raises(PermissionDenied, match="owner"):
        services.change_role(membership=membership_of(olive), role=Role.MEMBER, by=alice)
    with pytest.raises(PermissionDenied, match="owner"):
        services.remove_member(membership=membership_of(olive), by=alice)


def test_the_last_owner_stays(olive: User) -> None:
    sentence = "olive is the last owner of Orchard: make somebody else an owner first."
    with pytest.raises(ValidationError, match=sentence):
        services.change_role(membership=membership_of(olive), role=Role.ADMIN, by=olive)
    with pytest.raises(ValidationError, match=sentence):
        services.remove_member(membership=membership_of(olive), by=olive)
    assert membership_of(olive).role == Role.OWNER


def test_one_of_two_owners_may_go(olive: User, orchard: Organization) -> None:
    other = MembershipFactory(organization=orchard, role=Role.OWNER)
    services.remove_member(membership=membership_of(olive), by=olive)
    with pytest.raises(ValidationError, match="last owner"):
        services.remove_member(membership=other, by=other.user)


def test_a_stale_membership_is_read_again(olive: User, alice: User) -> None:
    """The role that counts is the one in the database, not the one a page showed."""
    stale = membership_of(olive)
    stale.role = Role.VIEWER
    with pytest.raises(PermissionDenied):
        services.remove_member(membership=stale, by=alice)


def test_a_removed_member_sees_nothing_more(alice: User, bob: User, orchard: Organization) -> None:
    services.remove_member(membership=membership_of(bob), by=alice)
    assert bob.role_in(orchard) is None
    assert not Organization.objects.visible_to(bob).exists()


def test_whoever_manages_all_memberships_manages_these(bob: User, orchard: Organization) -> None:
    host = UserFactory(is_staff=True)
    with pytest.raises(PermissionDenied):
        services.change_role(membership=membership_of(bob), role=Role.OWNER, by=host)
    host.user_permissions.add(Permission.objects.get(codename="change_membership"))
    services.change_role(membership=membership_of(bob), role=Role.OWNER, by=User.objects.get(pk=host.pk))
    assert membership_of(bob).role == Role.OWNER


def test_two_owners_can_not_both_be_the_first_to_leave(
    transactional_db: None, olive: User, orchard: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners = [membership_of(olive), MembershipFactory(organization=orchard, role=Role.OWNER)]
    refuse, both_were_allowed = services.refuse_the_last_owner, Barrier(len(owners))

    def refuse_and_wait_for_the_other(membership: Membership) -> None:
        refuse(membership)
        with suppress(BrokenBarrierError):  # the other is not let in, as it should be
            both_were_allowed.wait(timeout=0.5)

    def leave(membership: Membership) -> bool:
        try:
            services.remove_member(membership=membership, by=membership.user)
        except ValidationError:
            return False
        finally:
            connection.close()
        return True

    monkeypatch.setattr(services, "refuse_the_last_owner", refuse_and_wait_for_the_other)
    with ThreadPoolExecutor() as pool:
        left = list(pool.map(leave, owners))
    assert sorted(left) == [False, True]
    assert Membership.objects.filter(role=Role.OWNER).count() == 1
