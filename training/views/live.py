"""What of an open page changes while a run goes on: asked for every two seconds, answered only when there is something.

The page says in its query what it shows: the page's name, the run, and a token of each part. Parts whose token is
another now are drawn, and put in their places; nothing else travels.
"""

import json
import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django_htmx.http import retarget

from config.http import HttpRequest
from experiments.models import Experiment
from experiments.views.overview import Overview
from organizations.models import Role
from tracking.growth import points_since
from tracking.views import logs_shown
from training.following import Followed, run_named
from training.live import CONSOLE, LOGS, OVERVIEW, PARTS, TOKENS, Live, seen_of
from training.models import Console, ConsoleLine, LineKind
from training.progress import run_parts
from training.reading import LINES_SHOWN, chapters_of, lines_since, place_in_words, with_headings
from training.views.console import console_parts

# A progress bar, or a block that is printed again, is among so many lines before the last.
PRINTED_AGAIN = 30


@require_GET
def experiment_live(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The parts of the page that are not what they were; no content when all are."""
    experiments = Experiment.objects.visible_to(request.user).select_related("project__organization", "architecture")
    run = run_named(get_object_or_404(experiments, pk=pk), request.GET.get("run", ""))
    if run is None:
        raise Http404
    if not run.is_live:
        return render(request, "training/_live_end.html")
    seen = seen_of(run, request.GET.get("view", OVERVIEW), request.GET)
    changed = {name for name in TOKENS if seen[name] != request.GET.get(name)}
    if not changed & PARTS[seen["view"]]:
        return HttpResponse(status=204)
    parts = DRAWN_BY[seen["view"]](request, run, changed, seen)
    shared = {
        "experiment": run.experiment,
        "run": run,
        "job": run.job,
        "console": run.console,
        "changed": changed,
        "may_create": request.user.can(Role.MEMBER, run.experiment.project.organization),
        "live": Live.of(run, seen),
    }
    response = render(request, "training/_live_changes.html", {**shared, **parts})
    # Where the list itself is drawn anew, what asks the next time comes with it.
    if "whole" in parts:
        response["HX-Reswap"] = "morph:innerHTML"
        return retarget(response, "#results")
    return response


def _overview(request: HttpRequest, run: Followed, changed: set[str], seen: dict[str, str]) -> dict[str, Any]:
    parts = run_parts(run) if changed & {"status", "lines", "points"} else {}
    return {**parts, "overview": Overview(run.experiment)}


def _console(request: HttpRequest, run: Followed, changed: set[str], seen: dict[str, str]) -> dict[str, Any]:
    """The lines that came, to be put below those that are there; all of the page when they are too many."""
    place, console = request.GET.get("after"), run.console
    if "lines" not in changed or place is None or console is None:
        return {}
    lines = lines_since(console, place, again=PRINTED_AGAIN, most=LINES_SHOWN)
    if lines is None:
        return {"whole": CONSOLE, **console_parts(request, run)}
    if not lines:
        return {}
    seen["after"] = place_in_words(lines[-1])
    return {"lines": list(with_headings(console, lines, part=lines[0].part)), **_chapters(console, lines, place)}


def _chapters(console: Console, lines: list[ConsoleLine], place: str) -> dict[str, Any]:
    """The list of chapters, when one may have come."""
    begins = any(line.kind == LineKind.CHAPTER or f"{line.part}" != place.partition(".")[0] for line in lines)
    return {"chapters": chapters_of(console)} if begins else {}


def _logs(request: HttpRequest, run: Followed, changed: set[str], seen: dict[str, str]) -> dict[str, Any]:
    """The points that came, for the charts to grow by; all of the logs when another is there, or a figure changed."""
    parts: dict[str, Any] = {}
    known = request.GET.get("points", "")
    if "points" in changed and known.isdecimal():
        parts["points"] = json.dumps(points_since(run.experiment.pk, int(known)), separators=(",", ":"))
    if "cards" in changed:
        parts |= {"whole": LOGS, **logs_shown(run.experiment, request.GET)}
    return parts


DRAWN_BY = {OVERVIEW: _overview, CONSOLE: _console, LOGS: _logs}
