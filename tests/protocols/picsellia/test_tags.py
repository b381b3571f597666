"""Words on images and on assets, through the SDK."""

from collections.abc import Callable
from functools import partial

import picsellia
import picsellia.exceptions
import pytest

from config.ids import new_id
from datasets.models import Tag
from organizations.models import Organization, User
from tests.factories import AssetFactory, DataFactory, DatasetVersionFactory
from tests.protocols.picsellia.conftest import ConnectAs
from tests.protocols.picsellia.plain import PlainClient


def test_tags_of_data(sdk: picsellia.Client, orchard: Organization) -> None:
    """Made, found, listed, put on and taken off one image and several, renamed, deleted."""
    one, two = DataFactory.create_batch(2, organization=orchard)
    lake = sdk.get_datalake()
    night = lake.create_data_tag("night")
    assert (night.name, night.target_type.value) == ("night", "DATA")
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="There is a tag of this name already"):
        lake.create_data_tag("night")
    assert lake.get_or_create_data_tag("night").id == night.id
    rain = lake.get_or_create_data_tag("rain")
    assert [tag.name for tag in lake.list_data_tags(order_by=["name"])] == ["night", "rain"]
    assert [tag.name for tag in lake.list_data_tags(order_by=["-name"], limit=1, offset=1)] == ["night"]

    everything = lake.list_data()
    everything.add_tags([night, rain])
    night.attach_on(lake.find_data(id=one.pk))
    assert one.tags.count() == two.tags.count() == 2
    night.detach_from(everything)
    lake.find_data(id=two.pk).remove_tags(rain)
    assert [tag.name for tag in one.tags.all()] == ["rain"]
    assert not two.tags.exists()
    assert [tag.name for tag in lake.find_data(id=one.pk).get_tags()] == ["rain"]

    rain.update(name="drizzle")
    assert rain.sync()["name"] == Tag.objects.get(data=one).name == "drizzle"
    with pytest.raises(picsellia.exceptions.ResourceConflictError):
        rain.update(name="night")
    rain.delete()
    assert not one.tags.exists()
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        lake.get_data_tag("drizzle")


def test_tags_of_assets(plain: PlainClient, orchard: Organization) -> None:
    """They are a version's own: the same word can be a tag of data, and of another version."""
    version, other = DatasetVersionFactory.create_batch(2, dataset__organization=orchard)
    mine, foreign = AssetFactory(dataset_version=version), AssetFactory(dataset_version=other)
    Tag.objects.create(organization=orchard, name="hard")
    path = f"/api/dataset/version/{version.pk}/tags"
    assert plain("GET", f"{path}/find?name=hard")[0] == 404
    status, tag = plain("POST", path, {"name": " hard "})
    assert (status, tag["name"], tag["target_type"]) == (200, "hard", "ASSET")
    assert plain("POST", path, {"name": "hard"})[0] == 409
    assert plain("POST", f"/api/dataset/version/{other.pk}/tags", {"name": "hard"})[0] == 200
    assert plain("GET", f"{path}/find?name=hard")[1] == tag
    assert plain("GET", path)[1] == {"items": [tag]}
    assert plain("POST", f"/api/tag/{tag['id']}/attach", [str(mine.pk)]) == (200, {"tag": tag, "count": 1})
    assert list(mine.tags.values_list("name", flat=True)) == ["hard"]
    for stranger in (foreign.pk, mine.data_id, new_id()):
        assert plain("POST", f"/api/tag/{tag['id']}/attach", [str(mine.pk), str(stranger)])[0] == 404
    assert not foreign.tags.exists()
    assert plain("POST", f"/api/tag/{tag['id']}/detach", [str(mine.pk)])[1]["count"] == 1
    assert not mine.tags.exists()


def test_the_sdk_on_asset_tags(sdk: picsellia.Client, orchard: Organization) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard)
    seen = sdk.get_dataset_version_by_id(version.pk)
    tag = seen.create_asset_tag("hard")
    assert seen.get_or_create_asset_tag("hard").id == seen.get_asset_tag("hard").id == tag.id
    assert [one.id for one in seen.list_asset_tags()] == [tag.id]
    assert Tag.objects.get(pk=tag.id).dataset_version == version


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\x00b"])
def test_names_that_no_tag_has(plain: PlainClient, orchard: Organization, name: str) -> None:
    status, body = plain("POST", f"/api/datalake/{orchard.pk}/tags", {"name": name})
    assert status == 400
    assert body["message"].startswith("name: ")
    assert plain("GET", f"/api/datalake/{orchard.pk}/tags/find?name=a%00b")[0] == 404


def test_it_checks_ownership(
    plain_of: Callable[..., PlainClient], orchard: Organization, harbor: Organization, charlie: User, bob: User
) -> None:
    """A stranger's tag is nobody's, and a tag goes on nothing of strangers."""
    theirs, ours = Tag.objects.create(organization=orchard, name="t"), Tag.objects.create(organization=harbor, name="t")
    data, version = DataFactory(organization=orchard), DatasetVersionFactory(dataset__organization=orchard)
    stranger = plain_of(charlie)
    calls: list[tuple[str, str, object]] = []
    for tag in (theirs.pk, new_id()):
        calls += [("GET", f"/api/tag/{tag}", None), ("PATCH", f"/api/tag/{tag}", {"name": "x"})]
        calls += [("POST", f"/api/tag/{tag}/attach", []), ("POST", f"/api/tag/{tag}/detach", [])]
        calls += [("DELETE", f"/api/tag/{tag}", None)]
    for path in (f"/api/datalake/{orchard.pk}/tags", f"/api/dataset/version/{version.pk}/tags"):
        calls += [("GET", path, None), ("POST", path, {"name": "x"}), ("GET", f"{path}/find?name=t", None)]
    calls += [("POST", f"/api/tag/{ours.pk}/attach", [str(data.pk)])]
    for call in calls:
        assert stranger(*call)[0] == 404, call
    assert list(Tag.objects.values_list("name", flat=True)) == ["t", "t"]
    assert not data.tags.exists()


def test_viewers_only_read(connect_as: ConnectAs, vera: User, bob: User, orchard: Organization) -> None:
    Tag.objects.create(organization=orchard, name="night")
    DataFactory(organization=orchard)
    for client in (connect_as(vera), connect_as(bob, is_read_only=True)):
        lake = client.get_datalake()
        tag = lake.get_data_tag("night")
        refused: list[Callable[[], object]] = [
            partial(lake.create_data_tag, "x"),
            partial(tag.update, name="x"),
            tag.delete,
            partial(lake.list_data().add_tags, tag),
            partial(tag.detach_from, lake.list_data()),
        ]
        for write in refused:
            with pytest.raises(picsellia.exceptions.ForbiddenError):
                write()
    assert Tag.objects.get().name == "night"
