"""What a browser with an empty cache transfers to show a page: itself, and whatever it names, all compressed."""

import gzip
import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import reverse

from benchmarks.report import Report
from benchmarks.sides import BACKEND, COMPRESSED, Side
from config.ids import new_id
from experiments.drafts.lifecycle import start_draft

TRANSFERRED_MAX_KB = 250.0
# Style sheets name pictures and fonts, modules name what they import.
_IN_STYLES = re.compile(r"url\([\"']?([^\"')]+)")
_IN_SCRIPTS = re.compile(r"^import\b[^;\"']*[\"']([^\"']+)[\"']", re.MULTILINE)


def measure(report: Report, side: Side) -> None:
    """The creation form of a new draft."""
    report.table("The creation form: first visit, compressed, with headers", ["", "KB", "limits"], [60, 8, 7])
    draft = start_draft(project=side.project, draft_id=new_id(), by=side.user)
    visit = FirstVisit(side)
    visit.load(reverse("experiments:draft_detail", args=[draft.pk]))
    for path, size in sorted(visit.sizes.items(), key=lambda item: -item[1]):
        report.row([path[-60:], f"{size / 1_024:.1f}"])
    total = sum(visit.sizes.values()) / 1_024
    report.row(["in all", f"{total:.1f}", report.verdict("form, first visit: KB", total, TRANSFERRED_MAX_KB)])


class FirstVisit:
    """Loads a page and what it names; `sizes` are the bytes of each address."""

    def __init__(self, side: Side) -> None:
        self.client = Client()
        self.client.force_login(side.user, backend=BACKEND)
        self.sizes: dict[str, int] = {}

    def load(self, path: str) -> None:
        """Load the path, then what it names, and so on.

        Raises:
            RuntimeError: when something named isn't there.
        """
        if path in self.sizes:
            return
        response = self.client.get(path, headers=COMPRESSED)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}")
        body = b"".join(response) if response.streaming else response.content
        self.sizes[path] = len(body) + sum(len(name) + len(value) + 4 for name, value in response.items())
        plain = gzip.decompress(body) if response.get("Content-Encoding") == "gzip" else body
        for named in _named_in(response["Content-Type"], plain):
            address = urlsplit(urljoin(path, named))
            if not address.netloc and address.scheme == "":
                self.load(address.path)


def _named_in(content_type: str, body: bytes) -> list[str]:
    match content_type.partition(";")[0]:
        case "text/html":
            return Names.of(body.decode())
        case "text/css":
            return [url for url in _IN_STYLES.findall(body.decode()) if not url.startswith(("data:", "#"))]
        case "text/javascript":
            return _IN_SCRIPTS.findall(body.decode())
    return []


class Names(HTMLParser):
    """What the elements of a page load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def of(cls, page: str) -> list[str]:
        """The addresses, in the page's order."""
        parser = cls()
        parser.feed(page)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img"):
            self.found += [src for src in [given.get("src")] if src]
        elif tag == "use" or (tag == "link" and given.get("rel") in ("stylesheet", "icon", "modulepreload")):
            self.found += [href for href in [given.get("href")] if href and not href.startswith("#")]
