"""The text of a query taken apart: which field is compared with what. What the fields are, `querying` knows.

    query      = comparison { "and" comparison }
    comparison = field operator value | field "in" "(" value { "," value } ")"
    operator   = "=" | "!=" | ">" | ">=" | "<" | "<=" | "contains"
    value      = text in double or single quotes | number | true | false

Nothing is escaped in a text, since the SDK escapes nothing: it ends at the next quotation mark of its kind.
"""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from config.names import refuse_control_characters

QUERY_MAX = 10_000
COMPARISONS_MAX = 50
VALUES_MAX = 500
NUMBER_MAX = 18

Value = str | int | float | bool

TOKEN = re.compile(
    r"""(?P<text>"[^"]*"|'[^']*')
    |(?P<number>-?[0-9]+(\.[0-9]+)?)(?![\w.])
    |(?P<word>[^\W\d][\w.-]*)
    |(?P<sign><=|>=|!=|[=<>(),])""",
    re.VERBOSE,
)
OPERATORS = frozenset({"=", "!=", ">", ">=", "<", "<=", "contains", "in"})
TRUTH = {"true": True, "false": False}


@dataclass(frozen=True)
class Comparison:
    """A field compared with a value, or with several for `in`; `place` is where it begins, counted from 1."""

    field: str
    operator: str
    values: list[Value]
    place: int


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: int

    @property
    def keyword(self) -> str:
        """A word in small letters, or a sign; nothing for a value."""
        return self.text.lower() if self.kind in ("word", "sign") else ""


def refused(sentence: str, place: int) -> ValidationError:
    """A refusal that says where in the query it is about."""
    return ValidationError(f"The query can't be read at character {place}: {sentence}")


def comparisons(text: str) -> list[Comparison]:
    """The comparisons that a query joins; none for an empty one.

    Raises:
        ValidationError: for a text that is no query, with the place.
    """
    if len(text) > QUERY_MAX:
        raise ValidationError(f"The query has {len(text):,} characters; at most {QUERY_MAX:,} are read.")
    refuse_control_characters(text)
    reader = _Reader(_tokens(text))
    found: list[Comparison] = []
    while reader.has_more and len(found) < COMPARISONS_MAX:
        if found:
            reader.expect("and")
        found.append(reader.comparison())
    if reader.has_more:
        raise ValidationError(f"The query has too many conditions; at most {COMPARISONS_MAX} are read.")
    return found


def _tokens(text: str) -> list[_Token]:
    """The text in pieces, and a last one for its end."""
    tokens, place = list[_Token](), 0
    while rest := text[place:].lstrip():
        place = len(text) - len(rest)
        match = TOKEN.match(text, place)
        if match is None:
            raise refused(_what_is_wrong(rest), place + 1)
        tokens.append(_Token(match.lastgroup or "", match[0], place + 1))
        place = match.end()
    return [*tokens, _Token("end", "", len(text) + 1)]


def _what_is_wrong(rest: str) -> str:
    if rest[0] in "\"'":
        return "the text has no end; write it in quotation marks."
    return f"{rest[:20]!r} is no field, operator or value; a text stands in quotation marks."


class _Reader:
    """Goes through the tokens from the left."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens[::-1]

    @property
    def has_more(self) -> bool:
        return len(self.tokens) > 1

    def take(self) -> _Token:
        """The next token; the end stays."""
        return self.tokens.pop() if self.has_more else self.tokens[0]

    def expect(self, keyword: str) -> None:
        token = self.take()
        if token.keyword != keyword:
            raise refused(f"{keyword!r} is expected here.", token.place)

    def comparison(self) -> Comparison:
        field = self.take()
        if field.kind != "word":
            raise refused("the name of a field is expected here.", field.place)
        operator = self.take()
        if operator.keyword not in OPERATORS:
            raise refused(f"an operator is expected here: {', '.join(sorted(OPERATORS))}.", operator.place)
        values = self.values() if operator.keyword == "in" else [self.value()]
        return Comparison(field.text, operator.keyword, values, field.place)

    def values(self) -> list[Value]:
        self.expect("(")
        found = [self.value()]
        while self.has_more and self.tokens[-1].keyword == ",":
            comma = self.take()
            if len(found) == VALUES_MAX:
                raise refused(f"a list has at most {VALUES_MAX} values.", comma.place)
            found.append(self.value())
        self.expect(")")
        return found

    def value(self) -> Value:
        token = self.take()
        if token.kind == "text":
            return token.text[1:-1]
        if token.kind == "number":
            return _number(token)
        if token.keyword in TRUTH:
            return TRUTH[token.keyword]
        raise refused("a value is expected here: a text in quotation marks, or a number.", token.place)


def _number(token: _Token) -> int | float:
    if len(token.text) > NUMBER_MAX:
        raise refused(f"a number has at most {NUMBER_MAX} characters.", token.place)
    return float(token.text) if "." in token.text else int(token.text)
