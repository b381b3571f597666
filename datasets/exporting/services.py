"""Exports, to be sent as they are made, or kept for whoever comes to fetch them."""

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.text import slugify

from config.ids import new_id
from datasets.exporting.coco import coco_file
from datasets.exporting.selection import ExportKey, Selection
from datasets.exporting.voc import voc_archive
from datasets.exporting.yolo import yolo_archive
from organizations.models import User
from storage.models import Upload
from storage.services import store


class FileKind(StrEnum):
    """The forms in which annotations are written; the values are the SDK's."""

    COCO = "COCO"
    YOLO = "YOLO"
    PASCAL_VOC = "PASCAL_VOC"


@dataclass(frozen=True)
class AnnotationFile:
    """A file that is made while it is read."""

    filename: str
    content_type: str
    content: Iterator[bytes]


@dataclass(frozen=True)
class _Form:
    """How a kind is written."""

    title: str
    ending: str
    content_type: str
    write: Callable[[Selection], Iterator[bytes]]


FORMS = {
    FileKind.COCO: _Form("COCO", "coco.json", "application/json", coco_file),
    FileKind.YOLO: _Form("YOLO", "yolo.zip", "application/zip", yolo_archive),
    FileKind.PASCAL_VOC: _Form("Pascal VOC", "voc.zip", "application/zip", voc_archive),
}


def annotation_file(kind: FileKind, selection: Selection) -> AnnotationFile:
    """The annotations of the selection: of each image what its latest labelling says.

    Raises:
        Http404: when one of the selection's assets is not of its version.
        ValidationError: when a file per image is asked for, and two would have the same name.
    """
    form, version = FORMS[kind], selection.version
    _check_assets(selection.assets, version.assets.filter(pk__in=selection.assets or ()).count())
    if kind != FileKind.COCO:
        _refuse_twins(selection)
    stem = slugify(f"{version.dataset.name}-{version.name}") or "annotations"
    return AnnotationFile(f"{stem}-{form.ending}", form.content_type, form.write(selection))


def keep_annotation_file(*, kind: FileKind, selection: Selection, by: User) -> Upload:
    """Make the file and keep it under a name, from which it can be fetched until uploads are tidied up.

    Whoever may see the version may have it: nothing of the version changes.

    Raises:
        Http404: when one of the selection's assets is not of its version.
        ValidationError: when a file per image is asked for, and two would have the same name.
    """
    file = annotation_file(kind, selection)
    blob, pk = store(file.content), new_id()
    return Upload.objects.create(
        pk=pk,
        organization=selection.version.dataset.organization,
        created_by=by,
        name=f"annotations/{pk}/{file.filename}",
        filename=file.filename,
        blob=blob,
    )


def _check_assets(assets: Collection[uuid.UUID] | None, found: int) -> None:
    if assets is not None and found != len(set(assets)):
        raise Http404


def _refuse_twins(selection: Selection) -> None:
    stems = Counter(image.stem for image in selection.images())
    stem, count = next(iter(stems.most_common(1)), ("", 0))
    if count > 1:
        raise ValidationError(
            f"{count} images are called {stem!r} without their ending, and each needs a file of its own: "
            f"export with the key {ExportKey.ASSET_ID}, or as {FileKind.COCO}."
        )
