"""A TOML table that is read key by key: a wrong type, a missing key and an unknown one are refused with their place."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

from registry.hyperparameters import Kind, write

TOML_MAX = 10 * 1024 * 1024

_MISSING: Any = object()

# What a default or a bound may be in TOML, and the sentence for what it is not. A bool is an int in Python only.
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    Kind.INTEGER: ((int,), "write a whole number without quotes, such as 22."),
    Kind.NUMBER: ((int, float), "write a number without quotes, such as 0.001."),
    Kind.BOOLEAN: ((bool,), "write true or false without quotes."),
    Kind.TEXT: ((str,), 'write a text in quotes, such as "cosine".'),
    Kind.CHOICE: ((str,), 'write one of the choices in quotes, such as "adam".'),
}


def read_toml(path: Path) -> dict[str, Any]:
    """What the file says.

    Raises:
        ValidationError: when it can't be read, is larger than 10 MB, or is not TOML.
    """
    try:
        with path.open("rb") as file:
            content = file.read(TOML_MAX + 1)
    except OSError as error:
        raise ValidationError(f"Can't read {path}: {error.strerror}.") from error
    if len(content) > TOML_MAX:
        raise ValidationError(f"{path.name} is larger than {TOML_MAX // 2**20} MB.")
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise ValidationError(f"{path.name} is not UTF-8 text: byte {error.start + 1} can't be read.") from error
    except RecursionError as error:
        raise ValidationError(f"{path.name} nests too deeply.") from error
    except ValueError as error:
        raise ValidationError(f"{path.name} is not TOML: {error}.") from error


def without_empty(table: dict[str, Any]) -> dict[str, Any]:
    """A table as it is written: empty texts, arrays and tables are left out, and what is false."""
    return {key: value for key, value in table.items() if value not in ("", [], {}, False)}


class Table:
    """A table of a TOML file.

    Attributes:
        place: the file and where in it the table is, for refusals.
    """

    def __init__(self, values: dict[str, Any], place: str) -> None:
        self.values = values
        self.place = place
        self.known: list[str] = []

    def refusal(self, key: str, sentence: str) -> ValidationError:
        """A refusal of what stands at the key."""
        return ValidationError(f"{self.place}: {key}: {sentence}")

    def take(self, key: str, default: Any = _MISSING) -> Any:
        """Whatever stands at the key."""
        self.known.append(key)
        if key in self.values:
            return self.values[key]
        if default is _MISSING:
            raise self.refusal(key, "it is missing.")
        return default

    def text(self, key: str, default: Any = _MISSING) -> str:
        """A text."""
        value = self.take(key, default)
        if not isinstance(value, str):
            raise self.refusal(key, "write a text in quotes.")
        return value

    def one_of(self, key: str, allowed: Iterable[str], default: Any = _MISSING) -> str:
        """One of the texts that are allowed."""
        value = self.text(key, default)
        if value not in (choices := list(allowed)):
            raise self.refusal(key, f"“{value[:100]}” is not known. Write one of: {', '.join(choices)}.")
        return value

    def flag(self, key: str) -> bool:
        """True or false; false when it is left out."""
        value = self.take(key, False)
        if not isinstance(value, bool):
            raise self.refusal(key, "write true or false without quotes.")
        return value

    def texts(self, key: str) -> list[str]:
        """An array of texts; none when it is left out."""
        values = self.take(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.refusal(key, 'write an array of texts, such as ["one", "two"].')
        return values

    def texts_by_name(self, key: str) -> dict[str, str]:
        """A table of texts; none when it is left out."""
        values = self.take(key, {})
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise self.refusal(key, 'write a table of texts, such as NAME = "value".')
        return values

    def value(self, key: str, kind: str, default: Any = _MISSING) -> str:
        """A hyperparameter's value or bound as text; it must have the type of its kind. Types are never guessed."""
        value = self.take(key, default)
        types, sentence = _TYPES[kind]
        is_right = isinstance(value, types) and isinstance(value, bool) == (kind == Kind.BOOLEAN)
        if key in self.values and not is_right:
            raise self.refusal(key, sentence)
        try:
            return write(value)
        except ValueError as error:  # Python writes no integer of more than 4,300 digits, and TOML may hold one
            raise self.refusal(key, "it is too large.") from error

    def table(self, key: str) -> "Table":
        """A table; an empty one when it is left out."""
        values = self.take(key, {})
        if not isinstance(values, dict):
            raise self.refusal(key, f"write a table: [{key}].")
        return Table(values, f"{self.place}: {key}")

    def tables(self, key: str) -> "list[Table]":
        """An array of tables; none when it is left out."""
        rows = self.take(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.refusal(key, f"write tables: [[{key}]].")
        one = key.removesuffix("s")
        return [Table(row, f"{self.place}: {one} {number}") for number, row in enumerate(rows, start=1)]

    def end(self) -> None:
        """Refuse what was not asked for: a mistyped key would be lost without a word."""
        for key in self.values:
            if key not in self.known:
                raise self.refusal(key, f"it is not known here. Known are: {', '.join(self.known)}.")
