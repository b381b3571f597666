"""Images of an organization, through the SDK: uploaded, listed, found, described, downloaded, deleted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import picsellia
import picsellia.exceptions
import pytest
from picsellia.services.error_manager import ErrorManager
from picsellia.types.enums import DataType
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from config.ids import new_id
from datasets.models import Data, DataSource, Tag
from organizations.models import Organization, User
from protocols.picsellia.routers import datalake
from storage.models import Upload
from tests.factories import AssetFactory, BlobFactory, DataFactory, DatasetVersionFactory, UploadFactory, png
from tests.protocols.picsellia.conftest import ConnectAs
from tests.protocols.picsellia.plain import PlainClient


def upload_of(organization: Organization, content: bytes | None = None, filename: str = "a.png") -> Upload:
    """An image whose bytes came, and that nobody has registered yet."""
    blob = BlobFactory(content=png(1) if content is None else content)
    return UploadFactory(organization=organization, blob=blob, filename=filename)


def body_of(upload: Upload, **more: Any) -> dict[str, Any]:
    return {"type": "IMAGE", "filename": upload.filename, "object_name": upload.name, "tags": [], **more}


def test_the_datalake(sdk: picsellia.Client, orchard: Organization) -> None:
    lake = sdk.get_datalake()
    assert lake.id == sdk.get_datalake(name="default").id == sdk.get_datalake(id=orchard.pk).id
    assert (str(lake.id), lake.name, str(lake.connector_id)) == (str(orchard.pk), "default", str(orchard.pk))
    assert [one.id for one in sdk.list_datalakes()] == [lake.id]
    assert lake.sync()["organization_id"] == str(orchard.pk)
    for wrong in ({"name": "other"}, {"id": new_id()}):
        with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
            sdk.get_datalake(**wrong)
    with pytest.raises(picsellia.exceptions.NoDataError):
        lake.list_data()


def test_sources(sdk: picsellia.Client, orchard: Organization) -> None:
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        sdk.get_datasource("cam-1")
    source = sdk.create_datasource("cam-1")
    assert sdk.get_or_create_datasource("cam-1").id == sdk.get_datasource("cam-1").id == source.id
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="a data source of this name already"):
        sdk.create_datasource("cam-1")
    sdk.get_or_create_datasource("cam-2")
    assert [one.name for one in sdk.list_datasources(order_by=["name"])] == ["cam-1", "cam-2"]
    assert orchard.data_sources.count() == 2


def test_upload_list_and_download(sdk: picsellia.Client, orchard: Organization, bob: User, tmp_path: Path) -> None:
    """The way of an image: from a folder into the datalake, and back."""
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"image-{number}.png")
        paths[-1].write_bytes(png(number + 1))
    lake = sdk.get_datalake()
    uploaded = lake.upload_data(
        list(map(str, paths)),
        tags=["night", lake.create_data_tag("rain")],
        source="cam-1",
        metadata=[{"software": str(number)} for number in range(3)],
        custom_metadata=[{"line": number} for number in range(3)],
    )
    assert len(uploaded) == 3
    first = Data.objects.get(filename="image-0.png")
    assert (first.width, first.height, first.content_type, first.created_by) == (8, 6, "image/png", bob)
    assert (first.metadata, first.custom_metadata) == ({"software": "0"}, {"line": 0})
    assert first.source == DataSource.objects.get(name="cam-1")
    assert set(first.tags.values_list("name", flat=True)) == {"night", "rain"}
    assert first.thumbnail is not None

    seen = lake.find_data(filename="image-0.png")
    assert (seen.width, seen.height, seen.type) == (8, 6, DataType.IMAGE)
    assert (seen.metadata, seen.custom_metadata) == ({"software": "0"}, {"line": 0})
    assert seen.get_datasource().name == "cam-1"
    assert seen.sync()["datalake_id"] == str(orchard.pk)
    lake.list_data().download(tmp_path / "back")
    assert sorted(path.read_bytes() for path in (tmp_path / "back").iterdir()) == sorted(png(n + 1) for n in range(3))
    again = tmp_path / "again"
    seen.reset_url()
    seen.download(again)
    assert (again / "image-0.png").read_bytes() == png(1)


def test_files_that_are_no_images(sdk: picsellia.Client, orchard: Organization, tmp_path: Path) -> None:
    """A video, a text and half an image are refused with a sentence each; the whole one beside them comes in."""
    (tmp_path / "clip.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42")
    (tmp_path / "text.png").write_bytes(b"hello")
    (tmp_path / "half.png").write_bytes(png(1, 200, 200)[:-30])
    (tmp_path / "whole.png").write_bytes(png(1))
    errors = ErrorManager()
    sdk.get_datalake().upload_data([str(path) for path in sorted(tmp_path.iterdir())], error_manager=errors)
    sentences = "\n".join(str(error.parent) for error in errors.errors)
    assert "Only images are kept here, no videos" in sentences
    assert "text.png is not an image that can be read" in sentences
    assert "half.png is cut off or damaged" in sentences
    assert Data.objects.get().filename == "whole.png"
    with pytest.raises(picsellia.exceptions.NothingDoneError):
        sdk.get_datalake().upload_data(str(tmp_path / "text.png"))


def test_lists(sdk: picsellia.Client, orchard: Organization, harbor: Organization) -> None:
    """By cursor, by offset, by keys, and through the query language; never what strangers have."""
    data = [
        DataFactory(organization=orchard, filename=f"{number}.png", width=number, custom_metadata={"odd": number % 2})
        for number in range(1, 6)
    ]
    DataFactory(organization=harbor, filename="1.png")
    night = Tag.objects.create(organization=orchard, name="night")
    rain = Tag.objects.create(organization=orchard, name="rain")
    for one in data[:3]:
        one.tags.add(night)
    for one in data[2:4]:
        one.tags.add(rain)
    lake = sdk.get_datalake()

    def names(**options: Any) -> str:
        return " ".join(one.filename.removesuffix(".png") for one in lake.list_data(**options))

    assert names() == "1 2 3 4 5"
    assert names(limit=2, offset=1) == "2 3"
    assert names(order_by=["-width"]) == "5 4 3 2 1"
    assert names(order_by=["-filename"], limit=2, offset=2) == "3 2"
    assert names(filenames=["2.png", "4.png", "9.png"], order_by=["-created_at"]) == "4 2"
    assert names(ids=[data[0].pk, data[4].pk]) == "1 5"
    assert names(object_names=[data[1].object_name]) == "2"
    assert names(tags=["night", "rain"]) == "1 2 3 4"
    assert names(tags=["night", "rain"], intersect_tags=True) == "3"
    assert names(tags="night", q="width > 1", filenames=[one.filename for one in data]) == "2 3"
    assert names(q='filename contains "5" and height = 6') == "5"
    assert names(custom_metadata={"odd": 0}) == "2 4"
    assert names(custom_metadata={"odd": 0}, filenames=["1.png", "2.png"]) == "2"
    with pytest.raises(picsellia.exceptions.BadRequestError, match="at character 1: 'organization' is not a field"):
        names(q='organization = "Harbor"')
    with pytest.raises(picsellia.exceptions.BadRequestError, match="Nothing here is ordered by 'blob__sha256'"):
        names(order_by=["blob__sha256"])
    assert str(lake.find_data(object_name=data[2].object_name).id) == str(data[2].pk)
    DataFactory(organization=orchard, filename="1.png")
    with pytest.raises(picsellia.exceptions.BadRequestError, match="Several fit"):
        lake.find_data(filename="1.png")
    with pytest.raises(picsellia.exceptions.ResourceNotFoundError):
        lake.find_data(filename="nothing.png")


def test_the_cursor_goes_through_all(plain: PlainClient, orchard: Organization) -> None:
    DataFactory.create_batch(5, organization=orchard)
    path = f"/api/datalake/{orchard.pk}/datas"
    names, query = [], "?limit=2"
    while query:
        status, page = plain("GET", path + query)
        assert (status, page["count"]) == (200, 5)
        names += [one["filename"] for one in page["items"]]
        query = page["next_cursor"] and f"?limit=2&cursor={page['next_cursor']}"
    assert names == list(Data.objects.order_by("pk").values_list("filename", flat=True))
    assert plain("GET", f"{path}?upload_statuses=ERROR")[1]["items"] == []
    assert plain("GET", f"{path}?types=VIDEO")[1]["count"] == 0
    assert plain("GET", f"{path}?types=SOUND")[0] == 422


def test_metadata(sdk: picsellia.Client, orchard: Organization) -> None:
    row = DataFactory(organization=orchard, metadata={"software": "x"})
    data = sdk.get_datalake().find_data(id=row.pk)
    data.update_metadata({"latitude": 1.5, "longitude": 2})
    assert data.metadata == {"latitude": 1.5, "longitude": 2}
    data.update_custom_metadata({"line": 3, "nested": {"a": [1, None]}})
    assert data.custom_metadata == {"line": 3, "nested": {"a": [1, None]}}
    row.refresh_from_db()
    assert (row.metadata, row.custom_metadata) == (data.metadata, data.custom_metadata)
    for wrong in ({"a": "\x00"}, {"a": "x" * 20_000}, {str(n): 1 for n in range(101)}, {" ": 1}, {"a": [[[[[1]]]]]}):
        with pytest.raises(picsellia.exceptions.BadRequestError, match="The custom_metadata "):
            data.update_custom_metadata(wrong)
    data.update_metadata(None)
    data.update_custom_metadata(None)
    row.refresh_from_db()
    assert (row.metadata, row.custom_metadata) == ({}, {})


def test_deletion(connect_as: ConnectAs, sdk: picsellia.Client, alice: User, bob: User, orchard: Organization) -> None:
    """Members delete what they added, admins anything, and nobody what a dataset version holds."""
    own, second, third = DataFactory.create_batch(3, organization=orchard, created_by=bob)
    foreign, used = DataFactory(organization=orchard, created_by=alice), DataFactory(organization=orchard)
    AssetFactory(data=used, dataset_version=DatasetVersionFactory(name="1", dataset__name="fruit"))
    lake = sdk.get_datalake()
    lake.find_data(id=own.pk).delete()
    with pytest.raises(picsellia.exceptions.ForbiddenError, match="Images that others added are deleted by admins"):
        lake.list_data(ids=[second.pk, foreign.pk]).delete()
    lake.list_data(ids=[second.pk]).delete()
    assert set(Data.objects.all()) == {third, foreign, used}
    everything = connect_as(alice).get_datalake().list_data()
    with pytest.raises(picsellia.exceptions.ResourceConflictError, match="Dataset versions use these images: fruit/1"):
        everything.delete()
    assert Data.objects.count() == 3
    everything[:2].delete()
    assert Data.objects.get() == used


def test_a_repeated_registration_makes_nothing_twice(plain: PlainClient, orchard: Organization) -> None:
    upload, path = upload_of(orchard), f"/api/datalake/{orchard.pk}/datas"
    first, second = plain("POST", path, body_of(upload)), plain("POST", path, body_of(upload))
    assert first[0] == second[0] == 200
    assert first[1]["id"] == second[1]["id"]
    same = plain("POST", path, body_of(upload_of(orchard), meta={"width": 1, "height": 1}, content_type="video/mp4"))[1]
    assert (same["meta"], same["content_type"]) == ({"width": 8, "height": 6}, "image/png")
    assert Data.objects.count() == 2
    assert Data.objects.values("thumbnail").distinct().count() == 1
    assert plain("DELETE", f"/api/data/{first[1]['id']}")[0] == 204
    assert plain("POST", path, body_of(upload))[0] == 400


def test_an_image_that_its_exif_turns(plain: PlainClient, orchard: Organization, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (8, 6)).save(tmp_path / "turned.jpg", exif=exif)
    upload = upload_of(orchard, (tmp_path / "turned.jpg").read_bytes())
    answer = plain("POST", f"/api/datalake/{orchard.pk}/datas", body_of(upload))[1]
    assert answer["meta"] == {"width": 6, "height": 8}


def test_what_can_not_be_registered(plain: PlainClient, orchard: Organization, harbor: Organization) -> None:
    """Strangers' uploads, tags and sources, names that are none, and metadata that are too much."""
    path, upload = f"/api/datalake/{orchard.pk}/datas", upload_of(orchard)
    version = DatasetVersionFactory(dataset__organization=orchard)
    of_assets = Tag.objects.create(organization=orchard, dataset_version=version, name="t")
    theirs = Tag.objects.create(organization=harbor, name="t")
    source = DataSource.objects.create(organization=harbor, name="cam")
    bodies: dict[int, list[Any]] = {
        400: [
            body_of(upload, object_name=upload_of(harbor).name),
            body_of(upload, object_name="data/\x00"),
            body_of(upload, object_name=upload_of(orchard, b"no image").name),
            body_of(upload, filename=" "),
            body_of(upload, type="VIDEO"),
            body_of(upload, metadata={"a": "\ud800"}),
        ],
        404: [
            body_of(upload, tags=[str(theirs.pk)]),
            body_of(upload, tags=[str(of_assets.pk)]),
            body_of(upload, tags=[str(new_id())]),
            body_of(upload, data_source_id=str(source.pk)),
        ],
        422: [body_of(upload, tags=["x"]), {}, body_of(upload, type="SOUND"), []],
    }
    for status, ones in bodies.items():
        for body in ones:
            found, answer = plain("POST", path, body)
            assert found == status, (body, answer)
            assert answer["message"]
    assert plain("XGET", path, {})[0] == 400
    for keys in ({"ids": [str(new_id())] * 1_001}, {"filenames": ["\ud800"]}, {"object_names": ["\x00"]}):
        assert plain("XGET", path, keys)[0] == 422
    assert not Data.objects.exists()


def test_it_checks_ownership(plain_of: Callable[..., PlainClient], orchard: Organization, charlie: User) -> None:
    """The same 404 for what strangers have and for what there is not."""
    data, upload = DataFactory(organization=orchard), upload_of(orchard)
    stranger = plain_of(charlie)
    for lake, one in ((orchard.pk, data.pk), (new_id(), new_id())):
        calls: list[tuple[str, str, Any]] = [
            ("GET", f"/api/organization/{lake}/datalake", None),
            ("GET", f"/api/organization/{lake}/datalakes", None),
            ("GET", f"/api/organization/{lake}/datasources", None),
            ("GET", f"/api/organization/{lake}/datasources/find?name=x", None),
            ("POST", f"/api/organization/{lake}/datasources", {"name": "x"}),
            ("GET", f"/api/datalake/{lake}", None),
            ("GET", f"/api/datalake/{lake}/datas", None),
            ("GET", f"/api/datalake/{lake}/datas/find?id={one}", None),
            ("XGET", f"/api/datalake/{lake}/datas", {"ids": [str(one)]}),
            ("POST", f"/api/datalake/{lake}/datas", body_of(upload)),
            ("DELETE", f"/api/datalake/{lake}/datas", {"ids": [str(one)]}),
            ("DELETE", f"/api/datalake/{charlie.organizations.get().pk}/datas", {"ids": [str(one)]}),
            ("GET", f"/api/data/{one}", None),
            ("PATCH", f"/api/data/{one}", {"metadata": {}}),
            ("PATCH", f"/api/data/{one}/custom-metadata", {"custom_metadata": {}}),
            ("GET", f"/api/data/{one}/presigned-url", None),
            ("DELETE", f"/api/data/{one}", None),
        ]
        for call in calls:
            assert stranger(*call)[0] == 404, call
    assert Data.objects.get() == data


def test_viewers_only_read(plain_of: Callable[..., PlainClient], orchard: Organization, vera: User, bob: User) -> None:
    data, upload = DataFactory(organization=orchard, created_by=vera), upload_of(orchard)
    for reader in (plain_of(vera), plain_of(bob, is_read_only=True)):
        assert reader("GET", f"/api/data/{data.pk}")[0] == 200
        for call in [
            ("POST", f"/api/organization/{orchard.pk}/datasources", {"name": "x"}),
            ("POST", f"/api/datalake/{orchard.pk}/datas", body_of(upload)),
            ("DELETE", f"/api/datalake/{orchard.pk}/datas", {"ids": [str(data.pk)]}),
            ("PATCH", f"/api/data/{data.pk}", {"metadata": {}}),
            ("PATCH", f"/api/data/{data.pk}/custom-metadata", {"custom_metadata": {}}),
            ("DELETE", f"/api/data/{data.pk}", None),
        ]:
            assert reader(*call)[0] == 403, call
    assert Data.objects.get() == data


def test_a_page_costs_the_same_however_long(
    plain: PlainClient, orchard: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"/api/datalake/{orchard.pk}/datas"
    plain("GET", path)
    for more in (1, 20):
        DataFactory.create_batch(more, organization=orchard)
        with django_assert_num_queries(4):
            assert plain("GET", path)[0] == 200


def test_a_name_that_too_many_have(plain: PlainClient, orchard: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    DataFactory.create_batch(3, organization=orchard, filename="image.png")
    path, keys = f"/api/datalake/{orchard.pk}/datas", {"filenames": ["image.png"]}
    assert plain("XGET", path, keys)[1]["count"] == 3
    monkeypatch.setattr(datalake, "MATCHES_MAX", 2)
    status, answer = plain("XGET", path, keys)
    assert (status, answer["message"]) == (400, "More than 2 images have these names: ask for fewer names at once.")
