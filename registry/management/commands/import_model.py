"""`manage.py import_model`: a model version from a folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from config.commands import ExplainedCommand
from organizations.models import Organization, User
from organizations.named import acting_user, user_named
from registry import model_folder
from registry.exchange import import_model_folder
from registry.management.places import add_registry_arguments, named_registry

EXAMPLES = f"""
examples:
  manage.py import_model digits-mlp/ --public
  manage.py import_model fruit-sorter/ --organization "Orchard Vision" --by tom

A model of that name gets a further version. A version is imported whole or not at all; one that is there already is
left as it is.

the folder:
{model_folder.__doc__}"""


class Command(ExplainedCommand):
    help = "Import a model version from a folder with a model.toml."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="holds model.toml and the files it names")
        add_registry_arguments(parser)
        parser.add_argument(
            "--by",
            metavar="USERNAME",
            help="who imports it; without it the organization's first owner, or the first superuser for --public",
        )

    def handle(self, *args: Any, folder: Path, by: str | None, **options: Any) -> None:
        organization = named_registry(options)
        try:
            imported = import_model_folder(folder=folder, organization=organization, by=_importer(by, organization))
        except OSError as error:
            raise CommandError(f"A file could not be read or stored: {error}. Nothing was imported.") from error
        where = organization.name if organization else "the Public Registry"
        verb = "is already there, with this very content" if imported.was_there else "is imported"
        self.stdout.write(f"{imported.version} {verb}, in {where}.")


def _importer(username: str | None, organization: Organization | None) -> User:
    """The user in whose name the version is made."""
    if organization:
        return acting_user(username, organization=organization)
    if username is not None:
        return user_named(username)
    superuser = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if superuser is None:
        raise CommandError("There is no superuser. Say who imports it with --by USERNAME.")
    return superuser
