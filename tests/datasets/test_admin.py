"""Datasets in the admin."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains

from datasets.models import Annotation, Asset, Data, Dataset, DatasetVersion, DataSource, Label, LabelGroup, Tag
from organizations.models import Organization, User
from tests.datasets.pictures import filled, version_content
from tests.factories import DataSourceFactory, TagFactory

ClientOf = Callable[[User], Client]
MODELS = (Dataset, DatasetVersion, Label, LabelGroup, Data, DataSource, Tag, Asset, Annotation)
QUERIES_MAX = 20


@pytest.fixture
def version(orchard: Organization, bob: User) -> DatasetVersion:
    """The newest of three versions, with more rows than a page of the admin should ask one by one."""
    versions = [filled(orchard, bob, version_content(name, count=30)) for name in ("a", "b", "train")]
    DataSourceFactory.create_batch(30, organization=orchard)
    TagFactory.create_batch(30, organization=orchard, dataset_version=versions[-1])
    LabelGroup.objects.bulk_create(LabelGroup(dataset_version=versions[-1], name=f"group {n}") for n in range(30))
    return versions[-1]


@pytest.mark.parametrize("model", MODELS)
def test_every_page_works_with_few_queries(
    version: DatasetVersion,
    staff: User,
    client_of: ClientOf,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    model: type[Dataset],
) -> None:
    client, name = client_of(staff), f"admin:datasets_{model._meta.model_name}"
    row = model.objects.first()
    assert row is not None
    for url in (
        reverse(f"{name}_changelist"),
        reverse(f"{name}_changelist", query={"q": "train"}),
        reverse(f"{name}_change", args=[row.pk]),
    ):
        with django_assert_max_num_queries(QUERIES_MAX):
            assert client.get(url).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_deleted_here(
    version: DatasetVersion, staff: User, client_of: ClientOf, model: type[Dataset]
) -> None:
    row = model.objects.first()
    assert row is not None
    url = reverse(f"admin:datasets_{model._meta.model_name}_delete", args=[row.pk])
    assert client_of(staff).post(url, {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", [DatasetVersion, Label, Data, Asset, Annotation])
def test_what_an_import_makes_is_not_added(staff: User, client_of: ClientOf, model: type[Dataset]) -> None:
    assert client_of(staff).get(reverse(f"admin:datasets_{model._meta.model_name}_add")).status_code == 403


@pytest.mark.parametrize("model", [Data, Asset, Annotation])
def test_images_and_annotations_are_not_changed(
    version: DatasetVersion, staff: User, client_of: ClientOf, model: type[Data]
) -> None:
    row = model.objects.first()
    assert row is not None
    url = reverse(f"admin:datasets_{model._meta.model_name}_change", args=[row.pk])
    assert client_of(staff).post(url, {"position": 99}).status_code == 403


def test_a_dataset_is_made_and_renamed_but_not_moved(
    orchard: Organization, harbor: Organization, staff: User, client_of: ClientOf
) -> None:
    client = client_of(staff)
    client.post(reverse("admin:datasets_dataset_add"), {"organization": orchard.pk, "name": "fruit"})
    dataset = Dataset.objects.get()
    assert dataset.created_by == staff
    url = reverse("admin:datasets_dataset_change", args=[dataset.pk])
    client.post(url, {"organization": harbor.pk, "name": "apples"})
    dataset.refresh_from_db()
    assert (dataset.name, dataset.organization) == ("apples", orchard)
    assertContains(client.post(url, {"name": "a\0b"}), "Null characters are not allowed")


def test_labels_are_renamed_beside_their_version(version: DatasetVersion, staff: User, client_of: ClientOf) -> None:
    apple, pear = version.labels.all()
    values = {"name": "train", "inference_type": "MULTI", "labels-TOTAL_FORMS": 2, "labels-INITIAL_FORMS": 2}
    for place, (label, name) in enumerate(((apple, "Apple"), (pear, "pear"))):
        values |= {
            f"labels-{place}-id": label.pk,
            f"labels-{place}-dataset_version": version.pk,
            f"labels-{place}-name": name,
            f"labels-{place}-position": place,
            f"labels-{place}-object_count": 999,
        }
    url = reverse("admin:datasets_datasetversion_change", args=[version.pk])
    assert client_of(staff).post(url, {**values, "asset_count": 999}).status_code == 302
    version.refresh_from_db()
    assert (version.inference_type, version.asset_count) == ("MULTI", 30)
    assert list(version.labels.values_list("name", "object_count")) == [("Apple", 15), ("pear", 15)]


def test_labels_versions_and_datasets_are_found_by_autocomplete() -> None:
    for model in MODELS:
        assert admin.site._registry[model].search_fields
