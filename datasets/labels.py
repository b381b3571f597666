"""The label names of dataset versions, to be shown and to be compared with a labelmap."""

import uuid
from collections.abc import Iterable

from datasets.models import DatasetVersion, Label


def label_names(versions: Iterable[DatasetVersion]) -> dict[uuid.UUID, list[str]]:
    """The names of each version's labels in their order, in one query; an empty list for a version without labels."""
    names: dict[uuid.UUID, list[str]] = {version.pk: [] for version in versions}
    labels = Label.objects.filter(dataset_version__in=list(names)).order_by("dataset_version", "position", "name")
    for version, name in labels.values_list("dataset_version", "name"):
        names[version].append(name)
    return names
