"""Creating an experiment: queries by the size of its base, time by the bytes of its files, and no byte copied."""

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.bases import make_base, new_draft
from benchmarks.report import WARM_UP, Report, milliseconds, p50, p95
from benchmarks.sides import Side
from experiments.creation import create_experiment
from registry.models import ModelVersion

KILOBYTE, MEGABYTE = 1_024, 1_024 * 1_024
QUERIES_MAX = {10: 30, 1_000: 60}
# Time by bytes is one ratio of two medians: what the machine's own restlessness makes of equal ones.
BYTES_RATIO_MAX = 1.25


def measure(report: Report, small: Side, large: Side, *, runs: int) -> None:
    """Bases of ten and of a thousand files and hyperparameters; ten files of a kilobyte and of ten megabytes."""
    report.table(
        "Creating an experiment (the service, transaction included)",
        ["", "queries", "p50 ms", "p95 ms", "bytes copied", "limits"],
        [46, 9, 8, 8, 12, 7],
    )
    cases = {
        "10 files of 1 KB, 10 hyperparameters": (10, make_base(large, "ten small", rows=10, file_bytes=KILOBYTE)),
        "10 files of 10 MB, 10 hyperparameters": (10, make_base(large, "ten big", rows=10, file_bytes=10 * MEGABYTE)),
        "1,000 files of 1 KB, 1,000 hyperparameters": (
            1_000,
            make_base(large, "thousand", rows=1_000, file_bytes=KILOBYTE),
        ),
    }
    medians = {}
    times = _times(large, [base for _, base in cases.values()], runs)
    for (name, (rows, base)), samples in zip(cases.items(), times, strict=True):
        queries, copied = _queries_and_bytes(large, base)
        verdicts = [
            report.verdict(f"creation, {name}: queries", queries, QUERIES_MAX[rows]),
            report.verdict(f"creation, {name}: bytes copied", copied, 0),
        ]
        medians[name] = p50(samples)
        report.row(
            [
                name,
                str(queries),
                f"{p50(samples):.1f}",
                f"{p95(samples):.1f}",
                str(copied),
                "OVER" if "OVER" in verdicts else "ok",
            ]
        )
    few_bytes, many_bytes, _ = medians.values()
    ratio = many_bytes / few_bytes
    verdict = report.verdict("creation: time with 100 MB of files to time with 10 KB", ratio, BYTES_RATIO_MAX)
    report.row(["time with 100 MB of files / with 10 KB", "", f"{ratio:.2f}", "", "", verdict])
    report.row(["time with many rows / with few", "", f"{_ratio_of_sides(small, large, runs):.2f}"])


def _times(side: Side, bases: list[ModelVersion], runs: int) -> list[list[float]]:
    """Milliseconds of each creation by base; the bases take turns, and drafts are made beforehand."""
    samples: list[list[float]] = [[] for _ in bases]
    for run in range(runs + WARM_UP):
        for base, of_base in zip(bases, samples, strict=True):
            draft = new_draft(side, base)
            taken = milliseconds(lambda draft=draft: create_experiment(draft, by=side.user))  # type: ignore[misc]
            if run >= WARM_UP:
                of_base.append(taken)
    return samples


def _queries_and_bytes(side: Side, base: ModelVersion) -> tuple[int, int]:
    draft = new_draft(side, base)
    before = _disk_use()
    with CaptureQueriesContext(connection) as captured:
        create_experiment(draft, by=side.user)
    return len(captured), _disk_use() - before


def _disk_use() -> int:
    return sum(path.stat().st_size for path in settings.FILES_DIR.rglob("*") if path.is_file())


def _ratio_of_sides(small: Side, large: Side, runs: int) -> float:
    """How much longer it takes in a project of many experiments."""
    few, many = [make_base(side, "for the ratio", rows=10, file_bytes=KILOBYTE) for side in (small, large)]
    samples: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs + WARM_UP):
        for side, base, of_side in ((small, few, samples[0]), (large, many, samples[1])):
            draft = new_draft(side, base)
            of_side.append(milliseconds(lambda: create_experiment(draft, by=side.user)))  # noqa: B023 - called at once
    return p50(samples[1][WARM_UP:]) / p50(samples[0][WARM_UP:])
