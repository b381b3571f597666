"""Addresses of files, as the SDK downloads them."""

from django.http import HttpRequest

from storage.links import download_url
from storage.models import Blob

# From this size on the SDK calls a file large: it sends it in parts, and streams it when it downloads it.
LARGE_BYTES = 25 * 1024 * 1024


def presigned_url(request: HttpRequest, blob: Blob, filename: str) -> str:
    """Where the file can be fetched for a while without a token: here, or at the bucket."""
    return request.build_absolute_uri(download_url(blob, filename))


def is_large(blob: Blob) -> bool:
    """What the SDK calls `large`."""
    return blob.size > LARGE_BYTES
