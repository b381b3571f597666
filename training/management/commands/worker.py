"""`manage.py worker`: the background worker. It starts the trainings that wait, and follows those that run."""

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from training.tasks import look_after_jobs

logger = logging.getLogger(__name__)

AWAY_PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    """django-tasks-db's own worker, which ends when the database is away; this one waits for it."""

    help = "Starts the trainings that wait, and follows those that run. Ends on SIGTERM; the trainings go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = "Example, beside the web server: manage.py worker --interval 0.2"
        parser.add_argument("--interval", type=float, default=0.5, help="Seconds between two looks into the queue.")

    def handle(self, *, interval: float, **options: Any) -> None:
        worker = Worker(
            queue_names=["*"],
            interval=interval,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        worker.configure_signals()
        while worker.running:
            try:
                look_after_jobs()
                worker.run()
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database is away: %s", error)
                connections.close_all()
                time.sleep(AWAY_PAUSE_SECONDS)
