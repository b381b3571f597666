"""The labels of one version in another, by name."""

import uuid

from datasets.models import DatasetVersion, Label, LabelGroup


def copy_labels(source: DatasetVersion, destination: DatasetVersion) -> dict[uuid.UUID, uuid.UUID]:
    """The destination's label for each label of the source. What it doesn't have comes after those that it has.

    New labels come in the source's order, with their skeletons and the groups that they lie under. Both versions are
    locked.
    """
    theirs = dict(destination.labels.values_list("name", "pk"))
    ours = list(source.labels.all())
    new = [label for label in ours if label.name not in theirs]
    groups = _copy_groups(source, destination) if any(label.group_id for label in new) else {}
    first = max(destination.labels.values_list("position", flat=True), default=-1) + 1
    copies = [
        Label(
            dataset_version=destination,
            name=label.name,
            position=first + n,
            group_id=groups.get(label.group_id),
            skeleton=label.skeleton,
        )
        for n, label in enumerate(new)
    ]
    theirs |= {label.name: label.pk for label in Label.objects.bulk_create(copies)}
    return {label.pk: theirs[label.name] for label in ours}


def _copy_groups(source: DatasetVersion, destination: DatasetVersion) -> dict[uuid.UUID | None, uuid.UUID]:
    """The destination's group for each group of the source: the one of the same name under the same headings."""
    theirs = {(group.parent_id, group.name): group.pk for group in destination.label_groups.all()}
    copies: dict[uuid.UUID | None, uuid.UUID] = {}
    waiting = list(source.label_groups.all())
    while level := [group for group in waiting if group.parent_id is None or group.parent_id in copies]:
        new = [
            LabelGroup(dataset_version=destination, parent_id=copies.get(group.parent_id), name=group.name)
            for group in level
            if (copies.get(group.parent_id), group.name) not in theirs
        ]
        theirs |= {(group.parent_id, group.name): group.pk for group in LabelGroup.objects.bulk_create(new)}
        copies |= {group.pk: theirs[copies.get(group.parent_id), group.name] for group in level}
        waiting = [group for group in waiting if group.pk not in copies]
    return copies
