"""What an export holds: images of a version, and what the latest labelling of each says is on them.

It is read in a constant number of queries, and never all at once: a version may hold a million boxes.
"""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from datasets.models import Annotation, Asset, DatasetVersion, Label, Labelling, LabellingStatus, Shape

CHUNK_ROWS = 2_000


class ExportKey(StrEnum):
    """What the images are called in the file; ids get the ending of the file's name."""

    FILENAME = "FILENAME"
    ASSET_ID = "ASSET_ID"
    DATA_ID = "DATA_ID"
    OBJECT_NAME = "OBJECT_NAME"


@dataclass(frozen=True, slots=True)
class ExportedImage:
    """An image, its size in pixels, and what its labelling says about it as a whole."""

    position: int
    name: str
    width: int
    height: int
    attributes: dict[str, Any] | None

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return str(PurePosixPath(self.name).with_suffix(""))


@dataclass(frozen=True, slots=True)
class ExportedShape:
    """A shape on the image of that position and size in pixels; `category` is the place of its label, from 0."""

    position: int
    width: int
    height: int
    category: int
    shape: Shape
    coordinates: list[Any]
    text: str
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Selection:
    """The part of a version that is exported.

    An image without a labelling is in it: that nothing is said about it is worth saying. With a status, only images
    that have a labelling of this status are, since the others were labelled, but not so.

    Attributes:
        version: what is exported.
        key: what the images are called.
        assets: only these, or None for all.
        status: only labellings of this status, or None for the latest of any.
    """

    version: DatasetVersion
    key: ExportKey = ExportKey.FILENAME
    assets: Collection[uuid.UUID] | None = None
    status: LabellingStatus | None = None

    def labels(self) -> list[Label]:
        """All labels of the version in their order, used or not: so the places are the same in every export."""
        return list(self.version.labels.all())

    def images(self) -> Iterator[ExportedImage]:
        """In the order of the version."""
        own = Labelling.objects.filter(asset=OuterRef("pk"), **self._of_status)
        about = own.order_by("-pk").values("attributes")[:1]
        rows = self._assets().annotate(about=Subquery(about)).order_by("position")
        columns = ("position", "pk", "data_id", "data__filename", "data__object_name", "data__width", "data__height")
        for position, pk, data, filename, object_name, width, height, attributes in rows.values_list(
            *columns, "about"
        ).iterator(CHUNK_ROWS):
            name = self._name(pk, data, filename, object_name)
            yield ExportedImage(position, name, width, height, attributes or None)

    def shapes(self) -> Iterator[ExportedShape]:
        """In the order of their images, and on each as they were drawn."""
        places = {label.pk: place for place, label in enumerate(self.labels())}
        labellings = Labelling.objects.filter(asset__in=self._assets()).last_of_each(self.status)
        rows = Annotation.objects.filter(labelling__in=labellings).order_by("asset__position", "pk")
        image = ("asset__position", "asset__data__width", "asset__data__height")
        columns = ("label_id", "shape", "coordinates", "text", "attributes")
        for position, width, height, label, shape, *rest in rows.values_list(*image, *columns).iterator(CHUNK_ROWS):
            # A label that came after the labels were read is in the next export.
            if label in places:
                yield ExportedShape(position, width, height, places[label], Shape(shape), *rest)

    def images_with_shapes(self) -> Iterator[tuple[ExportedImage, list[ExportedShape]]]:
        """Each image with what is on it, in the order of the version."""
        shapes = self.shapes()
        following = next(shapes, None)
        for image in self.images():
            found: list[ExportedShape] = []
            while following is not None and following.position <= image.position:
                if following.position == image.position:
                    found.append(following)
                following = next(shapes, None)
            yield image, found

    @property
    def _of_status(self) -> dict[str, str]:
        return {"status": self.status} if self.status else {}

    def _assets(self) -> QuerySet[Asset]:
        assets: QuerySet[Asset] = self.version.assets.order_by()
        if self.assets is not None:
            assets = assets.filter(pk__in=self.assets)
        if self.status:
            assets = assets.filter(Exists(Labelling.objects.filter(asset=OuterRef("pk"), **self._of_status)))
        return assets

    def _name(self, asset: uuid.UUID, data: uuid.UUID, filename: str, object_name: str) -> str:
        match self.key:
            case ExportKey.ASSET_ID:
                return f"{asset}{PurePosixPath(filename).suffix}"
            case ExportKey.DATA_ID:
                return f"{data}{PurePosixPath(filename).suffix}"
            case ExportKey.OBJECT_NAME:
                return object_name
            case _:
                return filename
