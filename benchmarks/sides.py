"""Two organizations of the same make, one with few rows and one with many, each with somebody who works in it."""

import gzip
import re
import time
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datasets.models import Dataset
from experiments.models import ExperimentDraft, Project
from organizations.models import Organization, User
from registry.models import RegisteredModel

BACKEND = "django.contrib.auth.backends.ModelBackend"
COMPRESSED = {"accept-encoding": "gzip"}
OLDER = re.compile(r'href="[^"]*(\?[^"]*older=[^"]*)"')


@dataclass
class Side:
    """An organization, seen by its owner."""

    organization: Organization
    user: User
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.force_login(self.user, backend=BACKEND)
        self.project = Project.objects.get(organization=self.organization)
        self.model = RegisteredModel.objects.get(organization=self.organization, name="line")
        self.dataset = Dataset.objects.get(organization=self.organization, name="line")
        self.draft = ExperimentDraft.objects.create(
            project=self.project, owner=self.user, inference_type="CLASSIFICATION", name="a draft", revision=1
        )

    def get(self, path: str, *, target: str = "") -> HttpResponse:
        """Ask for a page, or as htmx does for the element `target` of it."""
        return self._checked(self.client.get(path, headers=_headers(target)), path)

    def post(self, path: str, data: dict[str, Any], *, target: str = "") -> HttpResponse:
        """Send a form, or send it as htmx does."""
        return self._checked(self.client.post(path, data, headers=_headers(target)), path)

    def queries(self, path: str, *, target: str = "") -> int:
        """How many queries a request for the path makes."""
        with CaptureQueriesContext(connection) as captured:
            self.get(path, target=target)
        return len(captured)

    def _checked(self, response: Any, path: str) -> HttpResponse:
        if response.status_code not in (200, 302):
            raise RuntimeError(f"{path} answered {response.status_code}")
        answer: HttpResponse = response
        return answer


def text_of(response: HttpResponse) -> str:
    """The page, decompressed."""
    content = response.content
    return (gzip.decompress(content) if response.get("Content-Encoding") == "gzip" else content).decode()


def next_page(side: Side, path: str) -> str:
    """The address of the page after this one; the same address when there is none."""
    found = OLDER.search(text_of(side.get(path)))
    return path.partition("?")[0] + unescape(found[1]) if found else path


def make_sides(*, few: int, many: int, datasets: int) -> tuple[Side, Side]:
    """Both organizations, filled by `seed_scale`."""
    small = _side("Small", few, min(few, datasets))
    large = _side("Large", many, datasets)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as its autovacuum does after a while
    return small, large


def _side(name: str, rows: int, datasets: int) -> Side:
    print(f"Making {rows:,} experiments, model versions and models, and {datasets:,} dataset versions…", flush=True)
    begun = time.monotonic()
    user = User.objects.create_user(name.lower(), is_staff=True)
    counts = {"experiments": rows, "model_versions": rows, "dataset_versions": datasets}
    with open("/dev/null", "w") as nowhere:  # noqa: PTH123
        call_command("seed_scale", name, by=user.username, stdout=nowhere, **counts)
    print(f"  took {time.monotonic() - begun:.0f} s", flush=True)
    return Side(Organization.objects.get(name=name), user)


def _headers(target: str) -> dict[str, str]:
    htmx = {"hx-request": "true", "hx-target": target} if target else {}
    return COMPRESSED | htmx
