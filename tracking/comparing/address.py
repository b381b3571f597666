"""What the address of a comparison asks for, so that whoever gets it sees the same."""

import uuid
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.http import QueryDict

from experiments.choice import NAME, chosen_ids

KNOWN = {NAME, "sort", "metric", "x", "only", "lowest", "highest"}


@dataclass(frozen=True)
class Asked:
    """The experiments, and how they are looked at.

    Attributes:
        ids: in the order of the address; None for each that is no id.
        sort: the key of the row by which they stand; a minus before it for the greatest first.
        metric: the key of the metric that is drawn.
        by_time: whether curves go by the time since the start, instead of by the step.
        only_differences: whether what is the same in all is left out.
        lowest: names of the metrics whose lowest value is the best, where the name says otherwise.
        highest: likewise.
    """

    ids: tuple[uuid.UUID | None, ...] = ()
    sort: str = ""
    metric: str = ""
    by_time: bool = False
    only_differences: bool = False
    lowest: frozenset[str] = field(default_factory=frozenset)
    highest: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """Read from a request's query; what is not known there is left out."""
        return cls(
            ids=tuple(chosen_ids(query)),
            sort=query.get("sort", ""),
            metric=query.get("metric", ""),
            by_time=query.get("x") == "time",
            only_differences=query.get("only") == "differences",
            lowest=frozenset(query.getlist("lowest")),
            highest=frozenset(query.getlist("highest")),
        )

    def query(self, **changes: Any) -> str:
        """The query of an address that asks for the same with these changes."""
        asked = replace(self, **changes)
        pairs = [*asked.kept, ("metric", asked.metric), ("x", "time" if asked.by_time else "")]
        return urlencode([(name, value) for name, value in pairs if value])

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Names and values of what stays when another metric or axis is chosen."""
        pairs = [
            *((NAME, str(pk)) for pk in self.ids if pk),
            ("sort", self.sort),
            ("only", "differences" if self.only_differences else ""),
            *(("lowest", name) for name in sorted(self.lowest)),
            *(("highest", name) for name in sorted(self.highest)),
        ]
        return [(name, value) for name, value in pairs if value]

    @property
    def sort_key(self) -> str:
        """The row by which the experiments stand."""
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.sort.startswith("-")

    def sorted_by(self, key: str) -> str:
        """The query that sorts by the row; upwards first, and downwards when it is sorted upwards by it."""
        return self.query(sort=f"-{key}" if self.sort == key else key)

    def takes(self, name: str, *, lowest: bool, by_name: bool) -> str:
        """The query in which the lowest, or else the highest, value of a metric is its best.

        Args:
            name: the metric's.
            lowest: which of them.
            by_name: which of them its name says, so that the address need not.
        """
        low, high = self.lowest - {name}, self.highest - {name}
        if lowest != by_name:
            low, high = (low | {name}, high) if lowest else (low, high | {name})
        return self.query(lowest=low, highest=high)
