"""`make bench` on a handful of rows: that it measures everything, not how fast anything is."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from benchmarks.first_visit import Names
from benchmarks.form import fields_of
from benchmarks.lists import holds_to_ratio
from benchmarks.report import Report, p50, p95


def test_it_measures_everything() -> None:
    environment = {name: text for name, text in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    few = ["--few", "45", "--many", "90", "--datasets", "60", "--points", "20000", "--assets", "200", "--runs", "2"]
    few += ["--lines", "3000", "--queued", "20"]
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks", *few],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode in (0, 1), ended.stderr  # 1 is for a machine that is too slow or too busy
    figures = (
        "1,000 hyperparameters",
        "search, rare",
        "first visit",
        "Create experiment",
        "as COCO",
        "downloaded",
        "open pages",
    )
    for figure in figures:
        assert figure in ended.stdout
    assert "queries with many rows" not in ended.stdout
    assert "bytes copied:" not in ended.stdout


def test_what_is_over_its_limit_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    assert report.verdict("one", 5, 5) == "ok"
    assert report.verdict("other", 6, 5) == "OVER"
    assert report.end() == 1
    assert "other: 6.0, promised at most 5.0" in capsys.readouterr().out
    assert Report().end() == 0


@pytest.mark.parametrize(
    ("is_search", "vendor", "is_held"),
    [
        (False, "sqlite", True),
        (False, "postgresql", True),
        (True, "postgresql", True),
        (True, "sqlite", False),  # no index for parts of names
    ],
)
def test_which_lists_are_held_to_twice_the_time(is_search: bool, vendor: str, is_held: bool) -> None:
    assert holds_to_ratio(is_search=is_search, vendor=vendor) is is_held


def test_percentiles() -> None:
    samples = [float(number) for number in range(1, 101)]
    assert p50(samples) == 50.5
    assert 95 <= p95(samples) <= 96


def test_the_fields_of_a_form() -> None:
    page = """
    <form id="other"><input name="q" value="no"></form>
    <form id="draft">
      <input name="name" value="a &amp; b"><textarea name="description">two
lines</textarea>
      <select name="type"><option value="A">A</option><option value="B" selected>B</option></select>
      <input type="hidden" name="switch" value="false"><input type="checkbox" name="switch" value="true" checked>
      <input type="checkbox" name="off" value="true"><button name="action" value="create">Create</button>
    </form>
    <input name="outside" value="no">
    """
    assert fields_of(page) == {"name": "a & b", "description": "two\nlines", "type": "B", "switch": "true"}


def test_what_a_page_loads() -> None:
    page = (
        '<link rel="stylesheet" href="/a.css"><link rel="canonical" href="/no"><script src="/b.js"></script>'
        '<script>no</script><img src="/c.png"><svg><use href="#no"></use></svg><a href="/no">no</a>'
    )
    assert Names.of(page) == ["/a.css", "/b.js", "/c.png"]
