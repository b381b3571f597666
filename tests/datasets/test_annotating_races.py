"""Scripts annotate one version at once, each on a connection of its own: nothing is lost, nothing counted twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.http import Http404

from datasets.annotating import (
    ImportMode,
    LabellingContent,
    add_shapes,
    create_labelling,
    delete_labellings,
    edit_labelling,
    import_labellings,
    overwrite_labelling,
)
from datasets.models import Annotation, DatasetVersion, Labelling, Shape
from datasets.shapes import ShapeContent
from organizations.models import Organization, User
from tests.factories import AssetFactory, DatasetVersionFactory, LabelFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    """Four images and a label."""
    version = DatasetVersionFactory(dataset__organization=orchard)
    AssetFactory.create_batch(4, dataset_version=version)
    LabelFactory(dataset_version=version)
    return version


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """What each returned, or Http404 where what it was about had gone."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=10)
            return task()
        except Http404 as gone:
            return gone
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, task) for task in tasks]]


def importing(version: DatasetVersion, by: User, mode: ImportMode, boxes: int) -> Callable[[], Any]:
    shape = ShapeContent(version.labels.all()[0].pk, Shape.RECTANGLE, [0, 0, 1, 1])
    contents = [LabellingContent(asset.pk, [shape] * boxes) for asset in version.assets.all()]
    return lambda: import_labellings(version=version, contents=contents, mode=mode, by=by)


def assert_counted(version: DatasetVersion) -> None:
    version.refresh_from_db()
    shapes = Annotation.objects.filter(asset__dataset_version=version).count()
    assert (version.object_count, version.labels.get().object_count) == (shapes, shapes)


@pytest.mark.parametrize(
    ("mode", "boxes", "labellings"),
    [(ImportMode.CONCATENATE, {4 * 9}, 4), (ImportMode.REPLACE, {4 * 2, 4 * 3, 4 * 4}, 4), (ImportMode.KEEP, None, 4)],
)
def test_imports_follow_each_other(
    version: DatasetVersion, bob: User, mode: ImportMode, boxes: set[int] | None, labellings: int
) -> None:
    at_once(*[importing(version, bob, mode, count) for count in (2, 3, 4)])
    assert Labelling.objects.count() == labellings
    assert Annotation.objects.count() in (boxes or {4 * 2, 4 * 3, 4 * 4})
    assert_counted(version)


def test_what_is_replaced_while_it_is_drawn_on_is_gone(version: DatasetVersion, bob: User) -> None:
    asset, label = version.assets.all()[0], version.labels.get()
    shape = ShapeContent(label.pk)
    labellings = [create_labelling(asset=asset, by=bob) for _ in range(3)]
    results = at_once(
        importing(version, bob, ImportMode.REPLACE, 1),
        lambda: add_shapes(labelling=labellings[0], shapes=[shape] * 5, by=bob),
        lambda: overwrite_labelling(labelling=labellings[1], shapes=[shape] * 5, by=bob),
        lambda: edit_labelling(labelling=labellings[2], duration=1, by=bob),
    )
    assert not isinstance(results[0], Http404)
    assert Labelling.objects.filter(asset=asset).count() == 1
    assert Annotation.objects.count() == 4
    assert_counted(version)


def test_everything_goes_while_more_comes(version: DatasetVersion, bob: User) -> None:
    asset = version.assets.all()[0]
    at_once(
        importing(version, bob, ImportMode.CONCATENATE, 3),
        lambda: delete_labellings(version=version, by=bob),
        lambda: create_labelling(asset=asset, by=bob),
        importing(version, bob, ImportMode.KEEP, 2),
    )
    connection.check_constraints()
    assert_counted(version)
