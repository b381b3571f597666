"""`manage.py import_dataset`: a dataset version from files on this machine."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError

from config.commands import ExplainedCommand
from config.inference_types import InferenceType
from datasets.content import VersionContent, derived_type
from datasets.importing.coco import read_coco
from datasets.importing.files import Listing
from datasets.importing.folders import read_folders
from datasets.services import Filled, fill_dataset_version
from organizations.named import acting_user, organization_named

BAR_WIDTH = 30
EXAMPLES = """
examples:
  manage.py import_dataset folders flowers/ --organization "Orchard Vision" --dataset flowers --version train
  manage.py import_dataset coco instances.json images/ --organization "Orchard Vision" --dataset street --version v1

A version is imported whole or not at all. Run it again after an interruption: it goes on where it was.
"""


class Command(ExplainedCommand):
    help = "Import a dataset version from a COCO file with its images, or from a folder per class."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        forms = parser.add_subparsers(dest="form", required=True, metavar="coco|folders")
        coco = forms.add_parser("coco", help="a COCO JSON file, and the folder its images lie in")
        coco.add_argument("annotations", type=Path, metavar="ANNOTATIONS.json")
        coco.add_argument("images", type=Path, metavar="IMAGES")
        folders = forms.add_parser("folders", help="a folder per class: DIR/cat/1.png, DIR/dog/2.png")
        folders.add_argument("images", type=Path, metavar="DIR")
        for form in (coco, folders):
            _add_target(form)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            filled = self._import(options)
        except OSError as error:
            message = f"The images could not be stored: {error}. Run it again once that is mended."
            raise CommandError(message) from error
        self.stdout.write(_in_words(filled))

    def _import(self, options: dict[str, Any]) -> Filled:
        organization = organization_named(options["organization"])
        by = acting_user(options["by"], organization=organization)
        listing = _listing(options)
        for note in listing.notes:
            self.stdout.write(note)
        content = VersionContent(
            name=options["name"].strip(),
            labels=listing.labels,
            images=listing.images,
            inference_type=options["type"] or derived_type(listing.images),
            description=options["description"].strip(),
        )
        bar = ProgressBar(sys.stderr)
        try:
            return fill_dataset_version(
                organization=organization, dataset=options["dataset"].strip(), content=content, by=by, progress=bar.show
            )
        finally:
            bar.end()


class ProgressBar:
    """A bar that is redrawn on a terminal; in a file, a line for every tenth."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.tenth, self.is_open = out, 0, False

    def show(self, done: int, total: int) -> None:
        """Say how many images of all are done."""
        if self.out.isatty():
            filled = BAR_WIDTH * done // total
            self.out.write(f"\r{'█' * filled}{'░' * (BAR_WIDTH - filled)} {done:,} of {total:,} images")
            self.is_open = True
        elif done * 10 // total > self.tenth:
            self.tenth = done * 10 // total
            self.out.write(f"{done:,} of {total:,} images\n")
        self.out.flush()

    def end(self) -> None:
        """Leave the bar's line."""
        if self.is_open:
            self.out.write("\n")


def _add_target(form: ArgumentParser) -> None:
    form.add_argument("--organization", required=True, metavar="NAME", help="whose dataset it is")
    form.add_argument("--dataset", required=True, metavar="NAME", help="made when it isn't there yet")
    form.add_argument("--version", required=True, metavar="NAME", dest="name", help="the name of the new version")
    form.add_argument(
        "--type",
        type=InferenceType,
        metavar="TYPE",
        help=f"what it is for; without it the annotations say. One of {', '.join(InferenceType.values)}",
    )
    form.add_argument("--description", default="", metavar="TEXT")
    form.add_argument("--by", metavar="USERNAME", help="who imports it; without it the organization's first owner")


def _listing(options: dict[str, Any]) -> Listing:
    if options["form"] == "coco":
        return read_coco(options["annotations"], options["images"], inference_type=options["type"])
    return read_folders(options["images"])


def _in_words(filled: Filled) -> str:
    version = filled.version
    if not filled.is_new:
        return f"{version} is already there with this very content: nothing to do."
    return (
        f"{version}: {version.asset_count:,} images, {version.object_count:,} objects, "
        f"{version.labels.count():,} labels, for {version.get_inference_type_display().lower()}."
    )
