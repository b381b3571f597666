"""Assets of one version in another: a fork, or a copy into a version that is there. No image is moved."""

import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model

from config.ids import new_id
from config.inference_types import InferenceType
from datasets.assets import AssetTag, appended, check_amount, put_tags
from datasets.counts import recount
from datasets.label_copies import copy_labels
from datasets.models import Annotation, Dataset, DatasetVersion, Labelling, Tag
from datasets.services import create_dataset_version
from datasets.writing import BATCH_ROWS, in_batches, lock
from organizations.models import Role, User

# Few at a time: what is drawn on them is in memory as well.
BATCH_ASSETS = 500

Ids = Mapping[uuid.UUID, uuid.UUID]
Pair = tuple[uuid.UUID, uuid.UUID]
M = TypeVar("M", bound=Model)


@transaction.atomic
def fork(
    *,
    source: DatasetVersion,
    name: str,
    description: str = "",
    inference_type: str = InferenceType.NOT_CONFIGURED,
    assets: Collection[uuid.UUID] | None = None,
    with_tags: bool = False,
    with_labels: bool = False,
    with_annotations: bool = False,
    by: User,
) -> DatasetVersion:
    """A new version of the same dataset, with images of the source.

    Args:
        source: where the images are.
        name: of the new version.
        description: of the new version.
        inference_type: of the new version.
        assets: ids of at most ASSETS_MAX assets of the source; None for all of them.
        with_tags: whether the assets' tags go along.
        with_labels: whether the labels do, in their order, with their groups and skeletons.
        with_annotations: whether everything that is drawn on the images does, and with it the labels.
        by: at least a member.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: when the name breaks the rules or is taken, or an id is of no asset of the source.
    """
    dataset: Dataset = source.dataset
    values = {"name": name, "description": description, "inference_type": inference_type}
    version = create_dataset_version(dataset=dataset, by=by, **values)
    lock(source, version)
    if with_labels:
        copy_labels(source, version)
    _copy(source, version, assets, with_tags=with_tags, with_annotations=with_annotations)
    return version


@transaction.atomic
def copy_assets(
    *,
    source: DatasetVersion,
    destination: DatasetVersion,
    assets: Collection[uuid.UUID],
    with_tags: bool = False,
    with_annotations: bool = False,
    by: User,
) -> None:
    """Put images of the source into another version of its dataset, in the source's order, after those it has.

    An image that the destination has already stays as it is there, so that the call can be repeated.

    Args:
        source: where the assets are.
        destination: which grows.
        assets: ids of at most ASSETS_MAX assets of the source.
        with_tags: whether the assets' tags go along.
        with_annotations: whether everything that is drawn on the images does, and with it the labels of the source.
        by: at least a member.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: for versions of two datasets, for one version twice, or an id of no asset of the source.
    """
    by.must_be(Role.MEMBER, source.dataset.organization)
    if source.dataset_id != destination.dataset_id:
        raise ValidationError("Assets are copied between versions of one dataset.")
    if source.pk == destination.pk:
        raise ValidationError("The assets are in this version already.")
    lock(source, destination)
    _copy(source, destination, assets, with_tags=with_tags, with_annotations=with_annotations)


def _copy(
    source: DatasetVersion,
    destination: DatasetVersion,
    chosen: Collection[uuid.UUID] | None,
    *,
    with_tags: bool,
    with_annotations: bool,
) -> None:
    """The work of both, between locked versions, in as many statements for each batch of assets."""
    labels = copy_labels(source, destination) if with_annotations else {}
    tags = _copy_tags(source, destination) if with_tags else {}
    pairs = _all_pairs(source) if chosen is None else iter(_chosen_pairs(source, chosen))
    for batch in in_batches(pairs, BATCH_ASSETS):
        new = {asset.data_id: asset.pk for asset in appended(destination, [data for _, data in batch])}
        copies = {asset: new[data] for asset, data in batch if data in new}
        if with_tags:
            tagged = AssetTag.objects.filter(asset__in=list(copies)).values_list("asset_id", "tag_id")
            put_tags((copies[asset], tags[tag]) for asset, tag in tagged)
        if with_annotations:
            _copy_annotations(copies, labels)
    recount(destination)


def _all_pairs(source: DatasetVersion) -> Iterator[Pair]:
    """The assets of the source, each with the id of its image, in their order."""
    assets, after = source.assets.order_by("position"), -1
    while rows := list(assets.filter(position__gt=after).values_list("pk", "data_id", "position")[:BATCH_ROWS]):
        yield from ((asset, data) for asset, data, _ in rows)
        after = rows[-1][2]


def _chosen_pairs(source: DatasetVersion, chosen: Collection[uuid.UUID]) -> list[Pair]:
    """Those with these ids, in the order of the source."""
    wanted = set(chosen)
    check_amount(wanted)
    pairs = list(source.assets.filter(pk__in=wanted).order_by("position").values_list("pk", "data_id"))
    if len(pairs) != len(wanted):
        raise ValidationError("Some of these are no assets of the version that they are copied from.")
    return pairs


def _copy_tags(source: DatasetVersion, destination: DatasetVersion) -> Ids:
    """Tags of the destination for those of the source, by name; what it doesn't have is made."""
    theirs = dict(destination.asset_tags.values_list("name", "pk"))
    ours = source.asset_tags.order_by("pk").values_list("pk", "name", "organization_id")
    new = [
        Tag(dataset_version=destination, organization_id=organization, name=name)
        for _, name, organization in ours
        if name not in theirs
    ]
    theirs |= {tag.name: tag.pk for tag in Tag.objects.bulk_create(new)}
    return {tag: theirs[name] for tag, name, _ in ours}


def _copy_annotations(copies: Ids, labels: Ids) -> None:
    """What is drawn on some assets, drawn on their copies, labelling by labelling."""
    former = Labelling.objects.filter(asset__in=list(copies)).order_by("pk")
    labellings = {row.pk: _again(row, asset_id=copies[row.asset_id]) for row in former}
    Labelling.objects.bulk_create(labellings.values(), batch_size=BATCH_ROWS)
    drawn = Annotation.objects.filter(labelling__in=list(labellings)).order_by("pk").iterator(BATCH_ROWS)
    for batch in in_batches(drawn):
        Annotation.objects.bulk_create(
            _again(
                row,
                asset_id=copies[row.asset_id],
                labelling_id=labellings[row.labelling_id].pk,
                label_id=labels[row.label_id],
            )
            for row in batch
        )


def _again(row: M, **values: uuid.UUID) -> M:
    """A row that was read, to be inserted once more: under an id of its own, and with these values."""
    row.pk, row._state.adding = new_id(), True
    for name, value in values.items():
        setattr(row, name, value)
    return row
