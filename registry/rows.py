"""Hyperparameters and dataset constraints as people write them, and their check. No database here.

Pages, commands, folders and the admin all hand in these rows. A refusal names each place, such as
`hyperparameters-3-maximum` (counted from 0): a page shows the sentence beside the field of that name.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from django.core.exceptions import ValidationError

from config.names import NAME_MAX, refuse_control_characters, refuse_line_breaks
from registry.aliases import repeated_aliases, validate_alias
from registry.hyperparameters import Kind, Rule, validate_key, validate_rule

HELP_MAX = 200
ROWS_MAX = 1_000
CONSTRAINTS_MAX = 100
SLOTS_MAX = 100
CHOICES_MAX = 1_000

RANGED = (Kind.INTEGER, Kind.NUMBER)

Refusals = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class HyperparameterRow:
    """A hyperparameter as it was written: texts, which need not be right. No bound is an empty text."""

    key: str
    kind: str = Kind.TEXT
    value: str = ""
    minimum: str = ""
    maximum: str = ""
    choices: list[str] = field(default_factory=list)
    required: bool = False
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class SlotRow:
    """A placeholder of a constraint as it was written."""

    alias: str
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class ConstraintRow:
    """A dataset constraint as it was written."""

    name: str
    slots: list[SlotRow] = field(default_factory=list)


def checked_hyperparameters(rows: Sequence[HyperparameterRow], *, most: int = ROWS_MAX) -> list[HyperparameterRow]:
    """The rows with their values and bounds in canonical text.

    Raises:
        ValidationError: with a sentence for each place that is wrong, or when there are more than `most`.
    """
    if len(rows) > most:
        raise ValidationError(f"An architecture has at most {most:,} hyperparameters; these are {len(rows):,}.")
    refusals: Refusals = {}
    counts = Counter(row.key.strip() for row in rows)
    checked = []
    for index, row in enumerate(rows):
        place = f"hyperparameters-{index}"
        if counts[row.key.strip()] > 1:
            refusals[f"{place}-key"] = ["This key is there twice. Rename or remove one of them."]
        checked.append(_checked_hyperparameter(row, place, refusals))
    if refusals:
        raise ValidationError(refusals)
    return checked


def checked_constraints(rows: Sequence[ConstraintRow]) -> list[ConstraintRow]:
    """The rows with tidy names.

    Raises:
        ValidationError: with a sentence for each place that is wrong.
    """
    if len(rows) > CONSTRAINTS_MAX:
        raise ValidationError(f"An architecture has at most {CONSTRAINTS_MAX} constraints; these are {len(rows):,}.")
    refusals: Refusals = {}
    counts = Counter(row.name.strip() for row in rows)
    checked = []
    for index, row in enumerate(rows):
        place = f"constraints-{index}"
        if counts[row.name.strip()] > 1:
            refusals[f"{place}-name"] = ["This name is there twice. Rename or remove one of them."]
        checked.append(_checked_constraint(row, place, refusals))
    if refusals:
        raise ValidationError(refusals)
    return checked


def checked_name(name: str, what: str = "name") -> str:
    """The name without spaces around it.

    Raises:
        ValidationError: when it is empty, too long, or not on one line.
    """
    name = name.strip()
    if not name:
        raise ValidationError(f"Write a {what}: it can't be empty or only spaces.")
    if len(name) > NAME_MAX:
        raise ValidationError(f"A {what} has at most {NAME_MAX} characters; this one has {len(name):,}.")
    refuse_line_breaks(name)
    refuse_control_characters(name)
    return name


def in_words(place: str) -> str:
    """A place as people say it: `hyperparameters-3-maximum` is “hyperparameter 4, maximum”."""
    counted = re.sub(r"\b(\w+?)s?-(\d+)", lambda found: f"{found[1]} {int(found[2]) + 1}", place)
    return re.sub(r"-", ", ", counted).replace(", kind", ", type")


def sentences(refusal: ValidationError) -> Iterator[tuple[str, str]]:
    """Each place of a refusal with its sentence; the place is empty when it is about all of them."""
    if not hasattr(refusal, "error_dict"):
        yield from (("", sentence) for sentence in refusal.messages)
        return
    for place, told in refusal.message_dict.items():
        yield from (("" if place == "__all__" else place, sentence) for sentence in told)


def _checked_hyperparameter(row: HyperparameterRow, place: str, refusals: Refusals) -> HyperparameterRow:
    key, words = row.key.strip(), row.help.strip()
    with _noting(refusals, f"{place}-key"):
        validate_key(key)
    with _noting(refusals, f"{place}-help"):
        _validate_help(words)
    row = replace(row, key=key, help=words)
    if row.kind not in Kind.values:
        refusals[f"{place}-kind"] = ["Choose one of the types."]
        return row
    row = _checked_rule(row, place, refusals)
    if not any(f"{place}-{name}" in refusals for name in ("minimum", "maximum", "choices", "kind")):
        rule = Rule(kind=row.kind, minimum=row.minimum or None, maximum=row.maximum or None, choices=row.choices)
        if error := rule.error(row.value):
            refusals[f"{place}-value"] = [error]
        else:
            row = replace(row, value=rule.canonical(row.value))
    return row


def _checked_rule(row: HyperparameterRow, place: str, refusals: Refusals) -> HyperparameterRow:
    with _noting(refusals, f"{place}-minimum"):
        row = replace(row, minimum=_checked_bound(row.minimum, row.kind))
    with _noting(refusals, f"{place}-maximum"):
        row = replace(row, maximum=_checked_bound(row.maximum, row.kind))
    if f"{place}-minimum" in refusals or f"{place}-maximum" in refusals:
        return row
    with _noting(refusals, f"{place}-{'choices' if row.choices or row.kind == Kind.CHOICE else 'maximum'}"):
        _validate_choices(row.choices)
        validate_rule(
            Rule(kind=row.kind, minimum=row.minimum or None, maximum=row.maximum or None, choices=row.choices)
        )
    return row


def _checked_bound(bound: str, kind: str) -> str:
    if not bound.strip():
        return ""
    if kind not in RANGED:
        raise ValidationError("Only integers and numbers have a range: leave it empty.")
    return Rule(kind=kind).canonical(bound)


def _validate_choices(choices: list[str]) -> None:
    """Beside the rule's own checks: a page writes one choice a line."""
    if len(choices) > CHOICES_MAX:
        raise ValidationError(f"At most {CHOICES_MAX:,} choices; these are {len(choices):,}.")
    for choice in choices:
        if not choice or choice != choice.strip() or len(choice.splitlines()) > 1:
            raise ValidationError("A choice is one line, not empty, without spaces around it.")


def _checked_constraint(row: ConstraintRow, place: str, refusals: Refusals) -> ConstraintRow:
    with _noting(refusals, f"{place}-name"):
        row = replace(row, name=checked_name(row.name))
    if not row.slots:
        refusals[f"{place}-name"] = [*refusals.get(f"{place}-name", []), "A constraint needs at least one alias."]
    if len(row.slots) > SLOTS_MAX:
        refusals[f"{place}-name"] = [f"A constraint has at most {SLOTS_MAX} aliases; this one has {len(row.slots):,}."]
    slots = [SlotRow(alias=slot.alias.strip(), help=slot.help.strip()) for slot in row.slots]
    repeated = repeated_aliases(slot.alias for slot in slots if slot.alias)
    for index, slot in enumerate(slots):
        with _noting(refusals, f"{place}-slots-{index}-alias"):
            validate_alias(slot.alias)
            if slot.alias.lower() in repeated:
                raise ValidationError("This alias is in the constraint twice (case is ignored).")
        with _noting(refusals, f"{place}-slots-{index}-help"):
            _validate_help(slot.help)
    return replace(row, slots=slots)


def _validate_help(words: str) -> None:
    if len(words) > HELP_MAX:
        raise ValidationError(f"A help text has at most {HELP_MAX} characters; this one has {len(words):,}.")
    refuse_line_breaks(words)
    refuse_control_characters(words)


@contextmanager
def _noting(refusals: Refusals, place: str) -> Iterator[None]:
    """Note a refusal at its place and go on, so that all of them are told at once."""
    try:
        yield
    except ValidationError as refusal:
        refusals.setdefault(place, []).extend(refusal.messages)
