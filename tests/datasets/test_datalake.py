"""Registering images, beneath the calls that do it: what two at once make, and what never comes together."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404

from config.ids import new_id
from datasets import datalake
from datasets.datalake import delete_data, register_data
from datasets.images import verified
from datasets.metadata import checked
from datasets.models import Data
from datasets.tags import TARGETS_MAX, attach_tag, detach_tag, tag_data
from organizations.models import Organization, User
from storage.models import Upload
from tests.factories import (
    BlobFactory,
    DataFactory,
    DatasetVersionFactory,
    DataSourceFactory,
    TagFactory,
    UploadFactory,
    png,
)


@pytest.fixture
def upload(orchard: Organization) -> Upload:
    return UploadFactory(organization=orchard, blob=BlobFactory(content=png(1)), filename="a.png")


def test_two_at_once_make_one(
    orchard: Organization, bob: User, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is written while the second still reads the picture."""

    def register(**more: Any) -> Data:
        return register_data(organization=orchard, object_name=upload.name, filename="a.png", by=bob, **more)

    first: list[Data] = []

    def slowly(content: bytes) -> Any:
        monkeypatch.setattr(datalake, "verified", verified)
        first.append(register())
        return verified(content)

    monkeypatch.setattr(datalake, "verified", slowly)
    second = register(tags=[TagFactory(organization=orchard)])
    assert [second] == first == list(Data.objects.all())


def test_what_is_seen_once_is_not_read_again(
    orchard: Organization, bob: User, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But only what the organization itself has seen: equal bytes tell nothing of what others have."""
    one = register_data(organization=orchard, object_name=upload.name, filename="a.png", by=bob)
    again = UploadFactory(organization=orchard, blob=upload.blob, filename="b.png")
    read: list[bytes] = []

    def noted(content: bytes) -> Any:
        read.append(content)
        return verified(content)

    monkeypatch.setattr(datalake, "verified", noted)
    two = register_data(organization=orchard, object_name=again.name, filename="b.png", by=bob)
    assert (two.thumbnail, two.width, read) == (one.thumbnail, 8, [])
    Data.objects.all().update(organization=DataFactory().organization)
    third = UploadFactory(organization=orchard, blob=upload.blob, filename="c.png")
    register_data(organization=orchard, object_name=third.name, filename="c.png", by=bob)
    assert read == [png(1)]


def test_what_never_comes_together(orchard: Organization, harbor: Organization, bob: User, upload: Upload) -> None:
    version = DatasetVersionFactory(dataset__organization=orchard)
    wrong: list[dict[str, Any]] = [
        {"tags": [TagFactory(organization=harbor)]},
        {"tags": [TagFactory(organization=orchard, dataset_version=version)]},
        {"tags": TagFactory.create_batch(101, organization=orchard)},
        {"source": DataSourceFactory(organization=harbor)},
        {"filename": "../a.png"},
    ]
    for more in wrong:
        values = {"organization": orchard, "object_name": upload.name, "filename": "a.png", "by": bob, **more}
        with pytest.raises(ValidationError):
            register_data(**values)
    assert not Data.objects.exists()


def test_an_image_of_too_many_bytes(
    orchard: Organization, bob: User, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datalake, "BYTES_MAX", 10)
    with pytest.raises(ValidationError, match=r"a\.png is larger than"):
        register_data(organization=orchard, object_name=upload.name, filename="a.png", by=bob)


def test_deletion_is_all_or_none(
    orchard: Organization, harbor: Organization, alice: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, foreign = DataFactory(organization=orchard), DataFactory(organization=harbor)
    for ids in ([own.pk, foreign.pk], [own.pk, new_id()]):
        with pytest.raises(Http404):
            delete_data(organization=orchard, ids=ids, by=alice)
    assert Data.objects.count() == 2
    delete_data(organization=orchard, ids=[own.pk, own.pk], by=alice)
    assert Data.objects.get() == foreign
    monkeypatch.setattr(datalake, "DELETED_MAX", 1)
    with pytest.raises(ValidationError, match="at most 1 are deleted at once"):
        delete_data(organization=harbor, ids=[foreign.pk, new_id()], by=charlie)


def test_tagging(orchard: Organization, bob: User) -> None:
    """Twice is once; a known word is the tag that there is; too many are refused."""
    tag, data = TagFactory(organization=orchard, name="night"), DataFactory(organization=orchard)
    assert attach_tag(tag=tag, targets=[data.pk, data.pk], by=bob) == 1
    assert attach_tag(tag=tag, targets=[data.pk], by=bob) == 1
    assert tag_data(data=data, name="night ", by=bob) == data.tags.get() == tag
    assert detach_tag(tag=tag, targets=[data.pk], by=bob) == detach_tag(tag=tag, targets=[data.pk], by=bob) == 1
    with pytest.raises(ValidationError, match="at most 100,000 are taken at once"):
        attach_tag(tag=tag, targets=[data.pk] * (TARGETS_MAX + 1), by=bob)


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({str(n): n for n in range(101)}, "The metadata has 101 keys; at most 100 are kept."),
        ({"a": "x" * 20_000}, "characters as JSON; at most 20,000 are kept."),
        ({"a": float("nan")}, "The metadata holds a number that is not finite."),
        ({"a": {"b": [{"c": [{}]}]}}, "The metadata is nested deeper than 5 levels."),
        ({"": 1}, "The metadata has a key of 0 characters"),
        ({"k" * 101: 1}, "The metadata has a key of 101 characters"),
        ({"a": ["\x00"]}, "control character"),
        ({"\ud800": 1}, "control character"),
    ],
)
def test_metadata_that_are_refused(metadata: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        checked(metadata)
    assert sentence in refusal.value.message_dict["metadata"][0]


def test_metadata_that_are_kept() -> None:
    assert checked(None) == {}
    assert checked({"a": {"b": [{"c": []}]}, "d e": None}) == {"a": {"b": [{"c": []}]}, "d e": None}
