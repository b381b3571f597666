"""How often each label of a version occurs, as a small bar chart."""

import uuid
from dataclasses import dataclass

from datasets.models import DatasetVersion, Label

SHOWN_FIRST = 30
SHOWN_MAX = 1_000


@dataclass(frozen=True)
class LabelBar:
    """A label with its bar.

    `share` is the bar's length in hundredths of the longest; `groups` are what the label lies under, from the top.
    """

    label: Label
    share: int
    groups: list[str]


@dataclass(frozen=True)
class LabelBars:
    """The first bars, the rest that is folded away, and how many labels the version has beyond those."""

    first: list[LabelBar]
    rest: list[LabelBar]
    left_out: int


def label_bars(version: DatasetVersion) -> LabelBars:
    """The bars of a version in the order of its labels. What occurs at all has a bar that can be seen."""
    labels = list(version.labels.all()[: SHOWN_MAX + 1])
    left_out = version.labels.count() - SHOWN_MAX if len(labels) > SHOWN_MAX else 0
    longest = max((label.object_count for label in labels), default=0) or 1
    groups = _paths(version) if any(label.group_id for label in labels) else {}
    bars = [
        LabelBar(label, _share(label.object_count, longest), groups.get(label.group_id, []))
        for label in labels[:SHOWN_MAX]
    ]
    return LabelBars(bars[:SHOWN_FIRST], bars[SHOWN_FIRST:], left_out)


def _share(count: int, longest: int) -> int:
    return max(1, round(100 * count / longest)) if count else 0


def _paths(version: DatasetVersion) -> dict[uuid.UUID | None, list[str]]:
    """The names from the topmost group down to each group of the version."""
    groups = {group.pk: group for group in version.label_groups.all()}
    paths: dict[uuid.UUID | None, list[str]] = {}
    for pk, group in groups.items():
        path, above = [group.name], group.parent_id
        while above is not None:
            path.insert(0, groups[above].name)
            above = groups[above].parent_id
        paths[pk] = path
    return paths
