"""Which registry a command means."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from organizations.models import Organization
from organizations.named import organization_named


def add_registry_arguments(parser: ArgumentParser) -> None:
    """`--public` or `--organization NAME`."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--public", action="store_true", help="the Public Registry")
    where.add_argument(
        "--organization", metavar="NAME", help="that organization's; may be left out where there is only one"
    )


def named_registry(options: dict[str, Any]) -> Organization | None:
    """The organization, or None for the Public Registry.

    Raises:
        ValidationError: when there is none of that name.
        CommandError: when none was named where there are several.
    """
    if options["public"]:
        return None
    if options["organization"] is None:
        organizations = list(Organization.objects.all()[:2])
        if len(organizations) != 1:
            raise CommandError("Say in which registry: --public or --organization NAME.")
        return organizations[0]
    return organization_named(options["organization"])
