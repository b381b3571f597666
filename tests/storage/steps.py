"""Every step of a write before which a process can be killed, or at which a disk or a database can fail."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from django.db import OperationalError, connection

SYSTEM_CALLS = ("open", "mkdir", "copy_file_range", "fsync", "replace", "unlink")
CONTENT = b"apples" * 1_000


class Steps:
    """Counts, and calls `at` when the step of the number is reached, with the error that this step can have."""

    def __init__(self, number: int, at: Callable[[type[Exception]], None]) -> None:
        self.number = number
        self.at = at
        self.count = 0

    def step(self, error: type[Exception] = OSError) -> None:
        self.count += 1
        if self.count == self.number:
            self.at(error)

    def before(self, function: Callable[..., Any], error: type[Exception] = OSError) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.step(error)
            return function(*args, **kwargs)

        return counted

    def content(self) -> Iterator[bytes]:
        """`CONTENT` in three chunks, a step before each and after the last."""
        for start in range(0, len(CONTENT), 2_000):
            self.step()
            yield CONTENT[start : start + 2_000]
        self.step()


@contextmanager
def at_step(number: int, at: Callable[[type[Exception]], None]) -> Iterator[Steps]:
    """Count the system calls of the store, the statements, and the commits from here on."""
    steps = Steps(number, at)
    with ExitStack() as stack:
        for name in SYSTEM_CALLS:
            stack.enter_context(patch.object(os, name, steps.before(getattr(os, name))))
        statement = lambda execute, *args: steps.before(execute, OperationalError)(*args)  # noqa: E731
        stack.enter_context(connection.execute_wrapper(statement))
        stack.enter_context(patch.object(connection, "commit", steps.before(connection.commit, OperationalError)))
        yield steps
        # After the commit, before anybody is told.
        steps.step()
