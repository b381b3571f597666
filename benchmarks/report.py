"""What was measured, as tables, and what of it is worse than promised."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence

WARM_UP = 3


def milliseconds(act: Callable[[], object]) -> float:
    """How long the act takes."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1_000


def sampled(*acts: Callable[[], object], runs: int) -> list[list[float]]:
    """How long each act takes, run after run: in turn, so that whatever else the machine does meets all of them."""
    for act in acts * WARM_UP:
        act()
    # What made the rows left much behind, and no server would look through it.
    gc.collect()
    gc.freeze()
    samples = [[milliseconds(act) for act in acts] for _ in range(runs)]
    return [list(of_act) for of_act in zip(*samples, strict=True)]


def p50(samples: Sequence[float]) -> float:
    """The median."""
    return statistics.median(samples)


def p95(samples: Sequence[float]) -> float:
    """What 95 of 100 stay under."""
    return statistics.quantiles(samples, n=20, method="inclusive")[-1]


class Report:
    """Prints as it goes, and remembers what was over its limit."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    def table(self, title: str, columns: Sequence[str], widths: Sequence[int]) -> None:
        """Begin a table; the first column is as wide as its width, the others are aligned to the right."""
        self.widths = widths
        print(f"\n{title}\n")
        self.row(columns)
        self.row(["-" * width for width in widths])

    def row(self, cells: Sequence[str]) -> None:
        """A line of the table."""
        first, *others = cells
        aligned = [cell.rjust(width) for cell, width in zip(others, self.widths[1:], strict=False)]
        print("  ".join([first.ljust(self.widths[0]), *aligned]), flush=True)

    def verdict(self, what: str, value: float, limit: float) -> str:
        """`ok`, or by how much the limit is broken, which is remembered."""
        if value <= limit:
            return "ok"
        self.broken.append(f"{what}: {value:,.1f}, promised at most {limit:,.1f}")
        return "OVER"

    def end(self) -> int:
        """Say what was broken; the exit code."""
        print()
        for broken in self.broken:
            print(f"OVER  {broken}")
        print(f"{len(self.broken)} figures over their limit." if self.broken else "Every figure is within its limit.")
        return 1 if self.broken else 0
