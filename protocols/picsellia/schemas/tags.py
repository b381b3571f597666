"""Tags, on images and on assets."""

import uuid

from ninja import Schema

from datasets.models import Tag


class TagOut(Schema):
    """A tag, and what it can be put on."""

    id: uuid.UUID
    name: str
    target_type: str

    @staticmethod
    def resolve_target_type(tag: Tag) -> str:
        """A tag of a dataset version is one on assets."""
        return "DATA" if tag.dataset_version_id is None else "ASSET"
