"""Headings over the labels of a version, which may have headings themselves."""

from django.core.exceptions import ValidationError
from django.db import transaction

from datasets.models import DatasetVersion, LabelGroup
from datasets.writing import inserted, lock, saved
from organizations.models import Role, User

GROUPS_MAX = 1_000
TAKEN = "The version has a label group of this name at this place already."


@transaction.atomic
def create_label_group(*, version: DatasetVersion, name: str, parent: LabelGroup | None = None, by: User) -> LabelGroup:
    """A heading, at the top or under another one.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: when the name breaks the rules or is taken, the parent is another version's, or there are
            too many.
    """
    by.must_be(Role.MEMBER, version.dataset.organization)
    lock(version)
    if version.label_groups.count() >= GROUPS_MAX:
        raise ValidationError(f"A version has at most {GROUPS_MAX:,} label groups.")
    group = LabelGroup(dataset_version=version, name=name.strip(), parent=parent)
    _check_place(group)
    return inserted(group, if_taken=TAKEN)


@transaction.atomic
def rename_label_group(*, group: LabelGroup, name: str, by: User) -> None:
    """Call the heading something else.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: when the name breaks the rules or is taken.
    """
    by.must_be(Role.MEMBER, group.dataset_version.dataset.organization)
    group.name = name.strip()
    saved(group, "name", if_taken=TAKEN)


@transaction.atomic
def move_label_group(*, group: LabelGroup, parent: LabelGroup | None, by: User) -> None:
    """Put the heading under another one, or at the top.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: when the parent is another version's or lies under the group, or the name is taken there.
    """
    by.must_be(Role.MEMBER, group.dataset_version.dataset.organization)
    lock(group.dataset_version)
    group.parent = parent
    _check_place(group)
    saved(group, "parent", if_taken=TAKEN)


@transaction.atomic
def delete_label_group(*, group: LabelGroup, by: User) -> None:
    """Delete the heading. What lay under it goes up to where it was.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: when one of the groups that would go up has the name of one that is there.
    """
    by.must_be(Role.MEMBER, group.dataset_version.dataset.organization)
    lock(group.dataset_version)
    for child in group.children.all():
        child.parent = group.parent
        saved(child, "parent", if_taken=f"The group {child.name} can't go up: there is one of its name. Rename it.")
    group.labels.update(group=group.parent)
    group.delete()


def _check_place(group: LabelGroup) -> None:
    """The parent is of the group's version, and doesn't lie under it."""
    parents = dict(group.dataset_version.label_groups.values_list("pk", "parent"))
    if group.parent_id is not None and group.parent_id not in parents:
        raise ValidationError({"parent": "The parent is no label group of this version."})
    above = group.parent_id
    while above is not None:
        if above == group.pk:
            raise ValidationError({"parent": f"{group.parent} lies under {group}: a group can't be its own heading."})
        above = parents[above]
