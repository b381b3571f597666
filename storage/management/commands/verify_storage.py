from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from storage.services import Damage, verify_storage


class Command(BaseCommand):
    help = "Read every stored file back and compare it with its SHA-256. Fails when one is missing or damaged."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.epilog = "Example, once a week: manage.py verify_storage --no-color > report.txt"

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_storage(progress=self._progress if self.stderr.isatty() else None)
        for damage in report.damages:
            self.stdout.write(_line(damage))
        if report.damages:
            raise CommandError(
                f"{len(report.damages):,} of {report.checked:,} files are damaged: restore them from a backup."
            )
        self.stdout.write(f"All {report.checked:,} files ({filesizeformat(report.checked_bytes)}) are as they were.")

    def _progress(self, done: int, total: int) -> None:
        self.stderr.write(f"\r{done:,} of {total:,}", ending="" if done < total else "\n")


def _line(damage: Damage) -> str:
    users = ", ".join(f"{label} ({count:,})" for label, count in damage.referrers.items()) or "nothing"
    return f"{damage.blob.sha256} {damage.problem}, used by {users}"
