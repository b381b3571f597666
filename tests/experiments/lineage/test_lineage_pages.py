"""The pages of the lineage: the picture, the lists, and who sees them."""

from collections.abc import Callable

import pytest
from django.test import Client

from config.ids import new_id
from experiments.lineage.outline import Item
from experiments.models import BaseKind, Experiment, Project
from organizations.models import Organization, User
from registry.models import ModelVersion
from tests.experiments.lineage.tracing import lineage_page, started
from tests.experiments.making import CANARIES, nobody
from tests.factories import (
    ExperimentDatasetVersionFactory,
    ExperimentFactory,
    ModelVersionFactory,
    ProjectFactory,
)

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def test_the_list_says_the_same_as_the_picture(second: Experiment, vera: User, client_of: ClientOf) -> None:
    context = client_of(vera).get(lineage_page(second)).context

    def names(items: list[Item]) -> set[str]:
        return {item.node.key for item in items}.union(*(names(item.items) for item in items))

    drawn = {box.node.key for box in context["picture"].boxes}
    assert names(context["sources"]) | names(context["results"]) | {context["lineage"].current.key} == drawn
    (base,) = [item for item in context["sources"] if item.how]
    assert (base.how, base.node.name, [item.how for item in base.items]) == ("Base", "ours v1", ["Published from"])


def test_the_tabs_lead_here(second: Experiment, published: ModelVersion, vera: User, client_of: ClientOf) -> None:
    client = client_of(vera)
    for subject in (second, published):
        page = lineage_page(subject)
        overview = page.removesuffix("lineage/")
        assert f'href="{page}"' in client.get(overview).text
        assert f'href="{overview}"' in client.get(page).text


def test_a_page_with_nothing_to_show_says_so(
    project: Project, vera: User, base: ModelVersion, client_of: ClientOf
) -> None:
    for subject in (ExperimentFactory(project=project), base):
        html = client_of(vera).get(lineage_page(subject)).text
        assert "Nothing before it, nothing after it" in html
        assert 'class="lineage"' not in html


def test_it_checks_ownership(second: Experiment, published: ModelVersion, charlie: User, client_of: ClientOf) -> None:
    for subject in (second, published, ExperimentFactory.build(pk=nobody()), ModelVersionFactory.build(pk=new_id())):
        assert client_of(charlie).get(lineage_page(subject)).status_code == 404


def test_it_rejects_post(second: Experiment, published: ModelVersion, bob: User, client_of: ClientOf) -> None:
    for subject in (second, published):
        assert client_of(bob).post(lineage_page(subject)).status_code == 405


@pytest.mark.parametrize("canary", CANARIES)
def test_nothing_is_markup(canary: str, orchard: Organization, bob: User, client_of: ClientOf) -> None:
    project = ProjectFactory(organization=orchard, name=canary)
    gone = ExperimentFactory(project=project, name=canary, base_kind=BaseKind.PUBLIC_MODEL, base_name=canary)
    version = ModelVersionFactory(model__organization=orchard, model__name=canary, name=canary)
    child = started(version, f"{canary}x", project=project)
    ExperimentDatasetVersionFactory(
        experiment=child, dataset_version__name=canary, dataset_version__dataset__name=canary
    )
    for subject in (gone, version, child):
        html = client_of(bob).get(lineage_page(subject)).text
        assert "&lt;" in html
        assert canary not in html
