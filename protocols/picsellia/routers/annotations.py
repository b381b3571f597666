"""What the SDK calls annotations, which are labellings here, and what is drawn on them (wire contract, 7.4 and 7.5)."""

import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from ninja.errors import HttpError

from datasets.annotating import (
    LabellingContent,
    TooManyShapes,
    add_shapes,
    create_labelling,
    delete_labellings,
    edit_labelling,
    import_labellings,
    overwrite_labelling,
)
from datasets.exporting.selection import Selection
from datasets.exporting.services import keep_annotation_file
from datasets.models import Annotation, Asset, DatasetVersion, Labelling, LabellingStatus, Shape
from protocols.picsellia.caller import caller
from protocols.picsellia.errors import BadInput
from protocols.picsellia.files import presigned_url
from protocols.picsellia.finding import all_of
from protocols.picsellia.paging import PAGE_MAX, ordered
from protocols.picsellia.schemas.annotations import (
    AnnotationIn,
    AnnotationPage,
    BulkIn,
    BulkItem,
    ClassificationItems,
    ClassificationsIn,
    ClassificationsOut,
    DeletionIn,
    DurationIn,
    ExportIn,
    ExportOut,
    ExtendedPage,
    ExtendedQuery,
    IdsQuery,
    Items,
    OverwriteIn,
    PageQuery,
    PolygonItems,
    PolygonsIn,
    PolygonsOut,
    RectangleItems,
    RectanglesIn,
    RectanglesOut,
    Stats,
)
from protocols.picsellia.schemas.assets import with_what_is_shown
from protocols.picsellia.schemas.shapes import (
    AnnotationOut,
    LoadedAnnotation,
    ShapeIn,
    by_kind,
    contents_of,
    described,
    loaded,
)

router = Router()

ORDERS = {"created_at": "pk", "id": "pk", "duration": "duration", "status": "status"}
LOADED_MAX = 1_000
ALL = "__all__"


# Of a version


@router.get("/dataset/version/{uuid:version_id}/annotations", response=AnnotationPage)
def list_annotations(request: HttpRequest, version_id: uuid.UUID, query: Query[PageQuery]) -> dict[str, Any]:
    """A page of a version's annotations, the latest first."""
    labellings = _labellings(_version(request, version_id), query.status)
    rows = ordered(labellings.order_by("-pk"), query.order_by, ORDERS)
    end = query.offset + min(query.limit, PAGE_MAX)
    return {"items": list(rows[query.offset : end]), "count": labellings.count()}


@router.get("/dataset/version/{uuid:version_id}/annotations/ids", response=list[uuid.UUID])
def annotation_ids(request: HttpRequest, version_id: uuid.UUID, query: Query[IdsQuery]) -> list[uuid.UUID]:
    """The ids of a version's annotations, those of one asset together.

    The latest come first, so that one load mostly has all of an asset.
    """
    version = _version(request, version_id)
    labellings = _labellings(version, query.status)
    if query.asset_ids is not None:
        labellings = labellings.filter(asset__in=all_of(version.assets.order_by(), query.asset_ids))
    return list(labellings.order_by("asset", "-pk").values_list("pk", flat=True))


@router.api_operation(
    ["XGET"],
    "/dataset/version/{uuid:version_id}/annotations",
    response=list[LoadedAnnotation],
    include_in_schema=False,
)
def load_annotations(request: HttpRequest, version_id: uuid.UUID, ids: list[uuid.UUID]) -> list[dict[str, Any]]:
    """Annotations with all that is on them, up to 1,000 at once.

    They come in the order of the assets, the latest of each first.
    """
    if len(ids) > LOADED_MAX:
        raise BadInput(f"At most {LOADED_MAX:,} annotations are loaded at once, not {len(ids):,}.")
    version = _version(request, version_id)
    labellings = all_of(_labellings(version), ids).order_by("asset", "-pk").prefetch_related("annotations")
    names = dict(version.labels.values_list("pk", "name"))
    return [_loaded(labelling, names) for labelling in labellings]


@router.delete("/dataset/version/{uuid:version_id}/annotations", response={204: None})
def delete_annotations(request: HttpRequest, version_id: uuid.UUID, body: DeletionIn) -> None:
    """Delete annotations of a version with their shapes.

    Those of the named assets or of all; where annotations are named too, only these among them.
    """
    asset_ids = [pk for pk in body.asset_ids if isinstance(pk, uuid.UUID)]
    delete_labellings(
        version=_version(request, version_id),
        assets=None if ALL in body.asset_ids else asset_ids,
        labellings=body.annotation_ids,
        by=caller(request),
    )


@router.post("/dataset/version/{uuid:version_id}/bulk-annotations", response=dict[str, int])
def bulk_annotations(request: HttpRequest, version_id: uuid.UUID, body: BulkIn) -> dict[str, int]:
    """Put shapes on many assets, on all or none.

    The answer says how many each annotation got, or -1 for one that was kept as it was. After a 413, send fewer.
    """
    contents = [_content(item, index) for index, item in enumerate(body.annotations)]
    version = _version(request, version_id)
    try:
        given = import_labellings(
            version=version, contents=contents, mode=body.import_type, status=body.status, by=caller(request)
        )
    except TooManyShapes as error:
        raise _too_large(error) from error
    return {str(labelling): shapes for labelling, shapes in given.items()}


@router.post("/dataset/version/{uuid:version_id}/annotations/export", response=ExportOut)
def export_annotations(request: HttpRequest, version_id: uuid.UUID, body: ExportIn) -> dict[str, str]:
    """A file of the latest annotation of each asset. Who may read the version may have it."""
    if body.export_video:
        raise BadInput("There are no videos here: export the images.")
    selection = Selection(_version(request, version_id), body.export_key, body.asset_ids, body.status)
    upload = keep_annotation_file(kind=body.type, selection=selection, by=caller(request))
    assert upload.blob is not None
    return {
        "object_name": upload.name,
        "presigned_url": presigned_url(request, upload.blob, upload.filename),
    }


@router.get("/dataset/version/{uuid:version_id}/stats", response=Stats)
def stats(request: HttpRequest, version_id: uuid.UUID) -> Stats:
    """How often each label of a version occurs."""
    version = _version(request, version_id)
    return Stats(
        label_repartition=dict(version.labels.values_list("name", "object_count")),
        nb_objects=version.object_count,
        nb_annotations=_labellings(version).count(),
    )


@router.get("/dataset/version/{uuid:version_id}/assets/extended", response=ExtendedPage)
def extended_assets(request: HttpRequest, version_id: uuid.UUID, query: Query[ExtendedQuery]) -> dict[str, Any]:
    """A page of assets with their annotations, in short."""
    version = _version(request, version_id)
    limit = min(query.limit, PAGE_MAX)
    shapes = Prefetch("annotations", Annotation.objects.only("labelling_id", "label_id", "shape"))
    labellings = Prefetch("labellings", Labelling.objects.order_by("-pk").prefetch_related(shapes))
    assets = with_what_is_shown(version.assets.order_by("position")).prefetch_related(labellings)
    return {"items": list(assets[query.offset : query.offset + limit]), "count": version.asset_count}


# Of an asset


@router.post("/asset/{uuid:asset_id}/annotations", response=AnnotationOut)
def create_annotation(request: HttpRequest, asset_id: uuid.UUID, body: DurationIn) -> Labelling:
    """Begin an empty annotation, to draw on: the asset's latest."""
    return create_labelling(asset=_asset(request, asset_id), duration=body.duration, by=caller(request))


@router.get("/asset/{uuid:asset_id}/annotations", response=Items)
def annotations_of_asset(request: HttpRequest, asset_id: uuid.UUID) -> dict[str, Any]:
    """All annotations of an asset, the latest first."""
    return {"items": list(_asset(request, asset_id).labellings.order_by("-pk"))}


@router.get("/asset/{uuid:asset_id}/annotations/find", response=AnnotationOut)
def latest_annotation(request: HttpRequest, asset_id: uuid.UUID) -> Labelling:
    """The latest annotation of an asset: 404 when it has none."""
    return get_object_or_404(_asset(request, asset_id).labellings.order_by("-pk")[:1])


# One of them


@router.get("/annotation/{uuid:annotation_id}", response=AnnotationOut)
def read_annotation(request: HttpRequest, annotation_id: uuid.UUID) -> Labelling:
    """An annotation as it is now, without its shapes."""
    return _labelling(request, annotation_id)


@router.patch("/annotation/{uuid:annotation_id}", response=AnnotationOut)
def edit_annotation(request: HttpRequest, annotation_id: uuid.UUID, body: AnnotationIn) -> Labelling:
    """Say how long an annotation took, or what became of it."""
    labelling = _labelling(request, annotation_id)
    edit_labelling(labelling=labelling, duration=body.duration, status=body.status, by=caller(request))
    return labelling


@router.delete("/annotation/{uuid:annotation_id}", response={204: None})
def delete_annotation(request: HttpRequest, annotation_id: uuid.UUID) -> None:
    """Delete an annotation with its shapes."""
    version = _labelling(request, annotation_id).asset.dataset_version
    delete_labellings(version=version, labellings=[annotation_id], by=caller(request))


@router.post("/annotation/{uuid:annotation_id}/save", response=AnnotationOut)
def overwrite_annotation(request: HttpRequest, annotation_id: uuid.UUID, body: OverwriteIn) -> Labelling:
    """Draw an annotation anew: what was on it goes."""
    labelling = _labelling(request, annotation_id)
    try:
        overwrite_labelling(labelling=labelling, shapes=body.contents(), duration=body.duration, by=caller(request))
    except TooManyShapes as error:
        raise _too_large(error) from error
    return labelling


@router.post("/annotation/{uuid:annotation_id}/bulk-rectangles", response=RectanglesOut)
def create_rectangles(request: HttpRequest, annotation_id: uuid.UUID, body: RectanglesIn) -> dict[str, Any]:
    """Draw boxes on an annotation, all or none."""
    return {"rectangles": _drawn(request, annotation_id, body.rectangles, "rectangles")}


@router.post("/annotation/{uuid:annotation_id}/bulk-polygons", response=PolygonsOut)
def create_polygons(request: HttpRequest, annotation_id: uuid.UUID, body: PolygonsIn) -> dict[str, Any]:
    """Draw polygons on an annotation, all or none."""
    return {"polygons": _drawn(request, annotation_id, body.polygons, "polygons")}


@router.post("/annotation/{uuid:annotation_id}/bulk-classifications", response=ClassificationsOut)
def create_classifications(request: HttpRequest, annotation_id: uuid.UUID, body: ClassificationsIn) -> dict[str, Any]:
    """Give labels to the whole image, all or none."""
    return {"classifications": _drawn(request, annotation_id, body.classifications, "classifications")}


@router.get("/annotation/{uuid:annotation_id}/rectangles", response=RectangleItems)
def list_rectangles(request: HttpRequest, annotation_id: uuid.UUID) -> dict[str, Any]:
    """The boxes of an annotation."""
    return {"items": _shapes(request, annotation_id, Shape.RECTANGLE)}


@router.get("/annotation/{uuid:annotation_id}/polygons", response=PolygonItems)
def list_polygons(request: HttpRequest, annotation_id: uuid.UUID) -> dict[str, Any]:
    """The polygons of an annotation."""
    return {"items": _shapes(request, annotation_id, Shape.POLYGON)}


@router.get("/annotation/{uuid:annotation_id}/classifications", response=ClassificationItems)
def list_classifications(request: HttpRequest, annotation_id: uuid.UUID) -> dict[str, Any]:
    """The labels that an annotation gives to the whole image."""
    return {"items": _shapes(request, annotation_id, Shape.CLASSIFICATION)}


def _version(request: HttpRequest, pk: uuid.UUID) -> DatasetVersion:
    versions = DatasetVersion.objects.visible_to(caller(request)).select_related("dataset__organization")
    return get_object_or_404(versions, pk=pk)


def _asset(request: HttpRequest, pk: uuid.UUID) -> Asset:
    assets = Asset.objects.visible_to(caller(request)).select_related("dataset_version__dataset__organization")
    return get_object_or_404(assets, pk=pk)


def _labelling(request: HttpRequest, pk: uuid.UUID) -> Labelling:
    labellings = Labelling.objects.visible_to(caller(request))
    found = labellings.select_related("asset__dataset_version__dataset__organization", "asset__data")
    return get_object_or_404(found, pk=pk)


def _labellings(version: DatasetVersion, status: LabellingStatus | None = None) -> QuerySet[Labelling]:
    labellings = Labelling.objects.filter(asset__dataset_version=version)
    return labellings.filter(status=status) if status else labellings


def _content(item: BulkItem, index: int) -> LabellingContent:
    where = f"annotations[{index}]"
    return LabellingContent(item.asset_id, item.contents(f"{where}."), item.attributes, where)


def _drawn(request: HttpRequest, pk: uuid.UUID, shapes: Sequence[ShapeIn], kind: str) -> list[Annotation]:
    contents = list(contents_of(shapes, kind))
    try:
        return add_shapes(labelling=_labelling(request, pk), shapes=contents, by=caller(request))
    except TooManyShapes as error:
        raise _too_large(error) from error


def _shapes(request: HttpRequest, pk: uuid.UUID, shape: Shape) -> list[Annotation]:
    return list(_labelling(request, pk).annotations.filter(shape=shape).select_related("label"))


def _loaded(labelling: Labelling, names: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    shapes = by_kind(labelling.annotations.all())
    return described(labelling) | {kind: [loaded(one, names) for one in found] for kind, found in shapes.items()}


def _too_large(error: TooManyShapes) -> HttpError:
    # The one answer after which the SDK sends its annotations one by one.
    return HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, " ".join(error.messages))
