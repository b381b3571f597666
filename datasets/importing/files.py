"""Image files in a folder: found safely, and given names that hold without the folder."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.core.exceptions import ValidationError

from datasets.content import ImageContent
from datasets.images import BYTES_MAX


@dataclass(frozen=True, slots=True)
class Listing:
    """What an importer found: the labels in their order, and the images with their annotations in theirs."""

    labels: list[str]
    images: list[ImageContent]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReader:
    """Reads a file when it is called, and never more of it than an image may have."""

    path: Path

    def __call__(self) -> bytes:
        with self.path.open("rb") as file:
            return file.read(BYTES_MAX + 1)


def file_within(folder: Path, name: str) -> Path:
    """The file that the name means in the folder. Neither `..` nor a symbolic link leads out of it.

    Raises:
        ValidationError: when it leads out, is no file, or isn't there; the sentence continues the name.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or any(sign in name for sign in "\\\0") or ":" in parts[0]:
        raise ValidationError("leads out of the folder of images: write a path below it, with “/” between folders.")
    path = folder.joinpath(*parts)
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValidationError(
                "leads out of the folder of images through a symbolic link: put the file itself there."
            )
        if path.is_file():
            return path
    except OSError as error:  # a name too long for the file system, or a circle of links
        raise ValidationError(f"can't be looked up: {error.strerror}.") from error
    raise ValidationError(f"is not in {folder}." if not path.exists() else "is not a file.")


def filenames(paths: Sequence[str]) -> list[str]:
    """A name without folders for each path, unique where the paths are.

    The last part alone when it is unique among all, as `0001.png` of `train/0001.png`; otherwise every path is written
    with `_` between its folders, as `cat_0001.png`, so that equal names in two folders stay apart.
    """
    last_parts = [PurePosixPath(path).name for path in paths]
    if max(Counter(last_parts).values(), default=0) <= 1:
        return last_parts
    return ["_".join(PurePosixPath(path).parts) for path in paths]
