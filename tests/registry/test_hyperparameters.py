"""How values are read: typed, exact, and refused in a sentence."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from registry.hyperparameters import INTEGER_MAX, INTEGER_MIN, Kind, Rule, kind_of, validate_key, validate_rule, write

characters = st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t")


@given(st.integers(INTEGER_MIN, INTEGER_MAX))
def test_every_integer_of_64_bits_keeps_every_digit(number: int):
    assert Rule(kind=Kind.INTEGER).read(write(number)) == number


@given(st.one_of(st.integers(min_value=INTEGER_MAX + 1), st.integers(max_value=INTEGER_MIN - 1)))
def test_a_larger_integer_is_refused(number: int):
    with pytest.raises(ValidationError, match="64 bits"):
        Rule(kind=Kind.INTEGER).read(str(number))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_keeps_every_digit(number: float):
    rule = Rule(kind=Kind.NUMBER)
    read = rule.read(write(number))
    assert read == number
    assert rule.canonical(write(number)) == write(read)


@given(st.text(characters))
def test_a_text_stays_as_it_is(text: str):
    assert Rule(kind=Kind.TEXT).read(write(text)) == text


@given(st.sampled_from(Kind.values), st.text(characters, max_size=30))
def test_canonical_text_is_read_as_the_same_value(kind: str, text: str):
    rule = Rule(kind=kind, choices=["adam", "sgd"])
    try:
        canonical = rule.canonical(text)
    except ValidationError:
        assert rule.error(text)
        return
    assert rule.canonical(canonical) == canonical
    assert rule.read(canonical) == rule.read(text)
    assert not rule.error(text)


@given(st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_a_value_is_never_taken_for_another_kind(value: int | float | bool):
    text = write(value)
    assert kind_of(text) == Kind.TEXT
    assert kind_of(value) != Kind.TEXT


@pytest.mark.parametrize("text", ["22.0", "1e3", "0x10", "1_000", "٣", "twelve", "--1", "1 2"])
def test_what_is_no_integer_is_refused(text: str):
    with pytest.raises(ValidationError, match="Not a whole number"):
        Rule(kind=Kind.INTEGER).read(text)


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-Infinity", "1e999", "abc", "1.2.3", "", "1_0", "٣.٥"])
def test_what_is_no_finite_number_is_refused(text: str):
    assert Rule(kind=Kind.NUMBER).error(text)


def test_a_decimal_comma_is_told_how_to_be_right():
    rule = Rule(kind=Kind.NUMBER, minimum="1e-05", maximum="1.0")
    assert rule.error("1,5") == "Not a number: write 1.5. It must be between 0.00001 and 1."


@pytest.mark.parametrize(
    ("rule", "text", "sentence"),
    [
        (Rule(kind=Kind.INTEGER, minimum="1", maximum="500"), "501", "It must be between 1 and 500."),
        (Rule(kind=Kind.INTEGER, minimum="1"), "0", "It must be at least 1."),
        (Rule(kind=Kind.NUMBER, maximum="0.5"), "0.6", "It must be at most 0.5."),
        (Rule(kind=Kind.CHOICE, choices=["adam", "sgd"]), "Adam", "Not one of the choices: adam, sgd."),
        (Rule(kind=Kind.BOOLEAN), "perhaps", "Choose yes or no."),
        (Rule(kind=Kind.TEXT), "a\x00b", "Character 2 is a control character (U+0000): remove it."),
        (Rule(kind=Kind.TEXT), "x" * 10_001, "A text has at most 10,000 characters; this one has 10,001."),
    ],
)
def test_a_refusal_says_what_would_be_right(rule: Rule, text: str, sentence: str):
    assert rule.error(text) == sentence


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("False", False), ("1", True), ("off", False), (" TRUE ", True)]
)
def test_a_boolean_has_several_words(text: str, value: bool):
    assert Rule(kind=Kind.BOOLEAN).read(text) is value


def test_minus_zero_is_zero():
    assert write(Rule(kind=Kind.NUMBER).read("-0.0")) == "0.0"


@pytest.mark.parametrize("key", ["", "   ", " a", "a ", "a\nb", "a\tb", "x" * 101, "a\x07b"])
def test_a_bad_key_is_refused(key: str):
    with pytest.raises(ValidationError):
        validate_key(key)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (Rule(kind=Kind.INTEGER, minimum="2", maximum="1"), "The minimum is greater than the maximum."),
        (Rule(kind=Kind.TEXT, minimum="1"), "Only integers and numbers have a range."),
        (Rule(kind=Kind.TEXT, choices=["a"]), "Only a choice has choices."),
        (Rule(kind=Kind.CHOICE), "A choice needs at least one thing to choose."),
        (Rule(kind=Kind.CHOICE, choices=["a", "a"]), "The same choice is listed twice."),
    ],
)
def test_a_rule_that_nothing_satisfies_is_refused(rule: Rule, sentence: str):
    with pytest.raises(ValidationError, match=sentence):
        validate_rule(rule)


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        (Rule(kind=Kind.INTEGER, minimum="8", maximum="1024"), "8 to 1,024"),
        (Rule(kind=Kind.NUMBER, minimum="1e-05"), "at least 0.00001"),
        (Rule(kind=Kind.CHOICE, choices=["adam", "sgd", "lion"]), "adam, sgd or lion"),
        (Rule(kind=Kind.TEXT), ""),
    ],
)
def test_a_hint_says_what_is_allowed(rule: Rule, hint: str):
    assert rule.hint == hint
