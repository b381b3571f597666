"""How the lineage is laid out: nothing overlaps, everything leads to the right, and texts fit their boxes."""

import re
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.lineage.graph import Edge, Kind, Lineage, Node, Relation
from experiments.lineage.layers import BOX_WIDTH, COLUMN_GAP, Arrangement, Place, arrange, column_of_each, spaced
from experiments.lineage.lettering import ELLIPSIS, cut, width_of, wrapped
from experiments.lineage.picture import picture_of

NUMBER = re.compile(r"-?\d+")


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Two to twenty boxes of any height, and links that never go round."""
    count = draw(st.integers(2, 20))
    heights = {str(number): draw(st.integers(20, 80)) for number in range(count)}
    return heights, draw(st.lists(st.sampled_from(list(combinations(heights, 2))), max_size=30))


def flats(path: str) -> list[tuple[int, int, int]]:
    """Where the path runs straight through a column: from x to x, at which height."""
    found, numbers = [], [int(number) for number in NUMBER.findall(path.partition("C")[0])]
    x, y = numbers
    for part in path.split()[2:]:
        if part.startswith("H"):
            found.append((x, int(part[1:]), y))
    for curve in re.finditer(r"C\S+ \S+ \S+ \S+ (\S+) (\S+) H(\d+)", path):
        found.append((int(curve[1]), int(curve[3]), int(curve[2])))
    return [flat for flat in found if flat[0] != x]


@given(graphs())
def test_no_two_boxes_overlap(graph: tuple[dict[str, int], list[tuple[str, str]]]) -> None:
    arrangement = arrange(*graph)
    for one, other in combinations(arrangement.places.values(), 2):
        apart = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert apart or one.y + one.height < other.y or other.y + other.height < one.y


@given(graphs())
def test_every_link_leads_to_the_right_and_passes_behind_no_box(
    graph: tuple[dict[str, int], list[tuple[str, str]]],
) -> None:
    arrangement = arrange(*graph)
    assert set(arrangement.paths) == set(graph[1])
    for (source, target), path in arrangement.paths.items():
        start, end = arrangement.places[source], arrangement.places[target]
        assert start.x + BOX_WIDTH + COLUMN_GAP <= end.x
        numbers = [int(number) for number in NUMBER.findall(path)]
        assert numbers[:2] == [start.x + start.width, start.y + start.height // 2]
        assert numbers[-2:] == [end.x, end.y + end.height // 2]
        passed = (end.x - start.x) // (BOX_WIDTH + COLUMN_GAP) - 1
        assert len(flats(path)) == passed
        for left, right, height in flats(path):
            assert right - left == BOX_WIDTH
            for box in arrangement.places.values():
                assert box.x != left or not box.y <= height <= box.y + box.height


@given(graphs())
def test_everything_is_in_the_picture(graph: tuple[dict[str, int], list[tuple[str, str]]]) -> None:
    arrangement = arrange(*graph)
    assert list(arrangement.places) == list(graph[0])
    for place in arrangement.places.values():
        assert 0 <= place.x <= arrangement.width - place.width
        assert 0 <= place.y <= arrangement.height - place.height
    assert min(place.x for place in arrangement.places.values()) == 0
    assert min(place.y for place in arrangement.places.values()) >= 0


@given(graphs())
def test_the_same_graph_looks_the_same(graph: tuple[dict[str, int], list[tuple[str, str]]]) -> None:
    assert arrange(*graph) == arrange(*graph)


def test_what_nothing_leads_to_stands_next_to_where_it_leads() -> None:
    links = [("a", "b"), ("b", "c"), ("late", "c"), ("early", "b"), ("early", "c")]
    assert column_of_each(["a", "b", "c", "late", "early"], links) == {"a": 0, "b": 1, "c": 2, "late": 1, "early": 0}


def test_a_line_of_boxes_is_straight() -> None:
    arrangement: Arrangement = arrange({"a": 40, "b": 60, "c": 40}, [("a", "b"), ("b", "c")])
    assert len({place.y + place.height // 2 for place in arrangement.places.values()}) == 1


def test_nothing_and_one_thing_can_be_laid_out() -> None:
    assert arrange({}, []) == Arrangement({}, {}, 0, 0)
    assert arrange({"a": 40}, []).places["a"] == Place(0, 0, BOX_WIDTH, 40)


def test_links_that_go_round_are_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        arrange({"a": 40, "b": 40}, [("a", "b"), ("b", "a")])


@given(st.lists(st.tuples(st.floats(-1000, 1000), st.integers(1, 80)), max_size=12))
def test_boxes_of_a_column_are_kept_apart_and_where_they_want_to_be(wanted: list[tuple[float, int]]) -> None:
    wishes, heights = [wish for wish, _ in wanted], [height for _, height in wanted]
    middles = spaced(wishes, heights, gap=10)
    needed = [(one + other) / 2 + 10 for one, other in pairwise(heights)]
    gaps = [other - one for one, other in pairwise(middles)]
    assert all(gap >= need - 1e-6 for gap, need in zip(gaps, needed, strict=True))
    wishes_fit = all(b - a >= need for a, b, need in zip(wishes, wishes[1:], needed, strict=False))
    assert not wishes_fit or middles == pytest.approx(wishes, abs=1e-6)
    assert sum(middles) == pytest.approx(sum(wishes), abs=1e-5)


# Texts


@given(st.text(max_size=100), st.integers(30, 300))
def test_a_text_that_is_cut_fits_and_begins_as_the_whole(text: str, width: int) -> None:
    shown = cut(text, width, 13)
    assert width_of(shown, 13) <= width
    assert shown == text or text.startswith(shown.removesuffix(ELLIPSIS))


@given(st.text(max_size=100), st.integers(30, 300))
def test_a_wrapped_name_has_at_most_two_lines_that_fit(text: str, width: int) -> None:
    lines = wrapped(text, width, 13)
    assert 1 <= len(lines) <= 2
    assert all(width_of(line, 13) <= width for line in lines)
    whole = "".join("".join(lines).split())
    assert "".join(text.split()).startswith(whole.removesuffix(ELLIPSIS)) or whole == "".join(text.split())


def test_a_name_is_broken_where_a_person_would() -> None:
    assert wrapped("digits", 100, 13) == ["digits"]
    assert wrapped("learning rate halved", 100, 13) == ["learning rate", "halved"]
    assert wrapped("fruit-classifier/second", 130, 13) == ["fruit-classifier/", "second"]
    assert wrapped("w" * 30, 100, 13) == ["w" * 7, "wwwwww" + ELLIPSIS]


def test_letters_of_other_scripts_take_their_room() -> None:
    assert width_of("果物", 10) > width_of("ab", 10) > width_of("il", 10)
    assert width_of("e\u0301", 10) == width_of("e", 10)
    assert cut("果物の分類器", 60, 13).endswith(ELLIPSIS)


# The picture


def lineage(*nodes: Node, edges: list[Edge]) -> Lineage:
    made = Lineage(Node("now", Kind.EXPERIMENT, "run 1", "Success", is_current=True))
    for node in nodes:
        made.add(node)
    for edge in edges:
        made.link(edge)
    return made


def test_each_box_says_what_it_is() -> None:
    words = {
        "v": Node("v", Kind.PUBLIC_MODEL, "fruit-mlp v1", url="/v/"),
        "d": Node("d", Kind.DATASET, "fruit/train", url="/d/"),
        "g": Node("g", Kind.EXPERIMENT, "short-lived", "deleted", is_gone=True),
        "m": Node("m", Kind.MORE, "12 more experiments", url="/m/"),
    }
    edges = [
        Edge("v", "now", Relation.BASE),
        Edge("d", "now", Relation.TRAINED_ON, "train"),
        Edge("d", "now", Relation.TRAINED_ON, "val"),
        Edge("now", "g", Relation.BASE),
        Edge("now", "m", Relation.BASE),
    ]
    boxes = {box.node.key: box for box in picture_of(lineage(*words.values(), edges=edges)).boxes}
    assert {key: box.label for key, box in boxes.items()} == {
        "now": "This experiment: run 1",
        "v": "Public model: fruit-mlp v1",
        "d": "Dataset · train, val: fruit/train",
        "g": "Experiment · deleted: short-lived",
        "m": "12 more experiments",
    }
    assert boxes["v"].place.x == boxes["d"].place.x < boxes["now"].place.x < boxes["g"].place.x == boxes["m"].place.x


@pytest.mark.parametrize("name", ["x", "a name of many words that needs two lines at least", "W" * 100, "果物" * 50])
@pytest.mark.parametrize("kind", list(Kind))
def test_what_a_box_says_stays_in_it(name: str, kind: Any) -> None:
    node = Node("n", kind, name, state="no longer shared")
    (box,) = [box for box in picture_of(lineage(node, edges=[])).boxes if box.node.key == "n"]
    assert all(0 < down < box.place.height for _, down in box.lines)
    assert len(box.lines) <= 2
    assert box.label.endswith(name)


def test_the_rest_of_a_long_list_is_said_in_one_line() -> None:
    for name in ("1,234 more experiments", "12,345 experiments", "12,345 more aliases", "what came before"):
        (box,) = [box for box in picture_of(lineage(Node("n", Kind.MORE, name), edges=[])).boxes if box.node.key == "n"]
        assert [line for line, _ in box.lines] == [name]
