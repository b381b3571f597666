"""What can be done to labellings: imported, drawn, said about, deleted. Each act leaves the version's counts right."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from datasets.counts import recount
from datasets.models import Annotation, Asset, DatasetVersion, Label, Labelling, LabellingStatus
from datasets.problems import Problems
from datasets.shapes import ShapeContent, annotations_of, check_attributes
from datasets.writing import in_batches, lock
from organizations.models import Role, User

ASSETS_MAX = 10_000
SHAPES_MAX = 100_000
DURATION_MAX = 1e9
# What an import answers for a labelling that it left as it was: no number of shapes.
KEPT = -1


class ImportMode(StrEnum):
    """What becomes of the labellings that an asset of an import has already.

    REPLACE deletes them all, and the new one takes their place. CONCATENATE adds the shapes to the latest one, and
    makes one where there is none. KEEP leaves an asset that has a labelling, even one without a shape, exactly as it
    is. The words are the SDK's, which says no more than that KEEP does nothing to an existing annotation.
    """

    REPLACE = "REPLACE"
    KEEP = "KEEP"
    CONCATENATE = "CONCATENATE"


class TooManyShapes(ValidationError):
    """More than one call takes: the same in several calls would pass."""


@dataclass(frozen=True, slots=True)
class LabellingContent:
    """What is to be on one asset. Without attributes (None) those of a labelling that stays are left alone."""

    asset: uuid.UUID
    shapes: Sequence[ShapeContent] = ()
    attributes: dict[str, Any] | None = None
    where: str = "the annotation"


@transaction.atomic
def import_labellings(
    *,
    version: DatasetVersion,
    contents: Sequence[LabellingContent],
    mode: ImportMode,
    status: LabellingStatus | None = None,
    by: User,
) -> dict[uuid.UUID, int]:
    """Put shapes on many assets at once: all of them, or none and a sentence for each that is wrong.

    Two imports into a version follow each other, so that neither loses what the other wrote. The number of queries
    depends on the number of rows alone, by the thousand.

    Args:
        version: whose assets and labels are named.
        contents: what is to be on which asset; an asset at most once.
        mode: what becomes of labellings that are there.
        status: of the labellings; None leaves that of one that stays, and is PENDING for a new one.
        by: at least a member.

    Returns:
        For each labelling how many shapes it got; KEPT for one that stayed as it was.

    Raises:
        PermissionDenied: for a viewer.
        TooManyShapes: for more than 100,000 shapes or 10,000 assets.
        Http404: when an asset or a label is not of the version.
        ValidationError: for what can't be kept.
    """
    by.must_be(Role.MEMBER, version.dataset.organization)
    _refuse_too_much(contents)
    lock(version)
    assets = _assets(version, [content.asset for content in contents])
    stays = {} if mode == ImportMode.REPLACE else _latest(assets)
    if mode == ImportMode.REPLACE:
        _delete(Labelling.objects.filter(asset__in=assets))
    written, problems = list[tuple[Labelling, list[Annotation]]](), Problems()
    labels = _labels(version)
    for content in contents:
        if mode == ImportMode.KEEP and content.asset in stays:
            continue
        labelling = stays.get(content.asset) or Labelling(asset=assets[content.asset], created_by=by)
        _say(labelling, content, status, problems)
        data = assets[content.asset].data
        rows = annotations_of(content.shapes, labelling=labelling, data=data, labels=labels, problems=problems)
        written.append((labelling, list(rows)))
    problems.refuse()
    _write(written)
    if written:
        recount(version)
    kept = {labelling.pk: KEPT for labelling in stays.values()} if mode == ImportMode.KEEP else {}
    return kept | {labelling.pk: len(rows) for labelling, rows in written}


@transaction.atomic
def create_labelling(*, asset: Asset, duration: float = 0, by: User) -> Labelling:
    """An empty labelling, to draw on: the asset's latest from now on.

    Raises:
        PermissionDenied: for a viewer.
        Http404: when the asset is gone.
        ValidationError: for a duration that is none.
    """
    by.must_be(Role.MEMBER, asset.dataset_version.dataset.organization)
    lock(asset.dataset_version)
    _assets(asset.dataset_version, [asset.pk])
    return Labelling.objects.create(asset=asset, duration=_duration(duration), created_by=by)


@transaction.atomic
def edit_labelling(
    *, labelling: Labelling, duration: float | None = None, status: LabellingStatus | None = None, by: User
) -> None:
    """Say how long it took, in seconds, or what became of it. What is None stays.

    Raises:
        PermissionDenied: for a viewer.
        Http404: when the labelling is gone.
        ValidationError: for a duration that is none.
    """
    by.must_be(Role.MEMBER, labelling.asset.dataset_version.dataset.organization)
    _lock(labelling)
    labelling.duration = labelling.duration if duration is None else _duration(duration)
    labelling.status = status or labelling.status
    labelling.save(update_fields=["duration", "status"])


@transaction.atomic
def add_shapes(*, labelling: Labelling, shapes: Sequence[ShapeContent], by: User) -> list[Annotation]:
    """Draw more on a labelling: all of the shapes, or none. Gives them in their order.

    Raises:
        PermissionDenied: for a viewer.
        TooManyShapes: for more than 100,000.
        Http404: when a label is not of the version, or the labelling is gone.
        ValidationError: with a sentence for each shape that can't be kept.
    """
    by.must_be(Role.MEMBER, labelling.asset.dataset_version.dataset.organization)
    _lock(labelling)
    return _add(labelling, shapes)


@transaction.atomic
def overwrite_labelling(
    *, labelling: Labelling, shapes: Sequence[ShapeContent], duration: float = 0, by: User
) -> list[Annotation]:
    """Draw a labelling anew: what was on it goes.

    Raises:
        PermissionDenied: for a viewer.
        TooManyShapes: for more than 100,000.
        Http404: when a label is not of the version, or the labelling is gone.
        ValidationError: with a sentence for each shape that can't be kept, or for a duration that is none.
    """
    by.must_be(Role.MEMBER, labelling.asset.dataset_version.dataset.organization)
    _lock(labelling)
    labelling.annotations.all().delete()
    labelling.duration = _duration(duration)
    labelling.save(update_fields=["duration"])
    return _add(labelling, shapes)


@transaction.atomic
def delete_labellings(
    *,
    version: DatasetVersion,
    assets: Collection[uuid.UUID] | None = None,
    labellings: Collection[uuid.UUID] | None = None,
    by: User,
) -> None:
    """Delete labellings of the version with all that is drawn on them; None stands for all of them.

    Args:
        version: whose labellings they are.
        assets: only labellings of these.
        labellings: only these.
        by: at least a member.

    Raises:
        PermissionDenied: for a viewer.
        Http404: when an asset or a labelling is not of the version.
    """
    by.must_be(Role.MEMBER, version.dataset.organization)
    lock(version)
    doomed = Labelling.objects.filter(asset__dataset_version=version)
    chosen = None if assets is None else _assets(version, assets)
    if labellings is not None:
        found = dict(doomed.filter(pk__in=labellings).values_list("pk", "asset_id"))
        if len(found) != len(set(labellings)):
            raise Http404
        doomed = doomed.filter(pk__in=[pk for pk, asset in found.items() if chosen is None or asset in chosen])
    elif chosen is not None:
        doomed = doomed.filter(asset__in=chosen)
    _delete(doomed)
    recount(version)


def _refuse_too_much(contents: Sequence[LabellingContent]) -> None:
    if len(contents) > ASSETS_MAX:
        raise TooManyShapes(f"These are {len(contents):,} assets; send at most {ASSETS_MAX:,} at a time.")
    _refuse_too_many(sum(len(content.shapes) for content in contents))
    seen: set[uuid.UUID] = set()
    for content in contents:
        if content.asset in seen:
            raise ValidationError(f"{content.where} names an asset that an earlier one names.")
        seen.add(content.asset)


def _refuse_too_many(shapes: int) -> None:
    if shapes > SHAPES_MAX:
        raise TooManyShapes(f"These are {shapes:,} shapes; send at most {SHAPES_MAX:,} at a time.")


def _assets(version: DatasetVersion, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Asset]:
    """By id, with their data.

    Raises:
        Http404: when one is not of the version.
    """
    found = version.assets.select_related("data").in_bulk(list(ids))
    if len(found) < len(set(ids)):
        raise Http404
    return found


def _labels(version: DatasetVersion) -> dict[uuid.UUID, Label]:
    return {label.pk: label for label in version.labels.all()}


def _latest(assets: Iterable[uuid.UUID]) -> dict[uuid.UUID, Labelling]:
    """The latest labelling of each asset that has one."""
    labellings = Labelling.objects.filter(asset__in=list(assets)).order_by("id")
    return {labelling.asset_id: labelling for labelling in labellings}


def _say(labelling: Labelling, content: LabellingContent, status: LabellingStatus | None, problems: Problems) -> None:
    """Set what is said about the labelling itself."""
    labelling.status = status or labelling.status
    if content.attributes is None:
        return
    try:
        check_attributes(content.attributes)
    except ValidationError as error:
        problems.add(f"{content.where} {' '.join(error.messages)}")
    labelling.attributes = content.attributes


def _write(written: Sequence[tuple[Labelling, list[Annotation]]]) -> None:
    new = [labelling for labelling, _ in written if labelling._state.adding]
    old = [labelling for labelling, _ in written if not labelling._state.adding]
    Labelling.objects.bulk_create(new)
    if old:
        Labelling.objects.bulk_update(old, ["status", "attributes"])
    for batch in in_batches(row for _, rows in written for row in rows):
        Annotation.objects.bulk_create(batch)


def _lock(labelling: Labelling) -> None:
    """Let nobody else change the labelling's version, and read it again: what was read before may be gone.

    Raises:
        Http404: when it is.
    """
    lock(labelling.asset.dataset_version)
    now = Labelling.objects.filter(pk=labelling.pk).first()
    if now is None:
        raise Http404
    labelling.duration, labelling.status = now.duration, now.status


def _add(labelling: Labelling, shapes: Sequence[ShapeContent]) -> list[Annotation]:
    _refuse_too_many(len(shapes))
    version, data = labelling.asset.dataset_version, labelling.asset.data
    problems, labels = Problems(), _labels(version)
    rows = list(annotations_of(shapes, labelling=labelling, data=data, labels=labels, problems=problems))
    problems.refuse()
    for batch in in_batches(rows):
        Annotation.objects.bulk_create(batch)
    for row in rows:
        row.label = labels[row.label_id]
    recount(version)
    return rows


def _delete(labellings: QuerySet[Labelling]) -> None:
    # In two statements; a cascade would first load every annotation.
    Annotation.objects.filter(labelling__in=labellings).delete()
    labellings.delete()


def _duration(seconds: float) -> float:
    if not 0 <= seconds <= DURATION_MAX:
        raise ValidationError({"duration": f"A duration is a number of seconds from 0 to {DURATION_MAX:,.0f}."})
    return seconds
