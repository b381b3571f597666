"""What an open page says of itself when it asks whether anything has changed."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from training.following import Followed, log_state, newest_points, token

OVERVIEW, CONSOLE, LOGS = "overview", "console", "logs"
TOKENS = ("status", "lines", "files", "points", "cards")
# The tokens that each page looks at.
PARTS = {
    OVERVIEW: {"status", "lines", "files", "points"},
    CONSOLE: {"status", "lines"},
    LOGS: {"status", "points", "cards"},
}
# What it shows of its subject, which the next answer has to know.
KEPT = ("after", "q", "group", "page")


@dataclass(frozen=True)
class Live:
    """What asks again: where, and a name that is another each time, so that no page takes the new for the old."""

    id: str
    view: str
    address: str

    @classmethod
    def of(cls, run: Followed, seen: dict[str, str]) -> "Live":
        """What asks with these words."""
        query = urlencode(seen)
        address = reverse("training:experiment_live", args=[run.experiment.pk])
        return cls(token(query), seen["view"], f"{address}?{query}")


def seen_of(run: Followed, view: str, query: QueryDict) -> dict[str, str]:
    """What the page says the next time that it asks: its own words, and the tokens of now.

    Args:
        run: what is followed.
        view: `overview`, `console` or `logs`.
        query: what it said the last time, or the page's own.
    """
    view = view if view in PARTS else OVERVIEW
    seen = {"view": view, "run": run.word, "status": run.status_token}
    seen |= {"lines": run.lines_token, "files": run.files_token, "points": "", "cards": ""}
    if view == OVERVIEW:
        seen["points"] = str(newest_points(run.experiment))
    elif view == LOGS:
        state = log_state(run.experiment)
        seen |= {"points": str(state.points), "cards": state.cards}
    kept = {name: str(query[name]) for name in KEPT if name in query}
    if not kept.get("page", "").isdecimal():
        kept.pop("page", None)
    return seen | kept
