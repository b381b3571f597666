"""The query language of lists of images: conditions on a fixed list of fields, joined by `and`.

    tags.name in ("night", "rain") and width >= 640 and filename contains "cam-2"

Each `tags.name = "…"` is a condition of its own: two of them ask for images that have both tags. For assets,
`tags.name` and `id` are the asset's own, and all other fields its image's, with `data.` before them or without.
"""

import json
import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import JSONField, Lookup, Q
from django.db.models.fields.json import KeyTransform, KeyTransformExact

from config.names import refuse_control_characters
from datasets.models import Asset, Data
from datasets.query_text import Comparison, Value, comparisons, refused

FILTER_MAX = 10_000
LOOKUPS = {"=": "exact", "contains": "icontains", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "in": "in"}
OF_TEXT = ("=", "!=", "in", "contains")
OF_NUMBER = ("=", "!=", ">", ">=", "<", "<=", "in")
OF_TIME = (">", ">=", "<", "<=")
OF_KEY = ("=", "in")
METADATA = ("metadata", "custom_metadata")
TAGS = "tags.name"


@JSONField.register_lookup
class Holds(Lookup):
    """`custom_metadata__holds=(key, value)`: a client's key is a value here, never a part of a lookup's name."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        key, value = self.rhs
        return compiler.compile(KeyTransformExact(KeyTransform(key, self.lhs), value))


@dataclass(frozen=True)
class Field:
    """What a query may name: the column behind it, the operators it takes, and how a value for it is read."""

    column: str
    operators: tuple[str, ...]
    read: Callable[[Value], Any]


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise ValidationError("a text in quotation marks")
    return value


def _whole_number(value: Value) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValidationError("a whole number")
    return value


def _moment(value: Value) -> datetime:
    """A day is the moment at which it begins. Without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(_text(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValidationError("a date such as “2026-05-31”, or with “T14:30” behind it") from error


def _id(value: Value) -> uuid.UUID:
    try:
        return uuid.UUID(_text(value))
    except ValueError as error:
        raise ValidationError("an id in quotation marks") from error


OF_DATA = {
    "id": Field("pk", ("=", "in"), _id),
    "filename": Field("filename", OF_TEXT, _text),
    "object_name": Field("object_name", OF_TEXT, _text),
    "content_type": Field("content_type", OF_TEXT, _text),
    "width": Field("width", OF_NUMBER, _whole_number),
    "height": Field("height", OF_NUMBER, _whole_number),
    "created_at": Field("created_at", OF_TIME, _moment),
    "source.name": Field("source__name", OF_TEXT, _text),
    TAGS: Field("tag__name", OF_TEXT, _text),
}
OF_ASSET = {"id": OF_DATA["id"], TAGS: OF_DATA[TAGS]}


def parse(q: str, model: type[Data] | type[Asset]) -> Q:
    """The condition that a query stands for, on rows of the model. An empty query is true of all.

    Raises:
        ValidationError: for a text that is no query, an unknown field, or a value that its field can't have, with the
            place in the text.
    """
    condition = Q()
    for comparison in comparisons(q):
        condition &= _condition(comparison, model)
    return condition


def with_custom_metadata(text: str, model: type[Data] | type[Asset]) -> Q:
    """The condition that an image's custom metadata holds all keys and values of a JSON object.

    Raises:
        ValidationError: for anything but a JSON object of texts, numbers, true, false and null.
    """
    try:
        wanted = json.loads(text[: FILTER_MAX + 1])
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"custom_metadata must be a JSON object of at most {FILTER_MAX:,} characters.") from error
    if not isinstance(wanted, dict):
        raise ValidationError("custom_metadata must be a JSON object, such as {“line”: 2}.")
    condition, way = Q(), "data__" if model is Asset else ""
    for key, value in wanted.items():
        condition &= _holding(f"{way}custom_metadata", key, value)
    return condition


def _condition(comparison: Comparison, model: type[Data] | type[Asset]) -> Q:
    name = comparison.field
    if model is Asset and name in OF_ASSET:
        return _compared(comparison, OF_ASSET[name], Asset, "")
    way = "data__" if model is Asset else ""
    name = name.removeprefix("data.") if way else name
    if name in OF_DATA:
        return _compared(comparison, OF_DATA[name], Data, way)
    column, _, key = name.partition(".")
    if column in METADATA and key:
        return _keyed(comparison, way + column, key)
    known = ", ".join([*OF_DATA, *(f"{column}.…" for column in METADATA)])
    raise refused(f"{name[:50]!r} is not a field. The fields are {known}.", comparison.place)


def _compared(comparison: Comparison, field: Field, model: type[Data] | type[Asset], way: str) -> Q:
    """The comparison, of a row that reaches the model's by `way`."""
    _check_operator(comparison, field.operators)
    try:
        values = [field.read(value) for value in comparison.values]
    except ValidationError as error:
        raise refused(f"{comparison.field} is compared with {error.messages[0]}.", comparison.place) from error
    operator = "=" if comparison.operator == "!=" else comparison.operator
    condition = {f"{field.column}__{LOOKUPS[operator]}": values if operator == "in" else values[0]}
    if field is OF_DATA[TAGS]:
        tagged = model.tags.through._default_manager.filter(**condition)
        condition = {"pk__in": tagged.values("asset" if model is Asset else "data")}
    found = Q(**{way + lookup: value for lookup, value in condition.items()})
    return found if operator == comparison.operator else ~found


def _keyed(comparison: Comparison, column: str, key: str) -> Q:
    _check_operator(comparison, OF_KEY)
    condition = Q()
    for value in comparison.values:
        condition |= _holding(column, key, value)
    return condition


def _check_operator(comparison: Comparison, operators: tuple[str, ...]) -> None:
    if comparison.operator not in operators:
        raise refused(f"{comparison.field} is asked by {', '.join(operators)} only.", comparison.place)


def _holding(column: str, key: str, value: Any) -> Q:
    """The condition that the column holds the key with this very value."""
    refuse_control_characters(key)
    if isinstance(value, dict | list) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValidationError(f"{key[:50]!r} can only be asked for a text, a number, true, false or null.")
    if isinstance(value, str):
        refuse_control_characters(value)
    # Databases would take a number for a place in a list, and know no way to write a quotation mark.
    if _is_number(key) or not key or set(key) & set('"\\'):
        raise ValidationError(f"{key[:50]!r} is a key that can't be asked for: a number, or with a quotation mark.")
    return Q(**{f"{column}__holds": (key, value)})


def _is_number(key: str) -> bool:
    try:
        int(key)
    except ValueError:
        return False
    return True
