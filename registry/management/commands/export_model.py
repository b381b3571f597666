"""`manage.py export_model`: a model version as a folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from config.commands import ExplainedCommand
from organizations.models import Organization
from registry.exchange import export_model_version
from registry.management.places import add_registry_arguments, named_registry
from registry.models import ModelVersion, RegisteredModel
from storage.services import DamagedBlob

EXAMPLES = """
examples:
  manage.py export_model digits-mlp digits-mlp/ --public
  manage.py export_model fruit-sorter/v2 fruit-sorter-2/ --organization "Orchard Vision"

The folder is what import_model reads. Every file is compared with its SHA-256 while it is written.
"""


class Command(ExplainedCommand):
    help = "Export a model version to a folder with a model.toml."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", metavar="MODEL[/VERSION]", help="the newest version when none is named")
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="must not exist yet, or be empty")
        add_registry_arguments(parser)

    def handle(self, *args: Any, model: str, folder: Path, **options: Any) -> None:
        version = _version(model, named_registry(options))
        try:
            export_model_version(version=version, folder=folder)
        except DamagedBlob as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} is exported to {folder}.")


def _version(name: str, organization: Organization | None) -> ModelVersion:
    """The version of that name. A model's or version's own name may hold slashes, so every split is tried."""
    models = RegisteredModel.objects.filter(organization=organization)
    whole = models.filter(name=name).first()
    if whole:
        newest = whole.versions.select_related("model", "architecture").first()
        if newest is None:
            raise CommandError(f"“{name}” has no version yet.")
        return newest
    for place, character in enumerate(name):
        found = _of(models, name[:place], name[place + 1 :]) if character == "/" else None
        if found:
            return found
    raise CommandError(
        f"There is no model version “{name}” there. Write MODEL or MODEL/VERSION, as the pages show them."
    )


def _of(models: Any, model: str, version: str) -> ModelVersion | None:
    versions = ModelVersion.objects.filter(model__in=models.filter(name=model))
    by_name = versions.filter(name=version)
    number = version.removeprefix("v")
    by_number = versions.filter(number=int(number)) if number.isdecimal() and len(number) < 10 else versions.none()
    related = ("model", "architecture")
    return by_name.select_related(*related).first() or by_number.select_related(*related).first()
