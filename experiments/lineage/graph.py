"""Where a thing comes from and what came of it, as a graph: names, kinds and links, and what led to what."""

from dataclasses import dataclass, field
from enum import StrEnum

from django.urls import reverse

from datasets.models import DatasetVersion
from experiments.models import BaseKind, Experiment, Publication
from registry.models import ModelVersion

# How many steps are followed in either direction.
GENERATIONS = 3
# How many things of one generation are shown, however many there are.
WIDTH = 8

Subject = Experiment | ModelVersion


class Kind(StrEnum):
    """What a node is; `MORE` stands for what is not shown. The values are classes of the stylesheet."""

    DATASET = "dataset"
    PUBLIC_MODEL = "public-model"
    PRIVATE_MODEL = "private-model"
    EXPERIMENT = "experiment"
    MORE = "more"

    @property
    def words(self) -> str:
        """As a person calls it."""
        return {Kind.DATASET: "Dataset version", Kind.MORE: ""}.get(self, self.capitalize().replace("-", " "))

    @property
    def icon(self) -> str:
        """The name of its icon."""
        return KIND_ICONS[self]


KIND_ICONS = {
    Kind.DATASET: "images",
    Kind.PUBLIC_MODEL: "globe",
    Kind.PRIVATE_MODEL: "lock",
    Kind.EXPERIMENT: "flask",
    Kind.MORE: "three-dots",
}


@dataclass(frozen=True)
class Node:
    """A thing of the lineage, or what is known of one that is no more.

    Attributes:
        key: tells it from the others of its graph.
        name: the whole of it.
        state: a word on how it is: its status, or that it was deleted.
        place: where it is found: an experiment's project.
        url: its page; empty where there is nothing to open.
    """

    key: str
    kind: Kind
    name: str
    state: str = ""
    place: str = ""
    url: str = ""
    is_current: bool = False
    is_gone: bool = False


class Relation(StrEnum):
    """How one thing led to another."""

    TRAINED_ON = "trained on"
    BASE = "base"
    PUBLISHED = "published"


@dataclass(frozen=True)
class Edge:
    """From what was first to what came of it; the alias is a dataset version's in the experiment."""

    source: str
    target: str
    relation: Relation
    alias: str = ""


@dataclass
class Lineage:
    """The nodes in the order in which they were found, and what led to what. It grows while it is followed."""

    current: Node
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.nodes[self.current.key] = self.current

    def add(self, node: Node) -> bool:
        """Take the node in, unless it is there already: nothing is followed twice, whatever the database says."""
        is_new = node.key not in self.nodes
        self.nodes.setdefault(node.key, node)
        return is_new

    def link(self, edge: Edge) -> None:
        """Note what led to what, once."""
        if edge not in self.edges:
            self.edges.append(edge)

    def sources(self, key: str) -> list[Edge]:
        """What led to the node."""
        return [edge for edge in self.edges if edge.target == key]

    def targets(self, key: str) -> list[Edge]:
        """What came of the node."""
        return [edge for edge in self.edges if edge.source == key]

    def leaves_out(self, relation: Relation) -> bool:
        """Whether more came of the thing in hand, in that way, than is shown."""
        return more_key(self.current.key, relation) in self.nodes

    @property
    def is_alone(self) -> bool:
        """Whether nothing led to it and nothing came of it."""
        return len(self.nodes) == 1


def more_key(key: str, relation: Relation) -> str:
    """The key of the node that stands for the rest of what came of a node in a way."""
    return f"more:{key}:{relation}"


def key_of(subject: Subject) -> str:
    """The key of a thing's node."""
    return f"{type(subject).__name__}:{subject.pk}"


def node_of(subject: Subject, *, is_current: bool = False) -> Node:
    """The node of a thing that is there."""
    if isinstance(subject, Experiment):
        return Node(
            key_of(subject),
            Kind.EXPERIMENT,
            subject.name,
            subject.get_status_display(),
            subject.project.name,
            subject.get_absolute_url(),
            is_current,
        )
    kind = Kind.PUBLIC_MODEL if subject.model.is_public else Kind.PRIVATE_MODEL
    url = reverse("registry:model_version_detail", args=[subject.pk])
    return Node(key_of(subject), kind, str(subject), url=url, is_current=is_current)


def dataset_node(version: DatasetVersion) -> Node:
    """The node of a dataset version."""
    url = reverse("datasets:dataset_version_detail", args=[version.pk])
    return Node(f"DatasetVersion:{version.pk}", Kind.DATASET, str(version), url=url)


def kept_base(experiment: Experiment) -> Node:
    """The base that is out of reach, by the name that experiments kept. Those that started from it share it."""
    kind = {BaseKind.PUBLIC_MODEL: Kind.PUBLIC_MODEL, BaseKind.PRIVATE_MODEL: Kind.PRIVATE_MODEL}.get(
        BaseKind(experiment.base_kind), Kind.EXPERIMENT
    )
    state = "deleted" if experiment.base_is_deleted else "no longer shared"
    # A name can have been used again after it was deleted; then what that one came from tells them apart.
    key = f"{experiment.project_id}:{experiment.base_kind}:{experiment.base_model_version_id}:{experiment.base_name}"
    return Node(key, kind, experiment.base_name, state, is_gone=True)


def kept_origin(publication: Publication) -> Node:
    """The experiment that a version was published from and that was deleted since."""
    key = f"Publication:{publication.pk}"
    return Node(key, Kind.EXPERIMENT, publication.experiment_name, "deleted", is_gone=True)


def kept_dataset(pk: str, name: str) -> Node:
    """A dataset version that a publication remembers and that was deleted since."""
    return Node(f"DatasetVersion:{pk}", Kind.DATASET, name, "deleted", is_gone=True)
