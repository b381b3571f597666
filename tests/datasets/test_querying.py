"""The query language of lists of images: what it finds, and that any text is a query or a clear refusal."""

import json
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from datasets.models import Asset, Data, DataSource, Tag
from datasets.querying import parse, with_custom_metadata
from organizations.models import Organization
from storage.models import Blob
from tests.factories import AssetFactory, DataFactory, DatasetVersionFactory


def test_it_finds_data(orchard: Organization) -> None:
    """Four images, told apart by everything that a query may name."""
    night, rain, odd = (Tag.objects.create(organization=orchard, name=name) for name in ("night", "rain", "it's b\\w"))
    source = DataSource.objects.create(organization=orchard, name="cam-2")
    one = DataFactory(organization=orchard, filename="One.png", width=640, source=source, metadata={"software": "x"})
    two = DataFactory(organization=orchard, filename="two.png", height=99, custom_metadata={"line": 2, "ok": True})
    three = DataFactory(organization=orchard, filename="three.jpg", custom_metadata={"line": "2", "größe": 1.5})
    four = DataFactory(organization=orchard, filename="four.jpg", content_type="image/jpeg", object_name="data/four")
    one.tags.add(night, rain)
    two.tags.add(night)
    three.tags.add(odd)
    Data.objects.filter(pk=four.pk).update(created_at=datetime(2020, 1, 2, 12, tzinfo=UTC))
    for q, found in {
        "": [one, two, three, four],
        'tags.name = "night"': [one, two],
        'tags.name in ("night","rain")': [one, two],
        'tags.name = "night" and tags.name = "rain"': [one],
        'tags.name = "night" AND tags.name != "rain"': [two],
        'tags.name contains "AI"': [one],
        'tags.name = "it\'s b\\w"': [three],
        "filename = 'One.png'": [one],
        'filename != "One.png"': [two, three, four],
        'filename contains "ONE"': [one],
        "width > 8": [one],
        "width in (640, 641)and height<=6": [one],
        "height >= 99": [two],
        'created_at < "2020-01-02T12:00:01Z"': [four],
        'created_at > "2020-01-03"': [one, two, three],
        'source.name = "cam-2"': [one],
        'source.name != "cam-2"': [two, three, four],
        'content_type = "image/jpeg"': [four],
        'object_name = "data/four"': [four],
        f'id = "{two.pk}"': [two],
        'metadata.software = "x"': [one],
        "custom_metadata.line = 2": [two],
        'custom_metadata.line = "2"': [three],
        'custom_metadata.line in (2, "2")': [two, three],
        "custom_metadata.ok = true": [two],
        "custom_metadata.größe = 1.5": [three],
    }.items():
        assert list(Data.objects.filter(parse(q, Data)).order_by("pk")) == found, q


def test_it_finds_assets(orchard: Organization) -> None:
    """The tags of an asset and those of its image are two things; other fields are the image's."""
    version = DatasetVersionFactory(dataset__organization=orchard)
    on_data = Tag.objects.create(organization=orchard, name="night")
    on_assets = Tag.objects.create(organization=orchard, dataset_version=version, name="hard")
    first, second = AssetFactory.create_batch(2, dataset_version=version)
    first.data.tags.add(on_data)
    second.tags.add(on_assets)
    Data.objects.filter(pk=second.data_id).update(custom_metadata={"line": 2}, filename="second.png")
    for q, found in {
        'tags.name = "hard"': [second],
        'tags.name in ("night")': [],
        'data.tags.name = "night"': [first],
        'data.tags.name != "night"': [second],
        'filename = "second.png"': [second],
        'data.filename contains "second" and data.width = 8': [second],
        f'id = "{first.pk}"': [first],
        f'data.id = "{first.data_id}"': [first],
        "data.custom_metadata.line = 2": [second],
    }.items():
        assert list(Asset.objects.filter(parse(q, Asset)).order_by("pk")) == found, q
    assert list(Asset.objects.filter(with_custom_metadata('{"line": 2}', Asset))) == [second]


def test_custom_metadata_holds_all_that_is_asked(orchard: Organization) -> None:
    data = DataFactory(organization=orchard, custom_metadata={"a b": "x", "n": None, "x__regex": 1, "%s": True})
    DataFactory(organization=orchard, custom_metadata={"a b": "y", "n": 0})
    for wanted in ({"a b": "x"}, {"n": None}, {"x__regex": 1.0}, {"%s": True}, {"a b": "x", "n": None, "%s": True}):
        assert list(Data.objects.filter(with_custom_metadata(json.dumps(wanted), Data))) == [data], wanted
    assert not Data.objects.filter(with_custom_metadata('{"a b": "x", "n": 0}', Data))
    assert Data.objects.filter(with_custom_metadata("{}", Data)).count() == 2


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "[" * 9_000, '{"a": {}}', '{"a": NaN}', '{"a": 1e999}', '{"1": 1}', '{" 1": 1}', '{"": 1}'),
        *('{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"\\ud800": 1}', '{"\\"": 1}'),
    ],
)
def test_what_custom_metadata_is_not(text: str) -> None:
    with pytest.raises(ValidationError):
        with_custom_metadata(text, Data)


@pytest.mark.parametrize(
    ("q", "sentence"),
    [
        ("name = 'x'", "The query can't be read at character 1: 'name' is not a field. The fields are id, filename"),
        ("width > 3 and organization__name = 'x'", "at character 15: 'organization__name' is not a field"),
        ("filename__regex = 'x'", "is not a field"),
        ("metadata. = 'x'", "at character 1: 'metadata.' is not a field"),
        ("width > 'x'", "width is compared with a whole number"),
        ("width > 1.5", "width is compared with a whole number"),
        ("width > true", "width is compared with a whole number"),
        ("filename > 'x'", "filename is asked by =, !=, in, contains only"),
        ("filename = x", "at character 12: a value is expected here"),
        ("filename = 'x", "at character 12: the text has no end"),
        ("filename = 'x' filename = 'y'", "at character 16: 'and' is expected here"),
        ("filename = 'x' or filename = 'y'", "at character 16: 'and' is expected here"),
        ("filename = 'x' and", "at character 19: the name of a field is expected here"),
        ("filename", "at character 9: an operator is expected here"),
        ("filename in 'x'", "'(' is expected here"),
        ("filename in ('x'", "')' is expected here"),
        ("filename in ()", "at character 14: a value is expected here"),
        ("filename == 'x'", "at character 11: a value is expected here"),
        ("'x' = filename", "at character 1: the name of a field is expected here"),
        ("; drop table", "'; drop table' is no field, operator or value"),
        ("created_at > 'yesterday'", "created_at is compared with a date such as"),
        ("created_at > '0001-01-01T00:00+14:00'", "created_at is compared with a date such as"),
        ("id = '1'", "id is compared with an id in quotation marks"),
        ("custom_metadata.line > 2", "custom_metadata.line is asked by =, in only"),
        ("width > 1234567890123456789", "a number has at most 18 characters"),
        ("filename = 'a\x00b'", "control character"),
        ("filename = 'x' and " * 60, "at most 50 are read"),
        ("width in (" + "1," * 500 + "1)", "at most 500 values"),
        ("x" * 10_001, "The query has 10,001 characters"),
    ],
)
def test_what_it_refuses(q: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        parse(q, Data)
    assert sentence in refusal.value.messages[0]


WORDS = ["tags.name", "data.", "filename", "width", "created_at", "metadata.a", "custom_metadata.1", "id"]
SIGNS = ["=", "!=", ">", "<=", "in", "contains", "and", "(", ")", ",", '"x"', "'", '"', "7", "-0.5", "true", "é", "%s"]
PIECES = st.sampled_from([*WORDS, *SIGNS])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


class AnyText(TestCase):
    """Against a database with a row in it: what is accepted must also be a query that it can answer."""

    @classmethod
    def setUpTestData(cls) -> None:
        blob = Blob.objects.create(sha256="0" * 64, size=1)
        version = DatasetVersionFactory()
        data = DataFactory(organization=version.dataset.organization, blob=blob, custom_metadata={"a": 1, "b": "c"})
        AssetFactory(dataset_version=version, data=data)

    @settings(max_examples=150, deadline=None)
    @given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=9).map(" ".join)))
    @example("width > 999999999999999999")
    @example("metadata.\u0661 = 1")
    @example('filename = "%"')
    def test_is_a_query_or_a_clear_refusal(self, text: str) -> None:
        for model in (Data, Asset):
            try:
                condition = parse(text, model)
            except ValidationError as error:
                assert len(error.messages) == 1  # noqa: PT017 - both ways out are right
            else:
                assert model.objects.filter(condition).count() in (0, 1)

    @settings(max_examples=150, deadline=None)
    @given(st.dictionaries(st.text(max_size=8), SCALARS, max_size=3))
    def test_custom_metadata_are_a_filter_or_a_clear_refusal(self, wanted: dict[str, object]) -> None:
        for model in (Data, Asset):
            try:
                condition = with_custom_metadata(json.dumps(wanted), model)
            except ValidationError as error:
                assert len(error.messages) == 1  # noqa: PT017 - both ways out are right
            else:
                assert model.objects.filter(condition).count() in (0, 1)
