"""API tokens: made, recognized, revoked."""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from organizations.models import ApiToken, Membership, Organization, Role, User

PREFIX = "esp_"
HINT_LENGTH = 8
# How often a token's last use is written down.
USE_IS_NOTED_EVERY = timedelta(minutes=1)


def create_token(
    *, organization: Organization, name: str, is_read_only: bool = False, expires_at: datetime | None = None, by: User
) -> tuple[ApiToken, str]:
    """A token of the user's own, and its text, which nobody can be told again.

    Args:
        organization: the only one in which it is good.
        name: unique among the user's tokens there.
        is_read_only: whether it may do no more than a viewer.
        expires_at: from when on it is refused; None for never.
        by: a member, or a viewer, whose token reads only in any case.

    Raises:
        PermissionDenied: for a stranger.
        ValidationError: by field.
    """
    by.must_be(Role.VIEWER, organization)
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError({"expires_at": "Choose a day that is still to come."})
    text, digest = _made()
    token = ApiToken(
        user=by,
        organization=organization,
        name=name.strip(),
        digest=digest,
        hint=text[:HINT_LENGTH],
        is_read_only=is_read_only,
        expires_at=expires_at,
    )
    token.full_clean()
    try:
        with transaction.atomic():
            token.save(force_insert=True)
    except IntegrityError:
        raise ValidationError({"name": "You have a token of this name already."}) from None
    return token, text


def revoke_token(*, token: ApiToken, by: User) -> None:
    """End it: the next request with it is refused.

    Raises:
        ApiToken.DoesNotExist: when it is not the user's.
    """
    ApiToken.objects.get(pk=token.pk, user=by).delete()


def user_of(text: str) -> User | None:
    """Who acts with the token, limited to what it allows; None when it is unknown, expired, or its user is out."""
    of_members = ApiToken.objects.filter(user__memberships__organization=F("organization"), user__is_active=True)
    known = of_members.filter(digest=_digest(text)).select_related("user")
    token = known.annotate(known_role=F("user__memberships__role")).first()
    if token is None or (token.expires_at is not None and token.expires_at <= timezone.now()):
        return None
    _note_use(token)
    token.role = Role(token.known_role)
    token.user.token = token
    return token.user


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The user's tokens in the organizations that they still belong to, but for those of trainings."""
    own = Membership.objects.filter(user=user).values("organization")
    return user.api_tokens.filter(organization__in=own, experiment_id=None).select_related("organization")


def create_training_token(
    *, user: User, organization: Organization, experiment_id: uuid.UUID, name: str
) -> tuple[ApiToken, str]:
    """A token with which a training acts for the user, in one experiment, until the training ends and deletes it.

    Args:
        user: who launched it; once they are out of the organization it is refused.
        organization: of the experiment.
        experiment_id: the only one that it sees.
        name: unique, as the job's id.
    """
    text, digest = _made()
    token = ApiToken(
        user=user,
        organization=organization,
        experiment_id=experiment_id,
        name=name,
        digest=digest,
        hint=text[:HINT_LENGTH],
    )
    token.save(force_insert=True)
    return token, text


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _made() -> tuple[str, str]:
    """A new token's text, and what is kept of it."""
    # 256 random bits: nothing to guess, so one round of SHA-256 keeps it, and finding it is one look at an index.
    text = PREFIX + secrets.token_urlsafe(32)
    return text, _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
