"""Deep and wide histories: what is shown of them, what is counted, and what it costs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from datasets.models import DatasetVersion
from experiments.lineage.graph import Kind, Relation
from experiments.models import BaseKind, Experiment, Project, Publication
from experiments.publishing import publish_in_model
from organizations.models import Organization, User
from registry.models import ModelVersion
from tests.experiments.lineage.tracing import lineage_page, links, named, started, traced, trained_on
from tests.experiments.making import queries_of
from tests.factories import (
    ExperimentDatasetVersionFactory,
    ExperimentFactory,
    ModelVersionFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_of_many_the_newest_are_shown_and_the_rest_is_counted(
    published: ModelVersion, project: Project, bob: User
) -> None:
    for number in range(20):
        started(published, f"run {number}", project=project)
    lineage = traced(published, bob)
    assert [named(lineage, f"run {number}").name for number in range(12, 20)]
    more = named(lineage, "12 more experiments")
    assert more.url == f"{reverse('registry:model_version_detail', args=[published.pk])}#started"
    assert len(lineage.targets(lineage.current.key)) == 9


def test_the_rest_of_an_experiments_is_listed_on_its_page(
    first: Experiment, project: Project, bob: User, client_of: ClientOf
) -> None:
    for number in range(12):
        started(first, f"run {number:02}", project=project)
    client = client_of(bob)
    assert named(traced(first, bob), "4 more experiments").url == f"{lineage_page(first)}#started"
    response = client.get(lineage_page(first))
    assert 'id="started"' in response.text
    older = client.get(lineage_page(first) + response.context["page"].older)
    assert [row.name for row in older.context["page"].rows] == ["run 01", "run 00"]
    found = client.get(lineage_page(first), {"q": "RUN 00"}, headers={"HX-Request": "true", "HX-Target": "results"})
    assert "run 00" in found.text
    assert "run 01" not in found.text
    assert "<main" not in found.text


def test_a_line_that_goes_back_further_ends_with_a_way_on(
    project: Project, bob: User, public_base: ModelVersion
) -> None:
    line: list[Any] = [public_base]
    for number in range(5):
        line.append(started(line[-1], f"step {number}", project=project))
    lineage = traced(line[-1], bob)
    assert links(lineage) == {
        "what came before > step 1",
        "step 1 > step 2",
        "step 2 > step 3",
        "step 3 > step 4",
    }
    assert named(lineage, "what came before").url == lineage_page(line[2])
    down = traced(public_base, bob)
    assert "step 2 > 1 experiment" in links(down)
    assert named(down, "1 experiment").url == f"{lineage_page(line[3])}#started"


def test_no_parent_of_many_keeps_the_others_out(published: ModelVersion, project: Project, bob: User) -> None:
    few, many = (started(published, name, project=project) for name in ("few", "many"))
    started(few, "the only one", project=project)
    for number in range(20):
        started(many, f"run {number}", project=project)
    lineage = traced(published, bob)
    assert "few > the only one" in links(lineage)
    assert "many > 13 more experiments" in links(lineage)


def test_many_aliases_are_cut_short(first: Experiment, bob: User) -> None:
    for number in range(10):
        ExperimentDatasetVersionFactory(experiment=first, alias=f"more-{number}", position=10 + number)
    lineage = traced(first, bob)
    assert "4 more aliases > first" in links(lineage)
    assert named(lineage, "4 more aliases").url == f"{first.get_absolute_url()}#datasets-title"


def test_one_dataset_version_under_two_aliases(project: Project, bob: User, train: DatasetVersion) -> None:
    experiment = ExperimentFactory(project=project)
    trained_on(experiment, train=train, val=train)
    lineage = traced(experiment, bob)
    assert links(lineage) == {f"{train} > {experiment} as train", f"{train} > {experiment} as val"}
    assert len(lineage.nodes) == 2


def test_what_goes_round_is_followed_once(first: Experiment, project: Project, bob: User, client_of: ClientOf) -> None:
    """Nothing makes a circle, but a hand in the database could."""
    second = started(first, "second", project=project)
    Experiment.objects.filter(pk=first.pk).update(base_kind=BaseKind.EXPERIMENT, base_experiment=second)
    for one in (first, second):
        assert len([node for node in traced(one, bob).nodes.values() if node.kind == Kind.EXPERIMENT]) == 2
        assert client_of(bob).get(lineage_page(one)).status_code == 200
    Experiment.objects.filter(pk=first.pk).update(base_experiment=first)
    assert client_of(bob).get(lineage_page(first)).status_code == 200


def test_the_number_of_queries_does_not_depend_on_how_much_there_is(
    published: ModelVersion, second: Experiment, project: Project, bob: User, orchard: Organization, client_of: ClientOf
) -> None:
    # One of everything in each generation.
    third = started(second, "third", project=project)
    publish_in_model(second, model=published.model, by=bob)
    publish_in_model(third, model=published.model, by=bob)
    started(third, "fourth", project=project)
    client = client_of(bob)
    few = queries_of(lambda: client.get(lineage_page(published)))
    for number in range(4):
        child = started(published, f"child {number}", project=project)
        for grandchild in range(4):
            below = started(child, f"{number}.{grandchild}", project=project)
            started(below, f"{number}.{grandchild}.1", project=project)
        _publish_twice(child, orchard)
        ExperimentDatasetVersionFactory(experiment=second)
    assert queries_of(lambda: client.get(lineage_page(published))) <= few <= 18


def _publish_twice(experiment: Experiment, orchard: Organization) -> None:
    for _ in range(2):
        Publication.objects.create(
            organization=orchard,
            model_version=ModelVersionFactory(model__organization=orchard),
            experiment=experiment,
            experiment_name=experiment.name,
            revision=0,
        )


def test_a_relation_is_left_out_only_where_it_is(first: Experiment, project: Project, bob: User) -> None:
    started(first, "one", project=project)
    lineage = traced(first, bob)
    assert not lineage.leaves_out(Relation.BASE)
    for number in range(8):
        started(first, f"run {number}", project=project)
    lineage = traced(first, bob)
    assert lineage.leaves_out(Relation.BASE)
    assert not lineage.leaves_out(Relation.PUBLISHED)
