"""`python -m benchmarks`: measure, print, and end with 1 when something is slower than promised.

SQLite in a folder that is removed afterwards; with DATABASE_URL on PostgreSQL, in a database made for the purpose.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp


def main() -> int:
    """Read the command line, make the rows, measure."""
    arguments = _arguments()
    folder = Path(mkdtemp(prefix="espalier-bench-"))
    try:
        _set_up(folder)
        with _database():
            return _measure(arguments)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--few", type=int, default=1_000, help="rows of the small organization")
    parser.add_argument("--many", type=int, default=100_000, help="experiments and model versions of the large one")
    parser.add_argument("--datasets", type=int, default=10_000, help="dataset versions of the large one")
    parser.add_argument("--points", type=int, default=1_000_000, help="points of the long line")
    parser.add_argument("--assets", type=int, default=1_000_000, help="assets of the large dataset version")
    parser.add_argument("--lines", type=int, default=200_000, help="lines that a training prints")
    parser.add_argument("--queued", type=int, default=1_000, help="jobs that wait")
    parser.add_argument("--runs", type=int, default=40, help="times that each request is made")
    parser.add_argument("--only", choices=["creation", "lists", "form", "api", "training"], help="measure this alone")
    return parser.parse_args()


def _set_up(folder: Path) -> None:
    """The product's own settings, as in production, on a folder of its own."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DEBUG="0",
        SECRET_KEY="only-for-measuring-and-long-enough-to-be-accepted",
        SITE_URL="http://testserver",
        DATA_DIR=str(folder),
        LOG_LEVEL="ERROR",
        LAUNCHERS="local:1",
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


@contextmanager
def _database() -> Iterator[None]:
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor == "sqlite":
        call_command("migrate", verbosity=0)
        yield
        return
    given = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{given}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(given, verbosity=0)


def _measure(arguments: argparse.Namespace) -> int:
    from benchmarks import api, creation, first_visit, form, lists, training
    from benchmarks.report import Report
    from benchmarks.sides import make_sides

    small, large = make_sides(few=arguments.few, many=arguments.many, datasets=arguments.datasets)
    report = Report()
    if arguments.only in (None, "creation"):
        creation.measure(report, small, large, runs=arguments.runs)
    if arguments.only in (None, "lists"):
        lists.measure(report, small, large, runs=arguments.runs)
    if arguments.only in (None, "form"):
        first_visit.measure(report, large)
        form.measure(report, large, runs=arguments.runs)
    if arguments.only in (None, "api"):
        api.measure(report, large, points=arguments.points, assets=arguments.assets, runs=arguments.runs)
    if arguments.only in (None, "training"):
        training.measure(report, large, lines=arguments.lines, queued=arguments.queued, runs=arguments.runs)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
