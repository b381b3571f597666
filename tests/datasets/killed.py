"""An import that kills itself at a moment; run by test_import_dataset.

The moment is the n-th statement that inserts into a table, or the commit after it.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

IMAGES_AT_ONCE = 5


def main(files: str, moment: str, *command: str) -> None:
    settings.STORAGES["default"]["OPTIONS"] = {"location": files}
    django.setup()
    from datasets import registration

    registration.BATCH_IMAGES = IMAGES_AT_ONCE
    table, number, before_commit = (*moment.split(":"), "")[:3]
    at = Moment(f'INSERT INTO "datasets_{table}"', int(number))
    if before_commit:
        connection.commit = before(connection.commit, at)  # type: ignore[method-assign]
    with connection.execute_wrapper(at.count if before_commit else at.count_and_kill):
        call_command("import_dataset", *command)


class Moment:
    """Counts the statements that begin so."""

    def __init__(self, beginning: str, number: int) -> None:
        self.beginning, self.number, self.seen = beginning, number, 0

    @property
    def has_come(self) -> bool:
        return self.seen >= self.number

    def count(self, execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        self.seen += sql.startswith(self.beginning)
        return execute(sql, *args)

    def count_and_kill(self, execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        self.seen += sql.startswith(self.beginning)
        if self.has_come:
            kill()
        return execute(sql, *args)


def before(commit: Callable[[], None], at: Moment) -> Callable[[], None]:
    def commit_or_die() -> None:
        if at.has_come:
            kill()
        commit()

    return commit_or_die


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
