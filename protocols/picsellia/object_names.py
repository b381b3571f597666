"""What clients call stored content: an upload or an image by the name it came under, a file by a name of its id."""

import re
import uuid

from django.core.exceptions import ValidationError
from django.http import Http404

from datasets.models import Data
from experiments.models import Experiment
from organizations.models import Organization, User
from registry.models import ArchitectureFile, ModelVersion
from storage.addressed import claimed, upload_named
from storage.models import Blob

FILE = re.compile(r"file/([0-9a-f-]{36})/.+", re.DOTALL)


def name_of(file: ArchitectureFile) -> str:
    """What an artifact or a model file is called. Nothing is stored under it."""
    return f"file/{file.pk}/{file.filename}"


def content_named(name: str, *, organization: Organization, user: User) -> tuple[Blob, str]:
    """Content that the user may fetch, and what it is called then.

    Raises:
        Http404: when nothing that the user sees is called so, or its bytes have not come.
    """
    file = _file_named(name, user)
    if file:
        return file.blob, file.filename
    upload = upload_named(name, organization=organization)
    if upload:
        try:
            return claimed(organization=organization, name=name), upload.filename
        except ValidationError as error:
            raise Http404 from error
    images = Data.objects.visible_to(user).filter(organization=organization)
    image = None if "\x00" in name else images.filter(object_name=name).select_related("blob").first()
    if image is None:
        raise Http404
    return image.blob, image.filename


def content_to_record(name: str, *, organization: Organization, user: User) -> Blob:
    """Content for a new record: an upload of the organization's, or a file that the user sees already.

    Raises:
        ValidationError: when there is nothing of this name, or its bytes have not come.
    """
    file = _file_named(name, user)
    return file.blob if file else claimed(organization=organization, name=name)


def _file_named(name: str, user: User) -> ArchitectureFile | None:
    match = FILE.fullmatch(name)
    if match is None:
        return None
    try:
        pk = uuid.UUID(match[1])
    except ValueError:
        return None
    files = ArchitectureFile.objects.filter(pk=pk).select_related("blob")
    theirs = files.filter(architecture__model_version__in=ModelVersion.objects.visible_to(user))
    file = theirs.first() or files.filter(architecture__experiment__in=Experiment.objects.visible_to(user)).first()
    return file if file and name_of(file) == name else None
