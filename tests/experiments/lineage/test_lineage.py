"""Where experiments and model versions come from and what came of them, as each user may see it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datasets.models import DatasetVersion
from experiments.creation import delete_experiment
from experiments.lineage.graph import Kind
from experiments.lineage.layers import column_of_each
from experiments.models import Experiment, Project
from experiments.publishing import publish_as_model
from organizations.models import Organization, User
from registry.models import ModelVersion
from registry.services import delete_model_version, take_back
from tests.experiments.lineage.tracing import lineage_page, links, named, started, traced
from tests.factories import (
    ExperimentFactory,
    MembershipFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_what_led_to_an_experiment(second: Experiment, vera: User, train: DatasetVersion, test: DatasetVersion) -> None:
    lineage = traced(second, vera)
    assert links(lineage) == {
        "Public classifier v1 > first",
        f"{train} > first as train",
        f"{test} > first as test",
        "first > ours v1",
        "ours v1 > second",
        f"{train} > second as training",
    }
    assert [node.kind for node in lineage.nodes.values()] == [
        Kind.EXPERIMENT,
        Kind.PRIVATE_MODEL,
        Kind.EXPERIMENT,
        Kind.PUBLIC_MODEL,
        Kind.DATASET,
        Kind.DATASET,
    ]
    assert [node.name for node in lineage.nodes.values() if node.is_current] == ["second"]


def test_published_and_started_again(first: Experiment, second: Experiment, project: Project, bob: User) -> None:
    third = started(second, "third", project=project)
    publish_as_model(third, name="later", by=bob)
    lineage = traced(first, bob)
    down = {"first > ours v1", "ours v1 > second", "second > third", "third > 1 version"}
    assert down <= links(lineage)
    assert links(traced(second, bob)) >= {"second > third", "third > later v1"}


def test_the_version_between_the_two(published: ModelVersion, second: Experiment, vera: User) -> None:
    lineage = traced(published, vera)
    assert {"first > ours v1", "ours v1 > second"} <= links(lineage)
    assert lineage.current.name == "ours v1"
    assert not lineage.is_alone


def test_an_experiment_on_its_own(project: Project, vera: User) -> None:
    assert traced(ExperimentFactory(project=project), vera).is_alone


def test_everything_that_is_there_leads_to_its_page(
    second: Experiment, vera: User, client_of: ClientOf, train: DatasetVersion
) -> None:
    client, html = client_of(vera), client_of(vera).get(lineage_page(second)).text
    nodes = traced(second, vera).nodes.values()
    for node in nodes:
        assert client.get(node.url).status_code == 200
        # In the picture and in the list; what is in hand is the page itself.
        least = 1 if node.is_current else 2
        assert html.count(f'href="{node.url}"') >= least, node


# What is no more


def test_a_deleted_version_stands_there_by_its_name(
    second: Experiment, published: ModelVersion, alice: User, client_of: ClientOf
) -> None:
    delete_model_version(version=published, by=alice)
    base = named(traced(second, alice), "ours v1")
    assert (base.kind, base.state, base.url, base.is_gone) == (Kind.PRIVATE_MODEL, "deleted", "", True)
    html = client_of(alice).get(lineage_page(second)).text
    assert "Private model · deleted: ours v1" in html
    assert str(published.pk) not in html


def test_a_deleted_experiment_still_says_what_it_came_from(
    first: Experiment, project: Project, public_base: ModelVersion, bob: User, alice: User
) -> None:
    gone = started(first, "short-lived", project=project)
    for name in ("orphan", "other orphan"):
        started(gone, name, project=project)
    delete_experiment(gone, by=alice)
    orphan = Experiment.objects.get(name="orphan")
    assert links(traced(orphan, bob)) == {"Public classifier v1 > short-lived", "short-lived > orphan"}
    # From above, both hang on the one that is no more.
    assert links(traced(public_base, bob)) >= {
        "Public classifier v1 > short-lived",
        "short-lived > orphan",
        "short-lived > other orphan",
        "Public classifier v1 > first",
    }


def test_a_name_that_was_used_again_after_it_was_deleted(
    project: Project, public_base: ModelVersion, bob: User, alice: User
) -> None:
    """Two deleted experiments of one name are two, one of them come of the other."""
    subject: Any = public_base
    for number in (1, 2):
        gone = started(subject, "reused", project=project)
        child = started(gone, f"child {number}", project=project)
        delete_experiment(gone, by=alice)
        subject = publish_as_model(Experiment.objects.get(pk=child.pk), name=f"model {number}", by=bob)
    lineage = traced(Experiment.objects.get(name="child 1"), bob)
    assert [node.name for node in lineage.nodes.values()].count("reused") == 2
    assert column_of_each(lineage.nodes, [(edge.source, edge.target) for edge in lineage.edges])


def test_a_version_of_a_deleted_experiment_knows_its_dataset_versions(
    first: Experiment, published: ModelVersion, alice: User, train: DatasetVersion, test: DatasetVersion
) -> None:
    delete_experiment(first, by=alice)
    kept = str(test)
    test.delete()
    lineage = traced(published, alice)
    assert links(lineage) == {"first > ours v1", f"{train} > first as train", f"{kept} > first as test"}
    assert named(lineage, "first").is_gone
    assert named(lineage, str(train)).url
    assert (named(lineage, kept).state, named(lineage, kept).url) == ("deleted", "")


# Of others


def test_nothing_of_another_organization_is_shown_or_counted(
    public_base: ModelVersion,
    first: Experiment,
    foreign_project: Project,
    bob: User,
    charlie: User,
    client_of: ClientOf,
) -> None:
    for number in range(20):
        theirs = started(public_base, f"theirs {number}", project=foreign_project)
    theirs_published = publish_as_model(theirs, name="secret ships", by=charlie)
    lineage = traced(public_base, bob)
    assert links(lineage) == {"Public classifier v1 > first"}
    html = client_of(bob).get(lineage_page(public_base)).text
    assert not [word for word in ("theirs", "secret", "more", "Ships") if word in html.partition("<main")[2]]
    for hidden in (theirs, theirs_published):
        assert client_of(bob).get(lineage_page(hidden)).status_code == 404
    assert "Public classifier v1 > theirs 19" in links(traced(public_base, charlie))


def test_where_a_public_version_came_from_is_its_organizations_secret(
    first: Experiment, published: ModelVersion, bob: User, charlie: User
) -> None:
    published.model.organization = None
    published.model.save()
    assert "first > ours v1" in links(traced(published, bob))
    assert traced(published, charlie).is_alone


def test_a_public_base_that_was_taken_back_has_only_its_name(
    first: Experiment, public_base: ModelVersion, harbor: Organization, staff: User, vera: User
) -> None:
    take_back(model=public_base.model, organization=harbor, by=staff)
    base = named(traced(first, vera), "Public classifier v1")
    assert (base.kind, base.state, base.url) == (Kind.PUBLIC_MODEL, "no longer shared", "")


def test_who_is_in_both_organizations_sees_both(
    public_base: ModelVersion, first: Experiment, foreign_project: Project, harbor: Organization, bob: User
) -> None:
    started(public_base, "theirs", project=foreign_project)
    MembershipFactory(organization=harbor, user=bob)
    assert {"Public classifier v1 > theirs", "Public classifier v1 > first"} <= links(traced(public_base, bob))
