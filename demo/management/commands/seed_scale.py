"""`manage.py seed_scale`: an organization with very many rows, for measuring."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from demo.scale import Scale, seed
from organizations.models import Membership, Organization, Role, User


class Command(BaseCommand):
    help = (
        "Fill an organization with very many experiments, model versions and dataset versions, the same ones for the "
        'same counts. Example: manage.py seed_scale "Large" --by ana --experiments 100000 --model-versions 100000 '
        "--dataset-versions 10000"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="a name; it is made when it isn't there")
        parser.add_argument("--experiments", type=int, default=1_000, help="in one project")
        parser.add_argument("--model-versions", type=int, default=1_000, help="of one model, and as many models")
        parser.add_argument("--dataset-versions", type=int, default=1_000, help="of one dataset, and as many datasets")
        parser.add_argument("--by", metavar="USERNAME", help="who becomes the organization's owner, and made the rows")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = {name: options[name] for name in ("experiments", "model_versions", "dataset_versions")}
        if min(counts.values()) < 0:
            raise CommandError("A count can't be less than nothing.")
        try:
            self._seed(options["organization"].strip(), Scale(**counts), _user(options["by"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    @transaction.atomic
    def _seed(self, name: str, scale: Scale, by: User | None) -> None:
        organization = Organization.objects.filter(name=name).first()
        if organization is None:
            organization = Organization(name=name)
            organization.full_clean()
            organization.save()
        if by:
            Membership.objects.get_or_create(organization=organization, user=by, defaults={"role": Role.OWNER})
        seed(organization, scale, by=by, say=self.stdout.write)


def _user(username: str | None) -> User | None:
    if username is None:
        return None
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CommandError(f"There is no user “{username}”. Give the name with which they sign in.")
    return user
