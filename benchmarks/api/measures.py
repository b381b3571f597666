"""What the issue of speed asks of the API, beside what a widely used tracking server takes on such a machine."""

import json
import time
from collections.abc import Callable
from itertools import count

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.api import files
from benchmarks.api.client import ApiClient, Call, Timing, timed
from benchmarks.api.rows import ANNOTATED_IMAGES, Rows, make
from benchmarks.api.server import Server, running
from benchmarks.report import Report
from benchmarks.sides import Side

CLIENTS = 8
APPEND_QUERIES_MAX = 5
# An append to a long line against one to an empty line: more than noise.
APPEND_RATIO_MAX = 1.5
PARAMETERS = {f"parameter_{number}": number / 7 for number in range(40)}
COLUMNS = ["", "1: ms", "1: /s", "8: ms", "8: /s", "theirs", "better by"]
WIDTHS = [46, 8, 9, 8, 9, 10, 9]

_names = count()


def measure(report: Report, side: Side, *, points: int, assets: int, runs: int) -> None:
    """Start the production server, and ask it."""
    rows = make(side, points=points, assets=assets)
    queries = _queries_of_an_append(rows)
    with running() as server:
        rest = server.memory_mb
        clients = [ApiClient(server.port, rows.token) for _ in range(CLIENTS)]
        report.table("The API over HTTP: one client and eight, beside another server", COLUMNS, WIDTHS)
        _appends(report, clients, rows, queries, runs)
        _calls(report, clients, rows, side, runs)
        _annotations(report, clients[0], rows)
        _files(report, clients[0], rows)
        _server(report, server, rest)


def _queries_of_an_append(rows: Rows) -> int:
    client = Client(headers={"authorization": f"Bearer {rows.token}"})
    ask = _append(rows.long_line, [1.0])
    with CaptureQueriesContext(connection) as captured:
        for number in range(2):
            captured.initial_queries = len(connection.queries_log)
            response = client.post(ask[0], json.dumps({"data": [0.5 + number]}), content_type="application/json")
    if response.status_code >= 300:
        raise RuntimeError(f"An append answered {response.status_code}: {response.content[:200]!r}")
    return sum(not query["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE")) for query in captured.captured_queries)


def _append(log: object, values: list[float]) -> tuple[str, dict[str, list[float]]]:
    return f"/api/log/{log}/append", {"data": values}


def _appends(report: Report, clients: list[ApiClient], rows: Rows, queries: int, runs: int) -> None:
    def one_point(log: object) -> Call:
        return lambda client, number: client("POST", *_append(log, [number / 3]))

    empty = _row(report, clients, "a point appended to an empty line", one_point(rows.empty_line), runs, theirs=6.2)
    long = _row(report, clients, "  to the long line", one_point(rows.long_line), runs, theirs=6.2)
    ratio = long.median / empty.median
    report.row(["  the one / the other", f"{ratio:.2f}", report.verdict("append, ratio", ratio, APPEND_RATIO_MAX)])
    report.row(["  queries", str(queries), report.verdict("append, queries", queries, APPEND_QUERIES_MAX)])
    thousand = [number / 1_000 for number in range(1_000)]
    for some, theirs in ((clients[:1], 8_400), (clients, 15_500)):
        timing = timed(
            lambda client, number: client("POST", *_append(rows.empty_line, [number, *thousand[1:]])), some, each=runs
        )
        speed, what = timing.per_second * 1_000, f"points a second by the thousand, {len(some)} at once"
        _figure(report, what, f"{speed:,.0f}", f"{theirs:,}/s", speed / theirs)


def _calls(report: Report, clients: list[ApiClient], rows: Rows, side: Side, runs: int) -> None:
    read = f"/api/log/{rows.readable_line}"
    _row(report, clients, "10,000 points read", lambda client, number: client("GET", read), runs, theirs=337)
    create = f"/api/project/{rows.project}/experiments"

    def experiment(client: ApiClient, number: int) -> object:
        body = {"name": f"run {next(_names)}", "description": "", "parameters": PARAMETERS}
        return client("POST", create, body)

    _row(report, clients, "an experiment with 40 parameters created", experiment, runs, theirs=26)
    newest = f"/api/project/{side.project.pk}/experiments?limit=100&order_by=-created_at"
    _row(report, clients, "the newest 100 of 100,000 experiments", lambda c, number: c("GET", newest), runs, theirs=132)
    assets = f"/api/dataset/version/{rows.large_version}/assets?limit=1000"
    _row(report, clients, "1,000 assets of the large version listed", lambda c, number: c("GET", assets), runs)


def _row(
    report: Report, clients: list[ApiClient], what: str, call: Call, runs: int, *, theirs: float | None = None
) -> Timing:
    alone, together = timed(call, clients[:1], each=runs), timed(call, clients, each=max(runs // 4, 3))
    cells = [what]
    for timing in (alone, together):
        cells += [f"{timing.median:.1f}", f"{timing.per_second:,.0f}"]
    if theirs is not None:
        cells += [f"{theirs:g} ms", f"{theirs / alone.median:.1f}"]
    report.row(cells)
    return alone


def _annotations(report: Report, client: ApiClient, rows: Rows) -> None:
    """5,000 images with ten boxes each: imported a hundred images a call, as the SDK does, and exported whole."""
    version = f"/api/dataset/version/{rows.annotated_version}"
    listed: list[str] = []
    cursor = ""
    while len(listed) < ANNOTATED_IMAGES:
        page = client("GET", f"{version}/assets?limit=1000{cursor}")
        listed += [asset["id"] for asset in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    boxes = [{"x": 10 * n, "y": 5 * n, "w": 20, "h": 30, "label_id": str(rows.label)} for n in range(10)]

    def load() -> None:
        for begin in range(0, len(listed), 100):
            annotations = [{"asset_id": asset, "rectangles": boxes} for asset in listed[begin : begin + 100]]
            client("POST", f"{version}/bulk-annotations", {"import_type": "REPLACE", "annotations": annotations})

    export = {"type": "COCO", "export_video": False, "export_key": "FILENAME"}
    _seconds_row(report, "5,000 images with 50,000 boxes imported", load)
    _seconds_row(report, "  exported as COCO", lambda: client("POST", f"{version}/annotations/export", export))


def _seconds_row(report: Report, what: str, act: Callable[[], object]) -> None:
    begun = time.perf_counter()
    act()
    report.row([what, f"{(time.perf_counter() - begun) * 1_000:,.0f}"])


def _files(report: Report, client: ApiClient, rows: Rows) -> None:
    copied, uploaded, downloaded = files.speeds(client, rows)
    _figure(report, "200 MB: a plain copy, in MB/s", f"{copied:,.0f}")
    _figure(report, "  uploaded in parts, hashed, an artifact", f"{uploaded:,.0f}", "159 MB/s", uploaded / 159)
    _figure(report, "  downloaded, checked", f"{downloaded:,.0f}", "444 MB/s", downloaded / 444)


def _server(report: Report, server: Server, rest: float) -> None:
    seconds = server.start_seconds
    _figure(report, "the server's start, in seconds", f"{seconds:.1f}", "8 s", 8 / seconds)
    _figure(report, "  its memory at rest, in MB", f"{rest:,.0f}", "2,200 MB", 2_200 / rest)
    _figure(report, "  and after all this", f"{server.memory_mb:,.0f}")


def _figure(report: Report, what: str, figure: str, theirs: str = "", better: float | None = None) -> None:
    """A line with one figure of our own, in the second column."""
    report.row([what, "", figure, "", "", theirs, "" if better is None else f"{better:.1f}"])
