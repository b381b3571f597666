"""`manage.py attach_dataset`: a dataset version for a project's experiments."""

from argparse import ArgumentParser
from typing import Any

from config.commands import ExplainedCommand
from experiments.named import dataset_version_named, project_named
from experiments.services import attach_dataset_version
from organizations.named import acting_user, organization_named


class Command(ExplainedCommand):
    help = "Attach a dataset version to a project, so that its experiments may use it."
    examples = """
examples:
  manage.py attach_dataset Handwriting digits/train --organization "Orchard Vision"
  manage.py attach_dataset Handwriting digits/test --organization "Orchard Vision" --by ana

Attaching a version again changes nothing.
"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="its name")
        parser.add_argument("version", metavar="DATASET/VERSION", help="of the same organization")
        parser.add_argument("--organization", required=True, metavar="NAME", help="whose project it is")
        parser.add_argument(
            "--by", metavar="USERNAME", help="who attaches it, an admin; without it the organization's first owner"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = acting_user(options["by"], organization=organization_named(options["organization"]))
        project = project_named(options["project"], organization=options["organization"], user=by)
        version = dataset_version_named(options["version"], organization=project.organization, user=by)
        is_attached = project.attachments.filter(dataset_version=version).exists()
        attach_dataset_version(project=project, dataset_version=version, by=by)
        self.stdout.write(f"{version} is {'already ' if is_attached else ''}attached to {project}.")
