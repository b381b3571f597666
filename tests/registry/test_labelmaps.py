"""A labelmap as text and back."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from registry.labelmaps import checked_labelmap, read_labelmap, write_labelmap

names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).map(str.strip).filter(bool)
labelmaps = st.lists(
    st.tuples(st.integers(0, 2**63 - 1), names), unique_by=(lambda pair: pair[0], lambda pair: pair[1]), max_size=8
)


@given(labelmaps)
def test_what_is_written_is_read(labelmap: list[tuple[int, str]]):
    assert read_labelmap(write_labelmap(labelmap)) == labelmap


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_a_sentence(text: str):
    told, labelmap = [], []
    try:
        labelmap = read_labelmap(text)
    except ValidationError as refusal:
        told = refusal.messages
    assert all(message.startswith("Line ") for message in told)
    assert read_labelmap(write_labelmap(labelmap)) == labelmap


def test_order_and_gaps_are_kept_and_empty_lines_passed_over():
    assert read_labelmap("7: cat \r\n\r\n 2 : dog: big\n") == [(7, "cat"), (2, "dog: big")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cat", "Line 1: write an index, a colon and a name, such as “0: cat”."),
        ("0: cat\n-1: dog", "Line 2: write an index"),
        ("0: cat\n\n0: dog", "Line 3: The index 0 is taken by line 1."),
        ("0: cat\n1: cat", "Line 2: The name “cat” is taken by line 1."),
        ("0:   ", "Line 1: Write a name: it can't be empty or only spaces."),
        (f"0: {'x' * 101}", "Line 1: A name has at most 100 characters; this one has 101."),
        ("0: a\x07b", "Line 1: Character 2 is a control character (U+0007): remove it."),
        (f"{2**63}: cat", "Line 1: An index is a whole number from 0 on."),
        (f"{'9' * 10_000}: cat", "Line 1: An index is a whole number from 0 on."),
    ],
)
def test_a_refusal_names_the_line(text: str, sentence: str):
    with pytest.raises(ValidationError) as refused:
        read_labelmap(text)
    assert refused.value.messages[0].startswith(sentence)


def test_more_labels_than_ten_thousand_are_refused():
    with pytest.raises(ValidationError, match="at most 10,000 labels; this one has 10,001"):
        read_labelmap("\n".join(f"{index}: label {index}" for index in range(10_001)))


@pytest.mark.parametrize("pair", [(True, "cat"), ("0", "cat"), (0, 1), (-1, "cat"), (1.0, "cat")])
def test_types_are_not_guessed(pair: tuple[object, object]):
    with pytest.raises(ValidationError, match="Label 1: "):
        checked_labelmap([pair])
