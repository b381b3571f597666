"""Files that come by signed addresses: a name is given first, the bytes follow, and then something claims them."""

from django.core.exceptions import ValidationError

from config.ids import new_id
from organizations.models import Organization, Role, User
from storage.models import Blob, Upload
from storage.names import clean_filename


def begin_upload(*, organization: Organization, filename: str, folder: str, by: User) -> Upload:
    """Give a name to a file that is to come.

    Args:
        organization: whose file it will be.
        filename: its base name on the client's side.
        folder: what kind of file it is, such as `artifact`; a part of the name and nothing else.
        by: at least a member.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: for a name that can't be one.
    """
    by.must_be(Role.MEMBER, organization)
    cleaned, pk = clean_filename(filename), new_id()
    return Upload.objects.create(
        pk=pk, organization=organization, created_by=by, name=f"{folder}/{pk}/{cleaned}", filename=cleaned
    )


def claimed(*, organization: Organization, name: str) -> Blob:
    """The content of an upload of the organization's, whole and verified.

    Raises:
        ValidationError: when there is no such upload, or its bytes have not come.
    """
    upload = Upload.objects.filter(organization=organization, name=name).select_related("blob").first()
    if upload is None or upload.blob is None:
        raise ValidationError(f"Nothing was uploaded as {name[:200]!r}: upload it first.")
    return upload.blob
