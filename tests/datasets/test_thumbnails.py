"""The first pictures and the label names of many versions at once."""

from pytest_django import DjangoAssertNumQueries

from datasets.labels import label_names
from datasets.models import Dataset
from datasets.thumbnails import first_thumbnails, newest_thumbnails
from organizations.models import Organization, User
from tests.datasets.pictures import filled, version_content
from tests.factories import DatasetFactory, DatasetVersionFactory


def test_first_thumbnails_in_one_query(
    orchard: Organization, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    long, short = (
        filled(orchard, bob, version_content("a", count=9)),
        filled(orchard, bob, version_content("b", count=2)),
    )
    empty = DatasetVersionFactory(dataset__organization=orchard)
    with django_assert_num_queries(1):
        found = first_thumbnails([long, short, empty])
    assert [len(found[version.pk]) for version in (long, short, empty)] == [6, 2, 0]
    assert [thumbnail.alt for thumbnail in found[long.pk]] == [f"{n}.png" for n in range(6)]
    first = found[long.pk][0]
    assert (first.width, first.height, first.is_tiny) == (20, 10, True)
    assert first.url.startswith("/files/")


def test_without_a_thumbnail_there_is_none(orchard: Organization, bob: User) -> None:
    version = filled(orchard, bob)
    data = version.assets.get(position=0).data
    data.thumbnail = None
    data.save()
    assert len(first_thumbnails([version])[version.pk]) == 3


def test_newest_thumbnails(orchard: Organization, bob: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    filled(orchard, bob, version_content("old", count=5))
    newest = filled(orchard, bob, version_content("new", count=2))
    empty = DatasetFactory(organization=orchard)
    datasets = list(Dataset.objects.all())
    with django_assert_num_queries(2):
        found = newest_thumbnails(datasets)
    assert (len(found[newest.dataset_id]), found[empty.pk]) == (2, [])


def test_label_names_in_one_query(
    orchard: Organization, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ordered = filled(orchard, bob, version_content("a", labels=["pear", "apple"]))
    empty = DatasetVersionFactory(dataset__organization=orchard)
    with django_assert_num_queries(1):
        assert label_names([ordered, empty]) == {ordered.pk: ["pear", "apple"], empty.pk: []}
