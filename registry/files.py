"""What a script does with the files of an architecture: a model version's files, or an experiment's artifacts.

Called while the architecture is locked, by who has looked that the act is allowed.
"""

from django.core.exceptions import ValidationError

from registry.models import Architecture, ArchitectureFile
from registry.rows import checked_name
from storage.models import Blob
from storage.names import plain_filename

FILES_MAX = 10_000


def put_file(architecture: Architecture, *, name: str, filename: str, blob: Blob) -> ArchitectureFile:
    """Add a file. One that is there already, under the name and with the content, is the same one.

    Raises:
        ValidationError: when the name has other content, or a name breaks its rule, or there are too many files.
    """
    name, filename = checked_name(name), plain_filename(filename)
    there = architecture.files.filter(name=name).select_related("blob").first()
    if there and (there.blob_id, there.filename) == (blob.pk, filename):
        return there
    if there:
        raise _taken(name)
    if architecture.files.count() >= FILES_MAX:
        raise ValidationError(f"There are at most {FILES_MAX:,} files: remove some first.")
    file = ArchitectureFile.objects.create(architecture=architecture, name=name, filename=filename, blob=blob)
    architecture.bump()
    return file


def change_file(
    architecture: Architecture,
    file: ArchitectureFile,
    *,
    name: str | None = None,
    filename: str | None = None,
    blob: Blob | None = None,
) -> ArchitectureFile:
    """Give a file of the architecture another name, filename or content; None leaves what it has.

    Raises:
        ValidationError: when the name is taken or breaks its rule, or the file was removed meanwhile.
    """
    changed = architecture.files.filter(pk=file.pk).select_related("blob").first()
    if changed is None:
        raise ValidationError("The file was removed meanwhile.")
    changed.name = changed.name if name is None else checked_name(name)
    changed.filename = changed.filename if filename is None else plain_filename(filename)
    changed.blob = blob or changed.blob
    if architecture.files.exclude(pk=file.pk).filter(name=changed.name).exists():
        raise _taken(changed.name)
    changed.save(update_fields=["name", "filename", "blob"])
    architecture.bump()
    return changed


def _taken(name: str) -> ValidationError:
    return ValidationError(f"There is a file “{name}” already: rename, replace or remove it first.", code="taken")
