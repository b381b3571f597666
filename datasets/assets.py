"""Images in a version that is there: put in, taken out."""

import uuid
from collections.abc import Collection, Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, QuerySet

from datasets.counts import recount, recount_assets
from datasets.models import Annotation, Asset, Data, DatasetVersion, Labelling, Tag
from datasets.writing import BATCH_ROWS, lock
from organizations.models import Role, User

# Of one call: what a client sends more of, it sends in several.
ASSETS_MAX = 10_000

AssetTag = Asset.tags.through


@transaction.atomic
def add_data(
    *, version: DatasetVersion, data: Sequence[uuid.UUID], tags: Collection[Tag] = (), by: User
) -> list[Asset]:
    """Put images into the version, after those that it has, in the order in which they are given.

    An image that the version has already stays where it is, so that the call can be repeated.

    Args:
        version: which grows.
        data: ids of at most ASSETS_MAX images of the version's organization.
        tags: asset tags of the version, for each of the new assets.
        by: at least a member.

    Returns:
        The new assets.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: for too many ids, for those of no image of the organization, and for tags of another version.
    """
    by.must_be(Role.MEMBER, version.dataset.organization)
    wanted = list(dict.fromkeys(data))
    check_amount(wanted)
    if Data.objects.filter(organization=version.dataset.organization, pk__in=wanted).count() != len(wanted):
        raise ValidationError("Some of these are no images of the organization.")
    if any(tag.dataset_version_id != version.pk for tag in tags):
        raise ValidationError("An asset has tags of its own version alone.")
    lock(version)
    assets = appended(version, wanted)
    put_tags((asset.pk, tag.pk) for asset in assets for tag in tags)
    recount_assets(version)
    return assets


@transaction.atomic
def delete_assets(*, version: DatasetVersion, assets: Collection[uuid.UUID], by: User) -> int:
    """Take images out of the version, with all that was said of them there. They stay data of the organization.

    Args:
        version: which shrinks. The others keep their positions.
        assets: ids of at most ASSETS_MAX assets; one that isn't in the version is gone already.
        by: at least a member.

    Returns:
        How many went.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: for too many ids.
    """
    by.must_be(Role.MEMBER, version.dataset.organization)
    check_amount(assets)
    lock(version)
    gone = version.assets.filter(pk__in=assets)
    count = gone.count()
    # In one statement each; a cascade would first load them.
    Annotation.objects.filter(asset__in=gone).delete()
    Labelling.objects.filter(asset__in=gone).delete()
    gone.delete()
    recount(version)
    return count


def check_amount(ids: Collection[uuid.UUID]) -> None:
    """Refuse more ids than one call may name.

    Raises:
        ValidationError: with the figure.
    """
    if len(ids) > ASSETS_MAX:
        raise ValidationError(f"These are {len(ids):,} ids. One call takes at most {ASSETS_MAX:,}: make several.")


def appended(version: DatasetVersion, data: Iterable[uuid.UUID]) -> list[Asset]:
    """New assets of the images that the locked version doesn't have yet, after its last one."""
    wanted = list(data)
    present = set(version.assets.filter(data__in=wanted).values_list("data_id", flat=True))
    place = next_position(version.assets.all())
    missing = [one for one in wanted if one not in present]
    assets = [Asset(dataset_version=version, data_id=one, position=place + n) for n, one in enumerate(missing)]
    return Asset.objects.bulk_create(assets, batch_size=BATCH_ROWS)


def next_position(rows: QuerySet[Asset]) -> int:
    """Where the next one comes: after the last, as places of deleted ones stay empty."""
    last: int | None = rows.order_by().aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def put_tags(pairs: Iterable[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """Put tags on assets that have none of them yet: pairs of an asset's id and a tag's."""
    rows = [AssetTag(asset_id=asset, tag_id=tag) for asset, tag in pairs]
    AssetTag.objects.bulk_create(rows, batch_size=BATCH_ROWS)
