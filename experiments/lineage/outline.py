"""The lineage as a list in lists: every thing under the one that it led to, or that it came of."""

from dataclasses import dataclass
from functools import partial

from experiments.lineage.graph import Edge, Kind, Lineage, Node, Relation

UPWARDS = {Relation.BASE: "Base", Relation.PUBLISHED: "Published from"}
DOWNWARDS = {Relation.BASE: "Started from it", Relation.PUBLISHED: "Published as"}


@dataclass(frozen=True)
class Item:
    """A thing, in what way it belongs to the item above, and what follows on it."""

    node: Node
    how: str
    alias: str
    items: list["Item"]


def sources_of(lineage: Lineage) -> list[Item]:
    """What led here, with what led there under it."""
    return _items(lineage, lineage.current.key, upwards=True)


def results_of(lineage: Lineage) -> list[Item]:
    """What came of it, with what came of that under it."""
    return _items(lineage, lineage.current.key, upwards=False)


def _items(lineage: Lineage, key: str, *, upwards: bool) -> list[Item]:
    edges = lineage.sources(key) if upwards else lineage.targets(key)
    return list(map(partial(_item, lineage, upwards=upwards), edges))


def _item(lineage: Lineage, edge: Edge, *, upwards: bool) -> Item:
    key = edge.source if upwards else edge.target
    node, words = lineage.nodes[key], UPWARDS if upwards else DOWNWARDS
    how = "" if node.kind == Kind.MORE else words.get(edge.relation, "")
    return Item(node, how, edge.alias, _items(lineage, key, upwards=upwards))
