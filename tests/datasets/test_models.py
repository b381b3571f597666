"""Every query starts at the user."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from datasets.copying import fork
from datasets.models import Asset, Data, Dataset, DatasetVersion
from datasets.services import create_dataset_version, edit_dataset
from organizations.models import Organization, User
from tests.datasets.pictures import filled
from tests.factories import DatasetFactory, DatasetVersionFactory


@pytest.mark.parametrize("model", [Data, Dataset, DatasetVersion, Asset])
def test_rows_are_visible_in_their_organization_alone(
    orchard: Organization, bob: User, vera: User, charlie: User, model: type[Dataset]
) -> None:
    filled(orchard, bob)
    assert model.objects.visible_to(vera).count() == model.objects.count() > 0
    assert not model.objects.visible_to(charlie).exists()


def test_a_version_is_of_its_datasets_organization(orchard: Organization, bob: User) -> None:
    """However it came to be, and whatever became of its dataset since."""
    imported = filled(orchard, bob)
    fork(source=imported, name="forked", by=bob)
    create_dataset_version(dataset=DatasetFactory(organization=orchard), name="empty", by=bob)
    edit_dataset(dataset=imported.dataset, name="apples", by=bob)
    assert set(DatasetVersion.objects.values_list("organization", flat=True)) == {orchard.pk}
    DatasetVersionFactory()
    assert DatasetVersion.objects.filter(organization=F("dataset__organization")).count() == 4


def test_a_version_is_of_an_organization(orchard: Organization) -> None:
    version = DatasetVersion(dataset=DatasetFactory(organization=orchard), name="nobody's")
    with pytest.raises(IntegrityError), transaction.atomic():
        version.save()
