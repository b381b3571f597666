"""The names under which dataset versions reach a training script."""

import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from registry.aliases import ALIAS_PATTERN, repeated_aliases, validate_alias


@given(st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.\-]{0,49}\Z"))
def test_what_obeys_the_rule_is_taken(alias: str):
    validate_alias(alias)


@given(st.text(max_size=60).filter(lambda text: not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,49}", text, re.ASCII)))
def test_what_breaks_the_rule_is_refused(alias: str):
    with pytest.raises(ValidationError, match="An alias has 1 to 50"):
        validate_alias(alias)


@pytest.mark.parametrize(
    "alias", ["../x", "train\n", "-train", ".hidden", "a b", "a/b", "", "é", "x" * 51, "train\x00"]
)
def test_what_a_script_or_a_path_could_misread_is_refused(alias: str):
    with pytest.raises(ValidationError):
        validate_alias(alias)


def test_the_database_has_the_same_rule():
    assert ALIAS_PATTERN == r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,49}$"


@given(st.lists(st.sampled_from(["train", "Train", "TRAIN", "val", "test"])))
def test_repeated_ones_are_found_whatever_their_case(aliases: list[str]):
    lower = [alias.lower() for alias in aliases]
    assert repeated_aliases(aliases) == {alias for alias in lower if lower.count(alias) > 1}
