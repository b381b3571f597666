"""Files that come by signed addresses: a name is given first, the bytes follow, and then something claims them."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError

from config.ids import new_id
from organizations.models import Organization, Role, User
from storage.folder_uploads import FolderReceiver
from storage.models import Blob, Upload
from storage.names import plain_filename
from storage.receiving import PARTS_MAX, Receiver, SentPart
from storage.stores import FolderStore, current_store

ALREADY_WHOLE = "This upload is whole already: begin a new one for another file."


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
    cleaned, pk = plain_filename(filename), new_id()
    return Upload.objects.create(
        pk=pk, organization=organization, created_by=by, name=f"{folder}/{pk}/{cleaned}", filename=cleaned
    )


def upload_named(name: str, *, organization: Organization) -> Upload | None:
    """The organization's upload of this name."""
    if "\x00" in name:  # PostgreSQL can't even be asked for it
        return None
    uploads = Upload.objects.filter(organization=organization, name=name)
    return uploads.select_related("blob", "organization").first()


def address_for_file(*, upload: Upload, by: User) -> tuple[str, bool]:
    """Where the whole file can be sent for a while, and whether as a form's file, by POST, or as the body of a PUT.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: when it is there already.
    """
    receiver = _receiver_for(upload, by)
    return receiver.address_of_file(upload), receiver.is_form


def begin_parts(*, upload: Upload, by: User) -> str:
    """What the file's parts are known under together. Begun again, it is the same.

    Raises:
        PermissionDenied, ValidationError: as `address_for_file`.
    """
    receiver = _receiver_for(upload, by)
    if not upload.multipart_id:
        begun = receiver.begin_parts(upload)
        Upload.objects.filter(pk=upload.pk, multipart_id="").update(multipart_id=begun)
        upload.refresh_from_db(fields=["multipart_id"])
    return upload.multipart_id


def address_for_part(*, upload: Upload, multipart_id: str, number: int, by: User) -> str:
    """Where the part of this number can be sent for a while, as the body of a PUT; its ETag stands in the answer.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: when the file is there already, its parts were not begun, or the number is none.
    """
    receiver = _receiver_for(upload, by)
    _refuse_other_parts(upload, multipart_id)
    if not 1 <= number <= PARTS_MAX:
        raise ValidationError(f"A part's number is between 1 and {PARTS_MAX:,}.")
    return receiver.address_of_part(upload, number)


def join_parts(*, upload: Upload, multipart_id: str, parts: Sequence[tuple[int, str]], by: User) -> None:
    """Make one file of the parts. Joining them again changes nothing.

    Args:
        upload: of what.
        multipart_id: what `begin_parts` gave.
        parts: the number and the ETag of each, in their order.
        by: at least a member.

    Raises:
        PermissionDenied: for less than a member.
        ValidationError: when a part is missing or another, or all together are too large.
    """
    by.must_be(Role.MEMBER, upload.organization)
    _refuse_other_parts(upload, multipart_id)
    if upload.blob_id is None:
        _receiver().join_parts(upload, [SentPart(number, etag.strip('"')) for number, etag in parts])


def claimed(*, organization: Organization, name: str) -> Blob:
    """The content of an upload of the organization's, whole and verified.

    A file that went straight to a bucket is read once here: call it before the transaction that refers to the blob.

    Raises:
        ValidationError: when there is no such upload, or its bytes have not come, or they are too many.
    """
    upload = upload_named(name, organization=organization)
    blob = (upload.blob or _receiver().arrived(upload)) if upload else None
    if blob is None:
        raise ValidationError(f"Nothing was uploaded as {name[:200]!r}: upload it first.")
    return blob


def _receiver_for(upload: Upload, by: User) -> Receiver:
    by.must_be(Role.MEMBER, upload.organization)
    if upload.blob_id is not None:
        raise ValidationError(ALREADY_WHOLE, code="taken")
    return _receiver()


def _refuse_other_parts(upload: Upload, multipart_id: str) -> None:
    if not upload.multipart_id or upload.multipart_id != multipart_id:
        raise ValidationError("These parts were not begun: begin the upload in parts first.")


def _receiver() -> Receiver:
    store = current_store()
    if isinstance(store, FolderStore):
        return FolderReceiver(store)
    from storage.bucket_uploads import BucketReceiver  # needs the optional S3 client

    return BucketReceiver(store)  # type: ignore[arg-type]
