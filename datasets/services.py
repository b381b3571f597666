"""What can be done to datasets: made, filled with a version, edited, deleted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import PROTECT, ForeignKey, Model

from config.inference_types import InferenceType
from datasets.content import VersionContent, check, is_held_by
from datasets.models import Annotation, Asset, Data, Dataset, DatasetVersion, Label, Labelling
from datasets.registration import Progress, no_progress, register
from datasets.writing import BATCH_ROWS, in_batches, inserted, lock, saved
from organizations.models import Organization, Role, User

USERS_SHOWN = 10
DATASET_TAKEN = "The organization has a dataset of this name already."
VERSION_TAKEN = "The dataset has a version of this name already."


@dataclass(frozen=True)
class Filled:
    """A dataset version that holds the content, and whether it was made now or was there before."""

    version: DatasetVersion
    is_new: bool


@transaction.atomic
def create_dataset(*, organization: Organization, name: str, description: str = "", by: User) -> Dataset:
    """A dataset without versions.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, when a name breaks the rules or is taken.
    """
    by.must_be(Role.MEMBER, organization)
    dataset = Dataset(organization=organization, name=name.strip(), description=description.strip(), created_by=by)
    return inserted(dataset, if_taken=DATASET_TAKEN)


@transaction.atomic
def edit_dataset(*, dataset: Dataset, name: str | None = None, description: str | None = None, by: User) -> None:
    """Call the dataset something else, or say something else about it; None leaves it as it is.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, when a name breaks the rules or is taken.
    """
    by.must_be(Role.MEMBER, dataset.organization)
    _change(dataset, DATASET_TAKEN, name=name, description=description)


@transaction.atomic
def create_dataset_version(
    *,
    dataset: Dataset,
    name: str,
    description: str = "",
    inference_type: str = InferenceType.NOT_CONFIGURED,
    by: User,
) -> DatasetVersion:
    """A version without images and labels, to be filled step by step.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, for an unknown type, or when a name breaks the rules or is taken.
    """
    by.must_be(Role.MEMBER, dataset.organization)
    version = DatasetVersion(
        dataset=dataset,
        organization=dataset.organization,
        name=name.strip(),
        description=description.strip(),
        inference_type=inference_type,
        created_by=by,
    )
    return inserted(version, if_taken=VERSION_TAKEN)


@transaction.atomic
def edit_dataset_version(
    *,
    version: DatasetVersion,
    name: str | None = None,
    description: str | None = None,
    inference_type: str | None = None,
    by: User,
) -> None:
    """Call the version something else, or say what it is for. What is None stays, and so does all that it holds.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: by field, for an unknown type, or when a name breaks the rules or is taken.
    """
    by.must_be(Role.MEMBER, version.dataset.organization)
    _change(version, VERSION_TAKEN, name=name, description=description, inference_type=inference_type)


def _change(row: Dataset | DatasetVersion, if_taken: str, **texts: str | None) -> None:
    given = {field: text.strip() for field, text in texts.items() if text is not None}
    for field, text in given.items():
        setattr(row, field, text)
    if given:
        saved(row, *given, if_taken=if_taken)


def fill_dataset_version(
    *,
    organization: Organization,
    dataset: str,
    content: VersionContent,
    by: User,
    progress: Progress = no_progress,
) -> Filled:
    """A version of the dataset of this name, which is made when it isn't there, with all of the content or not at all.

    First the images become data of the organization, committed by the hundred; then one transaction writes the
    version. Ended in the middle, the version isn't there, and the next call finds the images that are done. When
    the version exists with this very content, nothing is written.

    Args:
        organization: whose dataset it is.
        dataset: its name.
        content: the version's name, labels, and images with their annotations.
        by: at least a member.
        progress: called with the number of images done and of all.

    Raises:
        PermissionDenied: for a viewer.
        ValidationError: with a sentence for each problem, or when the version exists with other content.
    """
    by.must_be(Role.MEMBER, organization)
    check(content)
    _check_dataset_name(dataset, organization)
    existing = DatasetVersion.objects.filter(
        organization=organization, dataset__name=dataset, name=content.name
    ).first()
    if existing is not None:
        return _as_it_is(existing, content)
    data = register(content.images, organization=organization, progress=progress, by=by)
    return Filled(_write(organization, dataset, content, data, by), is_new=True)


def _check_dataset_name(name: str, organization: Organization) -> None:
    try:
        Dataset(organization=organization, name=name).clean_fields(exclude=["created_by"])
    except ValidationError as error:
        raise ValidationError([f"The dataset's name: {message}" for message in error.messages]) from error
    if name != name.strip():
        raise ValidationError("The dataset's name can't begin or end with a space.")


def _as_it_is(version: DatasetVersion, content: VersionContent) -> Filled:
    if is_held_by(version, content):
        return Filled(version, is_new=False)
    raise ValidationError(
        f"{version} exists already and holds other images, labels or annotations. An import doesn't change it: "
        "choose another name for the new one, or delete the old one first."
    )


@transaction.atomic
def _write(
    organization: Organization, dataset: str, content: VersionContent, data: Sequence[Data], by: User
) -> DatasetVersion:
    """The version's rows, all in one transaction."""
    line, _ = Dataset.objects.get_or_create(organization=organization, name=dataset, defaults={"created_by": by})
    objects = Counter(annotation.label for image in content.images for annotation in image.annotations)
    version = DatasetVersion(
        dataset=line,
        organization=organization,
        name=content.name,
        description=content.description,
        inference_type=content.inference_type,
        asset_count=len(data),
        object_count=objects.total(),
        created_by=by,
    )
    inserted(version, if_taken=f"Someone else has just made {version}. Run it again to see whether it is the same.")
    labels = [
        Label(dataset_version=version, name=name, position=position, object_count=objects[name])
        for position, name in enumerate(content.labels)
    ]
    Label.objects.bulk_create(labels)
    assets = [Asset(dataset_version=version, data=one, position=position) for position, one in enumerate(data)]
    Asset.objects.bulk_create(assets, batch_size=BATCH_ROWS)
    labellings = [
        Labelling(asset=asset, created_by=by) if image.annotations else None
        for image, asset in zip(content.images, assets, strict=True)
    ]
    Labelling.objects.bulk_create(filter(None, labellings), batch_size=BATCH_ROWS)
    for batch in in_batches(_annotations(content, labellings, labels)):
        Annotation.objects.bulk_create(batch)
    return version


def _annotations(
    content: VersionContent, labellings: Sequence[Labelling | None], labels: Iterable[Label]
) -> Iterator[Annotation]:
    by_name = {label.name: label for label in labels}
    for image, labelling in zip(content.images, labellings, strict=True):
        for one in image.annotations:
            assert labelling is not None
            yield Annotation(
                labelling=labelling,
                asset=labelling.asset,
                label=by_name[one.label],
                shape=one.shape,
                coordinates=one.coordinates,
            )


@transaction.atomic
def delete_dataset_version(*, version: DatasetVersion, by: User) -> None:
    """Delete the version with its labels and annotations. The images stay data of the organization.

    Raises:
        PermissionDenied: for less than an admin.
        ValidationError: when something uses the version, naming it.
    """
    by.must_be(Role.ADMIN, version.dataset.organization)
    _delete(version, [version])


@transaction.atomic
def delete_dataset(*, dataset: Dataset, by: User) -> None:
    """Delete the dataset with all of its versions. The images stay data of the organization.

    Raises:
        PermissionDenied: for less than an admin.
        ValidationError: when something uses one of the versions, naming it.
    """
    by.must_be(Role.ADMIN, dataset.organization)
    _delete(dataset, list(dataset.versions.all()))


def _delete(row: Dataset | DatasetVersion, versions: list[DatasetVersion]) -> None:
    # Locked before anybody is asked who uses them: what is being created right now counts as well.
    lock(*versions)
    if users := list(islice(_users(versions), USERS_SHOWN * 10)):
        raise ValidationError(f"{row} can't be deleted: it is used by {_in_words(users)}. Delete that first.", "in_use")
    # A cascade first loads what it deletes: so annotations go before it in one statement, and assets by the thousand.
    Annotation.objects.filter(asset__dataset_version__in=versions).delete()
    Labelling.objects.filter(asset__dataset_version__in=versions).delete()
    assets = Asset.objects.filter(dataset_version__in=versions).order_by()
    while batch := list(assets.values_list("pk", flat=True)[:BATCH_ROWS]):
        Asset.objects.filter(pk__in=batch).delete()
    row.delete()


def _users(versions: list[DatasetVersion]) -> Iterator[Model]:
    """The rows that a version may not be deleted under."""
    for relation in DatasetVersion._meta.related_objects:
        if relation.on_delete is PROTECT:
            yield from relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": versions})


def _in_words(rows: list[Model]) -> str:
    """The things to which the rows belong, by name."""
    users = sorted({user for row in rows for user in _owners(row)})
    left_out = len(users) - USERS_SHOWN
    return ", ".join(users[:USERS_SHOWN]) + (f" and {left_out} more" if left_out > 0 else "")


def _owners(row: Model) -> list[str]:
    """What a row that links a dataset version to something belongs to, such as “experiment “first try””."""
    links = [field for field in row._meta.concrete_fields if isinstance(field, ForeignKey)]
    owners: list[Any] = [getattr(row, link.name) for link in links if link.related_model is not DatasetVersion]
    return [f"{owner._meta.verbose_name} “{owner}”" for owner in owners if owner is not None] or [str(row)]
