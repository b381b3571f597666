"""Content-addressed files: a blob's bytes live once, under a path made of their SHA-256, and never change.

An upload is a file on its way to becoming one.
"""

from django.conf import settings
from django.db import models

from config.ids import new_id
from config.names import refuse_control_characters
from organizations.models import Organization


class Blob(models.Model):
    """Bytes that some rows refer to. Copying a file is a row that refers to the same blob."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    size = models.PositiveBigIntegerField(editable=False, help_text="In bytes.")
    created_at = models.DateTimeField(auto_now_add=True)
    # Set by the collector when it first finds the blob unused, cleared when it is stored again: the grace time.
    unreferenced_since = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="blob_sha256_is_64_hexadecimal_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def path(self) -> str:
        """Where the bytes lie in the store: made of the digest alone, never of a name."""
        return f"blobs/{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"


class Upload(models.Model):
    """A file that comes by signed addresses: first it gets a name, then its bytes, then something refers to it.

    Its name is what clients of the API know it by; it tells nothing and leads nowhere.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="uploads")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    name = models.CharField(max_length=400, unique=True, editable=False)
    filename = models.CharField(max_length=255, validators=[refuse_control_characters])
    # None until all bytes are there, and were verified.
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="uploads")
    # Of a file that comes in parts: what the bucket calls it, or our own id where the store is a folder.
    multipart_id = models.CharField(max_length=1_000, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class UploadPart(models.Model):
    """A part that lies in the store's folder of incoming files until all are there. A bucket keeps its parts itself."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField(help_text="From 1.")
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    etag = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="one_part_per_number")]

    def __str__(self) -> str:
        return f"part {self.number}"
