"""The copy that makes an experiment of a base, a model version of an experiment, and a version of a version.

Rows are copied, never bytes: a file's copy refers to the same blob. However many rows there are, the number of queries
is constant (SQLite's limit on parameters splits the inserts).
"""

import uuid
from collections.abc import Iterable, Mapping

from django.db import transaction

from registry.models import (
    Architecture,
    ArchitectureFile,
    ConstraintSlot,
    DatasetConstraint,
    Hyperparameter,
    HyperparameterFields,
)

TRAINING = ("docker_image", "docker_tag", "docker_flags", "docker_environment", "command")


@transaction.atomic(savepoint=False)
def copy_architecture(
    source: Architecture | None,
    *,
    hyperparameters: Iterable[HyperparameterFields] | None = None,
    files: Mapping[uuid.UUID, str] | None = None,
) -> Architecture:
    """A new architecture with everything that `source` has, independent of it from now on.

    Inside another act it fails with the whole of it.

    Args:
        source: what is copied; None gives an architecture of nothing, which `hyperparameters` may fill.
        hyperparameters: taken instead of the source's, with their values and inherited values. Without them the
            source's are copied as the new architecture's own: inherited from nobody.
        files: of each of the source's files that is taken, by its id, what it is called in the copy. Without them all
            are taken as they are called.
    """
    copy = Architecture.objects.create(**_training(source))
    if hyperparameters is None:
        hyperparameters = source.hyperparameters.all() if source else ()
        inherited = False
    else:
        inherited = True
    copy_hyperparameters(hyperparameters, into=copy, inherited=inherited)
    if source:
        copy_files(source, into=copy, names=files)
        copy_constraints(source, into=copy)
    return copy


def copy_hyperparameters(rows: Iterable[HyperparameterFields], *, into: Architecture, inherited: bool) -> None:
    """Give the architecture these hyperparameters, with their inherited values or as its own."""
    Hyperparameter.objects.bulk_create(
        Hyperparameter(
            architecture=into,
            value=row.value,
            inherited_value=row.inherited_value if inherited else None,
            **specification_of(row),
        )
        for row in rows
    )


def specification_of(row: HyperparameterFields) -> dict[str, object]:
    """A hyperparameter without its values: its key and the rule they obey."""
    return {field: getattr(row, field) for field in HyperparameterFields.SPECIFICATION}


def _training(source: Architecture | None) -> dict[str, object]:
    return {field: getattr(source, field) for field in (*TRAINING, "labelmap")} if source else {}


def copy_training(source: Architecture, *, into: Architecture) -> None:
    """Give the architecture the source's image, with its flags and environment, and its command. Does not save."""
    for field in TRAINING:
        setattr(into, field, getattr(source, field))


def copy_files(source: Architecture, *, into: Architecture, names: Mapping[uuid.UUID, str] | None = None) -> None:
    """Give the architecture, which has none of these names, the source's files, or those of them that have a name."""
    files = source.files.all()
    if names is None:
        names = {file.pk: file.name for file in files}
    ArchitectureFile.objects.bulk_create(
        ArchitectureFile(architecture=into, name=names[file.pk], filename=file.filename, blob_id=file.blob_id)
        for file in files
        if file.pk in names
    )


def copy_constraints(source: Architecture, *, into: Architecture) -> None:
    """Give the architecture, which has none, the source's dataset constraints."""
    copies = {
        constraint.pk: DatasetConstraint(architecture=into, name=constraint.name, position=constraint.position)
        for constraint in source.constraints.all()
    }
    DatasetConstraint.objects.bulk_create(copies.values())
    ConstraintSlot.objects.bulk_create(
        ConstraintSlot(constraint=copies[slot.constraint_id], alias=slot.alias, position=slot.position, help=slot.help)
        for slot in ConstraintSlot.objects.filter(constraint__architecture=source)
    )
