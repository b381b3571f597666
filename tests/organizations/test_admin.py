from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from organizations.models import Membership, Organization, Role, User
from tests.factories import MembershipFactory, UserFactory

MOST_QUERIES = 20


@pytest.fixture
def admin(client_of: Callable[[User], Client], staff: User) -> Client:
    return client_of(staff)


@pytest.fixture
def crowd(orchard: Organization) -> list[Membership]:
    """Enough rows for a query in a loop to show."""
    return MembershipFactory.create_batch(30, organization=orchard)


@pytest.mark.parametrize("model", ["user", "organization", "membership"])
@pytest.mark.parametrize("query", ["?q=a", "?o=1"])
def test_lists_are_cheap(
    admin: Client, crowd: list[Membership], django_assert_max_num_queries: Any, model: str, query: str
) -> None:
    with django_assert_max_num_queries(MOST_QUERIES):
        assert admin.get(reverse(f"admin:organizations_{model}_changelist") + query).status_code == 200


@pytest.mark.parametrize("model", ["user", "organization", "membership"])
def test_pages_of_one_are_cheap(
    admin: Client, crowd: list[Membership], django_assert_max_num_queries: Any, model: str
) -> None:
    one = {"user": crowd[0].user, "organization": crowd[0].organization, "membership": crowd[0]}[model]
    with django_assert_max_num_queries(MOST_QUERIES):
        response = admin.get(reverse(f"admin:organizations_{model}_change", args=[one.pk]))
    assert response.status_code == 200


def test_others_are_kept_out(client_of: Callable[[User], Client], olive: User) -> None:
    assert client_of(olive).get("/admin/")["Location"] == "/admin/login/?next=/admin/"


def test_a_user_is_made(admin: Client) -> None:
    admin.post(
        reverse("admin:organizations_user_add"),
        {
            "username": "nadia",
            "usable_password": "true",
            "password1": "plums and quinces",
            "password2": "plums and quinces",
            "memberships-TOTAL_FORMS": 0,
            "memberships-INITIAL_FORMS": 0,
        },
    )
    assert User.objects.get(username="nadia").check_password("plums and quinces")


def test_an_organization_is_made_with_its_owner(admin: Client) -> None:
    user = UserFactory()
    admin.post(
        reverse("admin:organizations_organization_add"),
        {
            "name": "Vineyard",
            "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 0,
            "memberships-0-user": user.pk,
            "memberships-0-role": "OWNER",
        },
    )
    assert user.role_in(Organization.objects.get(name="Vineyard")) == Role.OWNER


def test_a_membership_is_made(admin: Client, orchard: Organization) -> None:
    user = UserFactory()
    admin.post(
        reverse("admin:organizations_membership_add"),
        {"organization": orchard.pk, "user": user.pk, "role": "VIEWER"},
    )
    assert user.role_in(orchard) == Role.VIEWER


def test_a_role_is_changed(admin: Client, bob: User, orchard: Organization) -> None:
    membership = Membership.objects.get(user=bob)
    admin.post(reverse("admin:organizations_membership_change", args=[membership.pk]), {"role": "ADMIN"})
    assert bob.role_in(orchard) == Role.ADMIN


def test_the_last_owner_keeps_the_role(admin: Client, olive: User, orchard: Organization) -> None:
    membership = Membership.objects.get(user=olive)
    path = reverse("admin:organizations_membership_change", args=[membership.pk])
    assert "olive is the last owner of Orchard" in admin.post(path, {"role": "ADMIN"}).text
    assert olive.role_in(orchard) == Role.OWNER


def test_the_last_owner_is_not_removed(admin: Client, olive: User, bob: User) -> None:
    for user, status in ((olive, 403), (bob, 302)):
        membership = Membership.objects.get(user=user)
        path = reverse("admin:organizations_membership_delete", args=[membership.pk])
        assert admin.post(path, {"post": "yes"}).status_code == status
    assert list(Membership.objects.all()) == [Membership.objects.get(user=olive)]


def test_members_are_not_removed_by_the_dozen(admin: Client, crowd: list[Membership]) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [each.pk for each in crowd], "post": "yes"}
    admin.post(reverse("admin:organizations_membership_changelist"), chosen)
    assert Membership.objects.count() == len(crowd)
