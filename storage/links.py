"""Addresses at which a file can be fetched for a limited time.

A link is a capability, as a presigned URL of S3 is one: whoever holds it may fetch the file until it expires. So a page
gives links only to files that its reader may see, and asks for them anew each time.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.http import content_disposition_header

from storage.models import Blob
from storage.names import tidy_filename
from storage.stores import current_store

ATTACHMENT_TYPE = "application/octet-stream"
# What a browser may draw in our own pages' name: pixels only, nothing that can carry a script.
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
LINKS_KEPT = 10_000


class BadLink(Exception):
    """The address was not made here, or not as it is."""


class ExpiredLink(Exception):
    """The address was good once."""


@dataclass(frozen=True)
class Link:
    """What an address stands for. It names the digest, which tells its holder nothing that the bytes would not."""

    sha256: str
    filename: str
    content_type: str
    expires: int

    @property
    def is_image(self) -> bool:
        """Whether the browser may draw it."""
        return self.content_type in IMAGE_TYPES

    @property
    def disposition(self) -> str:
        """The header that says: an image in the page, anything else into a file."""
        return "inline" if self.is_image else content_disposition_header(True, self.filename) or "attachment"


def download_url(blob: Blob, filename: str) -> str:
    """Where the blob can be downloaded as `filename` during the next LINK_LIFETIME_SECONDS."""
    expires = int(time.time()) + settings.LINK_LIFETIME_SECONDS
    return _url(Link(blob.sha256, tidy_filename(filename) or "file", ATTACHMENT_TYPE, expires))


def image_url(blob: Blob, content_type: str) -> str:
    """Where a page can show the blob as an image, for one to two times LINK_LIFETIME_SECONDS.

    The address stays the same within a window of that length, so that browsers keep the image.

    Raises:
        ValueError: when the type is not one of PNG, JPEG, WebP and GIF.
    """
    if content_type not in IMAGE_TYPES:
        raise ValueError(f"{content_type!r} is not shown as an image; one of {', '.join(IMAGE_TYPES)} is.")
    window = settings.LINK_LIFETIME_SECONDS
    link = Link(blob.sha256, "", content_type, (int(time.time()) // window + 2) * window)
    return _kept_url(link, storages["default"])


def read_link(token: str) -> Link:
    """What the token of an address stands for.

    Raises:
        BadLink: when it was tampered with.
        ExpiredLink: when its time is over.
    """
    try:
        link = Link(**_signer().unsign_object(token))
    except BadSignature as error:
        raise BadLink from error
    if link.expires <= time.time():
        raise ExpiredLink
    return link


def _url(link: Link) -> str:
    direct = current_store().direct_url(
        Blob(sha256=link.sha256).path,
        disposition=link.disposition,
        content_type=link.content_type,
        lifetime=link.expires - int(time.time()),
    )
    return direct or reverse("storage:serve", args=[_signed(link)])


@lru_cache(maxsize=LINKS_KEPT)
def _kept_url(link: Link, storage: Storage) -> str:
    """The same address for the same link: one that a bucket signs holds the second at which it was signed."""
    return _url(link)


def _signed(link: Link) -> str:
    content: dict[str, Any] = vars(link)
    return _signer().sign_object(content, compress=True)


def _signer() -> Signer:
    return Signer(salt="storage.links")
