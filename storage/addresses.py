"""Signed addresses of this server to which a file, or a part of one, can be sent for a limited time.

As with links to download from, the signature is the permission: whoever holds the address may send, until it expires.
"""

import time
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from storage.links import BadLink

WHOLE = 0


@dataclass(frozen=True)
class Destination:
    """What is sent to the address: the part of the number, from 1, or the whole file."""

    upload_id: uuid.UUID
    number: int
    expires: int

    @property
    def is_expired(self) -> bool:
        """Whether its time is over: asked before the bytes come, which may take longer."""
        return self.expires <= time.time()


def address_of(upload_id: uuid.UUID, number: int = WHOLE) -> str:
    """Where to send it during the next LINK_LIFETIME_SECONDS: a form with the whole file, or the bytes of a part."""
    expires = int(time.time()) + settings.LINK_LIFETIME_SECONDS
    token = _signer().sign_object([str(upload_id), number, expires])
    return reverse("storage:receive_file" if number == WHOLE else "storage:receive_part", args=[token])


def read_address(token: str) -> Destination:
    """What the token of an address stands for.

    Raises:
        BadLink: when it was not made here.
    """
    try:
        upload_id, number, expires = _signer().unsign_object(token)
    except BadSignature as error:
        raise BadLink from error
    return Destination(uuid.UUID(upload_id), number, expires)


def _signer() -> Signer:
    return Signer(salt="storage.addresses")
