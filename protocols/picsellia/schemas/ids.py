"""Several things at once, by id."""

import uuid

from ninja import Field, Schema

IDS_MAX = 10_000


class Ids(Schema):
    """Which ones."""

    ids: list[uuid.UUID] = Field(max_length=IDS_MAX)
