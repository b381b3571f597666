"""Every query starts at the user."""

import pytest

from datasets.models import Asset, Data, Dataset, DatasetVersion
from organizations.models import Organization, User
from tests.datasets.pictures import filled


@pytest.mark.parametrize("model", [Data, Dataset, DatasetVersion, Asset])
def test_rows_are_visible_in_their_organization_alone(
    orchard: Organization, bob: User, vera: User, charlie: User, model: type[Dataset]
) -> None:
    filled(orchard, bob)
    assert model.objects.visible_to(vera).count() == model.objects.count() > 0
    assert not model.objects.visible_to(charlie).exists()
