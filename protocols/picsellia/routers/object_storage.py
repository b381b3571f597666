"""Names for files that are to come, and signed addresses to send them to and to fetch them from.

Where the files lie in a folder, the addresses are this server's own; where they lie in a bucket, the bucket's.
"""

import uuid
from enum import StrEnum
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from datasets.models import DatasetVersion
from experiments.models import Experiment
from protocols.picsellia.caller import caller, own_organization
from protocols.picsellia.files import presigned_url
from protocols.picsellia.object_names import content_named
from registry.models import ModelVersion
from storage.addressed import (
    address_for_file,
    address_for_part,
    begin_parts,
    begin_upload,
    join_parts,
    upload_named,
)
from storage.models import Upload
from storage.receiving import PARTS_MAX
from training.models import Job

router = Router()


class ObjectType(StrEnum):
    """What kind of file comes."""

    AGENTS_REPORT = "AGENTS_REPORT"
    ARTIFACT = "ARTIFACT"
    CAMPAIGN_FILE = "CAMPAIGN_FILE"
    DATA = "DATA"
    DATA_PROJECTION = "DATA_PROJECTION"
    LOGGING = "LOGGING"
    LOG_IMAGE = "LOG_IMAGE"
    MODEL_FILE = "MODEL_FILE"
    MODEL_THUMB = "MODEL_THUMB"
    REVIEW_CAMPAIGN_FILE = "REVIEW_CAMPAIGN_FILE"


class ObjectContext(Schema):
    """What the file is for. It is looked at, and kept nowhere: the record that follows says it again."""

    experiment_id: uuid.UUID | None = None
    model_version_id: uuid.UUID | None = None
    dataset_version_id: uuid.UUID | None = None
    job_id: uuid.UUID | None = None
    deployment_id: uuid.UUID | None = None


class FileToCome(Schema):
    """A file, as the client knows it. The folder that it names for data is not needed: names here lead nowhere."""

    filename: str
    type: ObjectType
    context: ObjectContext | None = None
    upload_dir: str | None = None


class ObjectName(Schema):
    """What a file is called."""

    object_name: str


class ToSend(ObjectName):
    """A file that is about to be sent. Its content type is a guess by its name, and not needed."""

    content_type: str | None = None


class Form(Schema):
    """Where to send it, and what else has to be sent."""

    url: str
    fields: dict[str, str]


class FileAddress(Schema):
    """An address, and how to send there: `minio` a form by POST, `azure` the bytes by PUT."""

    client_type: str
    presigned_url_data: Form


class PartsBegun(Schema):
    """Parts can come, as they do to S3."""

    client_type: str
    upload_id: str


class PartToSend(ObjectName):
    """A part that is about to be sent."""

    upload_id: str
    part_no: int


class PartAddress(Schema):
    """Where to send it."""

    url: str


class Part(Schema):
    """A part that was sent."""

    etag: str = Field(alias="ETag")
    number: int = Field(alias="PartNumber")


class PartsSent(ObjectName):
    """All parts, in their order."""

    upload_id: str
    parts: list[Part] = Field(max_length=PARTS_MAX)


class DownloadAddress(Schema):
    """Where to fetch it."""

    presigned_url: str


@router.post(
    "/organization/{uuid:organization_id}/connector/{uuid:connector_id}/generate_object_name", response=ObjectName
)
def generate_object_name(
    request: HttpRequest, organization_id: uuid.UUID, connector_id: uuid.UUID, body: FileToCome
) -> dict[str, Any]:
    """Give a name to a file that is to come.

    The connector's id is the organization's: it has one place for its files.
    """
    organization = own_organization(request, organization_id)
    if connector_id != organization.pk:
        raise Http404
    if body.context:
        _look_at(request, body.context)
    upload = begin_upload(
        organization=organization, filename=body.filename, folder=body.type.lower(), by=caller(request)
    )
    return {"object_name": upload.name}


@router.post("/object-storage/{uuid:connector_id}/generate_presigned_url", response=FileAddress)
def generate_presigned_url(request: HttpRequest, connector_id: uuid.UUID, body: ToSend) -> dict[str, Any]:
    """An address to send a whole file to, good for a while. 409 when the file is there already."""
    upload = _upload(request, connector_id, body.object_name)
    url, is_form = address_for_file(upload=upload, by=caller(request))
    data = {"url": request.build_absolute_uri(url), "fields": {}}
    return {"client_type": "minio" if is_form else "azure", "presigned_url_data": data}


@router.post("/object-storage/{uuid:connector_id}/init_multipart_upload", response=PartsBegun)
def init_multipart_upload(request: HttpRequest, connector_id: uuid.UUID, body: ToSend) -> dict[str, Any]:
    """Begin to send a file in parts: begun again, it is the same. 409 when the file is there already."""
    upload = _upload(request, connector_id, body.object_name)
    return {"client_type": "aws", "upload_id": begin_parts(upload=upload, by=caller(request))}


@router.post("/object-storage/{uuid:connector_id}/generate_part_presigned_url", response=PartAddress)
def generate_part_presigned_url(request: HttpRequest, connector_id: uuid.UUID, body: PartToSend) -> dict[str, Any]:
    """An address to send a part of a file to, good for a while."""
    upload = _upload(request, connector_id, body.object_name)
    url = address_for_part(upload=upload, multipart_id=body.upload_id, number=body.part_no, by=caller(request))
    return {"url": request.build_absolute_uri(url)}


@router.post("/object-storage/{uuid:connector_id}/complete_part_upload", response={204: None})
def complete_part_upload(request: HttpRequest, connector_id: uuid.UUID, body: PartsSent) -> None:
    """Make one file of the parts that were sent.

    To do it again changes nothing; a part that is missing, or another, is a 400.
    """
    upload = _upload(request, connector_id, body.object_name)
    parts = [(part.number, part.etag) for part in body.parts]
    join_parts(upload=upload, multipart_id=body.upload_id, parts=parts, by=caller(request))


@router.post("/object-storage/{uuid:connector_id}/retrieve_presigned_url", response=DownloadAddress)
def retrieve_presigned_url(request: HttpRequest, connector_id: uuid.UUID, body: ObjectName) -> dict[str, Any]:
    """An address to fetch a file from, good for a while. 404 until its bytes have come."""
    organization = own_organization(request, connector_id)
    blob, filename = content_named(body.object_name, organization=organization, user=caller(request))
    return {"presigned_url": presigned_url(request, blob, filename)}


def _upload(request: HttpRequest, connector_id: uuid.UUID, name: str) -> Upload:
    upload = upload_named(name, organization=own_organization(request, connector_id))
    if upload is None:
        raise Http404
    return upload


def _look_at(request: HttpRequest, context: ObjectContext) -> None:
    """Raise Http404 unless the caller sees what the file is for. There are no deployments to see."""
    user = caller(request)
    if context.experiment_id:
        get_object_or_404(Experiment.objects.visible_to(user), pk=context.experiment_id)
    if context.model_version_id:
        get_object_or_404(ModelVersion.objects.visible_to(user), pk=context.model_version_id)
    if context.dataset_version_id:
        get_object_or_404(DatasetVersion.objects.visible_to(user), pk=context.dataset_version_id)
    if context.job_id:
        get_object_or_404(Job.objects.visible_to(user), pk=context.job_id)
    if context.deployment_id:
        raise Http404
