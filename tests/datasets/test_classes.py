"""Labels in their order, and the headings over them."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from pytest_django import DjangoAssertNumQueries

from datasets import classes, label_groups
from datasets.classes import create_label, delete_label, labels_named, put_under, rename_label, set_skeleton
from datasets.label_groups import create_label_group, delete_label_group, move_label_group, rename_label_group
from datasets.models import DatasetVersion, Label, LabelGroup
from organizations.models import Organization, User
from tests.factories import AnnotationFactory, AssetFactory, DatasetVersionFactory, LabelFactory


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    """An empty one in the orchard."""
    return DatasetVersionFactory(dataset__organization=orchard)


def names(version: DatasetVersion) -> list[str]:
    return [label.name for label in version.labels.all()]


def test_new_labels_come_last(
    version: DatasetVersion, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    LabelFactory(dataset_version=version, name="ripe", position=7)
    assert create_label(version=version, name=" rotten ", by=bob).position == 8
    made = labels_named(version=version, names=["green", "ripe", " green", "blue"], by=bob)
    assert [(label.name, label.position) for label in made] == [("green", 9), ("ripe", 7), ("blue", 10)]
    assert names(version) == ["ripe", "rotten", "green", "blue"]
    # The role and a savepoint, its end, the lock, those that are there, their number, the last place, and the new ones.
    with django_assert_num_queries(8):
        labels_named(version=version, names=[f"label {n}" for n in range(50)], by=bob)


def test_a_label_in_use_stays(version: DatasetVersion, bob: User) -> None:
    label = LabelFactory(dataset_version=version, name="ripe")
    AnnotationFactory.create_batch(2, asset=AssetFactory(dataset_version=version), label=label)
    with pytest.raises(ValidationError, match="2 annotations have the label ripe") as caught:
        delete_label(label=label, by=bob)
    assert caught.value.code == "in_use"
    label.annotations.all().delete()
    delete_label(label=label, by=bob)
    assert not version.labels.exists()


def test_a_version_has_so_many(version: DatasetVersion, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "LABELS_MAX", 2)
    monkeypatch.setattr(label_groups, "GROUPS_MAX", 1)
    labels_named(version=version, names=["ripe", "rotten"], by=bob)
    assert len(labels_named(version=version, names=["ripe", "rotten"], by=bob)) == 2
    with pytest.raises(ValidationError, match="at most 2 labels, and this one has 2 already"):
        labels_named(version=version, names=["ripe", "green"], by=bob)
    with pytest.raises(ValidationError, match="at most 2 labels"):
        create_label(version=version, name="green", by=bob)
    create_label_group(version=version, name="fruit", by=bob)
    with pytest.raises(ValidationError, match="at most 1 label groups"):
        create_label_group(version=version, name="leaves", by=bob)


@pytest.mark.parametrize(
    ("vertices", "edges"),
    [
        (["stem"], [[0, 2]]),
        (["stem"], [[-1, 1]]),
        (["stem"], [[1]]),
        ([""], []),
        (["a\x00"], []),
        (["x" * 101], []),
        (["stem"] * 1_001, []),
        (["stem"], [[0, 1]] * 10_001),
    ],
)
def test_skeletons_that_make_no_sense(
    version: DatasetVersion, bob: User, vertices: list[str], edges: list[list[int]]
) -> None:
    label = LabelFactory(dataset_version=version)
    with pytest.raises(ValidationError):
        set_skeleton(label=label, vertices=vertices, edges=edges, by=bob)
    assert Label.objects.get().skeleton is None


def test_groups_are_a_forest(version: DatasetVersion, bob: User) -> None:
    top = create_label_group(version=version, name="top", by=bob)
    middle = create_label_group(version=version, name="middle", parent=top, by=bob)
    bottom = create_label_group(version=version, name="bottom", parent=middle, by=bob)
    for group, parent in [(top, top), (top, middle), (top, bottom)]:
        with pytest.raises(ValidationError, match="its own heading"):
            move_label_group(group=LabelGroup.objects.get(pk=group.pk), parent=parent, by=bob)
    move_label_group(group=bottom, parent=top, by=bob)
    with pytest.raises(ValidationError, match="at this place already"):
        create_label_group(version=version, name="bottom", parent=top, by=bob)
    rename_label_group(group=bottom, name="middle too", by=bob)
    with pytest.raises(ValidationError, match="at this place already"):
        rename_label_group(group=bottom, name="middle", by=bob)
    with pytest.raises(ValidationError, match="no label group of this version"):
        move_label_group(group=LabelGroup.objects.get(pk=bottom.pk), parent=group_elsewhere(), by=bob)


def group_elsewhere() -> LabelGroup:
    return LabelGroup.objects.create(dataset_version=DatasetVersionFactory(), name="elsewhere")


def test_what_lay_under_a_deleted_group_goes_up(version: DatasetVersion, bob: User) -> None:
    top = create_label_group(version=version, name="top", by=bob)
    middle = create_label_group(version=version, name="middle", parent=top, by=bob)
    bottom = create_label_group(version=version, name="bottom", parent=middle, by=bob)
    label = LabelFactory(dataset_version=version, group=middle)
    twin = create_label_group(version=version, name="bottom", parent=top, by=bob)
    with pytest.raises(ValidationError, match="bottom can't go up"):
        delete_label_group(group=middle, by=bob)
    delete_label_group(group=twin, by=bob)
    delete_label_group(group=middle, by=bob)
    label.refresh_from_db()
    bottom.refresh_from_db()
    assert (label.group, bottom.parent) == (top, top)


def test_a_label_lies_under_a_group_of_its_version(version: DatasetVersion, bob: User) -> None:
    label = LabelFactory(dataset_version=version)
    with pytest.raises(ValidationError, match="another version"):
        put_under(label=label, group=group_elsewhere(), by=bob)
    assert Label.objects.get().group is None


def test_viewers_change_nothing(version: DatasetVersion, vera: User) -> None:
    label = LabelFactory(dataset_version=version, name="ripe")
    group = LabelGroup.objects.create(dataset_version=version, name="fruit")
    for refused in (
        lambda: create_label(version=version, name="green", by=vera),
        lambda: labels_named(version=version, names=["ripe"], by=vera),
        lambda: rename_label(label=label, name="green", by=vera),
        lambda: put_under(label=label, group=group, by=vera),
        lambda: set_skeleton(label=label, vertices=[], edges=[], by=vera),
        lambda: delete_label(label=label, by=vera),
        lambda: create_label_group(version=version, name="leaves", by=vera),
        lambda: rename_label_group(group=group, name="leaves", by=vera),
        lambda: move_label_group(group=group, parent=None, by=vera),
        lambda: delete_label_group(group=group, by=vera),
    ):
        with pytest.raises(PermissionDenied):
            refused()
    assert names(version) == ["ripe"]
    assert list(version.label_groups.all()) == [group]
