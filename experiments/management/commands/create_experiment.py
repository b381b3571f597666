"""`manage.py create_experiment`: an experiment from a file, and a file from an experiment."""

import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db.models import QuerySet

from config.commands import ExplainedCommand
from experiments import experiment_file
from experiments.exchange import content_of, create_from_file
from experiments.experiment_file import read_experiment_file, write_experiment_file
from experiments.models import Experiment
from experiments.named import experiment_named, project_named
from organizations.named import acting_user, organization_named, user_named


class Command(ExplainedCommand):
    help = "Create an experiment from a file, by the rules of the creation form; or write such a file of one."
    examples = f"""
examples:
  manage.py create_experiment digits.toml --by ana
  manage.py create_experiment --dump 0197f3a2-5b1c-7cc3-98c4-dc0c0c07398f > digits.toml
  manage.py create_experiment --dump "digits, first" --organization "Orchard Vision" --project Handwriting

An experiment is created whole or not at all. A dumped file says how the experiment differs from its base as the base
is today. When the base was deleted it says so, with every hyperparameter as an addition, and creates nothing until
another base is named or [base] is taken out.

the file:
{experiment_file.__doc__}"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE.toml", help="says what is created")
        parser.add_argument(
            "--by", metavar="USERNAME", help="who creates it; without it the organization's first owner"
        )
        parser.add_argument(
            "--dump", metavar="EXPERIMENT", help="write the file of this experiment instead: its id, or its name"
        )
        parser.add_argument("--organization", metavar="NAME", help="whose project it is, when --dump gets a name")
        parser.add_argument("--project", metavar="NAME", help="which project it is in, when --dump gets a name")

    def handle(self, *args: Any, file: Path | None, dump: str | None, **options: Any) -> None:
        if (file is None) == (dump is None):
            raise CommandError("Name a file to create an experiment from, or one experiment with --dump.")
        if file and (options["organization"] or options["project"]):
            raise CommandError("The file itself says its organization and project.")
        if file:
            self._create(file, options["by"])
        if dump is not None:
            self.stdout.write(write_experiment_file(content_of(_experiment(dump, options))), ending="")

    def _create(self, file: Path, username: str | None) -> None:
        content = read_experiment_file(file)
        by = acting_user(username, organization=organization_named(content.organization))
        experiment = create_from_file(content, place=file.name, by=by)
        address = f"{settings.SITE_URL}{experiment.get_absolute_url()}"
        self.stdout.write(f"{experiment} is created in {experiment.project}: {address}")


def _experiment(name: str, options: dict[str, Any]) -> Experiment:
    """Without --by whoever may run commands on this machine sees every experiment."""
    organization, project = options["organization"], options["project"]
    if organization is None and project is None:
        return _by_id(name, options["by"])
    if organization is None or project is None:
        raise CommandError("A name needs both --organization and --project.")
    by = acting_user(options["by"], organization=organization_named(organization))
    of_project = project_named(project, organization=organization, user=by)
    return experiment_named(name, project=of_project, user=by)


def _by_id(text: str, username: str | None) -> Experiment:
    experiments: QuerySet[Experiment] = Experiment.objects.all()
    if username is not None:
        experiments = Experiment.objects.visible_to(user_named(username))
    try:
        found = experiments.filter(pk=uuid.UUID(text)).first()
    except ValueError:
        raise CommandError(f"“{text}” is no id. A name needs --organization and --project.") from None
    if found is None:
        raise ValidationError(f"There is no experiment of the id {text}.")
    return found
