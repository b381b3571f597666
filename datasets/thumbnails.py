"""The first images of a version, small: how a dataset version is recognised at a glance, wherever it is listed."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from datasets.models import Asset, Data, Dataset, DatasetVersion
from storage.links import IMAGE_TYPES, image_url

THUMBNAIL_MAX = 256
THUMBNAIL_TYPE = "image/webp"
# Below this many pixels an image is drawn larger than it is, and enlarging must not blur it.
TINY = 64


@dataclass(frozen=True)
class Thumbnail:
    """A picture to draw: its signed address, and the thumbnail's own size in pixels."""

    url: str
    width: int
    height: int
    alt: str

    @property
    def is_tiny(self) -> bool:
        """Whether it is enlarged on screen, so that its pixels should stay sharp."""
        return max(self.width, self.height) <= TINY


def thumbnail_size(width: int, height: int) -> tuple[int, int]:
    """The size in pixels of the thumbnail of an image: at most 256 on the long side, never enlarged."""
    scale = min(1.0, THUMBNAIL_MAX / max(width, height, 1))
    return max(1, round(width * scale)), max(1, round(height * scale))


def thumbnail_of(data: Data) -> Thumbnail | None:
    """The data's thumbnail, or None when it has none. Its blob has to be selected with it."""
    if data.thumbnail is None:
        return None
    width, height = thumbnail_size(data.width, data.height)
    return Thumbnail(image_url(data.thumbnail, THUMBNAIL_TYPE), width, height, data.filename)


def picture_of(data: Data) -> Thumbnail | None:
    """The image itself, or its thumbnail where browsers don't show its format (BMP, TIFF). Select both blobs."""
    if data.content_type not in IMAGE_TYPES:
        return thumbnail_of(data)
    return Thumbnail(image_url(data.blob, data.content_type), data.width, data.height, data.filename)


def first_thumbnails(versions: Collection[DatasetVersion], count: int = 6) -> dict[uuid.UUID, list[Thumbnail]]:
    """The first `count` thumbnails of each version, in one query; an empty list for a version without images."""
    assets = (
        Asset.objects.filter(dataset_version__in=[version.pk for version in versions], position__lt=count)
        .select_related("data__thumbnail")
        .order_by("dataset_version", "position")
    )
    found: dict[uuid.UUID, list[Thumbnail]] = defaultdict(list)
    for asset in assets:
        if thumbnail := thumbnail_of(asset.data):
            found[asset.dataset_version_id].append(thumbnail)
    return {version.pk: found[version.pk] for version in versions}


def newest_thumbnails(datasets: Collection[Dataset], count: int = 6) -> dict[uuid.UUID, list[Thumbnail]]:
    """The first thumbnails of each dataset's newest version, in two queries; an empty list for one without versions."""
    newest = DatasetVersion.objects.filter(dataset=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    owners = Dataset.objects.filter(pk__in=[dataset.pk for dataset in datasets])
    versions = list(DatasetVersion.objects.filter(pk__in=owners.annotate(newest=Subquery(newest)).values("newest")))
    thumbs = first_thumbnails(versions, count)
    found = {version.dataset_id: thumbs[version.pk] for version in versions}
    return {dataset.pk: found.get(dataset.pk, []) for dataset in datasets}
