"""Images put into a version and taken out: in order, once, and counted."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from datasets import assets as services
from datasets.assets import add_data, delete_assets
from datasets.counts import recount
from datasets.models import Annotation, Asset, Data, DatasetVersion, Labelling, Tag
from organizations.models import Organization, User
from storage.models import Blob
from tests.factories import AnnotationFactory, AssetFactory, DataFactory, DatasetVersionFactory, LabelFactory


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    """An empty one in the orchard."""
    return DatasetVersionFactory(dataset__organization=orchard)


def ids_of(data: list[Data]) -> list[uuid.UUID]:
    return [one.pk for one in data]


def many(organization: Organization, count: int) -> list[uuid.UUID]:
    """Images that share one blob."""
    first = DataFactory(organization=organization)
    blob: Blob = first.blob
    rows = [
        Data(organization=organization, blob=blob, filename=f"{n}.png", content_type="image/png", width=8, height=6)
        for n in range(count)
    ]
    return ids_of(Data.objects.bulk_create(rows))


def test_they_come_after_the_others_and_once(orchard: Organization, bob: User, version: DatasetVersion) -> None:
    one, two, three = DataFactory.create_batch(3, organization=orchard)
    assert [asset.data_id for asset in add_data(version=version, data=ids_of([two, one, two]), by=bob)] == [
        two.pk,
        one.pk,
    ]
    new = add_data(version=version, data=ids_of([one, three]), by=bob)
    assert [(asset.data_id, asset.position) for asset in new] == [(three.pk, 2)]
    assert version.asset_count == 3
    # The place of what was taken out stays empty: positions are never given twice while something comes after.
    delete_assets(version=version, assets=[version.assets.all()[0].pk], by=bob)
    assert add_data(version=version, data=ids_of([two]), by=bob)[0].position == 3
    assert list(version.assets.values_list("position", flat=True)) == [1, 2, 3]


def test_statements_do_not_grow_with_the_images(orchard: Organization, bob: User, version: DatasetVersion) -> None:
    tag = Tag.objects.create(organization=orchard, dataset_version=version, name="wet")
    counts = []
    for amount in (10, 100):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            add_data(version=version, data=many(orchard, amount), tags=[tag], by=bob)
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 4, "SQLite takes so many parameters a statement"
    assert version.asset_count == 110


def test_who_may(orchard: Organization, vera: User, charlie: User, version: DatasetVersion) -> None:
    asset = AssetFactory(dataset_version=version)
    for stranger in (vera, charlie):
        with pytest.raises(PermissionDenied):
            add_data(version=version, data=[DataFactory(organization=orchard).pk], by=stranger)
        with pytest.raises(PermissionDenied):
            delete_assets(version=version, assets=[asset.pk], by=stranger)
    assert version.assets.get() == asset


def test_what_belongs_to_others_is_refused(orchard: Organization, bob: User, version: DatasetVersion) -> None:
    own, strange = DataFactory(organization=orchard), DataFactory()
    with pytest.raises(ValidationError, match="no images of the organization"):
        add_data(version=version, data=ids_of([own, strange]), by=bob)
    sister = DatasetVersionFactory(dataset=version.dataset)
    tag = Tag.objects.create(organization=orchard, dataset_version=sister, name="wet")
    with pytest.raises(ValidationError, match="of its own version"):
        add_data(version=version, data=ids_of([own]), tags=[tag], by=bob)
    theirs = AssetFactory(dataset_version=sister)
    assert delete_assets(version=version, assets=[theirs.pk], by=bob) == 0
    assert list(Asset.objects.all()) == [theirs]


def test_too_many(bob: User, version: DatasetVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ASSETS_MAX", 2)
    too_many = [uuid.uuid4() for _ in range(3)]
    with pytest.raises(ValidationError, match="These are 3 ids"):
        add_data(version=version, data=too_many, by=bob)
    with pytest.raises(ValidationError, match="at most 2"):
        delete_assets(version=version, assets=too_many, by=bob)


def test_they_go_with_what_is_drawn_on_them(orchard: Organization, bob: User, version: DatasetVersion) -> None:
    label = LabelFactory(dataset_version=version)
    gone, kept = AssetFactory.create_batch(2, dataset_version=version)
    AnnotationFactory.create_batch(2, asset=gone, label=label)
    annotation = AnnotationFactory(asset=kept, label=label)
    gone.tags.add(Tag.objects.create(organization=orchard, dataset_version=version, name="wet"))
    recount(version)
    assert (version.asset_count, version.object_count) == (2, 3)
    assert delete_assets(version=version, assets=[gone.pk], by=bob) == 1
    label.refresh_from_db()
    assert (version.asset_count, version.object_count, label.object_count) == (1, 1, 1)
    assert (Annotation.objects.get(), Labelling.objects.get()) == (annotation, annotation.labelling)
    assert Data.objects.filter(pk=gone.data_id).exists()


def test_recounting_takes_three_statements(
    version: DatasetVersion, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    labels = LabelFactory.create_batch(3, dataset_version=version)
    for asset in AssetFactory.create_batch(2, dataset_version=version):
        AnnotationFactory.create_batch(2, asset=asset, label=labels[0])
        AnnotationFactory(asset=asset, label=labels[2])
    AnnotationFactory()
    with django_assert_num_queries(3):
        recount(version)
    assert (version.asset_count, version.object_count) == (2, 6)
    assert list(version.labels.values_list("object_count", flat=True)) == [4, 0, 2]


@pytest.mark.django_db(transaction=True)
def test_two_who_add_at_once_do_not_clash(orchard: Organization, bob: User, version: DatasetVersion) -> None:
    images, start = DataFactory.create_batch(8, organization=orchard), Barrier(4)

    def add(place: int) -> None:
        try:
            start.wait(timeout=10)
            # Each pair of neighbours shares an image.
            wanted = ids_of([images[2 * place], images[2 * place + 1], images[(2 * place + 2) % 8]])
            add_data(version=DatasetVersion.objects.get(pk=version.pk), data=wanted, by=bob)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))
    version.refresh_from_db()
    assert version.asset_count == 8
    assert list(version.assets.values_list("position", flat=True)) == list(range(8))
