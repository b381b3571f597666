"""What the management commands have in common."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError


class ExplainedCommand(BaseCommand):
    """A command whose help ends with examples, and which says what is refused in sentences, a line each."""

    examples = ""

    def create_parser(self, *args: Any, **options: Any) -> Any:
        return super().create_parser(
            *args, epilog=self.examples, formatter_class=RawDescriptionHelpFormatter, **options
        )

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except ValidationError as refusal:
            raise CommandError("\n".join(refusal.messages)) from refusal
        except PermissionDenied as refusal:
            raise CommandError(str(refusal)) from refusal
