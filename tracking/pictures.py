"""Pictures that a training logs: files that came by signed addresses."""

from typing import Any

from django.core.exceptions import ValidationError

from datasets.images import verified
from organizations.models import Organization
from storage.addressed import claimed
from storage.links import IMAGE_TYPES
from storage.models import Blob
from storage.names import clean_filename
from storage.services import open_verified

# A larger one is kept, and offered as a download.
SHOWN_BYTES_MAX = 20 * 1024 * 1024


def claimed_picture(data: Any, organization: Organization) -> tuple[dict[str, str], Blob, str]:
    """The file that an IMAGE log names.

    Args:
        data: an object with `object_name`, the name of a finished upload, and `filename`.
        organization: whose upload it is.

    Returns:
        What the log keeps as its data, the file, and its content type if browsers show it, else an empty text.

    Raises:
        ValidationError: when nothing was uploaded under that name.
    """
    if not isinstance(data, dict) or not isinstance(data.get("object_name"), str):
        raise ValidationError({"data": 'The data of an IMAGE names its upload: {"object_name": …, "filename": …}.'})
    object_name = data["object_name"]
    filename = clean_filename(str(data.get("filename") or object_name.rpartition("/")[2]))
    blob = claimed(organization=organization, name=object_name)
    return {"object_name": object_name, "filename": filename, "name": filename}, blob, _content_type(blob)


def _content_type(blob: Blob) -> str:
    """What its bytes are, whatever it is called."""
    if blob.size > SHOWN_BYTES_MAX:
        return ""
    with open_verified(blob) as file:
        try:
            content_type = verified(file.read()).content_type
        except ValidationError:
            return ""
    return content_type if content_type in IMAGE_TYPES else ""
