"""Model folders into the registry and out of it, by the same services and rules as the pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat

from organizations.models import Organization, User
from registry.editing import add_files, set_constraints, set_hyperparameters, set_labelmap, set_training_image
from registry.model_folder import (
    MODEL_TOML,
    FileRow,
    ModelFolder,
    path_in,
    paths_of,
    read_model_folder,
    write_model_toml,
)
from registry.models import HyperparameterFields, ModelVersion, RegisteredModel
from registry.rows import (
    ConstraintRow,
    HyperparameterRow,
    SlotRow,
    checked_constraints,
    checked_hyperparameters,
    checked_name,
    in_words,
    sentences,
)
from registry.services import checked_description, create_model, create_model_version, must_be_able_to_add
from registry.training import TrainingRow, checked_training
from storage.models import Blob
from storage.names import clean_filename
from storage.services import open_verified, store

# A version's content apart from where its files lie: of each file the name, filename and digest.
Fingerprint = tuple[ModelFolder, list[tuple[str, str, str]]]


@dataclass(frozen=True)
class Imported:
    """What came of an import: the version, and whether it was there already."""

    version: ModelVersion
    was_there: bool


def import_model_folder(*, folder: Path, organization: Organization | None, by: User) -> Imported:
    """Make a model version of a folder: of a new model, or of the model of that name. All of it or nothing.

    Args:
        folder: holds `model.toml`; `registry.model_folder` says how it is written.
        organization: whose model it is; None is the Public Registry.
        by: who does it.

    Raises:
        PermissionDenied: when `by` may not.
        ValidationError: with the file, the place in it, and what is wrong there.
    """
    must_be_able_to_add(organization, by=by)
    content = _checked(read_model_folder(folder))
    paths = [path_in(folder, row.path, MODEL_TOML) for row in content.files]
    model = RegisteredModel.objects.filter(organization=organization, name=content.name).first()
    same = _same_version(model, content, [_digest(path) for path in paths]) if model else None
    if same:
        return Imported(same, was_there=True)
    blobs = [_stored(path) for path in paths]
    with transaction.atomic(), _with_places():
        if model is None:
            model = create_model(name=content.name, description=content.description, organization=organization, by=by)
        return Imported(_created(model, content, blobs, by), was_there=False)


def export_model_version(*, version: ModelVersion, folder: Path) -> None:
    """Write a version as a folder that `import_model_folder` reads. The folder is there whole or not at all.

    Raises:
        ValidationError: when the folder exists and is not empty, or can't be written.
        DamagedBlob: when a stored file is not what it was.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValidationError(f"{folder} is not empty: name a folder that does not exist yet.")
    growing = folder.with_name(f"{folder.name}.part")
    try:
        growing.mkdir(parents=True)
        try:
            _write(version, growing)
            growing.replace(folder)
        finally:
            shutil.rmtree(growing, ignore_errors=True)
    except OSError as error:
        raise ValidationError(f"Can't write {error.filename or folder}: {error.strerror}.") from error


def content_of(version: ModelVersion) -> ModelFolder:
    """A version as its folder says it."""
    architecture = version.architecture
    return ModelFolder(
        name=version.model.name,
        description=version.model.description,
        version_name="" if version.has_default_name else version.name,
        version_description=version.description,
        inference_type=version.inference_type,
        framework=version.framework,
        training=TrainingRow(
            image=architecture.docker_image,
            tag=architecture.docker_tag,
            flags=architecture.docker_flags,
            environment=architecture.docker_environment,
            command=architecture.command,
        ),
        labelmap=[(index, name) for index, name in architecture.labelmap],
        hyperparameters=hyperparameter_rows(version),
        constraints=constraint_rows(version),
        files=paths_of((file.name, file.filename) for file in architecture.files.all()),
    )


def hyperparameter_rows(version: ModelVersion) -> list[HyperparameterRow]:
    """The version's hyperparameters as they are written."""
    return [hyperparameter_row(row) for row in version.architecture.hyperparameters.all()]


def hyperparameter_row(row: HyperparameterFields) -> HyperparameterRow:
    """A stored hyperparameter as it is written."""
    return HyperparameterRow(
        key=row.key,
        kind=row.kind,
        value=row.value,
        minimum=row.minimum or "",
        maximum=row.maximum or "",
        choices=row.choices,
        required=row.required,
        help=row.help,
    )


def constraint_rows(version: ModelVersion) -> list[ConstraintRow]:
    """The version's dataset constraints as they are written."""
    return [
        ConstraintRow(
            name=constraint.name,
            slots=[SlotRow(alias=slot.alias, help=slot.help) for slot in constraint.slots.all()],
        )
        for constraint in version.architecture.constraints.prefetch_related("slots")
    ]


def _checked(content: ModelFolder) -> ModelFolder:
    """The content as the services would keep it, before anything is stored."""
    with _with_places():
        return replace(
            content,
            name=checked_name(content.name),
            version_name=checked_name(content.version_name) if content.version_name.strip() else "",
            version_description=checked_description(content.version_description, "version: description"),
            training=checked_training(content.training),
            hyperparameters=checked_hyperparameters(content.hyperparameters),
            constraints=checked_constraints(content.constraints),
            files=[_checked_file(row) for row in content.files],
        )


def _checked_file(row: FileRow) -> FileRow:
    if clean_filename(row.filename) != row.filename:
        raise ValidationError(f"files: “{row.path}” can't be a file's name everywhere: rename it.")
    return replace(row, name=row.name.strip())


def _created(model: RegisteredModel, content: ModelFolder, blobs: list[Blob], by: User) -> ModelVersion:
    version = create_model_version(
        model=model,
        name=content.version_name,
        description=content.version_description,
        inference_type=content.inference_type,
        framework=content.framework,
        by=by,
    )
    set_training_image(version=version, training=content.training, by=by)
    set_labelmap(version=version, labelmap=content.labelmap, by=by)
    set_hyperparameters(version=version, rows=content.hyperparameters, by=by)
    set_constraints(version=version, rows=content.constraints, by=by)
    files = [(row.name, row.filename, blob) for row, blob in zip(content.files, blobs, strict=True)]
    add_files(version=version, files=files, by=by)
    return version


def _same_version(model: RegisteredModel, content: ModelFolder, digests: list[str]) -> ModelVersion | None:
    """The model's version with exactly this content, if there is one."""
    files = sorted((row.name, row.filename, digest) for row, digest in zip(content.files, digests, strict=True))
    wanted = _without_names(content), files
    return next((version for version in _candidates(model, content) if _fingerprint(version) == wanted), None)


def _candidates(model: RegisteredModel, content: ModelFolder) -> QuerySet[ModelVersion]:
    versions = model.versions.select_related("model", "architecture").filter(
        description=content.version_description,
        inference_type=content.inference_type,
        framework=content.framework,
    )
    if content.version_name:
        return versions.filter(name=content.version_name)
    return versions.filter(name=Concat(Value("v"), Cast(F("number"), CharField())))


def _fingerprint(version: ModelVersion) -> Fingerprint:
    files = version.architecture.files.values_list("name", "filename", "blob__sha256")
    return _without_names(content_of(version)), sorted(files)


def _without_names(content: ModelFolder) -> ModelFolder:
    """What is compared beside the names, which were looked up, and the files, whose digests are compared."""
    return replace(content, name="", description="", version_name="", files=[])


def _write(version: ModelVersion, folder: Path) -> None:
    content = content_of(version)
    (folder / MODEL_TOML).write_text(write_model_toml(content), encoding="utf-8", newline="\n")
    blobs = {file.name: file.blob for file in version.architecture.files.select_related("blob")}
    for row in content.files:
        path = folder / row.path
        path.parent.mkdir(exist_ok=True)
        with open_verified(blobs[row.name]) as source, path.open("xb") as target:
            shutil.copyfileobj(source, target)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _stored(path: Path) -> Blob:
    with path.open("rb") as file:
        return store(file)


@contextmanager
def _with_places() -> Iterator[None]:
    """Turn a refusal by place into sentences that name `model.toml` and the place in words."""
    try:
        yield
    except ValidationError as refusal:
        told = [f"{in_words(place)}: {sentence}" if place else sentence for place, sentence in sentences(refusal)]
        raise ValidationError([f"{MODEL_TOML}: {sentence}" for sentence in told]) from refusal
