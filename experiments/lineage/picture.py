"""The lineage as a picture: what stands in each box, where it stands, and the links between them."""

from dataclasses import dataclass

from experiments.lineage.graph import Kind, Lineage, Node
from experiments.lineage.layers import BOX_WIDTH, Place, arrange
from experiments.lineage.lettering import cut, wrapped

# In pixels. The stylesheet draws texts in these sizes.
NAME_SIZE = 13
MORE_SIZE = 12
KIND_SIZE = 11
PADDING = 10
ICON = 18
LINE = 17
KIND_LINE = 18
MORE_HEIGHT = 28
# Around everything, so that the outline of what has the focus is seen whole.
MARGIN = 4


@dataclass(frozen=True)
class Drawn:
    """A box with its texts, each short enough for it.

    Attributes:
        label: everything that the box says, uncut.
        lines: the name, in one line or two, each with how far down it stands.
    """

    node: Node
    place: Place
    kind_line: str
    lines: list[tuple[str, int]]
    label: str


@dataclass(frozen=True)
class Picture:
    """What the template draws."""

    boxes: list[Drawn]
    paths: list[str]
    width: int
    height: int


def picture_of(lineage: Lineage) -> Picture:
    """The picture: what came first is on the left."""
    aliases = {key: sorted({edge.alias for edge in lineage.targets(key)} - {""}) for key in lineage.nodes}
    lines = {key: _lines(node) for key, node in lineage.nodes.items()}
    heights = {key: _height(node, len(lines[key])) for key, node in lineage.nodes.items()}
    arranged = arrange(heights, [(edge.source, edge.target) for edge in lineage.edges])
    boxes = [
        _drawn(node, arranged.places[key], lines[key], ", ".join(aliases[key])) for key, node in lineage.nodes.items()
    ]
    boxes.sort(key=lambda box: (box.place.x, box.place.y))
    return Picture(boxes, list(arranged.paths.values()), arranged.width + 2 * MARGIN, arranged.height + 2 * MARGIN)


def _lines(node: Node) -> list[str]:
    room = BOX_WIDTH - 2 * PADDING
    return [cut(node.name, room, MORE_SIZE)] if node.kind == Kind.MORE else wrapped(node.name, room, NAME_SIZE)


def _height(node: Node, lines: int) -> int:
    return MORE_HEIGHT if node.kind == Kind.MORE else 2 * PADDING + KIND_LINE + LINE * lines - 4


def _drawn(node: Node, place: Place, lines: list[str], aliases: str) -> Drawn:
    first = MORE_HEIGHT // 2 + 4 if node.kind == Kind.MORE else PADDING + KIND_LINE + 11
    kind_line = _kind_line(node, aliases)
    return Drawn(
        node=node,
        place=place,
        kind_line=cut(kind_line, BOX_WIDTH - 2 * PADDING - ICON, KIND_SIZE),
        lines=[(line, first + LINE * number) for number, line in enumerate(lines)],
        label=f"{kind_line}: {node.name}" if kind_line else node.name,
    )


def _kind_line(node: Node, aliases: str) -> str:
    """What it is, and what is to be known of it first."""
    if node.is_current:
        return f"This {'experiment' if node.kind == Kind.EXPERIMENT else 'version'}"
    what = "Dataset" if node.kind == Kind.DATASET else node.kind.words
    return " · ".join(filter(None, [what, aliases, node.state]))
