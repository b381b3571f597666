"""Experiments with something in them, and what their comparison says of it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse

from experiments.models import Experiment, Project
from organizations.models import User
from registry.hyperparameters import Kind
from tests.factories import HyperparameterFactory, LogFactory
from tracking.comparing.comparison import Comparison
from tracking.lines import add_points, read_line

ClientOf = Callable[[User], Client]
QUERIES = 14


def url_of(*experiments: Any, name: str = "experiment_compare", project: Project | None = None, **more: Any) -> str:
    """The address that compares these: experiments, ids, or what is none."""
    ids = [("experiment", getattr(one, "pk", one)) for one in experiments]
    page = reverse(f"tracking:{name}", args=[project.pk if project else experiments[0].project_id])
    return f"{page}?{urlencode([*ids, *more.items()], doseq=True)}"


def comparison(client: Client, *experiments: Any, **more: Any) -> Comparison:
    found: Comparison = client.get(url_of(*experiments, **more)).context["comparison"]
    return found


def give(experiment: Experiment, key: str, kind: Kind, value: str) -> None:
    HyperparameterFactory(architecture=experiment.architecture, key=key, kind=kind, value=value)


def line(experiment: Experiment, name: str, *values: float | None) -> None:
    add_points(LogFactory(experiment=experiment, name=name, type="LINE", data=None), read_line(list(values)))


def table(found: Comparison) -> dict[str, list[str]]:
    """Of each group of rows its titles."""
    return {group.title: [line.row.title for line in lines] for group, lines in found.shown}


def texts(found: Comparison, key: str) -> list[str | None]:
    """What the columns have in the row."""
    row = next(row for row in found.rows if row.key == key)
    cells = [row.cells.get(column.experiment.pk) for column in found.columns]
    return [cell.text if cell else None for cell in cells]


def names(found: Comparison) -> list[str]:
    return [column.experiment.name for column in found.columns]
