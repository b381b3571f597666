"""Assets of a version: listed in every way the SDK knows, found, and taken out."""

import json
import uuid
from urllib.parse import urlencode

import picsellia
import pytest
from picsellia.exceptions import BadRequestError, NoDataError, ResourceNotFoundError
from picsellia.sdk.asset import MultiAsset
from pytest_django import DjangoAssertNumQueries

from datasets.models import Annotation, Asset, Data, DatasetVersion, Labelling, Tag
from organizations.models import Organization
from tests.factories import (
    AnnotationFactory,
    AssetFactory,
    DataFactory,
    DatasetVersionFactory,
)
from tests.protocols.picsellia.plain import PlainClient

NAMES = ["pear-1.png", "pear-2.png", "apple-1.png", "Pear-3.png", "plum%1.png"]


@pytest.fixture
def version(orchard: Organization) -> DatasetVersion:
    """Five assets: the first two are wet, the second and third come from the north; the last is 16 pixels wide."""
    version = DatasetVersionFactory(dataset__organization=orchard, asset_count=len(NAMES))
    assets = [
        AssetFactory(dataset_version=version, position=place, data__filename=name) for place, name in enumerate(NAMES)
    ]
    wet = Tag.objects.create(organization=orchard, dataset_version=version, name="wet")
    cold = Tag.objects.create(organization=orchard, dataset_version=version, name="cold")
    north = Tag.objects.create(organization=orchard, name="north")
    wet.assets.set(assets[:2])
    cold.assets.set(assets[1:2])
    for asset in assets[1:3]:
        asset.data.tags.add(north)
    Data.objects.filter(pk=assets[4].data_id).update(width=16, custom_metadata={"line": 2})
    return version


def names(assets: MultiAsset) -> list[str]:
    """The names of the images, in the order of the list."""
    return [asset.filename for asset in assets]


def test_a_list_goes_by_pages(sdk: picsellia.Client, version: DatasetVersion) -> None:
    pears = sdk.get_dataset_version_by_id(version.pk)
    assets = pears.list_assets()
    assert names(assets) == NAMES
    assert (assets[0].width, assets[0].height, assets[0].content_type) == (8, 6, "image/png")
    assert names(pears.list_assets(limit=2)) == NAMES[:2]
    assert names(pears.list_assets(limit=2, offset=3)) == NAMES[3:]
    assert names(pears.list_assets(order_by=["-position"])) == NAMES[::-1]
    assert names(pears.list_assets(order_by=["-filename"], limit=1)) == ["plum%1.png"]
    with pytest.raises(BadRequestError, match="Nothing here is ordered by 'data__blob'"):
        pears.list_assets(order_by=["data__blob"])


def test_a_list_is_narrowed(sdk: picsellia.Client, version: DatasetVersion) -> None:
    pears = sdk.get_dataset_version_by_id(version.pk)
    assert names(pears.list_assets(tags="wet")) == NAMES[:2]
    assert names(pears.list_assets(tags=["wet", "cold"])) == NAMES[:2]
    assert names(pears.list_assets(tags=["wet", "cold"], intersect_tags=True)) == NAMES[1:2]
    assert names(pears.list_assets(data_tags=["north"])) == NAMES[1:3]
    assert names(pears.list_assets(tags="wet", data_tags="north", q='filename contains "pear"')) == NAMES[1:2]
    assert names(pears.list_assets(q="width > 8")) == NAMES[4:]
    assert names(pears.list_assets(custom_metadata={"line": 2})) == NAMES[4:]
    with pytest.raises(NoDataError):
        pears.list_assets(assignment_status="DONE")
    with pytest.raises(BadRequestError):
        pears.list_assets(q="data__blob__sha256 = 1")


def test_a_list_of_keys(sdk: picsellia.Client, version: DatasetVersion, orchard: Organization) -> None:
    pears = sdk.get_dataset_version_by_id(version.pk)
    first, second = version.assets.select_related("data")[:2]
    # Images of these names lie in another version, and in another organization.
    AssetFactory(dataset_version__dataset__organization=orchard, data=first.data)
    other = AssetFactory(data__filename=NAMES[0])
    assert names(pears.list_assets(filenames=[NAMES[0], NAMES[2], "none.png"])) == [NAMES[0], NAMES[2]]
    assert names(pears.list_assets(filenames=NAMES[:2], q='tags.name = "cold"')) == NAMES[1:2]
    assert names(pears.list_assets(filenames=NAMES, order_by=["-position"])) == NAMES[::-1]
    assert names(pears.list_assets(object_names=[first.data.object_name])) == NAMES[:1]
    assert names(pears.list_assets(ids=[first.pk, second.pk, other.pk])) == NAMES[:2]
    assert names(pears.list_assets(data_ids=[second.data_id, other.data_id])) == NAMES[1:2]
    assert names(pears.list_assets(filenames_startswith=["pear", "plum%"])) == [*NAMES[:2], NAMES[4]]
    many = [f"no{n}" for n in range(999)] + ["pear-1"]
    assert names(pears.list_assets(filenames_startswith=many)) == NAMES[:1]
    with pytest.raises(NoDataError):
        pears.list_assets(filenames=["none.png"])


def test_one_asset(sdk: picsellia.Client, version: DatasetVersion) -> None:
    pears = sdk.get_dataset_version_by_id(version.pk)
    row = version.assets.select_related("data")[1]
    asset = pears.find_asset(filename=NAMES[1])
    assert asset.id == row.pk
    assert pears.find_asset(object_name=row.data.object_name).id == row.pk
    assert pears.find_asset(id=row.pk).data_id == row.data_id
    assert pears.find_asset(data=asset.get_data()).id == row.pk
    assert [tag.name for tag in asset.get_data_tags()] == ["north"]
    assert sorted(tag.name for tag in asset.get_tags()) == ["cold", "wet"]
    with pytest.raises(ResourceNotFoundError):
        pears.find_asset(filename="none.png")
    AssetFactory(dataset_version=version, position=9, data__filename=NAMES[1])
    with pytest.raises(BadRequestError, match="Several fit"):
        pears.find_asset(filename=NAMES[1])
    AnnotationFactory(asset=row)
    asset.delete()
    assert not Asset.objects.filter(pk=row.pk).exists()
    assert (Annotation.objects.count(), Labelling.objects.count()) == (0, 0)
    assert Data.objects.filter(pk=row.data_id).exists()
    version.refresh_from_db()
    assert version.asset_count == 5


def test_pages_by_cursor(
    plain: PlainClient, version: DatasetVersion, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path, seen, cursor = f"/api/dataset/version/{version.pk}/assets", list[str](), dict[str, str]()
    # The first use of a token is written down.
    plain("GET", "/api/home/ping")
    while True:
        # The token, the version, its assets with their images, and their tags.
        with django_assert_num_queries(4):
            status, page = plain("GET", f"{path}?{urlencode({'limit': 2, **cursor})}")
        assert (status, page["count"]) == (200, 5)
        seen += [asset["data"]["filename"] for asset in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == NAMES
    assert plain("GET", f"{path}?{urlencode({'types': 'VIDEO'})}")[1]["count"] == 0
    wet = urlencode({"q": 'tags.name = "wet"', "limit": 1})
    assert plain("GET", f"{path}?{wet}")[1]["count"] == 2


@pytest.mark.parametrize(
    "body", [{}, {"ids": [], "filenames": []}, {"filenames": ["a\x00"]}, {"ids": [str(uuid.uuid4())] * 1001}, []]
)
def test_keys_that_make_no_sense(plain: PlainClient, version: DatasetVersion, body: object) -> None:
    status, answer = plain("XGET", f"/api/dataset/version/{version.pk}/assets", body)
    assert status in (400, 422)
    assert answer["message"]


@pytest.mark.parametrize("text", ["[]", "{", '{"a": {"b": 1}}', json.dumps({"x__y": 1})])
def test_custom_metadata_is_no_lookup(plain: PlainClient, version: DatasetVersion, text: str) -> None:
    query = urlencode({"custom_metadata": text})
    status, answer = plain("GET", f"/api/dataset/version/{version.pk}/assets?{query}")
    assert status == 400 or answer["count"] == 0


def test_what_is_somebody_elses_is_not_there(plain: PlainClient, version: DatasetVersion) -> None:
    own, strange = version.assets.all()[0], AssetFactory()
    copied = {"destination_id": str(strange.dataset_version_id), "asset_ids": [str(own.pk)]}
    data, tag = DataFactory(organization=version.dataset.organization), version.asset_tags.get(name="wet")
    foreign_tag = Tag.objects.create(
        organization=strange.dataset_version.dataset.organization, dataset_version=strange.dataset_version, name="dry"
    )
    sister = DatasetVersionFactory(dataset=version.dataset)
    theirs, ours = f"/api/dataset/version/{strange.dataset_version_id}", f"/api/dataset/version/{version.pk}"
    for method, path, body in [
        ("GET", f"/api/asset/{strange.pk}", None),
        ("DELETE", f"/api/asset/{strange.pk}", None),
        ("GET", f"{theirs}/assets", None),
        ("GET", f"{theirs}/assets/find?id={strange.pk}", None),
        ("XGET", f"{theirs}/assets", {"ids": [str(strange.pk)]}),
        ("POST", f"{theirs}/assets", {"data_ids": [str(data.pk)]}),
        ("DELETE", f"{theirs}/assets", {"ids": [str(strange.pk)]}),
        ("GET", f"{ours}/assets/find?id={strange.pk}", None),
        ("POST", f"{ours}/assets", {"data_ids": [str(data.pk), str(strange.data_id)]}),
        ("POST", f"{ours}/assets", {"data_ids": [str(data.pk)], "asset_tag_ids": [str(foreign_tag.pk)]}),
        ("POST", f"{ours}/assets", {"data_ids": [str(data.pk)], "asset_tag_ids": [str(tag.pk), str(uuid.uuid4())]}),
        ("DELETE", f"{ours}/assets", {"ids": [str(own.pk), str(strange.pk)]}),
        ("POST", f"{ours}/assets/copy", {"destination_id": str(sister.pk), "asset_ids": [str(strange.pk)]}),
        ("POST", f"{ours}/assets/copy", copied),
        (
            "POST",
            f"/api/dataset/{version.dataset_id}/fork",
            {"parent_id": str(strange.dataset_version_id), "version": "fork"},
        ),
        (
            "POST",
            f"/api/dataset/{version.dataset_id}/fork",
            {"parent_id": str(version.pk), "version": "fork", "asset_ids": [str(strange.pk)]},
        ),
    ]:
        assert plain(method, path, body)[0] == 404, (method, path)
    assert (version.assets.count(), sister.assets.count(), DatasetVersion.objects.count()) == (5, 0, 3)


def test_new_assets_have_the_tags_they_are_given(plain: PlainClient, version: DatasetVersion) -> None:
    data = DataFactory.create_batch(3, organization=version.dataset.organization)
    tag = version.asset_tags.get(name="cold")
    wanted = [data[2].pk, version.assets.all()[0].data_id, data[0].pk, data[1].pk, data[2].pk]
    body = {"data_ids": [str(pk) for pk in wanted], "asset_tag_ids": [str(tag.pk)]}
    status, answer = plain("POST", f"/api/dataset/version/{version.pk}/assets", body)
    assert (status, answer["job"]["status"]) == (200, "SUCCESS")
    new = version.assets.filter(position__gte=5)
    assert [(asset.position, asset.data) for asset in new] == [(5, data[2]), (6, data[0]), (7, data[1])]
    assert all(list(asset.tags.all()) == [tag] for asset in new)
    assert version.assets.filter(tags=tag).count() == 4


def test_copies_stay_in_their_dataset(plain: PlainClient, version: DatasetVersion) -> None:
    stranger = DatasetVersionFactory(dataset__organization=version.dataset.organization)
    path, asset = f"/api/dataset/version/{version.pk}/assets/copy", str(version.assets.all()[0].pk)
    for destination, sentence in [(stranger.pk, "of one dataset"), (version.pk, "in this version already")]:
        status, answer = plain("POST", path, {"destination_id": str(destination), "asset_ids": [asset]})
        assert status == 400
        assert sentence in answer["message"]
