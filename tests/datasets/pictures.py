"""Real small images, and versions made of them."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from config.inference_types import InferenceType
from datasets.content import AnnotationContent, ImageContent, VersionContent
from datasets.models import DatasetVersion
from datasets.services import fill_dataset_version
from organizations.models import Organization, User


def picture(seed: int = 0, size: tuple[int, int] = (20, 10), form: str = "PNG", **options: Any) -> bytes:
    """An image of one colour; another seed is another colour."""
    out = io.BytesIO()
    Image.new("RGB", size, (seed % 256, seed // 256 % 256, 7)).save(out, form, **options)
    return out.getvalue()


def reader(content: bytes) -> Callable[[], bytes]:
    return lambda: content


def image(name: str, *annotations: AnnotationContent, seed: int = 0) -> ImageContent:
    return ImageContent(name, reader(picture(seed)), annotations)


def classified(name: str, label: str, seed: int = 0) -> ImageContent:
    return image(name, AnnotationContent(label), seed=seed)


def version_content(name: str = "train", count: int = 4, labels: Sequence[str] = ("apple", "pear")) -> VersionContent:
    """`count` classified images, the labels in turn."""
    images = [classified(f"{n}.png", labels[n % len(labels)], seed=n) for n in range(count)]
    return VersionContent(name, labels, images, InferenceType.CLASSIFICATION)


def filled(organization: Organization, by: User, content: VersionContent | None = None) -> DatasetVersion:
    """A version in the dataset “fruit”."""
    content = content or version_content()
    return fill_dataset_version(organization=organization, dataset="fruit", content=content, by=by).version


def write_coco(folder: Path, **changes: Any) -> tuple[Path, Path]:
    """A COCO file of two images, and the folder of its images. `changes` replace or remove (None) sections."""
    images = folder / "images"
    images.mkdir(exist_ok=True)
    for number in (1, 2):
        (images / f"{number}.png").write_bytes(picture(number))
    coco: dict[str, Any] = {
        "categories": [{"id": 7, "name": "pear"}, {"id": 3, "name": "apple"}],
        "images": [
            {"id": 1, "file_name": "1.png", "width": 20, "height": 10},
            {"id": 2, "file_name": "2.png", "width": 20, "height": 10},
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, 5, 6]},
            {"id": 2, "image_id": 1, "category_id": 3, "bbox": [0, 0, 20, 10]},
        ],
        **changes,
    }
    file = folder / "instances.json"
    file.write_text(json.dumps({key: value for key, value in coco.items() if value is not None}, indent=1))
    return file, images


def write_folders(folder: Path, classes: Sequence[str] = ("apple", "pear"), each: int = 3) -> Path:
    """A folder per class with `each` images."""
    for place, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            (folder / name / f"{number}.png").write_bytes(picture(place * 1_000 + number))
    return folder
