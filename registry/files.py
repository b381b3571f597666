"""What a script does with the files of an architecture: a model version's files, or an experiment's artifacts.

Called while the architecture is locked, by who has looked that the act is allowed.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

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


def checked_names(names: Mapping[uuid.UUID, str], *, files: Iterable[ArchitectureFile]) -> dict[uuid.UUID, str]:
    """What some of the files are to be called in a copy, without spaces around the names.

    Args:
        names: by the id of the file.
        files: those of the architecture that is copied.

    Raises:
        ValidationError: at `file-<id>` for each name that breaks its rule or is there twice; when a file is gone.
    """
    refusals: dict[str, list[str]] = {}
    if not names.keys() <= {file.pk for file in files}:
        refusals[NON_FIELD_ERRORS] = ["Files were removed meanwhile: look at the ones that are left."]
    counts = Counter(name.strip() for name in names.values())
    checked = {}
    for pk, name in names.items():
        try:
            checked[pk] = checked_name(name)
            if counts[checked[pk]] > 1:
                raise ValidationError(
                    "Two of the chosen files have this name: give one of them another, or leave it out."
                )
        except ValidationError as refusal:
            refusals[f"file-{pk}"] = refusal.messages
    if refusals:
        raise ValidationError(refusals)
    return checked


def _taken(name: str) -> ValidationError:
    return ValidationError(f"There is a file “{name}” already: rename, replace or remove it first.", code="taken")
