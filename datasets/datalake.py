"""The images of an organization, one by one: registered, described, deleted."""

import io
import uuid
from collections.abc import Collection
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404

from config.names import refuse_control_characters
from datasets import metadata as metadata_rules
from datasets.images import BYTES_MAX, VerifiedImage, verified
from datasets.models import Data, DatasetVersion, DataSource, Tag
from datasets.writing import in_batches
from organizations.models import Organization, Role, User
from storage.addressed import claimed
from storage.models import Blob, Upload
from storage.names import plain_filename
from storage.services import open_verified, store

TAGS_MAX = 100
DELETED_MAX = 10_000
VERSIONS_NAMED = 5


def register_data(
    *,
    organization: Organization,
    object_name: str,
    filename: str,
    tags: Collection[Tag] = (),
    source: DataSource | None = None,
    metadata: dict[str, Any] | None = None,
    custom_metadata: dict[str, Any] | None = None,
    by: User,
) -> Data:
    """An image out of an upload: read whole, measured, and given its thumbnail. The same upload gives the same data.

    Its type and size are what its bytes say, whatever its name and its sender say.

    Args:
        organization: whose image it is.
        object_name: the upload's name.
        filename: what the image is called.
        tags: at most TAGS_MAX, of the organization's data.
        source: of the organization.
        metadata: what the camera wrote (see `datasets.metadata`).
        custom_metadata: the organization's own keys, by the same rules.
        by: at least a member.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: when nothing was uploaded under that name, when it is no image that can be read, and for
            metadata or tags that break the rules.
    """
    by.must_be(Role.MEMBER, organization)
    refuse_control_characters(object_name)
    if existing := _known(organization, object_name):
        return existing
    data = Data(
        organization=organization,
        object_name=object_name,
        filename=plain_filename(filename),
        source=source,
        metadata=metadata_rules.checked(metadata),
        custom_metadata=metadata_rules.checked(custom_metadata, name="custom_metadata"),
        created_by=by,
    )
    _check_links(data, tags)
    _look_at(data, claimed(organization=organization, name=object_name))
    return _inserted(data, tags)


@transaction.atomic
def edit_metadata(*, data: Data, metadata: dict[str, Any] | None, by: User) -> None:
    """Replace what the camera is said to have written.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, for metadata that break the rules.
    """
    by.must_be(Role.MEMBER, data.organization)
    data.metadata = metadata_rules.checked(metadata)
    data.save(update_fields=["metadata"])


@transaction.atomic
def edit_custom_metadata(*, data: Data, custom_metadata: dict[str, Any] | None, by: User) -> None:
    """Replace the organization's own keys and values.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, for metadata that break the rules.
    """
    by.must_be(Role.MEMBER, data.organization)
    data.custom_metadata = metadata_rules.checked(custom_metadata, name="custom_metadata")
    data.save(update_fields=["custom_metadata"])


@transaction.atomic
def delete_data(*, organization: Organization, ids: Collection[uuid.UUID], by: User) -> None:
    """Delete images, all or none. Their bytes go when nothing else refers to them.

    Args:
        organization: whose images they are.
        ids: at most DELETED_MAX.
        by: who added them, or an admin.

    Raises:
        PermissionDenied: for images of others.
        ValidationError: for too many ids; with code "in_use" while a dataset version has one of them.
        Http404: when one of them isn't there.
    """
    by.must_be(Role.MEMBER, organization)
    if len(ids) > DELETED_MAX:
        raise ValidationError(f"These are {len(ids):,} images; at most {DELETED_MAX:,} are deleted at once.")
    for batch in in_batches(sorted(set(ids))):
        _delete(organization, batch, by)


def _delete(organization: Organization, ids: list[uuid.UUID], by: User) -> None:
    rows = Data.objects.filter(organization=organization, pk__in=ids)
    # Locked before anybody is asked who uses them: what is being put into a version right now counts as well.
    locked = list(rows.select_for_update().order_by("pk").values_list("object_name", "created_by"))
    if len(locked) != len(ids):
        raise Http404
    if any(owner != by.pk for _, owner in locked) and not by.can(Role.ADMIN, organization):
        raise PermissionDenied(f"Images that others added are deleted by admins of {organization.name}.")
    _check_unused(rows)
    rows.delete()
    Upload.objects.filter(organization=organization, name__in=[name for name, _ in locked]).delete()


def _check_unused(rows: QuerySet[Data]) -> None:
    versions = DatasetVersion.objects.filter(assets__data__in=rows).select_related("dataset").distinct()
    users = [str(version) for version in versions.order_by("pk")[: VERSIONS_NAMED + 1]]
    if users:
        more = " and others" if len(users) > VERSIONS_NAMED else ""
        named = ", ".join(users[:VERSIONS_NAMED]) + more
        raise ValidationError(f"Dataset versions use these images: {named}. Take them out there first.", code="in_use")


def _known(organization: Organization, object_name: str) -> Data | None:
    return Data.objects.filter(organization=organization, object_name=object_name).select_related("blob").first()


def _check_links(data: Data, tags: Collection[Tag]) -> None:
    """Only what belongs to the same organization goes together."""
    if len(tags) > TAGS_MAX:
        raise ValidationError(f"These are {len(tags):,} tags; an image gets at most {TAGS_MAX} at once.")
    if any(tag.organization_id != data.organization_id or tag.dataset_version_id for tag in tags):
        raise ValidationError("An image has tags of its own organization's data alone.")
    if data.source and data.source.organization_id != data.organization_id:
        raise ValidationError("An image has a source of its own organization alone.")


def _look_at(data: Data, blob: Blob) -> None:
    """Say what the image is: read anew, or as the organization has read the same bytes before."""
    seen = Data.objects.filter(organization=data.organization, blob=blob, thumbnail__isnull=False)
    same = seen.select_related("thumbnail").first()
    data.blob = blob
    if same is not None:
        data.thumbnail = same.thumbnail
        data.content_type, data.width, data.height = same.content_type, same.width, same.height
        return
    image = _verified(blob, data.filename)
    data.content_type, data.width, data.height = image.content_type, image.width, image.height
    data.thumbnail = store(io.BytesIO(image.thumbnail))


def _verified(blob: Blob, filename: str) -> VerifiedImage:
    if blob.size > BYTES_MAX:
        raise ValidationError(f"{filename} is larger than {BYTES_MAX // 1024**2} MB, the most that an image may have.")
    try:
        with open_verified(blob) as file:
            return verified(file.read())
    except ValidationError as error:
        raise ValidationError(f"{filename} {' '.join(error.messages)}") from error


def _inserted(data: Data, tags: Collection[Tag]) -> Data:
    """The row with its tags; or the one that the same call has just made, when a client sent it twice."""
    try:
        with transaction.atomic():
            data.save(force_insert=True)
            data.tags.set(tags)
    except IntegrityError:
        if existing := _known(data.organization, data.object_name):
            return existing
        raise
    return data
