"""Words on images: made, renamed, deleted, put on and taken off.

A tag belongs to an organization and goes on its images, or to a dataset version and goes on that version's assets.
"""

import uuid
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404

from config.names import as_stored
from datasets.models import Asset, Data, DatasetVersion, Tag
from datasets.writing import in_batches, inserted, saved
from organizations.models import Organization, Role, User

# Of one call. A script may tag everything that a long list has given it.
TARGETS_MAX = 100_000
TAKEN = "There is a tag of this name already."


@transaction.atomic
def create_tag(
    *, organization: Organization, name: str, dataset_version: DatasetVersion | None = None, by: User
) -> Tag:
    """A tag that is on nothing yet: for the organization's images, or for the version's assets when one is given.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, when a name breaks the rules; with code "taken" when it is taken.
    """
    by.must_be(Role.MEMBER, organization)
    return inserted(Tag(organization=organization, dataset_version=dataset_version, name=name.strip()), if_taken=TAKEN)


@transaction.atomic
def rename_tag(*, tag: Tag, name: str, by: User) -> None:
    """Call the tag something else, wherever it is.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, when a name breaks the rules; with code "taken" when it is taken.
    """
    by.must_be(Role.MEMBER, tag.organization)
    tag.name = name.strip()
    saved(tag, "name", if_taken=TAKEN)


@transaction.atomic
def delete_tag(*, tag: Tag, by: User) -> None:
    """Take the tag off everything, and forget it.

    Raises:
        PermissionDenied: for a viewer.
    """
    by.must_be(Role.MEMBER, tag.organization)
    tag.delete()


@transaction.atomic
def attach_tag(*, tag: Tag, targets: Collection[uuid.UUID], by: User) -> int:
    """Put the tag on all of these; on those that have it already, nothing changes.

    Args:
        tag: of data, or of the assets of a version.
        targets: ids of at most TARGETS_MAX images of its organization, or assets of its version.
        by: at least a member.

    Returns:
        How many things were named.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: for too many ids.
        Http404: when one of them can't have the tag. Nothing is changed then.
    """
    links, name, wanted = _checked(tag, targets, by)
    for batch in in_batches(wanted):
        links.model._default_manager.bulk_create(
            [links.model(**{"tag_id": tag.pk, f"{name}_id": pk}) for pk in batch], ignore_conflicts=True
        )
    return len(wanted)


@transaction.atomic
def tag_data(*, data: Data, name: str, by: User) -> Tag:
    """Put the tag of this name on the image. A tag that isn't there is made.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, when the name breaks the rules.
    """
    by.must_be(Role.MEMBER, data.organization)
    tags = Tag.objects.filter(organization=data.organization, dataset_version=None)
    known = tags.filter(name=as_stored(name)).first()
    tag = known or create_tag(organization=data.organization, name=name, by=by)
    attach_tag(tag=tag, targets=[data.pk], by=by)
    return tag


@transaction.atomic
def detach_tag(*, tag: Tag, targets: Collection[uuid.UUID], by: User) -> int:
    """Take the tag off these; where it isn't, nothing changes. Everything else is as for `attach_tag`."""
    links, name, wanted = _checked(tag, targets, by)
    for batch in in_batches(wanted):
        links.filter(**{f"{name}__in": batch}).delete()
    return len(wanted)


def _checked(tag: Tag, targets: Collection[uuid.UUID], by: User) -> tuple[QuerySet[Any], str, list[uuid.UUID]]:
    """What links the tag to things, what they are called there, and the ids, each once."""
    by.must_be(Role.MEMBER, tag.organization)
    if len(targets) > TARGETS_MAX:
        raise ValidationError(f"These are {len(targets):,} ids; at most {TARGETS_MAX:,} are taken at once.")
    wanted = list(dict.fromkeys(targets))
    links: type[Model]
    possible: QuerySet[Any]
    if tag.dataset_version_id is None:
        links, name, possible = Data.tags.through, "data", Data.objects.filter(organization=tag.organization)
    else:
        links, name, possible = Asset.tags.through, "asset", Asset.objects.filter(dataset_version=tag.dataset_version)
    for batch in in_batches(wanted):
        if possible.filter(pk__in=batch).count() != len(batch):
            raise Http404
    return links._default_manager.filter(tag=tag), name, wanted
