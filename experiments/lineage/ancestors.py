"""Upwards: the base, what that came from, and the dataset versions that each training got."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from config.templatetags.espalier import plural
from datasets.models import DatasetVersion
from experiments.lineage.graph import (
    GENERATIONS,
    WIDTH,
    Edge,
    Kind,
    Lineage,
    Node,
    Relation,
    Subject,
    dataset_node,
    kept_base,
    kept_dataset,
    kept_origin,
    node_of,
)
from experiments.lineage.ranking import first_of_each
from experiments.models import BaseKind, Experiment, ExperimentDatasetVersion, Publication
from organizations.models import User
from registry.models import ModelVersion


@dataclass(frozen=True)
class Source:
    """What a thing came from.

    Attributes:
        node: how it is shown.
        subject: itself, None when it is no more.
        before: what it had come from, where that is known although it is no more itself.
        datasets: what its publication remembers of the dataset versions, when it is no more itself.
    """

    node: Node
    relation: Relation
    subject: Subject | None = None
    before: ModelVersion | None = None
    datasets: tuple[dict[str, Any], ...] = ()


def experiments_of(user: User) -> QuerySet[Experiment]:
    """The experiments that the user may see, each with its base."""
    visible = Experiment.objects.visible_to(user)
    return visible.select_related("project__organization", "base_experiment", "base_model_version__model")


def versions_of(user: User) -> QuerySet[ModelVersion]:
    """The model versions that the user may see."""
    return ModelVersion.objects.visible_to(user).select_related("model__organization", "architecture")


def add_ancestors(lineage: Lineage, subject: Subject, *, user: User) -> None:
    """Follow the line of bases back, and add the dataset versions of every experiment on it.

    One query for each generation, and two for all the dataset versions.
    """
    target, source = lineage.current, _source_of(subject, user)
    experiments = [subject] if isinstance(subject, Experiment) else []
    remembered: dict[str, tuple[dict[str, Any], ...]] = {}
    for _ in range(GENERATIONS):
        if source is None or not lineage.add(source.node):
            break
        lineage.link(Edge(source.node.key, target.key, source.relation))
        experiments += [source.subject] if isinstance(source.subject, Experiment) else []
        remembered[source.node.key] = source.datasets
        target, source = source.node, _before(source, user)
    else:
        _add_earlier(lineage, target, source)
    _add_datasets(lineage, experiments, user)
    _add_remembered(lineage, remembered, user)


def _before(source: Source, user: User) -> Source | None:
    if source.subject:
        return _source_of(source.subject, user)
    return Source(node_of(source.before), Relation.BASE, source.before) if source.before else None


def _source_of(subject: Subject, user: User) -> Source | None:
    return _base_of(subject, user) if isinstance(subject, Experiment) else _origin_of(subject, user)


def _base_of(experiment: Experiment, user: User) -> Source | None:
    """What the experiment started from: by its kept name when that is out of reach."""
    if experiment.base_kind == BaseKind.NONE:
        return None
    base, found = experiment.base, None
    if base:
        visible: QuerySet[Any] = experiments_of(user) if isinstance(base, Experiment) else versions_of(user)
        found = visible.filter(pk=base.pk).first()
    if found:
        return Source(node_of(found), Relation.BASE, found)
    before = experiment.base_of_base
    before = versions_of(user).filter(pk=before.pk).first() if before else None
    return Source(kept_base(experiment), Relation.BASE, before=before)


def _origin_of(version: ModelVersion, user: User) -> Source | None:
    """The experiment that the version was published from, for those of the organization that published it."""
    publication = Publication.objects.visible_to(user).filter(model_version=version).first()
    if publication is None:
        return None
    experiment = experiments_of(user).filter(publications=publication).first()
    if experiment:
        return Source(node_of(experiment), Relation.PUBLISHED, experiment)
    return Source(kept_origin(publication), Relation.PUBLISHED, datasets=tuple(publication.datasets))


def _add_earlier(lineage: Lineage, oldest: Node, source: Source | None) -> None:
    """Where the line goes back further than it is followed, a way to look on from there."""
    if source is None or source.node.key in lineage.nodes:
        return
    earlier = Node(f"more:{source.node.key}", Kind.MORE, "what came before", url=_lineage_of(oldest))
    lineage.add(earlier)
    lineage.link(Edge(earlier.key, oldest.key, source.relation))


def _lineage_of(node: Node) -> str:
    kind, _, pk = node.key.partition(":")
    names = {"Experiment": "experiments:experiment_lineage", "ModelVersion": "experiments:model_version_lineage"}
    return reverse(names[kind], args=[pk]) if kind in names else ""


def _add_datasets(lineage: Lineage, experiments: list[Experiment], user: User) -> None:
    """The dataset versions of the experiments by alias, the first of each in one query."""
    entries = ExperimentDatasetVersion.objects.filter(
        experiment__in=experiments, dataset_version__in=DatasetVersion.objects.visible_to(user)
    ).select_related("dataset_version__dataset")
    for entry in first_of_each(entries, "experiment", order_by=["position", "alias"], most=WIDTH):
        target = f"Experiment:{entry.experiment_id}"
        node = dataset_node(entry.dataset_version)
        lineage.add(node)
        lineage.link(Edge(node.key, target, Relation.TRAINED_ON, entry.alias))
        if entry.rank == WIDTH < entry.total:
            url = f"{reverse('experiments:experiment_detail', args=[entry.experiment_id])}#datasets-title"
            more = Node(
                f"more:{target}:datasets", Kind.MORE, plural(entry.total - WIDTH, "more alias,more aliases"), url=url
            )
            lineage.add(more)
            lineage.link(Edge(more.key, target, Relation.TRAINED_ON))


def _add_remembered(lineage: Lineage, remembered: dict[str, tuple[dict[str, Any], ...]], user: User) -> None:
    """The dataset versions of experiments that are no more, as far as their publications tell of them."""
    rows = [(target, row) for target, datasets in remembered.items() for row in datasets[:WIDTH]]
    if not rows:
        return
    ids = {UUID(row["id"]) for _, row in rows}
    there = DatasetVersion.objects.visible_to(user).select_related("dataset").filter(pk__in=ids)
    nodes = {str(version.pk): dataset_node(version) for version in there}
    for target, row in rows:
        node = nodes.get(row["id"]) or kept_dataset(row["id"], row["name"])
        lineage.add(node)
        lineage.link(Edge(node.key, target, Relation.TRAINED_ON, row["alias"]))
