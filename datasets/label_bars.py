"""How often each label of a version occurs, as a small bar chart."""

from dataclasses import dataclass

from datasets.models import DatasetVersion, Label

SHOWN_FIRST = 30
SHOWN_MAX = 1_000


@dataclass(frozen=True)
class LabelBar:
    """A label with its bar: `share` is its length in hundredths of the longest."""

    label: Label
    share: int


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
    bars = [
        LabelBar(label, max(1, round(100 * label.object_count / longest)) if label.object_count else 0)
        for label in labels[:SHOWN_MAX]
    ]
    return LabelBars(bars[:SHOWN_FIRST], bars[SHOWN_FIRST:], left_out)
