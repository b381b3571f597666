"""Images become data of an organization: stored once, verified once, and found again by the next import."""

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from datasets.content import ImageContent
from datasets.geometry import coordinates_problem
from datasets.images import verified
from datasets.models import Data
from datasets.problems import Problems
from organizations.models import Organization, User
from storage.services import store

BATCH_IMAGES = 100
BATCH_BYTES = 32 * 1024 * 1024

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Read:
    image: ImageContent
    content: bytes
    sha256: str


def no_progress(done: int, total: int) -> None:
    """For callers that show none."""


def register(images: Sequence[ImageContent], *, organization: Organization, progress: Progress, by: User) -> list[Data]:
    """The data of the images, in their order: found when the organization has the bytes under that name, else made.

    Every hundred images are committed, so that an import which ends in the middle continues there. After the first
    problem nothing more is stored; the rest is still looked at, to name up to twenty problems at once.

    Raises:
        ValidationError: for images that can't be read, differ from the claimed size, or have annotations outside.
    """
    problems, registered, done = Problems(), list[Data](), 0
    for batch in _batches(images, problems):
        for read, data in zip(batch, _register_batch(batch, organization, by, problems), strict=True):
            if data is not None:
                registered.append(data)
                _check_against_image(read.image, data.width, data.height, problems)
        done += len(batch)
        progress(done, len(images))
        if problems.is_full:
            break
    problems.refuse()
    return registered


def _batches(images: Sequence[ImageContent], problems: Problems) -> Iterator[list[_Read]]:
    """The images with their bytes, as many at a time as fit comfortably into memory."""
    batch: list[_Read] = []
    for image in images:
        try:
            content = image.read()
        except OSError as error:
            problems.add(f"{image} can't be read: {error.strerror or error}.")
            continue
        batch.append(_Read(image, content, hashlib.sha256(content).hexdigest()))
        if len(batch) == BATCH_IMAGES or sum(len(read.content) for read in batch) > BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _register_batch(batch: list[_Read], organization: Organization, by: User, problems: Problems) -> list[Data | None]:
    known = {
        (data.blob.sha256, data.filename): data
        for data in Data.objects.filter(
            organization=organization, blob__sha256__in={read.sha256 for read in batch}
        ).select_related("blob")
    }
    found = [
        known.get((read.sha256, read.image.filename)) or _new_data(read, organization, by, problems) for read in batch
    ]
    if not problems:
        Data.objects.bulk_create([data for data in found if data is not None and data._state.adding])
    return found


def _new_data(read: _Read, organization: Organization, by: User, problems: Problems) -> Data | None:
    try:
        image = verified(read.content)
    except ValidationError as error:
        problems.add(f"{read.image} {' '.join(error.messages)}")
        return None
    data = Data(
        organization=organization,
        filename=read.image.filename,
        content_type=image.content_type,
        width=image.width,
        height=image.height,
        created_by=by,
    )
    if not problems:
        data.blob = store(io.BytesIO(read.content))
        data.thumbnail = store(io.BytesIO(image.thumbnail))
    return data


def _check_against_image(image: ImageContent, width: int, height: int, problems: Problems) -> None:
    if image.size and image.size != (width, height):
        problems.add(
            f"{image} is {width} × {height} pixels, not {image.size[0]} × {image.size[1]} as was said: "
            "its annotations were made for another image."
        )
        return
    for annotation in image.annotations:
        if problem := coordinates_problem(annotation.shape, annotation.coordinates, width, height):
            problems.add(f"{image}: {annotation.where} {problem}")
