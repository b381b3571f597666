"""What the protocol itself has to remember."""

from django.db import models


class AnsweredRequest(models.Model):
    """A call that changed something and what it was answered, for a minute, in case it is repeated (see retries.py)."""

    # SHA-256 of who asked, and what for.
    key = models.CharField(max_length=64, primary_key=True, editable=False)
    connection = models.CharField(max_length=64)
    began_at = models.DateTimeField()
    # Of the answer, once there is one.
    answered_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    # None as well where the answer is too long to be kept.
    content = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answered_at__isnull=True, status__isnull=True)
                | models.Q(answered_at__isnull=False, status__isnull=False),
                name="an_answer_has_its_moment_and_its_status",
            )
        ]

    def __str__(self) -> str:
        return self.key
