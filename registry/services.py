"""Acts on models and their versions. What changes the architecture of a version is in `registry.editing`."""

import uuid
from collections.abc import Mapping
from typing import TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from config.names import DESCRIPTION_MAX, refuse_control_characters
from organizations.models import Organization, Role, User
from registry.copying import copy_architecture
from registry.models import Architecture, ModelVersion, RegisteredModel
from registry.rows import checked_name

M = TypeVar("M", RegisteredModel, ModelVersion)

# What the server itself set: no need to ask the database whether it exists.
UNCHECKED = ["created_by", "organization", "model", "architecture"]
# A database takes so many parameters in one statement.
BATCH = 500


@transaction.atomic
def create_model(*, name: str, description: str = "", organization: Organization | None, by: User) -> RegisteredModel:
    """Begin a line of model versions.

    Args:
        name: unique in the organization, or in the Public Registry.
        description: at most 1,000 characters.
        organization: whose it is; None puts it into the Public Registry, which staff alone may.
        by: who does it, at least a member.

    Raises:
        PermissionDenied: when `by` may not.
        ValidationError: by field, when the name is taken or the texts break their rules.
    """
    must_be_able_to_add(organization, by=by)
    model = RegisteredModel(organization=organization, created_by=by)
    return _saved_model(model, name=name, description=description)


@transaction.atomic
def edit_model(*, model: RegisteredModel, name: str, description: str, by: User) -> RegisteredModel:
    """Give a model another name or description.

    Raises:
        PermissionDenied: when `by` is neither an admin nor the one who made it.
        ValidationError: as `create_model`.
    """
    must_be_able_to_edit(model, by=by)
    return _saved_model(model, name=name, description=description)


@transaction.atomic
def delete_model(*, model: RegisteredModel, by: User) -> None:
    """Delete a model with all its versions. What started from them keeps its copy.

    Raises:
        PermissionDenied: as `edit_model`.
    """
    must_be_able_to_edit(model, by=by)
    architectures = _lock_architectures(model.versions.all())
    model.delete()
    for start in range(0, len(architectures), BATCH):
        Architecture.objects.filter(pk__in=architectures[start : start + BATCH]).delete()


@transaction.atomic
def publish_to_public_registry(*, model: RegisteredModel, by: User) -> RegisteredModel:
    """Hand a private model over to the Public Registry: every organization reads it, none edits it.

    Raises:
        PermissionDenied: when `by` is not staff.
        ValidationError: when a public model has the name.
    """
    must_curate(by)
    model.organization = None
    return _saved_model(model, name=model.name, description=model.description)


@transaction.atomic
def take_back(*, model: RegisteredModel, organization: Organization, by: User) -> RegisteredModel:
    """Take a model out of the Public Registry into an organization's own. What started from it keeps its copy.

    Raises:
        PermissionDenied: when `by` is not staff.
        ValidationError: when the organization has a model of the name.
    """
    must_curate(by)
    model.organization = organization
    return _saved_model(model, name=model.name, description=model.description)


@transaction.atomic
def create_model_version(
    *,
    model: RegisteredModel,
    name: str = "",
    description: str = "",
    inference_type: str,
    framework: str,
    copy_from: ModelVersion | None = None,
    architecture: Architecture | None = None,
    files: Mapping[uuid.UUID, str] | None = None,
    by: User,
) -> ModelVersion:
    """Add the next version to a model; two at once get two numbers.

    Args:
        model: which one.
        name: unique in the model; left out it is v1, v2…
        description: at most 1,000 characters.
        inference_type: what it infers.
        framework: what it is written in.
        copy_from: the version whose architecture it starts with; the caller has made sure that `by` may see it.
        architecture: the one to copy when it is no version's.
        files: which of its files are taken, and under which names; see `copy_architecture`.
        by: at least a member of the model's organization.

    Raises:
        PermissionDenied: when `by` may not.
        ValidationError: by field.
    """
    must_be_able_to_add(model.organization, by=by)
    _lock(model)
    version = ModelVersion(model=model, number=_next_number(model), created_by=by)
    version.inference_type, version.framework = inference_type, framework
    source = copy_from.architecture if copy_from else architecture
    version.architecture = copy_architecture(source, files=files)
    return _saved_version(version, name=name.strip() or f"v{version.number}", description=description)


@transaction.atomic
def edit_model_version(
    *, version: ModelVersion, name: str, description: str, inference_type: str, framework: str, by: User
) -> ModelVersion:
    """Change what a version is called and what it is for. Its drafts see that their base changed.

    Raises:
        PermissionDenied: when `by` may not edit it.
        ValidationError: by field.
    """
    must_be_able_to_edit(version, by=by)
    version.inference_type, version.framework = inference_type, framework
    version.architecture.bump()
    return _saved_version(version, name=name, description=description)


@transaction.atomic
def delete_model_version(*, version: ModelVersion, by: User) -> None:
    """Delete a version, even one that was a base: what started from it keeps its copy and the base's name.

    Raises:
        PermissionDenied: when `by` may not edit it.
    """
    must_be_able_to_edit(version, by=by)
    _lock_architectures(ModelVersion.objects.filter(pk=version.pk))
    version.delete()
    version.architecture.delete()


def _lock_architectures(versions: QuerySet[ModelVersion]) -> list[uuid.UUID]:
    """Lock what the versions carry: what is being created from them right now is there when they are deleted."""
    architectures = Architecture.objects.filter(pk__in=versions.values("architecture"))
    return list(architectures.select_for_update().order_by("pk").values_list("pk", flat=True))


def must_be_able_to_add(organization: Organization | None, *, by: User) -> None:
    """The gate of what is new in a Private Registry, or in the public one.

    Raises:
        PermissionDenied: when `by` is not a member, or not staff.
    """
    if organization is None:
        must_curate(by)
    elif not by.is_superuser:
        by.must_be(Role.MEMBER, organization)


def must_be_able_to_edit(thing: RegisteredModel | ModelVersion, *, by: User) -> None:
    """The gate of every change. A superuser passes it, as in the admin.

    Raises:
        PermissionDenied: with a sentence that says who may.
    """
    if _organization_of(thing) is None:
        must_curate(by)
    elif not by.is_superuser and not thing.is_editable_by(by):
        raise PermissionDenied("Only the person who made it and the organization's admins can change it.")


def must_curate(by: User) -> None:
    """The gate of the Public Registry.

    Raises:
        PermissionDenied: when `by` is not staff.
    """
    if not by.is_staff:
        raise PermissionDenied("The Public Registry is kept by the staff of this server: it can be read, not changed.")


def checked_description(text: str, field: str = "description") -> str:
    """The text with plain line breaks and no space at its end.

    Raises:
        ValidationError: when it is too long or holds control characters.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > DESCRIPTION_MAX:
        raise ValidationError(
            {field: f"A description has at most {DESCRIPTION_MAX:,} characters; this one has {len(text):,}."}
        )
    try:
        refuse_control_characters(text)
    except ValidationError as refusal:
        raise ValidationError({field: refusal.messages}) from refusal
    return text


def _organization_of(thing: RegisteredModel | ModelVersion) -> Organization | None:
    return thing.organization if isinstance(thing, RegisteredModel) else thing.model.organization


def _saved_model(model: RegisteredModel, *, name: str, description: str) -> RegisteredModel:
    model.name = _checked_name(name)
    model.description = checked_description(description)
    where = model.organization.name if model.organization else "The Public Registry"
    rivals = RegisteredModel.objects.filter(organization=model.organization, name=model.name)
    return _saved(model, rivals, f"{where} has a model of this name already. Choose another one.")


def _saved_version(version: ModelVersion, *, name: str, description: str) -> ModelVersion:
    version.name = _checked_name(name)
    version.description = checked_description(description)
    rivals = ModelVersion.objects.filter(model=version.model_id, name=version.name)
    return _saved(version, rivals, "The model has a version of this name already. Choose another one.")


def _saved(row: M, rivals: QuerySet[M], sentence: str) -> M:
    """Save the row unless a rival has its name; one that took it between the look and the insert counts as well."""
    row.full_clean(exclude=UNCHECKED, validate_unique=False, validate_constraints=False)
    if rivals.exclude(pk=row.pk).exists():
        raise ValidationError({"name": ValidationError(sentence, code="taken")})
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ValidationError({"name": ValidationError(sentence, code="taken")}) from error
    return row


def _checked_name(name: str) -> str:
    try:
        return checked_name(name)
    except ValidationError as refusal:
        raise ValidationError({"name": refusal.messages}) from refusal


def _lock(model: RegisteredModel) -> None:
    """One at a time adds a version, so that the next number is really the next."""
    if not RegisteredModel.objects.select_for_update().filter(pk=model.pk):
        raise ValidationError("This model was deleted meanwhile.")


def _next_number(model: RegisteredModel) -> int:
    greatest = model.versions.aggregate(Max("number"))["number__max"]
    return (greatest or 0) + 1
