"""The labels of a version, in their order, and how their keypoints hang together."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from config.names import as_stored, refuse_control_characters
from datasets.models import DatasetVersion, Label, LabelGroup
from datasets.writing import inserted, lock, saved
from organizations.models import Role, User

# Of one version: few enough to be listed whole.
LABELS_MAX = 10_000
VERTICES_MAX = 1_000
EDGES_MAX = 10_000
VERTEX_LENGTH_MAX = 100
TAKEN = "The version has a label of this name already."


@transaction.atomic
def create_label(*, version: DatasetVersion, name: str, by: User) -> Label:
    """A label after those that the version has: their order is the order of its classes.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, when the name breaks the rules or is taken, or when there are too many.
    """
    by.must_be(Role.MEMBER, version.dataset.organization)
    lock(version)
    (place,) = _free_places(version, 1)
    return inserted(Label(dataset_version=version, name=name.strip(), position=place), if_taken=TAKEN)


@transaction.atomic
def labels_named(*, version: DatasetVersion, names: Sequence[str], by: User) -> list[Label]:
    """The version's labels of these names, in the order of the names. Those that aren't there yet are made.

    Raises:
        PermissionDenied: for a viewer, even when all are there.
        ValidationError: when a name breaks the rules, or when there are too many.
    """
    by.must_be(Role.MEMBER, version.dataset.organization)
    wanted = list(dict.fromkeys(as_stored(name) for name in names))
    lock(version)
    known = {label.name: label for label in version.labels.filter(name__in=wanted)}
    missing = [name for name in wanted if name not in known]
    places = _free_places(version, len(missing))
    new = [Label(dataset_version=version, name=name, position=n) for name, n in zip(missing, places, strict=True)]
    for label in new:
        label.clean_fields(exclude=["dataset_version", "group"])
    known |= {label.name: label for label in Label.objects.bulk_create(new)}
    return [known[name] for name in wanted]


@transaction.atomic
def rename_label(*, label: Label, name: str, by: User) -> None:
    """Call the label something else, wherever it stands.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, when the name breaks the rules or is taken.
    """
    by.must_be(Role.MEMBER, label.dataset_version.dataset.organization)
    label.name = name.strip()
    saved(label, "name", if_taken=TAKEN)


@transaction.atomic
def put_under(*, label: Label, group: LabelGroup | None, by: User) -> None:
    """Put the label under a heading of its version, or under none.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: when the group is another version's.
    """
    by.must_be(Role.MEMBER, label.dataset_version.dataset.organization)
    if group is not None and group.dataset_version_id != label.dataset_version_id:
        raise ValidationError({"group": "The group belongs to another version."})
    label.group = group
    label.save(update_fields=["group"])


@transaction.atomic
def set_skeleton(*, label: Label, vertices: Sequence[str], edges: Sequence[Sequence[int]], by: User) -> None:
    """Say what the label's keypoints are called, and which of them hang together.

    Args:
        label: of a version for keypoints.
        vertices: the names, in the order of an annotation's coordinates.
        edges: pairs of places in `vertices`. They are kept as they are: COCO counts from 1, other tools from 0.
        by: at least a member.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: for an edge that leads nowhere, names that can't be kept, or too many of either.
    """
    by.must_be(Role.MEMBER, label.dataset_version.dataset.organization)
    _check_skeleton(vertices, edges)
    label.skeleton = {"vertices": list(vertices), "edges": [list(edge) for edge in edges]}
    label.save(update_fields=["skeleton"])


@transaction.atomic
def delete_label(*, label: Label, by: User) -> None:
    """Delete a label that no annotation has, with what evaluations say of it.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: with code "in_use", while annotations have it.
    """
    by.must_be(Role.MEMBER, label.dataset_version.dataset.organization)
    lock(label.dataset_version)
    count = label.annotations.count()
    if count:
        users = "1 annotation has" if count == 1 else f"{count:,} annotations have"
        raise ValidationError(f"{users} the label {label}: delete what has it first.", code="in_use")
    label.delete()


def _free_places(version: DatasetVersion, amount: int) -> range:
    """Positions after the last label of the locked version, which may get so many more."""
    count = version.labels.count()
    if amount and count + amount > LABELS_MAX:
        raise ValidationError(f"A version has at most {LABELS_MAX:,} labels, and this one has {count:,} already.")
    last: int | None = version.labels.order_by().aggregate(last=Max("position"))["last"]
    first = 0 if last is None else last + 1
    return range(first, first + amount)


def _check_skeleton(vertices: Sequence[str], edges: Sequence[Sequence[int]]) -> None:
    if len(vertices) > VERTICES_MAX or len(edges) > EDGES_MAX:
        raise ValidationError(f"A skeleton has at most {VERTICES_MAX:,} vertices and {EDGES_MAX:,} edges.")
    for name in vertices:
        refuse_control_characters(name)
        if not 1 <= len(name) <= VERTEX_LENGTH_MAX:
            raise ValidationError(f"The name of a vertex has 1 to {VERTEX_LENGTH_MAX} characters.")
    for edge in edges:
        if len(edge) != 2 or not all(0 <= end <= len(vertices) for end in edge):
            raise ValidationError(f"The edge {list(edge)[:3]} doesn't join two of the {len(vertices)} vertices.")
