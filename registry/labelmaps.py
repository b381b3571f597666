"""The labelmap: which index of a model's output means which label. As text, `0: cat` on a line each."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError

from registry.hyperparameters import INTEGER_MAX
from registry.rows import checked_name

LABELS_MAX = 10_000

Labelmap = list[tuple[int, str]]

_LINE = re.compile(r"\s*([0-9]+)\s*:(.*)", re.ASCII)


def read_labelmap(text: str) -> Labelmap:
    """The pairs of index and name that the text writes; empty lines are passed over.

    Raises:
        ValidationError: with a sentence for each line that can't be read.
    """
    pairs: list[tuple[object, object]] = []
    places, refusals = [], []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if not line.strip():
            continue
        if found := _LINE.fullmatch(line):
            pairs.append((_index(found[1]), found[2]))
            places.append(f"Line {number}")
        else:
            refusals.append(f"Line {number}: write an index, a colon and a name, such as “0: cat”.")
    if refusals:
        raise ValidationError(refusals[:20])
    return checked_labelmap(pairs, places)


def write_labelmap(labelmap: Iterable[Iterable[object]]) -> str:
    """The text that `read_labelmap` reads."""
    return "\n".join(f"{index}: {name}" for index, name in labelmap)


def checked_labelmap(pairs: Iterable[tuple[object, object]], places: Iterable[str] | None = None) -> Labelmap:
    """The pairs with tidy names: unique indexes from 0 on, unique names.

    Args:
        pairs: index and name, in order.
        places: what a refusal calls each pair; `Label 1`, `Label 2`… when it is left out.

    Raises:
        ValidationError: with a sentence for each pair that is wrong.
    """
    pairs = list(pairs)
    if len(pairs) > LABELS_MAX:
        raise ValidationError(f"A labelmap has at most {LABELS_MAX:,} labels; this one has {len(pairs):,}.")
    places = list(places or (f"Label {number}" for number in range(1, len(pairs) + 1)))
    indexes: dict[int, str] = {}
    names: dict[str, str] = {}
    checked, refusals = [], []
    for place, (index, name) in zip(places, pairs, strict=True):
        try:
            checked.append(_checked_label(index, name, place, indexes, names))
        except ValidationError as refusal:
            refusals.append(f"{place}: {' '.join(refusal.messages)}")
    if refusals:
        raise ValidationError(refusals[:20])
    return checked


def _checked_label(
    index: object, name: object, place: str, indexes: dict[int, str], names: dict[str, str]
) -> tuple[int, str]:
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index <= INTEGER_MAX:
        raise ValidationError("An index is a whole number from 0 on.")
    if not isinstance(name, str):
        raise ValidationError("A name is a text.")
    tidy = checked_name(name)
    if index in indexes:
        raise ValidationError(f"The index {index} is taken by {_quoted(indexes[index])}.")
    if tidy in names:
        raise ValidationError(f"The name “{tidy}” is taken by {_quoted(names[tidy])}.")
    indexes[index] = names[tidy] = place
    return index, tidy


def _quoted(place: str) -> str:
    return place[0].lower() + place[1:]


def _index(digits: str) -> int:
    """A number of thousands of digits takes quadratic time to read; twenty already are too many."""
    return int(digits) if len(digits.lstrip("0")) <= 19 else INTEGER_MAX + 1
