"""Experiments that start from one another, and what the lineage says of them."""

from typing import Any

from django.urls import reverse

from datasets.models import DatasetVersion
from experiments.lineage.graph import Lineage, Node
from experiments.lineage.tracing import lineage_of
from experiments.models import BaseKind, Experiment, Project
from organizations.models import User
from registry.models import ModelVersion
from tests.factories import (
    ExperimentDatasetVersionFactory,
    ExperimentFactory,
)


def started(base: Any, name: str, *, project: Project, **values: Any) -> Experiment:
    """An experiment that started from a version, or from an experiment as the creation notes it."""
    if isinstance(base, Experiment):
        kind, version = BaseKind.EXPERIMENT, base.base_model_version
        values |= {"base_experiment": base}
    else:
        kind, version = BaseKind.PUBLIC_MODEL if base.model.is_public else BaseKind.PRIVATE_MODEL, base
    made: Experiment = ExperimentFactory(
        project=project, name=name, base_kind=kind, base_name=str(base), base_model_version=version, **values
    )
    return made


def trained_on(experiment: Experiment, **versions: DatasetVersion) -> None:
    for position, (alias, version) in enumerate(versions.items()):
        ExperimentDatasetVersionFactory(experiment=experiment, dataset_version=version, alias=alias, position=position)


def traced(subject: Experiment | ModelVersion, user: User) -> Lineage:
    """The lineage as the page has it: of what the database says now."""
    again = type(subject)._default_manager.get(pk=subject.pk)
    return lineage_of(again, user=user)


def links(lineage: Lineage) -> set[str]:
    """Every link in words: `what came first > what came of it`, with the alias where there is one."""
    names = {key: node.name for key, node in lineage.nodes.items()}
    return {
        f"{names[edge.source]} > {names[edge.target]}" + (f" as {edge.alias}" if edge.alias else "")
        for edge in lineage.edges
    }


def named(lineage: Lineage, name: str) -> Node:
    (node,) = [node for node in lineage.nodes.values() if node.name == name]
    return node


def lineage_page(subject: Experiment | ModelVersion) -> str:
    name = "experiment_lineage" if isinstance(subject, Experiment) else "model_version_lineage"
    return reverse(f"experiments:{name}", args=[subject.pk])
