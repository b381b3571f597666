"""Where images come from, such as a camera or a site."""

from django.db import transaction

from datasets.models import DataSource
from datasets.writing import inserted
from organizations.models import Organization, Role, User


@transaction.atomic
def create_source(*, organization: Organization, name: str, by: User) -> DataSource:
    """A source that no image has yet.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, when a name breaks the rules; with code "taken" when it is taken.
    """
    by.must_be(Role.MEMBER, organization)
    source = DataSource(organization=organization, name=name.strip())
    return inserted(source, if_taken="The organization has a data source of this name already.")
