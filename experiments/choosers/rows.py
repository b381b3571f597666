"""Dataset versions as rows of a list to choose from."""

from typing import Any

from config.search import matching
from datasets.models import DatasetVersion, DatasetVersionQuerySet
from datasets.thumbnails import first_thumbnails


def with_pictures(versions: list[DatasetVersion], count: int = 4) -> list[tuple[DatasetVersion, Any]]:
    """Each version with its first thumbnails."""
    pictures = first_thumbnails(versions, count)
    return [(version, pictures[version.pk]) for version in versions]


def found_versions(versions: DatasetVersionQuerySet, text: str) -> DatasetVersionQuerySet:
    """Dataset versions whose name, or whose dataset's, contains the text, with what a row shows of them.

    `digits/train`, as it is written everywhere, finds the version too.
    """
    dataset, slash, version = text.partition("/")
    if slash:
        versions = matching(matching(versions, dataset, ("dataset__name",)), version, ("name",))
    else:
        versions = matching(versions, text, ("name", "dataset__name"))
    return versions.select_related("dataset").with_label_count()
