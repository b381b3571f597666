"""Which of the runs in a place that several installations share are this one's."""

import hashlib

from django.conf import settings


def installation_id() -> str:
    """The same for every worker of this installation, and another for each other one."""
    return hashlib.sha256(f"{settings.SITE_URL}\n{settings.DATA_DIR}".encode()).hexdigest()[:16]
