"""The table of the three-way merge: what the user made of a key, against what the new base has of it."""

import uuid
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.drafts.merge import Merge, merge
from experiments.models import DraftHyperparameter
from registry.hyperparameters import Kind
from registry.models import Hyperparameter

OUTCOMES = [field.name for field in fields(Merge) if field.name != "rows"]

# The old base had epochs = 20, an integer of 1 to 100.
UNTOUCHED: dict[str, Any] = {"value": "20", "inherited_value": "20"}
CHANGED: dict[str, Any] = {"value": "50", "inherited_value": "20"}
ADDED: dict[str, Any] = {"value": "50", "inherited_value": None}
REMOVED: dict[str, Any] = {"value": "20", "inherited_value": "20", "is_removed": True}
REMOVED_CHANGED: dict[str, Any] = {"value": "50", "inherited_value": "20", "is_removed": True}
REMOVED_ADDED: dict[str, Any] = {"value": "50", "inherited_value": None, "is_removed": True}
BROKEN: dict[str, Any] = {"value": "many", "inherited_value": "20"}
SPACED: dict[str, Any] = {"value": " +050 ", "inherited_value": "20"}

# What the new base has.
SAME: dict[str, Any] = {"value": "20"}
OTHER_VALUE: dict[str, Any] = {"value": "30"}
WHAT_I_TYPED: dict[str, Any] = {"value": "50"}
A_NUMBER: dict[str, Any] = {"kind": Kind.NUMBER, "value": "20.5"}
A_SWITCH: dict[str, Any] = {"kind": Kind.BOOLEAN, "value": "true"}
A_CHOICE: dict[str, Any] = {"kind": Kind.CHOICE, "value": "few", "choices": ["few", "many"]}
SMALLER_RANGE: dict[str, Any] = {"value": "20", "maximum": "40"}
REQUIRED: dict[str, Any] = {"value": "20", "required": True}
GONE = None


def mine(**values: Any) -> DraftHyperparameter:
    common = {"key": "epochs", "kind": Kind.INTEGER, "minimum": "1", "maximum": "100", "position": 7}
    return DraftHyperparameter(**{**common, **values})


def theirs(**values: Any) -> Hyperparameter:
    common = {"key": "epochs", "kind": Kind.INTEGER, "minimum": None, "maximum": None, "position": 3}
    return Hyperparameter(**{**common, **values})


# mine, theirs → where it is told, then the row: its value, its inherited value, whether it is removed.
TABLE: list[tuple[dict[str, Any] | None, dict[str, Any] | None, str, tuple[str, str | None, bool] | None]] = [
    (None, SAME, "new", ("20", "20", False)),
    (None, REQUIRED, "new", ("20", "20", False)),
    (UNTOUCHED, SAME, "", ("20", "20", False)),
    (UNTOUCHED, OTHER_VALUE, "updated", ("30", "30", False)),
    (UNTOUCHED, A_NUMBER, "updated", ("20.5", "20.5", False)),
    (UNTOUCHED, A_SWITCH, "updated", ("true", "true", False)),
    (UNTOUCHED, {"kind": Kind.TEXT, "value": "20"}, "updated", ("20", "20", False)),
    (UNTOUCHED, SMALLER_RANGE, "", ("20", "20", False)),
    (UNTOUCHED, REQUIRED, "", ("20", "20", False)),
    (UNTOUCHED, GONE, "gone", None),
    (CHANGED, SAME, "kept", ("50", "20", False)),
    (CHANGED, OTHER_VALUE, "kept", ("50", "30", False)),
    (CHANGED, WHAT_I_TYPED, "kept", ("50", "50", False)),
    (CHANGED, A_NUMBER, "kept", ("50.0", "20.5", False)),
    (CHANGED, A_SWITCH, "unfit", ("50", "true", False)),
    (CHANGED, A_CHOICE, "unfit", ("50", "few", False)),
    (CHANGED, SMALLER_RANGE, "unfit", ("50", "20", False)),
    (CHANGED, REQUIRED, "kept", ("50", "20", False)),
    (CHANGED, GONE, "kept", ("50", None, False)),
    (ADDED, SAME, "kept", ("50", "20", False)),
    (ADDED, WHAT_I_TYPED, "kept", ("50", "50", False)),
    (ADDED, A_SWITCH, "unfit", ("50", "true", False)),
    (ADDED, SMALLER_RANGE, "unfit", ("50", "20", False)),
    (ADDED, GONE, "kept", ("50", None, False)),
    (REMOVED, SAME, "kept", ("20", "20", True)),
    (REMOVED, OTHER_VALUE, "kept", ("30", "30", True)),
    (REMOVED, A_SWITCH, "kept", ("true", "true", True)),
    (REMOVED, SMALLER_RANGE, "kept", ("20", "20", True)),
    (REMOVED, REQUIRED, "restored", ("20", "20", False)),
    (REMOVED, GONE, "", None),
    (REMOVED_CHANGED, GONE, "", None),
    (REMOVED_ADDED, SAME, "kept", ("20", "20", True)),
    (REMOVED_ADDED, GONE, "", None),
    (BROKEN, SAME, "unfit", ("many", "20", False)),
    (BROKEN, A_CHOICE, "kept", ("many", "few", False)),
    (BROKEN, GONE, "unfit", ("many", None, False)),
    (SPACED, OTHER_VALUE, "kept", ("50", "30", False)),
]


@pytest.mark.parametrize(("my_row", "their_row", "told_as", "becomes"), TABLE)
def test_the_table(
    my_row: dict[str, Any] | None,
    their_row: dict[str, Any] | None,
    told_as: str,
    becomes: tuple[str, str | None, bool] | None,
) -> None:
    plan = merge([mine(**my_row)] if my_row else [], [theirs(**their_row)] if their_row else [])
    assert [(row.value, row.inherited_value, row.is_removed) for row in plan.rows] == ([becomes] if becomes else [])
    told = {name: [row.key for row in getattr(plan, name)] for name in OUTCOMES if getattr(plan, name)}
    assert told == ({told_as: ["epochs"]} if told_as else {})
    assert plan.needs_review == (told_as in ("kept", "unfit", "restored"))


def test_the_rule_is_the_new_bases() -> None:
    new = theirs(value="20", minimum="5", maximum="60", help="Passes.", required=True)
    [row] = merge([mine(**CHANGED)], [new]).rows
    assert (row.kind, row.minimum, row.maximum, row.help, row.required) == ("INTEGER", "5", "60", "Passes.", True)


def test_an_addition_keeps_the_rule_it_had_but_is_no_longer_required() -> None:
    [row] = merge([mine(**CHANGED, required=True, help="Passes.")], []).rows
    assert (row.kind, row.minimum, row.maximum, row.help, row.required) == ("INTEGER", "1", "100", "Passes.", False)


def test_a_row_stays_the_row_it_was() -> None:
    """The page's fields are called by the row's id: what is typed meanwhile finds its row again."""
    row = mine(**CHANGED, id=uuid.uuid4())
    assert [merged.pk for merged in merge([row], [theirs(**SAME)]).rows] == [row.pk]
    assert [merged.pk for merged in merge([row], []).rows] == [row.pk]


def test_the_order_is_the_new_bases_and_additions_come_last() -> None:
    base = [theirs(key="b", value="1"), theirs(key="a", value="1")]
    edits = [mine(key="own", **ADDED), mine(key="a", **CHANGED)]
    rows = merge(edits, base).rows
    assert [(row.key, row.position) for row in rows] == [("b", 0), ("a", 1), ("own", 2)]


def test_text_that_looks_like_a_number_is_not_the_number() -> None:
    [row] = merge([mine(kind=Kind.TEXT, value="22", inherited_value="22")], [theirs(value="22")]).updated
    assert (row.kind, row.value) == ("INTEGER", "22")


KEYS = ("epochs", "rate", "size")
MY_ROWS = [UNTOUCHED, CHANGED, ADDED, REMOVED, REMOVED_CHANGED, REMOVED_ADDED, BROKEN, SPACED]
THEIR_ROWS = [SAME, OTHER_VALUE, WHAT_I_TYPED, A_NUMBER, A_SWITCH, A_CHOICE, SMALLER_RANGE, REQUIRED]


@given(
    edits=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(MY_ROWS)),
    base=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(THEIR_ROWS)),
)
def test_nothing_is_lost_and_nothing_appears(edits: dict[str, dict[str, Any]], base: dict[str, dict[str, Any]]) -> None:
    plan = merge([mine(key=k, **v) for k, v in edits.items()], [theirs(key=k, **v) for k, v in base.items()])
    rows = {row.key: row for row in plan.rows}
    assert len(rows) == len(plan.rows)
    assert set(base) <= set(rows) <= set(base) | set(edits)
    assert all(row.is_added == (key not in base) for key, row in rows.items())
    assert [key for key, row in rows.items() if row.is_removed and row.required] == []
    # What the user typed is in the row, or the row says what became of it.
    for key in (key for key in set(edits) & set(rows) if edits[key] in (CHANGED, ADDED, BROKEN)):
        assert rows[key].value in (edits[key]["value"], f"{edits[key]['value']}.0")


def test_merging_again_changes_nothing() -> None:
    base = [theirs(value="30"), theirs(key="rate", kind=Kind.NUMBER, value="0.1")]
    once = merge([mine(**CHANGED), mine(key="own", **ADDED), mine(key="rate", **REMOVED)], base).rows
    twice = merge(once, base).rows
    assert [(r.key, r.value, r.inherited_value, r.is_removed) for r in once] == [
        (r.key, r.value, r.inherited_value, r.is_removed) for r in twice
    ]
