"""Labels in their order, the groups they lie under, and skeletons of keypoints."""

import uuid

import picsellia
import pytest
from picsellia.exceptions import BadRequestError, ResourceConflictError, ResourceNotFoundError

from datasets.models import DatasetVersion, Label, LabelGroup
from organizations.models import Organization
from tests.factories import AnnotationFactory, AssetFactory, DatasetVersionFactory, LabelFactory
from tests.protocols.picsellia.plain import PlainClient


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    """An empty one in the orchard."""
    return DatasetVersionFactory(dataset__organization=orchard)


def test_labels_are_made_in_order_changed_and_deleted(sdk: picsellia.Client, version: DatasetVersion) -> None:
    pears = sdk.get_dataset_version_by_id(version.pk)
    ripe, rotten = pears.create_label("ripe"), pears.create_label("rotten")
    with pytest.raises(ResourceConflictError, match="has a label of this name already"):
        pears.create_label("ripe")
    with pytest.raises(ResourceNotFoundError):
        pears.get_label("unripe")
    assert pears.get_or_create_label("apple").name == "apple"
    assert pears.get_label("rotten").id == rotten.id
    made = pears._bulk_get_or_create_labels(["zebra", "ripe", "mango"])
    assert [label.name for label in made] == ["zebra", "ripe", "mango"]
    assert made[1].id == ripe.id
    assert [label.name for label in pears.list_labels()] == ["ripe", "rotten", "apple", "zebra", "mango"]
    rotten.update(name="bad")
    with pytest.raises(ResourceConflictError):
        rotten.update(name="ripe")
    assert [label.name for label in pears.list_labels()] == ["ripe", "bad", "apple", "zebra", "mango"]
    assert rotten.sync()["name"] == "bad"

    AnnotationFactory(asset=AssetFactory(dataset_version=version), label=Label.objects.get(pk=ripe.id))
    with pytest.raises(ResourceConflictError, match="1 annotation has the label ripe"):
        ripe.delete()
    rotten.delete()
    with pytest.raises(ResourceNotFoundError):
        rotten.sync()
    assert list(version.labels.values_list("name", "position")) == [
        ("ripe", 0),
        ("apple", 2),
        ("zebra", 3),
        ("mango", 4),
    ]


def test_groups_lie_over_labels_and_groups(sdk: picsellia.Client, version: DatasetVersion) -> None:
    pears = sdk.get_dataset_version_by_id(version.pk)
    fruit = pears.create_label_group("fruit")
    soft = pears.create_label_group("soft", parent=fruit)
    label = pears.create_label("ripe")
    label.set_group(soft)
    assert [(group.name, group.parent_id) for group in pears.list_label_groups()] == [
        ("fruit", None),
        ("soft", fruit.id),
    ]
    assert label.get_group().id == soft.id
    assert soft.get_parent().id == fruit.id
    with pytest.raises(BadRequestError, match="its own heading"):
        fruit.set_parent(soft)
    with pytest.raises(ResourceConflictError):
        pears.create_label_group("fruit")
    soft.update(name="tender")
    assert soft.sync()["name"] == "tender"
    pears._bulk_get_or_create_dotted_label_groups(["fruit.hard.very"])
    assert list(version.label_groups.values_list("name", "parent__name").order_by("name")) == [
        ("fruit", None),
        ("hard", "fruit"),
        ("tender", "fruit"),
        ("very", "hard"),
    ]
    soft.delete()
    assert Label.objects.get(pk=label.id).group_id == fruit.id
    assert label.sync()["group_id"] == str(fruit.id)


def test_skeletons(sdk: picsellia.Client, version: DatasetVersion) -> None:
    pears = sdk.get_dataset_version_by_id(version.pk)
    label, _ = pears.create_label("pear"), pears.create_label("leaf")
    assert label.get_skeleton() == {"vertices": [], "edges": []}
    assert pears.get_skeletons() == {}
    label.set_skeleton(["stem", "calyx"], [[1, 2]])
    assert label.get_skeleton() == {"vertices": ["stem", "calyx"], "edges": [[1, 2]]}
    assert pears.get_skeletons() == {str(label.id): {"vertices": ["stem", "calyx"], "edges": [[1, 2]]}}
    with pytest.raises(BadRequestError, match="doesn't join two of the 2 vertices"):
        label.set_skeleton(["stem", "calyx"], [[0, 3]])


def test_what_is_somebody_elses_is_not_there(plain: PlainClient, version: DatasetVersion) -> None:
    own = LabelFactory(dataset_version=version)
    strange = LabelFactory()
    group = LabelGroup.objects.create(dataset_version=strange.dataset_version, name="fruit")
    attempts: list[tuple[str, str, object]] = [
        ("GET", f"/api/label/{strange.pk}", None),
        ("PATCH", f"/api/label/{strange.pk}", {"name": "mine"}),
        ("DELETE", f"/api/label/{strange.pk}", None),
        ("GET", f"/api/label/{strange.pk}/skeleton", None),
        ("POST", f"/api/label/{strange.pk}/skeleton", {"vertices": [], "edges": []}),
        ("GET", f"/api/label/group/{group.pk}", None),
        ("PATCH", f"/api/label/group/{group.pk}", {"name": "mine"}),
        ("DELETE", f"/api/label/group/{group.pk}", None),
        ("PATCH", f"/api/label/{own.pk}", {"group_id": str(group.pk)}),
        ("POST", f"/api/dataset/version/{version.pk}/labelgroups", {"name": "mine", "parent_id": str(group.pk)}),
        ("GET", f"/api/label/{uuid.uuid4()}", None),
    ]
    for method, path, body in attempts:
        assert plain(method, path, body)[0] == 404, (method, path)
    assert Label.objects.get(pk=strange.pk).name == strange.name
    assert not version.label_groups.exists()


def test_a_group_of_null_is_none(plain: PlainClient, version: DatasetVersion) -> None:
    group = LabelGroup.objects.create(dataset_version=version, name="fruit")
    child = LabelGroup.objects.create(dataset_version=version, name="soft", parent=group)
    label = LabelFactory(dataset_version=version, group=group)
    assert plain("PATCH", f"/api/label/{label.pk}", {"group_id": None})[1]["group_id"] is None
    assert plain("PATCH", f"/api/label/group/{child.pk}", {"parent_id": None})[1]["parent_id"] is None
    label.refresh_from_db()
    assert label.group is None


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x00b", "x" * 101])
def test_names_that_can_not_be_kept(plain: PlainClient, version: DatasetVersion, name: str) -> None:
    path = f"/api/dataset/version/{version.pk}"
    assert plain("POST", f"{path}/labels", {"name": name})[0] == 400
    assert plain("XGET", f"{path}/bulk-labels", {"names": ["fine", name]})[0] == 400
    assert plain("POST", f"{path}/labelgroups", {"name": name})[0] == 400
    assert plain("GET", f"{path}/labels/find?name={name[:3]!r}%00")[0] == 404
    assert not version.labels.exists()
