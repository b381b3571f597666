"""Assets of one version in another, with or without what belongs to them."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets import copying
from datasets.copying import copy_assets, fork
from datasets.counts import recount
from datasets.models import (
    Annotation,
    Asset,
    DatasetVersion,
    Label,
    LabelGroup,
    Labelling,
    LabellingStatus,
    Shape,
    Tag,
)
from organizations.models import Organization, User
from tests.factories import AnnotationFactory, AssetFactory, DatasetVersionFactory, LabelFactory, LabellingFactory

BOX = [1, 2, 3, 4]


@pytest.fixture
def source(orchard: Organization, alice: User) -> DatasetVersion:
    """Four assets: the first has two labellings, the second an empty one; labels lie under groups; two tags."""
    version = DatasetVersionFactory(dataset__organization=orchard, dataset__name="pears", name="first")
    fruit = LabelGroup.objects.create(dataset_version=version, name="fruit")
    soft = LabelGroup.objects.create(dataset_version=version, name="soft", parent=fruit)
    skeleton = {"vertices": ["stem"], "edges": []}
    ripe = LabelFactory(dataset_version=version, name="ripe", group=soft, skeleton=skeleton)
    rotten = LabelFactory(dataset_version=version, name="rotten")
    first, second, *_ = AssetFactory.create_batch(4, dataset_version=version)
    earlier = LabellingFactory(asset=first, status=LabellingStatus.REFUSED, duration=2.5, created_by=alice)
    AnnotationFactory(asset=first, labelling=earlier, label=rotten, shape=Shape.RECTANGLE, coordinates=BOX, text="a")
    later = LabellingFactory(asset=first, attributes={"night": True})
    AnnotationFactory(asset=first, labelling=later, label=ripe, attributes={"sure": False})
    LabellingFactory(asset=second)
    for name, tagged in (("wet", [first, second]), ("cold", [first])):
        Tag.objects.create(organization=orchard, dataset_version=version, name=name).assets.set(tagged)
    recount(version)
    return version


def drawn(version: DatasetVersion) -> list[tuple[object, ...]]:
    """Everything on the version's images, without ids."""
    fields = ("asset__data", "labelling__status", "labelling__duration", "labelling__attributes")
    own = ("label__name", "shape", "coordinates", "text", "attributes")
    annotations = Annotation.objects.filter(asset__dataset_version=version)
    return list(annotations.order_by("asset__position", "labelling", "pk").values_list(*fields, *own))


def test_a_fork_holds_what_its_source_holds(source: DatasetVersion, bob: User, alice: User) -> None:
    version = fork(source=source, name="second", with_tags=True, with_labels=True, with_annotations=True, by=bob)
    assert (version.created_by, version.asset_count, version.object_count) == (bob, 4, 2)
    assert list(version.assets.values_list("data", flat=True)) == list(source.assets.values_list("data", flat=True))
    assert drawn(version) == drawn(source)
    labellings = Labelling.objects.filter(asset__dataset_version=version)
    assert labellings.count() == 3
    assert labellings.get(status=LabellingStatus.REFUSED).created_by == alice
    ripe, rotten = version.labels.all()
    assert (ripe.name, ripe.object_count, ripe.skeleton) == ("ripe", 1, {"vertices": ["stem"], "edges": []})
    assert ripe.group is not None
    assert ripe.group.parent is not None
    assert (ripe.group.name, ripe.group.parent.name, ripe.group.dataset_version) == ("soft", "fruit", version)
    assert (rotten.name, rotten.group) == ("rotten", None)
    assert sorted(tag.name for tag in version.assets.all()[0].tags.all()) == ["cold", "wet"]
    assert not Tag.objects.filter(dataset_version=version, assets__dataset_version=source).exists()
    assert (source.assets.count(), source.labels.count(), len(drawn(source))) == (4, 2, 2)


def test_a_fork_holds_no_more_than_was_asked_for(source: DatasetVersion, bob: User) -> None:
    bare = fork(source=source, name="bare", by=bob)
    assert (bare.asset_count, bare.labels.count(), bare.asset_tags.count(), drawn(bare)) == (4, 0, 0, [])
    labelled = fork(source=source, name="labelled", assets=[], with_labels=True, by=bob)
    assert (labelled.asset_count, labelled.labels.count(), labelled.label_groups.count()) == (0, 2, 2)
    third, first = source.assets.all()[2], source.assets.all()[0]
    some = fork(source=source, name="some", assets=[third.pk, first.pk], with_annotations=True, by=bob)
    assert list(some.assets.values_list("data", "position")) == [(first.data_id, 0), (third.data_id, 1)]
    assert drawn(some) == drawn(source)


def test_a_copy_into_a_version_with_labels_of_its_own(source: DatasetVersion, bob: User) -> None:
    destination = DatasetVersionFactory(dataset=source.dataset)
    own = [LabelFactory(dataset_version=destination, name=name, position=n) for n, name in enumerate(("new", "ripe"))]
    group = LabelGroup.objects.create(dataset_version=destination, name="fruit")
    wet = Tag.objects.create(organization=source.dataset.organization, dataset_version=destination, name="wet")
    ids = list(source.assets.values_list("pk", flat=True))
    for _ in range(2):
        # The second time everything is there, as after an answer that was lost.
        copy_assets(source=source, destination=destination, assets=ids, with_tags=True, with_annotations=True, by=bob)
        assert [label.name for label in destination.labels.all()] == ["new", "ripe", "rotten"]
        assert list(destination.labels.all())[:2] == own
        assert drawn(destination) == drawn(source)
        assert (destination.asset_count, destination.object_count) == (4, 2)
        assert list(destination.label_groups.all()) == [group]
        assert set(destination.asset_tags.filter(name="wet")) == {wet}
        assert wet.assets.count() == 2


def test_what_is_refused(source: DatasetVersion, bob: User, vera: User) -> None:
    strange = AssetFactory(dataset_version__dataset=source.dataset)
    with pytest.raises(ValidationError, match="no assets of the version"):
        fork(source=source, name="second", assets=[strange.pk], by=bob)
    with pytest.raises(ValidationError, match="at most"):
        fork(source=source, name="second", assets=[uuid.uuid4() for _ in range(10_001)], by=bob)
    with pytest.raises(ValidationError, match="this name already"):
        fork(source=source, name="first", by=bob)
    with pytest.raises(ValidationError, match="of one dataset"):
        copy_assets(source=source, destination=DatasetVersionFactory(), assets=[], by=bob)
    with pytest.raises(ValidationError, match="in this version already"):
        copy_assets(source=source, destination=source, assets=[], by=bob)
    with pytest.raises(PermissionDenied):
        fork(source=source, name="second", by=vera)
    with pytest.raises(PermissionDenied):
        copy_assets(source=source, destination=strange.dataset_version, assets=[], by=vera)
    assert DatasetVersion.objects.count() == 3
    assert Asset.objects.count() == 5


def test_statements_are_counted_by_the_batch(
    source: DatasetVersion, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for size in (1, 2, 4):
        monkeypatch.setattr(copying, "BATCH_ASSETS", size)
        with CaptureQueriesContext(connection) as queries:
            fork(source=source, name=f"by {size}", with_tags=True, with_annotations=True, by=bob)
        counts.append(len(queries))
    assert counts[0] > counts[1] > counts[2]
    AnnotationFactory.create_batch(
        30, asset=source.assets.all()[3], label=Label.objects.get(name="rotten", dataset_version=source)
    )
    with CaptureQueriesContext(connection) as queries:
        assert fork(source=source, name="more", with_tags=True, with_annotations=True, by=bob).object_count == 32
    assert len(queries) == counts[2]
