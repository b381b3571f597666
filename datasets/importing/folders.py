"""A folder per class: DIR/cat/1.png, DIR/dog/7.jpg… Each image is classified by the folder it lies in."""

import re
from itertools import zip_longest
from pathlib import Path

from django.core.exceptions import ValidationError

from datasets.content import AnnotationContent, ImageContent
from datasets.images import SUFFIXES
from datasets.importing.files import FileReader, Listing, file_within, filenames
from datasets.problems import Problems


def read_folders(folder: Path) -> Listing:
    """The classes and images of a folder per class, classes in the order of their names (2 before 10).

    Hidden files are passed over, and so is what lies beside the classes and is no image, such as a README. Images are
    taken from each class in turn, so that the first ones show all classes.

    Raises:
        ValidationError: with a sentence for each file that has no class or leads out of the folder.
    """
    if not folder.is_dir():
        raise ValidationError(f"{folder} is not a folder. Name the folder that holds a folder per class.")
    classes = [path for path in _visible(folder) if path.is_dir()]
    if not classes:
        raise ValidationError(f"{folder} has no folder in it. Put the images of each class into a folder of that name.")
    problems = Problems()
    for path in _visible(folder):
        if not path.is_dir() and path.suffix.lower() in SUFFIXES:
            problems.add(f"{path} lies beside the classes: move it into the folder of its class.")
    found = [_images_of(path, folder, problems) for path in classes]
    problems.refuse()
    in_turn = [path for row in zip_longest(*found) for path in row if path is not None]
    names = filenames([path.relative_to(folder).as_posix() for path in in_turn])
    images = [
        ImageContent(name, FileReader(path), [AnnotationContent(path.parent.name)], source=str(path))
        for name, path in zip(names, in_turn, strict=True)
    ]
    return Listing(labels=[path.name for path in classes], images=images)


def _images_of(label_folder: Path, folder: Path, problems: Problems) -> list[Path]:
    found: list[Path] = []
    for path in _visible(label_folder):
        try:
            found.append(file_within(folder, path.relative_to(folder).as_posix()))
        except ValidationError as error:
            problems.add(f"{path} {' '.join(error.messages)}")
    return found


def _visible(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if not path.name.startswith(".")), key=_natural)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """A key that puts 2 before 10, as people count."""
    parts = re.findall(r"[0-9]+|[^0-9]+", path.name)
    return [(0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part.lower()) for part in parts]
