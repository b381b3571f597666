"""Downwards: the versions that were published from an experiment, and the experiments that started from either."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from config.templatetags.espalier import plural
from experiments.lineage.graph import (
    GENERATIONS,
    WIDTH,
    Edge,
    Kind,
    Lineage,
    Node,
    Relation,
    Subject,
    kept_base,
    key_of,
    more_key,
    node_of,
)
from experiments.lineage.ranking import first_of_each
from experiments.models import BaseKind, Experiment, Publication
from organizations.models import User
from registry.models import ModelVersion

NOUNS = {Relation.PUBLISHED: ("version", "versions"), Relation.BASE: ("experiment", "experiments")}


@dataclass(frozen=True)
class Child:
    """What came of a parent: the newest has the rank 1, of `total` that came of it in the same way."""

    parent: Subject
    relation: Relation
    subject: Subject
    rank: int
    total: int


def add_descendants(lineage: Lineage, subject: Subject, *, user: User) -> None:
    """Follow what came of the thing, a generation at a time, each in three queries however many there are."""
    parents: list[Subject] = [subject]
    for generation in range(GENERATIONS + 1):
        # Of the last generation there is only how many it is.
        width = WIDTH if generation < GENERATIONS else 0
        found = sorted(_children(parents, user, most=width or 1), key=lambda child: child.rank)
        shown = found[:width]
        parents = [child.subject for child in shown if _add(lineage, child)]
        _add_left_out(lineage, found, shown)
        if not parents:
            break


def _add(lineage: Lineage, child: Child) -> bool:
    """Take the child in, unless it is there."""
    node, source = node_of(child.subject), key_of(child.parent)
    if not lineage.add(node):
        return False
    if between := _between(child):
        lineage.add(between)
        lineage.link(Edge(source, between.key, Relation.BASE))
        source = between.key
    lineage.link(Edge(source, node.key, child.relation))
    return True


def _between(child: Child) -> Node | None:
    """Between a model version and what started from one of its experiments: that experiment, deleted since."""
    one = child.subject
    if isinstance(child.parent, ModelVersion) and isinstance(one, Experiment) and one.base_kind == BaseKind.EXPERIMENT:
        return kept_base(one)
    return None


def _add_left_out(lineage: Lineage, found: list[Child], shown: list[Child]) -> None:
    """Say of each parent how much more came of it, with the way to the list that has it."""
    groups = {(key_of(child.parent), child.relation): child for child in found}
    for (parent, relation), child in groups.items():
        count = sum((key_of(one.parent), one.relation) == (parent, relation) for one in shown)
        if left_out := child.total - count:
            one, many = NOUNS[relation]
            words = f"more {one},more {many}" if count else f"{one},{many}"
            name = plural(left_out, words)
            more = Node(more_key(parent, relation), Kind.MORE, name, url=_list_of(child.parent, relation))
            lineage.add(more)
            lineage.link(Edge(parent, more.key, relation))


def _list_of(parent: Subject, relation: Relation) -> str:
    """Where all that came of the parent in that way is listed."""
    if isinstance(parent, ModelVersion):
        return f"{reverse('registry:model_version_detail', args=[parent.pk])}#started"
    if relation == Relation.PUBLISHED:
        return f"{parent.get_absolute_url()}#about-title"
    return f"{reverse('experiments:experiment_lineage', args=[parent.pk])}#started"


def _children(parents: list[Subject], user: User, *, most: int) -> Iterator[Child]:
    """What came of any of the parents: at most the newest `most` of each, in each way."""
    by_key = {key_of(parent): parent for parent in parents}
    experiments = [parent for parent in parents if isinstance(parent, Experiment)]
    versions = [parent for parent in parents if isinstance(parent, ModelVersion)]
    if experiments:
        for row in _first(_publications(user).filter(experiment__in=experiments), "experiment", most):
            parent = by_key[f"Experiment:{row.experiment_id}"]
            yield Child(parent, Relation.PUBLISHED, row.model_version, row.rank, row.total)
        for row in _first(started_from(experiments, user), "base_experiment", most):
            yield Child(by_key[f"Experiment:{row.base_experiment_id}"], Relation.BASE, row, row.rank, row.total)
    if versions:
        direct = ~Q(base_kind=BaseKind.EXPERIMENT) | Q(base_experiment=None)
        started = _experiments(user).filter(direct, base_model_version__in=versions)
        for row in _first(started, "base_model_version", most):
            yield Child(by_key[f"ModelVersion:{row.base_model_version_id}"], Relation.BASE, row, row.rank, row.total)


def started_from(experiments: list[Experiment], user: User) -> QuerySet[Experiment]:
    """The experiments that started from one of these, as far as the user may see them."""
    return _experiments(user).filter(base_kind=BaseKind.EXPERIMENT, base_experiment__in=experiments)


def _experiments(user: User) -> QuerySet[Experiment]:
    visible = Experiment.objects.visible_to(user).select_related("project")
    return visible.defer("description", "removed_hyperparameters")


def _publications(user: User) -> QuerySet[Publication]:
    """What was published: whose a model is now decides who sees its versions."""
    published = Publication.objects.visible_to(user).filter(model_version__in=ModelVersion.objects.visible_to(user))
    return published.select_related("model_version__model").defer("hyperparameters", "datasets")


def _first(rows: QuerySet[Any], parent: str, most: int) -> QuerySet[Any]:
    return first_of_each(rows, parent, order_by=["-pk"], most=most)
