"""Typed hyperparameters: how a value is written, read, checked and compared. No database here.

A value is kept as its canonical text beside its kind: `22` the integer and `22` the text are different values because
their kinds differ, and an integer of 64 bits or a float keeps every digit in every database.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models

from config.names import refuse_control_characters

KEY_MAX = 100
TEXT_MAX = 10_000
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1

Value = int | float | bool | str

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+", re.ASCII)
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class Kind(models.TextChoices):
    """What a hyperparameter's value is."""

    INTEGER = "INTEGER", "integer"
    NUMBER = "NUMBER", "number"
    BOOLEAN = "BOOLEAN", "yes / no"
    TEXT = "TEXT", "text"
    CHOICE = "CHOICE", "choice"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a hyperparameter's value must be: its kind, and the range or the choices its author allows.

    Args:
        kind: how the text is read.
        minimum: the smallest value allowed, as canonical text of the kind; None when there is none.
        maximum: the greatest, likewise.
        choices: the texts to choose from, for CHOICE only.
    """

    kind: str
    minimum: str | None = None
    maximum: str | None = None
    choices: list[str] = field(default_factory=list)

    def read(self, text: str) -> Value:
        """The value that `text` writes.

        Raises:
            ValidationError: with what is wrong and what would be right.
        """
        value = _READERS[self.kind](text)
        if self.kind == Kind.CHOICE and value not in self.choices:
            raise ValidationError(f"Not one of the choices: {', '.join(self.choices)}.")
        if self._is_outside(value):
            raise ValidationError(f"It must be {self.range_in_words}.")
        return value

    def canonical(self, text: str) -> str:
        """The one text that stands for the value in the database, files and comparisons.

        Raises:
            ValidationError: as `read`.
        """
        return write(self.read(text))

    def error(self, text: str) -> str:
        """Why `text` is refused, or an empty text when it is a value."""
        try:
            self.read(text)
        except ValidationError as refusal:
            return self._with_range(" ".join(refusal.messages))
        return ""

    @property
    def range_in_words(self) -> str:
        """`between 1 and 500`, `at least 1`, `at most 500`, or an empty text."""
        low, high = (_in_words(bound) for bound in (self.minimum, self.maximum))
        if low and high:
            return f"between {low} and {high}"
        return f"at least {low}" if low else f"at most {high}" if high else ""

    @property
    def hint(self) -> str:
        """What stands under the key: `1 to 500`, `adam or sgd`, or an empty text."""
        low, high = (_in_words(bound) for bound in (self.minimum, self.maximum))
        if low and high:
            return f"{low} to {high}"
        if self.kind == Kind.CHOICE and len(self.choices) > 1:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        return self.range_in_words

    def _is_outside(self, value: Value) -> bool:
        if isinstance(value, str | bool):
            return False
        low = self.minimum is not None and value < _READERS[self.kind](self.minimum)  # type: ignore[operator]
        high = self.maximum is not None and value > _READERS[self.kind](self.maximum)  # type: ignore[operator]
        return low or high

    def _with_range(self, sentence: str) -> str:
        if self.range_in_words and self.range_in_words not in sentence:
            return f"{sentence} It must be {self.range_in_words}."
        return sentence


def write(value: Value) -> str:
    """A value's canonical text: `22`, `0.001`, `true`, or the text itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else value


def kind_of(value: Value) -> Kind:
    """The kind a typed value has of itself. Texts are never read as numbers."""
    if isinstance(value, bool):
        return Kind.BOOLEAN
    return Kind.INTEGER if isinstance(value, int) else Kind.NUMBER if isinstance(value, float) else Kind.TEXT


def validate_key(key: str) -> None:
    """Refuse a key that is empty, only spaces, too long, or not on one line.

    Raises:
        ValidationError: with a sentence.
    """
    if not key.strip():
        raise ValidationError("A key can't be empty or only spaces.")
    if len(key) > KEY_MAX:
        raise ValidationError(f"A key has at most {KEY_MAX} characters; this one has {len(key)}.")
    if key != key.strip() or any(character in key for character in "\r\n\t"):
        raise ValidationError("A key has no spaces around it and is one line.")
    refuse_control_characters(key)


def validate_rule(rule: Rule) -> None:
    """Refuse a rule that no value, or no clear value, could satisfy.

    Raises:
        ValidationError: with a sentence.
    """
    if rule.kind == Kind.CHOICE:
        _validate_choices(rule.choices)
    elif rule.choices:
        raise ValidationError("Only a choice has choices.")
    bounds = [bound for bound in (rule.minimum, rule.maximum) if bound is not None]
    if bounds and rule.kind not in (Kind.INTEGER, Kind.NUMBER):
        raise ValidationError("Only integers and numbers have a range.")
    low_and_high = [_READERS[rule.kind](bound) for bound in bounds]
    if len(low_and_high) == 2 and low_and_high[0] > low_and_high[1]:  # type: ignore[operator]
        raise ValidationError("The minimum is greater than the maximum.")


def _validate_choices(choices: list[str]) -> None:
    if not choices:
        raise ValidationError("A choice needs at least one thing to choose.")
    if len(set(choices)) != len(choices):
        raise ValidationError("The same choice is listed twice.")
    for choice in choices:
        _read_text(choice)


def _in_words(bound: str | None) -> str:
    """A bound as people write it: thousands grouped, no exponent where a plain decimal is short."""
    if bound is None:
        return ""
    number = Decimal(bound)
    plain = f"{number:,f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return plain if len(plain) <= 16 else bound


def _read_integer(text: str) -> int:
    text = text.strip()
    if not _INTEGER.fullmatch(text):
        raise ValidationError("Write a whole number, such as 22." if not text else "Not a whole number.")
    # Reading thousands of digits takes quadratic time, and twenty already say that it is too large.
    if len(text.lstrip("+-").lstrip("0")) > 19 or not INTEGER_MIN <= int(text) <= INTEGER_MAX:
        raise ValidationError("Too large: an integer has at most 64 bits.")
    return int(text)


def _read_number(text: str) -> float:
    text = text.strip()
    if not text:
        raise ValidationError("Write a number, such as 0.001.")
    if _DECIMAL_COMMA.fullmatch(text):
        raise ValidationError(f"Not a number: write {text.replace(',', '.')}.")
    if text.lstrip("+-").lower() in ("nan", "inf", "infinity"):
        raise ValidationError("Not a finite number.")
    if not _NUMBER.fullmatch(text):
        raise ValidationError("Not a number.")
    number = float(text)
    if not math.isfinite(number):
        raise ValidationError("Too large for a number.")
    return number + 0.0  # minus zero is zero


def _read_boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE + _FALSE:
        raise ValidationError("Choose yes or no.")
    return word in _TRUE


def _read_text(text: str) -> str:
    if len(text) > TEXT_MAX:
        raise ValidationError(f"A text has at most {TEXT_MAX:,} characters; this one has {len(text):,}.")
    refuse_control_characters(text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


_READERS: dict[str, Callable[[str], Value]] = {
    Kind.INTEGER.value: _read_integer,
    Kind.NUMBER.value: _read_number,
    Kind.BOOLEAN.value: _read_boolean,
    Kind.TEXT.value: _read_text,
    Kind.CHOICE.value: _read_text,
}
