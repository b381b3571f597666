"""Tokens: who acts with one, what it opens, and that nobody reads it anywhere."""

import hashlib
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone
from django.views.debug import ExceptionReporter

from organizations.models import ApiToken, Membership, Organization, Role, User, of_own_organizations
from organizations.tokens import create_token, revoke_token, user_of
from protocols.picsellia.auth import WRONG_TOKENS_MAX, BearerToken
from tests.conftest import BACKEND
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db
PING = "/api/home/ping"


@pytest.fixture
def made(bob: User, orchard: Organization) -> tuple[ApiToken, str]:
    return create_token(organization=orchard, name="Nightly", by=bob)


@pytest.fixture(autouse=True)
def _nobody_rests() -> None:
    cache.clear()


def ask(text: str, path: str = PING, method: str = "GET") -> int:
    headers = {"authorization": f"Bearer {text}"}
    return Client(raise_request_exception=False).generic(method, path, headers=headers).status_code


def test_only_its_digest_is_kept(made: tuple[ApiToken, str]) -> None:
    token, text = made
    assert token.digest == hashlib.sha256(text.encode()).hexdigest()
    assert token.hint == text[:8]
    secret = text[8:]
    for model in apps.get_models():
        for row in model._default_manager.values():
            assert secret not in str(row)


def test_it_is_its_users(made: tuple[ApiToken, str], bob: User) -> None:
    assert user_of(made[1]) == bob
    assert user_of(made[1][:-1]) is None
    assert user_of("") is None


def test_it_expires(made: tuple[ApiToken, str], monkeypatch: pytest.MonkeyPatch) -> None:
    token, text = made
    token.expires_at = timezone.now() + timedelta(hours=1)
    token.save()
    assert ask(text) == 200
    later = timezone.now() + timedelta(hours=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert ask(text) == 401


def test_it_can_not_begin_expired(bob: User, orchard: Organization) -> None:
    with pytest.raises(ValidationError, match="still to come"):
        create_token(organization=orchard, name="Late", expires_at=timezone.now(), by=bob)


def test_it_is_refused_once_revoked(made: tuple[ApiToken, str], bob: User) -> None:
    revoke_token(token=made[0], by=bob)
    assert ask(made[1]) == 401


def test_nobody_else_revokes_it(made: tuple[ApiToken, str], alice: User) -> None:
    with pytest.raises(ApiToken.DoesNotExist):
        revoke_token(token=made[0], by=alice)
    assert ask(made[1]) == 200


def test_it_ends_with_the_membership_and_with_the_account(made: tuple[ApiToken, str], bob: User) -> None:
    bob.is_active = False
    bob.save()
    assert ask(made[1]) == 401
    bob.is_active = True
    bob.save()
    assert ask(made[1]) == 200
    bob.memberships.all().delete()
    assert ask(made[1]) == 401


def test_a_read_only_token_is_a_viewer(alice: User, orchard: Organization) -> None:
    user = user_of(create_token(organization=orchard, name="Reader", is_read_only=True, by=alice)[1])
    assert user
    assert user.role_in(orchard) == Role.VIEWER
    with pytest.raises(PermissionDenied, match="only reads"):
        user.must_be(Role.MEMBER, orchard)


def test_it_knows_its_users_role_of_this_very_moment(
    made: tuple[ApiToken, str], bob: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    """Of its own organization: the role that the user has in another counts for nothing."""
    orchard, elsewhere = made[0].organization, MembershipFactory(user=bob, role=Role.OWNER)
    user_of(made[1])
    for role in Role:
        bob.memberships.filter(organization=orchard).update(role=role)
        with django_assert_num_queries(1):
            user = user_of(made[1])
            assert user
            assert (user.role_in(orchard), user.role_in(elsewhere.organization)) == (role, None)
    bob.memberships.filter(organization=orchard).delete()
    assert user_of(made[1]) is None


def test_it_sees_its_organization_alone(
    made: tuple[ApiToken, str], bob: User, harbor: Organization, django_assert_num_queries: Callable[..., Any]
) -> None:
    MembershipFactory(organization=harbor, user=bob, role=Role.OWNER)
    user = user_of(made[1])
    assert user
    for organization in (made[0].organization, harbor):
        MembershipFactory(organization=organization)
    with django_assert_num_queries(2):
        seen = Membership.objects.filter(**of_own_organizations(user))
        assert set(seen.values_list("organization", flat=True)) == {made[0].organization_id}
        assert list(Organization.objects.visible_to(user).values_list("pk", flat=True)) == [made[0].organization_id]


def test_it_opens_one_organization(made: tuple[ApiToken, str], bob: User, harbor: Organization) -> None:
    MembershipFactory(organization=harbor, user=bob, role=Role.OWNER)
    user = user_of(made[1])
    assert user
    assert user.role_in(harbor) is None
    assert ask(made[1], f"/api/organization/{harbor.pk}") == 404
    headers = {"authorization": f"Bearer {made[1]}", "x-picsellia-organization": str(harbor.pk)}
    assert Client().get(PING, headers=headers).status_code == 404


def test_a_stranger_makes_none(charlie: User, orchard: Organization) -> None:
    with pytest.raises(PermissionDenied):
        create_token(organization=orchard, name="Key", by=charlie)


def test_names_are_unique_for_each_user(made: tuple[ApiToken, str], bob: User, alice: User) -> None:
    orchard = made[0].organization
    create_token(organization=orchard, name="Nightly", by=alice)
    with pytest.raises(ValidationError, match="You have a token of this name already"):
        create_token(organization=orchard, name=" Nightly ", by=bob)


def test_its_use_is_noted_once_a_minute(
    made: tuple[ApiToken, str], django_assert_num_queries: Callable[..., object]
) -> None:
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        user_of(made[1])
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        user_of(made[1])
    made[0].refresh_from_db()
    assert made[0].last_used_at


def test_too_many_wrong_ones_rest(made: tuple[ApiToken, str]) -> None:
    assert {ask(f"esp_{number}") for number in range(WRONG_TOKENS_MAX)} == {401}
    assert ask("esp_another") == 429
    answer = Client().get(PING, headers={"authorization": "Bearer esp_one_more"})
    assert answer.json()["message"].startswith("Too many wrong tokens.")
    # Right ones as well: what comes from this address is not even looked up.
    assert ask(made[1]) == 429


def test_no_log_and_no_error_page_shows_it(
    made: tuple[ApiToken, str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("broken")

    text = made[1]
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("protocols.picsellia.auth.user_of", fail)
    client = Client(raise_request_exception=False)
    answer = client.post(PING.replace("ping", "x"), headers={"authorization": f"Bearer {text}"})
    answer = client.get(PING, headers={"authorization": f"Bearer {text}"})
    assert answer.status_code == 500
    ask(text + "wrong")
    ask(text, "/api/nothing", "DELETE")
    assert text not in answer.text + caplog.text
    assert all(text not in str(vars(record)) for record in caplog.records)


def test_the_report_of_a_failure_hides_it(made: tuple[ApiToken, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What Django would write to the operator about a failure has neither the header nor the variables."""

    def fail(*args: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("organizations.tokens._note_use", fail)
    request = RequestFactory().get(PING, headers={"authorization": f"Bearer {made[1]}"})
    with pytest.raises(RuntimeError) as failure:
        BearerToken()(request)
    assert failure.tb.tb_next, "the frames of the test itself know it"
    report = ExceptionReporter(request, failure.type, failure.value, failure.tb.tb_next)
    assert made[1] not in report.get_traceback_html()
    assert made[1] not in report.get_traceback_text()


def test_the_admin_shows_neither_text_nor_digest(made: tuple[ApiToken, str], staff: User) -> None:
    client = Client()
    client.force_login(staff, backend=BACKEND)
    token, text = made
    for path in ("", f"{token.pk}/change/", f"{token.pk}/history/"):
        page = client.get(f"/admin/organizations/apitoken/{path}").text
        assert "Nightly" in page
        assert token.digest not in page
        assert text not in page
    assert client.get("/admin/organizations/apitoken/add/").status_code == 403
    client.post(f"/admin/organizations/apitoken/{token.pk}/delete/", {"post": "yes"})
    assert user_of(text) is None


def test_no_statement_carries_its_text(made: tuple[ApiToken, str]) -> None:
    """What a database may log of a query is the digest."""

    def check(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        assert made[1] not in f"{sql} {params}"
        return execute(sql, params, *rest)

    with connection.execute_wrapper(check):
        assert user_of(made[1])
