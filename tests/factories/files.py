"""Blobs and uploads."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from config.ids import new_id
from storage.models import Blob, Upload
from tests.factories.people import OrganizationFactory


class BlobFactory(DjangoModelFactory[Blob]):
    """Really stored bytes: `BlobFactory(content=b"…")`, or some that no other blob has."""

    class Meta:
        model = Blob

    content = factory.Sequence(lambda n: f"content {n}".encode())

    @classmethod
    def _create(cls, model_class: type[Blob], *args: Any, **values: Any) -> Blob:
        from storage.services import store

        return store([values["content"]])


class UploadFactory(DjangoModelFactory[Upload]):
    """An upload whose bytes are there."""

    class Meta:
        model = Upload

    organization = factory.SubFactory(OrganizationFactory)
    blob = factory.SubFactory(BlobFactory)
    filename = "weights.bin"
    name = factory.LazyAttribute(lambda upload: f"artifact/{new_id()}/{upload.filename}")
