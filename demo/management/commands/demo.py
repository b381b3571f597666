"""`manage.py demo`: fill the server with a world to try it in."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo.world import DEMO_USER, World
from organizations.models import User

PASSWORD = "espalier-demo"  # noqa: S105 - printed for everyone to use, on a server that only this machine reaches
OWN_MACHINE = ("127.0.0.1", "localhost", "::1")


class Command(BaseCommand):
    help = (
        "Make the demo world: two organizations, real handwritten digits, public and private models, projects, "
        "and experiments, which train where the server runs trainings. What is there "
        "stays as it is. Example: manage.py demo"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", help="for the people who are made; needed when others reach the server")

    def handle(self, *args: Any, **options: Any) -> None:
        from_elsewhere = urlsplit(settings.SITE_URL).hostname not in OWN_MACHINE
        if from_elsewhere and not options["password"]:
            raise CommandError(
                f"Others reach this server at {settings.SITE_URL}, and the demo's usual password is known to everyone. "
                "Choose another one: manage.py demo --password PASSWORD"
            )
        password = options["password"] or PASSWORD
        World(password=password, say=self.stdout.write).build()
        self._say_how_to_sign_in(password)

    def _say_how_to_sign_in(self, password: str) -> None:
        is_unchanged = User.objects.get(username=DEMO_USER).check_password(password)
        with_password = f"with the password {password}" if is_unchanged else "with the password you gave her"
        self.stdout.write(f"Sign in at {settings.SITE_URL} as {DEMO_USER} {with_password}.")
