"""What a chart leaves out can't be seen."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracking.charts import CHART_MAX, chart_data
from tracking.downsampling import kept_points
from tracking.lines import Line

values = st.lists(st.floats(allow_infinity=False) | st.sampled_from([0.0, 1.0]), max_size=400)


@given(values, st.integers(4, 60))
def test_ends_and_extremes_are_kept(numbers: list[float], most: int) -> None:
    array = np.array(numbers, dtype=float)
    kept = kept_points(array, most).tolist()
    assert len(kept) <= max(most, 0)
    assert kept == sorted(set(kept))
    if numbers:
        assert (kept[0], kept[-1]) == (0, len(numbers) - 1)
    known = [number for number in numbers if not math.isnan(number)]
    if known:
        shown = [numbers[place] for place in kept if not math.isnan(numbers[place])]
        assert (min(shown), max(shown)) == (min(known), max(known))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=60), st.integers(60, 80))
def test_what_fits_is_whole(numbers: list[float], most: int) -> None:
    assert kept_points(np.array(numbers, dtype=float), most).tolist() == list(range(len(numbers)))


def test_a_million_points_with_one_that_sticks_out() -> None:
    numbers = np.sin(np.arange(1_000_000) / 50_000)
    numbers[654_321], numbers[222_222] = 7.5, np.nan
    chart = chart_data(Line(numbers))
    assert chart["total"] == 1_000_000
    assert len(chart["steps"]) == len(chart["values"]) <= CHART_MAX
    assert chart["values"][chart["steps"].index(654_321)] == 7.5


def test_ten_thousand_are_all_drawn_with_six_digits() -> None:
    chart = chart_data(Line(np.linspace(0, 1, 10_000)))
    assert chart["steps"] == list(range(10_000))
    assert chart["values"][5_000] == 0.50005


def test_steps_are_put_in_order_and_gaps_are_null() -> None:
    line = Line(np.array([3.0, np.nan, 1.0]), np.array([30.0, 20.0, 10.0]))
    assert chart_data(line) == {"total": 3, "steps": [10, 20, 30], "values": [1, None, 3]}
