"""When experiments ran. What runs them stands above this app, and says it by `tells_run_times`."""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class RunTime:
    """From when to when an experiment ran last; without an end while it does."""

    started_at: datetime
    ended_at: datetime | None


RunTimes = Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, RunTime]]

_sources: list[RunTimes] = []


def tells_run_times(source: RunTimes) -> RunTimes:
    """Register what knows, of these experiments' ids, when each ran; it leaves out those that it did not run."""
    _sources.append(source)
    return source


def run_times(experiments: Collection[uuid.UUID]) -> dict[uuid.UUID, RunTime]:
    """When each of these experiments ran, of those of which it is known."""
    return {pk: time for source in _sources for pk, time in source(experiments).items()}
