"""Content-addressed files: a blob's bytes live once, under a path made of their SHA-256, and never change."""

from django.db import models

from config.ids import new_id


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
