"""Datasets and their versions, as scripts make, fill, fork, change and delete them."""

import uuid
from collections.abc import Callable
from pathlib import Path

import picsellia
import pytest
from picsellia.exceptions import (
    BadRequestError,
    ForbiddenError,
    NoDataError,
    ResourceConflictError,
    ResourceNotFoundError,
)
from picsellia.sdk.data import Data as SdkData
from picsellia.sdk.data import MultiData
from picsellia.types.enums import InferenceType

from datasets.models import Annotation, Asset, Data, Dataset, DatasetVersion, Shape, Tag
from organizations.models import Organization, User
from tests.factories import (
    AnnotationFactory,
    AssetFactory,
    BlobFactory,
    DataFactory,
    DatasetFactory,
    DatasetVersionFactory,
    ExperimentDatasetVersionFactory,
    LabelFactory,
    png,
)
from tests.protocols.picsellia.conftest import ConnectAs
from tests.protocols.picsellia.plain import PlainClient


def images(sdk: picsellia.Client, data: list[Data]) -> MultiData:
    """The images as the SDK holds them."""
    lake = uuid.UUID(str(sdk.id))
    known = [
        SdkData(
            sdk.connection,
            lake,
            {
                "id": str(one.pk),
                "object_name": one.object_name,
                "filename": one.filename,
                "type": "IMAGE",
                "content_type": one.content_type,
                "upload_status": "DONE",
                "meta": {"width": one.width, "height": one.height},
            },
        )
        for one in data
    ]
    return MultiData(sdk.connection, lake, known)


def test_datasets_are_made_found_changed_and_deleted(admin_sdk: picsellia.Client, alice: User) -> None:
    pears = admin_sdk.create_dataset("pears", description="From the north wall.")
    apples = admin_sdk.create_dataset("apples")
    row = Dataset.objects.get(pk=pears.id)
    assert (row.name, row.description, row.created_by) == ("pears", "From the north wall.", alice)
    with pytest.raises(ResourceConflictError, match="has a dataset of this name already"):
        admin_sdk.create_dataset("pears")
    with pytest.raises(BadRequestError):
        admin_sdk.create_dataset(" ")
    assert admin_sdk.get_dataset("pears").id == admin_sdk.get_dataset_by_id(pears.id).id == pears.id
    with pytest.raises(ResourceNotFoundError):
        admin_sdk.get_dataset("plums")
    assert [one.name for one in admin_sdk.list_datasets()] == ["apples", "pears"]
    assert [one.name for one in admin_sdk.list_datasets(limit=1, order_by=["-name"])] == ["pears"]
    assert [one.name for one in admin_sdk.list_datasets(offset=1)] == ["pears"]
    pears.update(name="quinces", description="No pears after all.")
    row.refresh_from_db()
    assert (pears.name, row.name, row.description) == ("quinces", "quinces", "No pears after all.")
    with pytest.raises(ResourceConflictError):
        pears.update(name="apples")
    assert pears.sync()["name"] == "quinces"
    assert pears.get_tags() == []
    apples.delete()
    with pytest.raises(ResourceNotFoundError):
        apples.sync()
    assert list(Dataset.objects.all()) == [row]


def test_versions_are_made_found_changed_and_deleted(admin_sdk: picsellia.Client) -> None:
    dataset = admin_sdk.create_dataset("pears")
    first = dataset.create_version("first", description="Few.", type=InferenceType.OBJECT_DETECTION)
    second = dataset.create_version("second")
    assert (first.name, first.version, first.origin_id) == ("pears", "first", dataset.id)
    assert (first.type, second.type) == (InferenceType.OBJECT_DETECTION, InferenceType.NOT_CONFIGURED)
    with pytest.raises(ResourceConflictError, match="has a version of this name already"):
        dataset.create_version("first")
    assert [one.version for one in dataset.list_versions()] == ["second", "first"]
    assert [one.version for one in dataset.list_versions(order_by=["version"], limit=1)] == ["first"]
    assert dataset.get_version("first").id == first.id
    assert dataset.get_version_by_id(first.id).id == first.id
    assert admin_sdk.get_dataset_version_by_id(first.id).id == first.id
    with pytest.raises(ResourceNotFoundError):
        dataset.get_version("third")
    first.update(version="one", description="Fewer.")
    first.set_type(InferenceType.SEGMENTATION)
    row = DatasetVersion.objects.get(pk=first.id)
    assert (row.name, row.description, row.inference_type) == ("one", "Fewer.", "SEGMENTATION")
    assert (first.version, first.type) == ("one", InferenceType.SEGMENTATION)
    with pytest.raises(ResourceConflictError):
        first.update(version="second")
    assert first.sync()["asset_count"] == 0
    assert first.get_tags() == []

    used = ExperimentDatasetVersionFactory(
        dataset_version=row, experiment__project__organization=row.dataset.organization, experiment__name="night run"
    )
    with pytest.raises(ResourceConflictError, match="night run"):
        first.delete()
    with pytest.raises(ResourceConflictError, match="night run"):
        dataset.delete()
    first.update(description="Used, and changed all the same.")
    used.delete()
    first.delete()
    dataset.delete()
    assert not DatasetVersion.objects.exists()


def test_images_become_assets(sdk: picsellia.Client, orchard: Organization) -> None:
    data = DataFactory.create_batch(4, organization=orchard)
    version = sdk.create_dataset("pears").create_version("first")
    with pytest.raises(NoDataError):
        version.list_assets()
    job = version.add_data(images(sdk, data[:3]), tags=None)
    assert job.sync()["status"] == "SUCCESS"
    version.add_data(images(sdk, data))
    row = DatasetVersion.objects.get(pk=version.id)
    assert row.asset_count == 4
    assert sorted(row.assets.values_list("position", flat=True)) == [0, 1, 2, 3]
    assert row.assets.get(position=3).data == data[3]
    assets = version.list_assets()
    assert {asset.filename for asset in assets} == {one.filename for one in data}
    assert (assets[0].width, assets[0].height) == (8, 6)
    left, right = assets.split(0.5)
    assert (len(left), len(right)) == (2, 2)
    left.delete()
    right[0].delete()
    row.refresh_from_db()
    assert [asset.pk for asset in row.assets.all()] == [right[1].id]
    assert row.asset_count == 1
    assert Data.objects.count() == 4


def test_assets_are_downloaded(sdk: picsellia.Client, orchard: Organization, tmp_path: Path) -> None:
    content = png(7)
    data = DataFactory(organization=orchard, filename="pear.png", blob=BlobFactory(content=content))
    asset = AssetFactory(dataset_version__dataset__organization=orchard, data=data)
    sdk.get_dataset_version_by_id(asset.dataset_version_id).download(target_path=tmp_path)
    assert (tmp_path / "pear.png").read_bytes() == content


@pytest.fixture
def annotated(orchard: Organization) -> DatasetVersion:
    """Three assets with two labels: the first and the last have a box, the first has a tag."""
    version = DatasetVersionFactory(dataset__organization=orchard, dataset__name="pears", name="first")
    labels = [LabelFactory(dataset_version=version, name=name) for name in ("ripe", "rotten")]
    assets = [AssetFactory(dataset_version=version) for _ in range(3)]
    for asset, label in zip(assets[::2], labels, strict=True):
        AnnotationFactory(asset=asset, label=label, shape=Shape.RECTANGLE, coordinates=[1, 2, 3, 4])
    assets[0].tags.add(Tag.objects.create(organization=orchard, dataset_version=version, name="wet"))
    DatasetVersion.objects.filter(pk=version.pk).update(asset_count=3, object_count=2)
    return version


def test_a_fork_of_everything(sdk: picsellia.Client, annotated: DatasetVersion) -> None:
    source = sdk.get_dataset_version_by_id(annotated.pk)
    version, job = source.fork(
        "second", type=InferenceType.OBJECT_DETECTION, with_tags=True, with_labels=True, with_annotations=True
    )
    assert job.sync()["status"] == "SUCCESS"
    row = DatasetVersion.objects.get(pk=version.id)
    assert (row.name, row.description, row.inference_type) == ("second", "Fork from first", "OBJECT_DETECTION")
    assert (row.asset_count, row.object_count) == (3, 2)
    assert list(row.assets.values_list("data", flat=True)) == list(annotated.assets.values_list("data", flat=True))
    assert list(row.labels.values_list("name", "object_count")) == [("ripe", 1), ("rotten", 1)]
    first = row.assets.first()
    assert first is not None
    assert [tag.name for tag in first.tags.all()] == ["wet"]
    assert first.tags.get().dataset_version == row
    assert Annotation.objects.filter(asset__dataset_version=annotated).count() == 2
    with pytest.raises(ResourceConflictError):
        source.fork("second")


def test_a_fork_of_some_and_a_copy_of_the_rest(sdk: picsellia.Client, annotated: DatasetVersion) -> None:
    source = sdk.get_dataset_version_by_id(annotated.pk)
    assets = source.list_assets(order_by=["position"])
    version, _ = source.fork("second", assets=assets[:1])
    row = DatasetVersion.objects.get(pk=version.id)
    assert (row.asset_count, row.object_count, row.labels.count()) == (1, 0, 0)
    source.copy_assets_to(version, assets, with_tags=True, with_annotations=True)
    row.refresh_from_db()
    # The first one was there, and stays as it was.
    assert (row.asset_count, row.object_count) == (3, 1)
    assert [label.name for label in row.labels.all()] == ["ripe", "rotten"]
    assert Annotation.objects.get(asset__dataset_version=row).coordinates == [1, 2, 3, 4]


def attempts(reader: picsellia.Client) -> list[Callable[[], object]]:
    """What somebody who only reads may not do."""
    dataset = reader.get_dataset("pears")
    version = dataset.get_version("first")
    assets = version.list_assets()
    return [
        lambda: reader.create_dataset("plums"),
        lambda: dataset.update(name="plums"),
        lambda: dataset.create_version("third"),
        lambda: version.update(description="Seen."),
        lambda: version.fork("fork"),
        lambda: version.add_data(assets.as_multidata(force_refresh=False)),
        lambda: assets.delete(),
        lambda: version.create_label("unripe"),
        lambda: version._bulk_get_or_create_labels(["ripe"]),
        lambda: version.create_label_group("fruit"),
        lambda: version.get_label("ripe").update(name="unripe"),
        lambda: version.get_label("ripe").set_skeleton([], []),
        lambda: version.get_label("ripe").delete(),
    ]


def test_viewers_read_and_members_do_not_delete(
    connect_as: ConnectAs, sdk: picsellia.Client, vera: User, bob: User, annotated: DatasetVersion
) -> None:
    for attempt in [*attempts(connect_as(vera)), *attempts(connect_as(bob, is_read_only=True))]:
        with pytest.raises(ForbiddenError):
            attempt()
    with pytest.raises(ForbiddenError):
        sdk.get_dataset("pears").delete()
    with pytest.raises(ForbiddenError):
        sdk.get_dataset("pears").get_version("first").delete()
    assert (Dataset.objects.count(), DatasetVersion.objects.count(), Asset.objects.count()) == (1, 1, 3)


def test_what_is_somebody_elses_is_not_there(plain: PlainClient, orchard: Organization) -> None:
    own, strange = DatasetFactory(organization=orchard), DatasetVersionFactory()
    theirs = f"/api/organization/{strange.dataset.organization_id}"
    ours = f"/api/organization/{orchard.pk}"
    for method, path, body in [
        ("GET", f"{theirs}/datasets", None),
        ("POST", f"{theirs}/datasets", {"name": "mine"}),
        ("GET", f"{theirs}/datasets/find?id={strange.dataset_id}", None),
        ("GET", f"{ours}/datasets/find?id={strange.dataset_id}", None),
        ("GET", f"{ours}/datasets/find?name={strange.dataset.name}", None),
        ("GET", f"{theirs}/datasetversions/find?id={strange.pk}", None),
        ("GET", f"{ours}/datasetversions/find?id={strange.pk}", None),
        ("GET", f"/api/dataset/{strange.dataset_id}", None),
        ("PATCH", f"/api/dataset/{strange.dataset_id}", {"name": "mine"}),
        ("DELETE", f"/api/dataset/{strange.dataset_id}", None),
        ("GET", f"/api/dataset/{strange.dataset_id}/versions", None),
        ("POST", f"/api/dataset/{strange.dataset_id}/versions", {"version": "mine"}),
        ("GET", f"/api/dataset/{strange.dataset_id}/versions/find?id={strange.pk}", None),
        ("GET", f"/api/dataset/{own.pk}/versions/find?id={strange.pk}", None),
        ("POST", f"/api/dataset/{strange.dataset_id}/fork", {"parent_id": str(strange.pk), "version": "mine"}),
        ("POST", f"/api/dataset/{own.pk}/fork", {"parent_id": str(strange.pk), "version": "mine"}),
        ("GET", f"/api/dataset/version/{strange.pk}", None),
        ("PATCH", f"/api/dataset/version/{strange.pk}", {"version": "mine"}),
        ("DELETE", f"/api/dataset/version/{strange.pk}", None),
        ("GET", f"/api/dataset/{uuid.uuid4()}", None),
    ]:
        assert plain(method, path, body)[0] == 404, (method, path)
    assert list(DatasetVersion.objects.values_list("name", flat=True)) == [strange.name]
    assert Dataset.objects.count() == 2


def test_what_makes_no_sense(plain: PlainClient, orchard: Organization) -> None:
    dataset = DatasetFactory(organization=orchard)
    for method, path, body in [
        ("GET", f"/api/organization/{orchard.pk}/datasets/find", None),
        ("GET", f"/api/organization/{orchard.pk}/datasets?order_by=organization__name", None),
        ("GET", f"/api/organization/{orchard.pk}/datasets?limit=-1", None),
        ("POST", f"/api/organization/{orchard.pk}/datasets", {"name": "x" * 101}),
        ("POST", f"/api/organization/{orchard.pk}/datasets", {"name": "x", "description": "x" * 1001}),
        ("POST", f"/api/dataset/{dataset.pk}/versions", {"version": "first", "type": "GUESSING"}),
        ("POST", f"/api/dataset/{dataset.pk}/versions", {"version": None}),
        ("POST", f"/api/dataset/{dataset.pk}/versions", b"{"),
        ("PATCH", f"/api/dataset/{dataset.pk}", {"name": "a\x00"}),
    ]:
        status, answer = plain(method, path, body)
        assert status in (400, 422), (method, path)
        assert answer["message"]
    assert plain("GET", f"/api/organization/{orchard.pk}/datasets/find?name=%00")[0] == 404
