"""Images, as the SDK reads them."""

import uuid
from datetime import datetime
from typing import Any, Literal

from ninja import Schema

from datasets.models import Data
from protocols.picsellia.files import presigned_url


class Size(Schema):
    """Of an image, in pixels, as it is seen."""

    width: int
    height: int


class DataOut(Schema):
    """An image, verified and measured. Read it with `select_related("blob")`."""

    id: uuid.UUID
    object_name: str
    filename: str
    type: Literal["IMAGE"] = "IMAGE"
    content_type: str
    upload_status: Literal["DONE"] = "DONE"
    presigned_url: str
    meta: Size
    metadata: dict[str, Any]
    custom_metadata: dict[str, Any]
    created_at: datetime

    @staticmethod
    def resolve_presigned_url(data: Data, context: dict[str, Any]) -> str:
        """Where the image can be fetched without a token."""
        return presigned_url(context["request"], data.blob, data.filename)

    @staticmethod
    def resolve_meta(data: Data) -> Size:
        """Measured when the image was registered."""
        return Size(width=data.width, height=data.height)
