"""Files of architectures: artifacts and model files."""

import uuid
from typing import Any

from ninja import Schema

from protocols.picsellia.files import is_large, presigned_url
from protocols.picsellia.object_names import name_of
from registry.models import ArchitectureFile


class FileOut(Schema):
    """An artifact or a model file. Read it with `select_related("blob")`."""

    id: uuid.UUID
    name: str
    object_name: str
    filename: str
    large: bool
    size: int
    sha256: str
    presigned_url: str

    @staticmethod
    def resolve_object_name(file: ArchitectureFile) -> str:
        """Made of its id: it has no other."""
        return name_of(file)

    @staticmethod
    def resolve_large(file: ArchitectureFile) -> bool:
        """Whether the SDK streams it."""
        return is_large(file.blob)

    @staticmethod
    def resolve_size(file: ArchitectureFile) -> int:
        """In bytes."""
        return file.blob.size

    @staticmethod
    def resolve_sha256(file: ArchitectureFile) -> str:
        """Of the content, in lower-case hexadecimal."""
        return file.blob.sha256

    @staticmethod
    def resolve_presigned_url(file: ArchitectureFile, context: dict[str, Any]) -> str:
        """Where it can be fetched without a token."""
        return presigned_url(context["request"], file.blob, file.filename)


class FilesOut(Schema):
    """Artifacts, or model files."""

    items: list[FileOut]


class FileIn(Schema):
    """A file that was uploaded, and what it is called. What the client thinks of its size is not needed."""

    name: str
    filename: str
    object_name: str
    large: bool = False


class FileChanges(Schema):
    """What of a file becomes another."""

    name: str | None = None
    filename: str | None = None
    object_name: str | None = None
    large: bool | None = None
