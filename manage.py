#!/usr/bin/env python3
"""Django's entry point."""

import os
import sys


def main() -> None:
    """Run a command. A setting that can't be right ends it with a sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from environs import EnvError

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EnvError) as mistake:
        sys.exit(str(mistake))


if __name__ == "__main__":
    main()
