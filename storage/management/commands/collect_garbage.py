from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from storage.expiry import delete_expired
from storage.services import collect_garbage


class Command(BaseCommand):
    help = "Delete stored files that nothing has referred to for longer than the grace time. Safe while people work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.epilog = "Example, once a day: manage.py collect_garbage --grace-hours 48"
        parser.add_argument(
            "--grace-hours",
            type=float,
            default=settings.GARBAGE_GRACE_HOURS,
            metavar="N",
            help="how long a file must have been unused (default: %(default)s); 0 only while nobody uploads",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")

    def handle(self, *args: Any, grace_hours: float, dry_run: bool, **options: Any) -> None:
        if not 0 <= grace_hours < float("inf"):
            raise CommandError("--grace-hours must be 0 or more.")
        expired = delete_expired(dry_run=dry_run)
        report = collect_garbage(grace=timedelta(hours=grace_hours), dry_run=dry_run)
        swept = report.swept + report.swept_incoming
        verb = "Would delete" if dry_run else "Deleted"
        self.stdout.write(
            f"{verb} {report.deleted:,} unused blobs and {swept:,} files that belonged to nothing "
            f"({filesizeformat(report.freed_bytes)}), and {report.forgotten:,} uploads that nothing took. "
            f"Found {report.marked:,} more unused: their grace time begins now."
        )
        if expired:
            self.stdout.write(f"{verb} outdated rows: {expired:,}.")
