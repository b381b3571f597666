"""Acts on the architecture of a model version. Each counts a revision, so that drafts see that their base changed."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from config.names import NAME_MAX
from organizations.models import User
from registry.files import FILES_MAX, put_file
from registry.labelmaps import checked_labelmap
from registry.models import (
    Architecture,
    ArchitectureFile,
    ConstraintSlot,
    DatasetConstraint,
    Hyperparameter,
    ModelVersion,
)
from registry.rows import ConstraintRow, HyperparameterRow, checked_constraints, checked_hyperparameters, checked_name
from registry.services import must_be_able_to_edit
from registry.training import TrainingRow, checked_training
from storage.models import Blob
from storage.names import clean_filename


class ChangedMeanwhile(ValidationError):
    """Somebody else changed the architecture since the page was opened."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody changed this version after you opened this page, so nothing was saved. What you wrote is still "
            "here: compare it with the version as it is now, and save again to replace that."
        )


@transaction.atomic
def set_hyperparameters(
    *, version: ModelVersion, rows: Sequence[HyperparameterRow], by: User, revision: int | None = None
) -> None:
    """Give a version these hyperparameters, in this order, instead of those it has.

    Args:
        version: of which model version.
        rows: as they were written; the service checks them.
        by: who does it.
        revision: the architecture's when the page was opened; None doesn't ask.

    Raises:
        PermissionDenied: when `by` may not edit the version.
        ValidationError: with a sentence for each place, such as `hyperparameters-3-maximum`.
        ChangedMeanwhile: when the revision is another one now.
    """
    architecture = begin(version, by=by, revision=revision)
    checked = checked_hyperparameters(rows)
    architecture.hyperparameters.all().delete()
    Hyperparameter.objects.bulk_create(
        Hyperparameter(architecture=architecture, position=position, **values_of(row))
        for position, row in enumerate(checked)
    )
    architecture.bump()


def values_of(row: HyperparameterRow) -> dict[str, object]:
    """The columns of a checked row."""
    return {
        "key": row.key,
        "kind": row.kind,
        "value": row.value,
        "minimum": row.minimum or None,
        "maximum": row.maximum or None,
        "choices": row.choices,
        "required": row.required,
        "help": row.help,
    }


@transaction.atomic
def set_labelmap(
    *, version: ModelVersion, labelmap: Iterable[tuple[object, object]], by: User, revision: int | None = None
) -> None:
    """Give a version this labelmap.

    Args:
        version: of which model version.
        labelmap: pairs of index and name, in order.
        by: who does it.
        revision: as in `set_hyperparameters`.

    Raises:
        PermissionDenied, ChangedMeanwhile: as `set_hyperparameters`.
        ValidationError: with a sentence for each pair.
    """
    architecture = begin(version, by=by, revision=revision)
    architecture.labelmap = [[index, name] for index, name in checked_labelmap(labelmap)]
    architecture.save(update_fields=["labelmap"])
    architecture.bump()


@transaction.atomic
def set_training_image(*, version: ModelVersion, training: TrainingRow, by: User, revision: int | None = None) -> None:
    """Give a version this image, with its flags and environment, and this command.

    Raises:
        PermissionDenied, ChangedMeanwhile: as `set_hyperparameters`.
        ValidationError: by field: image, tag, flags, environment, command.
    """
    architecture = begin(version, by=by, revision=revision)
    checked = checked_training(training)
    architecture.docker_image, architecture.docker_tag = checked.image, checked.tag
    architecture.docker_flags, architecture.docker_environment = checked.flags, checked.environment
    architecture.command = checked.command
    architecture.save()
    architecture.bump()


@transaction.atomic
def set_constraints(
    *, version: ModelVersion, rows: Sequence[ConstraintRow], by: User, revision: int | None = None
) -> None:
    """Give a version these dataset constraints. One whose name stays is the same one to the drafts that chose it.

    Raises:
        PermissionDenied, ChangedMeanwhile: as `set_hyperparameters`.
        ValidationError: with a sentence for each place, such as `constraints-0-slots-1-alias`.
    """
    architecture = begin(version, by=by, revision=revision)
    checked = checked_constraints(rows)
    architecture.constraints.exclude(name__in=[row.name for row in checked]).delete()
    kept = {constraint.name: constraint for constraint in architecture.constraints.all()}
    new = [DatasetConstraint(architecture=architecture, name=row.name) for row in checked if row.name not in kept]
    by_name = kept | {constraint.name: constraint for constraint in new}
    for position, row in enumerate(checked):
        by_name[row.name].position = position
    DatasetConstraint.objects.bulk_create(new)
    DatasetConstraint.objects.bulk_update(kept.values(), ["position"])
    ConstraintSlot.objects.filter(constraint__architecture=architecture).delete()
    ConstraintSlot.objects.bulk_create(
        ConstraintSlot(constraint=by_name[row.name], alias=slot.alias, help=slot.help, position=position)
        for row in checked
        for position, slot in enumerate(row.slots)
    )
    architecture.bump()


@transaction.atomic
def add_files(*, version: ModelVersion, files: Sequence[tuple[str, str, Blob]], by: User) -> list[ArchitectureFile]:
    """Add files to a version, all of them or none.

    Args:
        version: to which model version.
        files: of each the name (unique in the version; empty for the filename's stem), the filename, and the content.
        by: who does it.

    Raises:
        PermissionDenied: when `by` may not edit the version.
        ValidationError: when a name is taken or a filename can't be kept.
    """
    architecture = begin(version, by=by)
    taken = set(architecture.files.values_list("name", flat=True))
    if len(taken) + len(files) > FILES_MAX:
        raise ValidationError(f"A version has at most {FILES_MAX:,} files.")
    rows = []
    for name, filename, blob in files:
        row = ArchitectureFile(architecture=architecture, filename=_checked_filename(filename), blob=blob)
        row.name = _free_name(name, filename, taken)
        taken.add(row.name)
        rows.append(row)
    ArchitectureFile.objects.bulk_create(rows)
    architecture.bump()
    return rows


def add_file(*, version: ModelVersion, name: str = "", filename: str, blob: Blob, by: User) -> ArchitectureFile:
    """Add one file to a version; as `add_files`."""
    return add_files(version=version, files=[(name, filename, blob)], by=by)[0]


@transaction.atomic
def store_file(*, version: ModelVersion, name: str, filename: str, blob: Blob, by: User) -> ArchitectureFile:
    """Give a version a file that a script brings. Storing the same again is storing it once.

    Raises:
        PermissionDenied: when `by` may not edit the version.
        ValidationError: when the name has other content (code `taken`), or a name breaks its rule.
    """
    return put_file(begin(version, by=by), name=name, filename=filename, blob=blob)


@transaction.atomic
def rename_file(*, version: ModelVersion, file: ArchitectureFile, name: str, by: User) -> ArchitectureFile:
    """Give a file of the version another name.

    Raises:
        PermissionDenied: when `by` may not edit the version.
        ValidationError: when the name is taken or breaks its rule.
    """
    architecture = begin(version, by=by)
    name = checked_name(name)
    if architecture.files.exclude(pk=file.pk).filter(name=name).exists():
        raise ValidationError(f"There is a file “{name}” already. Choose another name.")
    file.name = name
    file.save(update_fields=["name"])
    architecture.bump()
    return file


@transaction.atomic
def remove_file(*, version: ModelVersion, file: ArchitectureFile, by: User) -> None:
    """Remove a file from the version. What started from the version keeps its copy.

    Raises:
        PermissionDenied: when `by` may not edit the version.
    """
    architecture = begin(version, by=by)
    file.delete()
    architecture.bump()


def begin(version: ModelVersion, *, by: User, revision: int | None = None) -> Architecture:
    """The version's architecture, locked until the act ends, once the act is known to be allowed.

    Raises:
        PermissionDenied, ChangedMeanwhile: as `set_hyperparameters`.
        ValidationError: when the version was deleted meanwhile.
    """
    must_be_able_to_edit(version, by=by)
    architecture = Architecture.objects.select_for_update().filter(pk=version.architecture_id).first()
    if architecture is None:
        raise ValidationError("This version was deleted meanwhile.")
    version.architecture = architecture
    if revision is not None and revision != architecture.revision:
        raise ChangedMeanwhile
    return architecture


def _checked_filename(filename: str) -> str:
    clean = clean_filename(filename)
    if clean != filename:
        raise ValidationError(f"“{filename[:100]}” can't be a file's name everywhere: rename it to “{clean[:100]}”.")
    return filename


def _free_name(name: str, filename: str, taken: set[str]) -> str:
    """The name that was asked for, or else the filename without its extension, or else the filename."""
    stem = filename.rpartition(".")[0] or filename
    wanted = [name] if name.strip() else [stem[:NAME_MAX], filename[:NAME_MAX]]
    wanted = [checked_name(candidate) for candidate in wanted]
    free = next((candidate for candidate in wanted if candidate not in taken), None)
    if free is None:
        raise ValidationError(f"There is a file “{wanted[-1]}” already. Rename or remove it first.")
    return free
